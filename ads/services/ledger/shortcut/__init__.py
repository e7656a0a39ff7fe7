"""Recording one entry in one statement, which commits by itself.

Step by step the brand's sums stay locked for three round trips, and all of its spend waits. But
most entries change nothing but sums. Only these are recorded here, by a function of the database
(:mod:`.function`); of any other nothing is, and :mod:`ads.services.ledger.batch` goes step by step.
Requests that arrive together share the statement (:mod:`.together`).
"""

from datetime import datetime

from django.db import connection

from ads.models.spend import Kind
from ads.services import lock_waits, messages, new_batch
from ads.services.ledger import entries
from ads.services.ledger.rows import Placed
from ads.services.ledger.shortcut.calling import NotTaken, Single, call, can_call
from ads.services.ledger.shortcut.function import NAMES, is_installed, keep
from ads.services.ledger.shortcut.together import PATIENCE, SHARED
from ads.services.new_batch import NO_BATCH, NewBatch

__all__ = ["NAMES", "NotTaken", "is_installed", "keep", "record"]


def record(
    placed: Placed, *, source: str, now: datetime, kind: Kind, batch: NewBatch | None = None
) -> tuple[int, int | None]:
    """Record the entry, make its ``batch``, and commit; the ids of both.

    Raises:
        NotTaken: a transaction is open; the amount is zero; the external ID was recorded before; a
            budget is crossed, or has to be looked at more closely; the brand is locked for long; or
            the function is missing.
    """
    row, owner, day, occurred_at = placed
    if not row.amount or connection.in_atomic_block or not connection.get_autocommit():
        raise NotTaken
    if not can_call() or lock_waits.is_stuck(owner.brand_id):
        raise NotTaken
    entry = (owner.campaign_id, row.amount, day, occurred_at, row.description, row.external_id)
    of_all = (source, kind.value, entries.recorder(kind), now, new_batch.current())
    made = batch.at_once(owner.currency, row.amount) if batch else NO_BATCH
    key = (source, row.external_id or "")
    single = Single((*entry, *of_all, *made), owner, day, row.amount, now, key)
    if batch is not None and not lock_waits.is_stuck(owner.brand_id, PATIENCE):
        return SHARED.record(single)
    with lock_waits.in_line([owner.brand_id]):
        (found,) = call([single])
    if found is None:
        raise NotTaken
    messages.check_alerts_soon()
    return found
