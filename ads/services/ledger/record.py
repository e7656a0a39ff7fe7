"""Recording spend, all or none: entries go into the ledger, and what they cross is enforced.

In one transaction. The database adds up the sums within the statement that inserts the entries.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from ads.models import Campaign, Spend
from ads.models.spend import Kind
from ads.services import campaign_lookup
from ads.services.errors import InvalidSpend
from ads.services.ledger import crossings, entries
from ads.services.ledger.validation import check_text


@dataclass(frozen=True, slots=True)
class SpendEntry:
    """Spend to record.

    Args:
        campaign: the campaign, or its id.
        amount: US dollars: a Decimal, an int or plain decimal text; up to six places.
        description: what it was for.
        date: the accounting day; left out, the brand's local date of ``occurred_at``.
        occurred_at: an instant (aware); left out, now.
        external_id: the source's own id; the same id again is recorded once.
    """

    campaign: Campaign | int
    amount: object
    description: str = ""
    date: dt.date | None = None
    occurred_at: dt.datetime | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer for one entry: ``recorded``, or a ``duplicate`` of what had been recorded."""

    #: The entry as it is in the ledger. For an amount of zero, which leaves the ledger as it is,
    #: one that was never saved.
    entry: Spend
    outcome: str

    @property
    def entry_id(self) -> int | None:
        """Primary key in the ledger; None for an amount of zero."""
        return self.entry.pk


def record(
    batch: Sequence[SpendEntry], *, source: str, now: datetime, kind: Kind = Kind.ENTRY
) -> list[Recorded]:
    """Record entries, all or none, and enforce what they cross; answers in the same order.

    Raises:
        InvalidSpend: an entry cannot be recorded; with its field, value and the remedy.
        SpendConflict: an external id had been recorded with other content.
    """
    check_text("source", source, required=True)
    for entry in batch:
        if not isinstance(entry, SpendEntry):
            raise InvalidSpend("entries", entry, "give SpendEntry objects.")
    # The brand that a campaign was loaded with saves a look-up, if no day is worked out from it
    # that nothing compares with the brand as it is.
    if all(entry.occurred_at is None for entry in batch):
        try:
            return _record(batch, source, now, kind, trust_loaded=True)
        except (crossings.StaleTimezoneError, IntegrityError):
            pass  # the brand has moved, or the campaign is gone: look, and say so
    return _record(batch, source, now, kind, trust_loaded=False)


def _record(
    batch: Sequence[SpendEntry], source: str, now: datetime, kind: Kind, *, trust_loaded: bool
) -> list[Recorded]:
    known = campaign_lookup.of_campaigns(
        (entry.campaign for entry in batch), trust_loaded=trust_loaded
    )
    checked = [_check(entry, known, now, kind) for entry in batch]
    with transaction.atomic():
        answers = entries.append(checked, source=source, now=now, kind=kind)
        for answer in answers:
            if answer.conflict:
                raise answer.conflict
        entries.enforce_recorded(checked, answers, now, kind)
    # Of a duplicate, what the ledger has: it may have other details than those that were given.
    # A list: for a generator, even an empty one, Django works out a query.
    repeated = [answer.entry_id for answer in answers if answer.outcome == entries.DUPLICATE]
    before = Spend.objects.in_bulk(repeated)
    return [
        Recorded(
            before.get(answer.entry_id) or _as_saved(entry, row, answer, source, now, kind),
            answer.outcome,
        )
        for entry, row, answer in zip(batch, checked, answers, strict=True)
    ]


def _check(
    entry: SpendEntry, known: dict[int, campaign_lookup.Owner], now: datetime, kind: Kind
) -> entries.Entry:
    values = entries.check_values(
        amount=entry.amount,
        description=entry.description,
        external_id=entry.external_id,
        day=entry.date,
        occurred_at=entry.occurred_at,
        kind=kind,
    )
    pk = entry.campaign.pk if isinstance(entry.campaign, Campaign) else entry.campaign
    return entries.place(values, known[pk], now)


def _as_saved(
    given: SpendEntry,
    row: entries.Entry,
    answer: entries.Answer,
    source: str,
    now: datetime,
    kind: Kind,
) -> Spend:
    entry = Spend(
        pk=answer.entry_id,
        campaign_id=row.owner.campaign_id,
        amount=row.values.amount,
        date=row.date,
        occurred_at=row.occurred_at,
        description=row.values.description,
        source=source,
        external_id=row.values.external_id,
        kind=kind,
        recorded_by=entries.recorder(kind),
        created_at=now,
    )
    if isinstance(given.campaign, Campaign):
        entry.campaign = given.campaign
    if answer.entry_id:
        entry._state.adding = False  # noqa: SLF001  (as Django's bulk_create does)
        entry._state.db = connection.alias  # noqa: SLF001
    return entry
