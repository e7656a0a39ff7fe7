"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

A campaign may have several references, and a source reports each on its own: they add up. A source
that reported a day by the campaign itself has reported all of it, so a total under a reference
would count twice, and is refused; and the other way round. (Zero counts nothing in either way.)
Another source's totals of the same day are an overlap (:mod:`.overlaps`).

Statements work on ``staged``: SQL for a relation of that name with the columns campaign_id, date,
known_as, amount and observed_at, one row for each of the first three; all checked already. So a
handful of totals (:data:`ARRAYS`) and a file of a million (a temporary table) are recorded by the
same statements.
"""

from ads.services.ledger.day_totals.listed import append, newest_of
from ads.services.ledger.day_totals.moved import (
    EARLIER,
    EARLIER_IF,
    MOVED,
    JustMoved,
    await_earlier,
    carried_before,
)
from ads.services.ledger.day_totals.staged import (
    Posted,
    Posting,
    count_older,
    otherwise,
    post,
    posted_of,
)
from ads.services.ledger.day_totals.statements import MOVES, OTHERWISE, REPLACED_BY
