"""Recording spend: entries go into the ledger, and what they cross is enforced, in one transaction.

The database adds up the sums within the statement that inserts the entries.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from ads.models import Campaign, Spend
from ads.models.spend import Kind
from ads.services import crossings
from ads.services import entry_statements as statements
from ads.services.checking import check_amount, check_date, check_instant, check_text, date_in
from ads.services.enforcement import Trigger, enforce
from ads.services.errors import InvalidSpend, SpendConflict


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


@dataclass(frozen=True, slots=True)
class _Checked:
    """An entry found good, as it goes into the ledger."""

    entry: SpendEntry
    campaign_id: int
    amount: Decimal
    date: date
    occurred_at: datetime
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Owner:
    brand_id: int
    timezone: str


def record(
    entries: Sequence[SpendEntry], *, source: str, now: datetime, kind: Kind = Kind.ENTRY
) -> list[Recorded]:
    """Record entries, all or none, and enforce what they cross; answers in the same order.

    Raises:
        InvalidSpend: an entry cannot be recorded; with its field, value and the remedy.
        SpendConflict: an external id had been recorded with other content.
    """
    check_text("source", source, required=True)
    for entry in entries:
        if not isinstance(entry, SpendEntry):
            raise InvalidSpend("entries", entry, "give SpendEntry objects.")
    # The brand that a campaign was loaded with saves a look-up, if no day is worked out from it
    # that nothing compares with the brand as it is.
    if all(entry.occurred_at is None for entry in entries):
        try:
            return _record(entries, source, now, kind, trust_loaded=True)
        except (crossings.StaleTimezoneError, IntegrityError):
            pass  # the brand has moved, or the campaign is gone: look, and say so
    return _record(entries, source, now, kind, trust_loaded=False)


def _record(
    entries: Sequence[SpendEntry], source: str, now: datetime, kind: Kind, *, trust_loaded: bool
) -> list[Recorded]:
    owners = owners_of((entry.campaign for entry in entries), trust_loaded=trust_loaded)
    checked = [_check(entry, owners, now, kind) for entry in entries]
    with transaction.atomic():
        recorded = _append(checked, source=source, now=now)
        enforce_crossed(
            [
                crossings.Moved(
                    row.campaign_id,
                    owners[row.campaign_id].brand_id,
                    owners[row.campaign_id].timezone,
                    row.date,
                    row.amount,
                )
                for row, answer in zip(checked, recorded, strict=True)
                if answer.entry_id and answer.outcome == "recorded"
            ],
            now,
            Trigger.CORRECTION if kind == Kind.CORRECTION else Trigger.SPEND,
        )
    return recorded


def enforce_crossed(moved: Iterable[crossings.Moved], now: datetime, trigger: Trigger) -> None:
    """Enforce the campaigns that the spend may switch; inside the transaction that recorded it.

    The money was spent, so one that fails does not undo the entry: it is logged, and the sweep
    tries again.
    """
    campaigns = crossings.crossed(moved, now)
    if campaigns is not None:
        enforce(campaigns, now, trigger, lock_first=True)


def owners_of(
    campaigns: Iterable[Campaign | int], *, trust_loaded: bool = False
) -> dict[int, _Owner]:
    """Brand and timezone by campaign id; one query.

    With ``trust_loaded``, none where the brand is loaded already; it may be stale.

    Raises:
        InvalidSpend: there is no such campaign.
    """
    owners: dict[int, _Owner] = {}
    unknown: set[int] = set()
    for campaign in campaigns:
        if isinstance(campaign, Campaign):
            if campaign.pk is None:
                raise InvalidSpend("campaign", campaign, "it has not been saved.")
            if trust_loaded and Campaign.brand.is_cached(campaign):
                owners[campaign.pk] = _Owner(campaign.brand_id, campaign.brand.timezone)
            else:
                unknown.add(campaign.pk)
        elif isinstance(campaign, int) and not isinstance(campaign, bool):
            unknown.add(campaign)
        else:
            raise InvalidSpend("campaign", campaign, "give a Campaign or its id.")
    unknown -= owners.keys()
    if unknown:
        found = Campaign.objects.filter(pk__in=unknown).values_list(
            "pk", "brand_id", "brand__timezone"
        )
        owners |= {pk: _Owner(brand_id, timezone) for pk, brand_id, timezone in found}
        missing = unknown - owners.keys()
        if missing:
            raise InvalidSpend("campaign", min(missing), "there is no campaign of this id.")
    return owners


def _check(entry: SpendEntry, owners: dict[int, _Owner], now: datetime, kind: Kind) -> _Checked:
    campaign_id = entry.campaign.pk if isinstance(entry.campaign, Campaign) else entry.campaign
    timezone = owners[campaign_id].timezone
    correction = kind == Kind.CORRECTION
    amount = check_amount(entry.amount, negative=correction)
    check_text("description", entry.description, required=correction)
    if entry.external_id is not None:
        check_text("external_id", entry.external_id, required=True)
    occurred_at = (
        now if entry.occurred_at is None else check_instant("occurred_at", entry.occurred_at)
    )
    if entry.date is None:
        day = date_in(timezone, occurred_at)
        check_date(day, timezone, now, field="occurred_at")
    else:
        day = check_date(entry.date, timezone, now)
    return _Checked(entry, campaign_id, amount, day, occurred_at, kind)


def _append(rows: Sequence[_Checked], *, source: str, now: datetime) -> list[Recorded]:
    """Insert what is new in one statement; compare what is not with what was recorded."""
    answers = [Recorded(_as_entry(row, source, now), "recorded") for row in rows]
    nonzero = [i for i, row in enumerate(rows) if row.amount]
    inserted = _insert([rows[i] for i in nonzero], source, now) if nonzero else {}
    # Zero inserts nothing, but under the id of an entry that has been recorded it is a conflict.
    compared = [i for i, row in enumerate(rows) if not row.amount and row.entry.external_id]
    for i in nonzero:
        entry = answers[i].entry
        if inserted[entry.external_id]:
            entry.pk = inserted[entry.external_id].pop(0)
            entry._state.adding = False  # noqa: SLF001  (as Django's bulk_create does)
            entry._state.db = connection.alias  # noqa: SLF001
        else:
            compared.append(i)
    if compared:
        for i, recorded in _repeated(rows, compared, source, now):
            answers[i] = Recorded(recorded, "duplicate")
    return answers


def _as_entry(row: _Checked, source: str, now: datetime) -> Spend:
    entry = Spend(
        campaign_id=row.campaign_id,
        amount=row.amount,
        date=row.date,
        occurred_at=row.occurred_at,
        description=row.entry.description,
        source=source,
        external_id=row.entry.external_id,
        kind=row.kind,
        created_at=now,
    )
    if isinstance(row.entry.campaign, Campaign):
        entry.campaign = row.entry.campaign
    return entry


def _insert(rows: Sequence[_Checked], source: str, now: datetime) -> dict[str | None, list[int]]:
    """Ids of the entries inserted, by external id; those without one in the order given."""
    with connection.cursor() as cursor:
        cursor.execute(
            statements.INSERT.format(staged=statements.ARRAYS) + "RETURNING external_id, id",
            _parameters(rows, source, now),
        )
        inserted: dict[str | None, list[int]] = defaultdict(list)
        for external_id, pk in cursor.fetchall():
            inserted[external_id].append(pk)
        return inserted


def _repeated(
    rows: Sequence[_Checked], compared: Sequence[int], source: str, now: datetime
) -> list[tuple[int, Spend]]:
    """Which of ``compared`` (indexes of rows) the ledger has, and the entry that it has.

    Raises:
        SpendConflict: one of them was recorded with other content.
    """
    found: list[tuple[int, Spend]] = []
    repeated: Iterable[Any] = Spend.objects.raw(
        f"SELECT recorded.*, staged.position, {statements.DIFFERS} AS differs"  # noqa: S608  (our own)
        f" FROM {statements.REPEATED.format(staged=statements.ARRAYS)} ORDER BY staged.position",
        _parameters([rows[i] for i in compared], source, now),
    )
    for recorded in repeated:
        i = compared[recorded.position - 1]
        if recorded.differs:
            field = recorded.differs
            raise SpendConflict(
                source=source,
                external_id=str(recorded.external_id),
                field=field,
                recorded=recorded.campaign_id if field == "campaign" else getattr(recorded, field),
                offered=_content(rows[i])[field],
            )
        found.append((i, recorded))
    return found


def _parameters(rows: Sequence[_Checked], source: str, now: datetime) -> dict[str, Any]:
    return {
        "campaigns": [row.campaign_id for row in rows],
        "amounts": [row.amount for row in rows],
        "dates": [row.date for row in rows],
        "instants": [row.occurred_at for row in rows],
        "descriptions": [row.entry.description for row in rows],
        "external_ids": [row.entry.external_id for row in rows],
        "dates_given": [row.entry.date is not None for row in rows],
        "instants_given": [row.entry.occurred_at is not None for row in rows],
        "source": source,
        "kind": rows[0].kind.value,
        "now": now,
    }


def _content(row: _Checked) -> dict[str, object]:
    return {
        "campaign": row.campaign_id,
        "amount": row.amount,
        "description": row.entry.description,
        "kind": row.kind.value,
        "date": row.date,
        "occurred_at": row.occurred_at,
    }
