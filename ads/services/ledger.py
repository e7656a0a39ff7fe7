"""Recording spend: entries go into the ledger, and what they cross is enforced, in one transaction.

The database adds up the sums within the statement that inserts the entries.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from ads.models import Campaign, Spend
from ads.models.spend import Kind
from ads.rules.calendar import local_date
from ads.rules.money import InvalidAmount, parse_amount
from ads.services import crossings
from ads.services import entry_statements as statements
from ads.services.enforcement import Trigger, enforce
from ads.services.errors import InvalidSpend, SpendConflict

#: Characters that the columns hold.
LONGEST = {"description": 500, "source": 100, "external_id": 200}

ONE_DAY = timedelta(days=1)


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
    owners = owners_of(entry.campaign for entry in entries)
    checked = [_check(entry, owners, now, kind) for entry in entries]
    with transaction.atomic():
        recorded = _append(checked, source=source, now=now)
        inserted = [
            row
            for row, answer in zip(checked, recorded, strict=True)
            if answer.entry_id and answer.outcome == "recorded"
        ]
        enforce_crossed(
            [
                crossings.Moved(
                    row.campaign_id,
                    owners[row.campaign_id].brand_id,
                    owners[row.campaign_id].timezone,
                    row.date,
                    row.amount,
                )
                for row in inserted
            ],
            now,
            Trigger.CORRECTION if kind == Kind.CORRECTION else Trigger.SPEND,
        )
    return recorded


def enforce_crossed(moved: Iterable[crossings.Moved], now: datetime, trigger: Trigger) -> None:
    """Enforce the campaigns whose budgets the spend crossed; inside the transaction that did."""
    campaigns = crossings.crossed(moved, now)
    if campaigns is not None:
        enforce(campaigns, now, trigger, lock_first=True)


def owners_of(campaigns: Iterable[Campaign | int]) -> dict[int, _Owner]:
    """Brand and timezone by campaign id; one query, none where the brand is loaded already.

    Raises:
        InvalidSpend: there is no such campaign.
    """
    owners: dict[int, _Owner] = {}
    unknown: set[int] = set()
    for campaign in campaigns:
        if isinstance(campaign, Campaign):
            if campaign.pk is None:
                raise InvalidSpend("campaign", campaign, "it has not been saved.")
            if Campaign.brand.is_cached(campaign):
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


def check_text(field: str, value: object, *, required: bool = False) -> None:
    """Refuse text that the ledger cannot hold."""
    if not isinstance(value, str):
        raise InvalidSpend(field, value, "give text.")
    if required and not value.strip():
        raise InvalidSpend(field, value, "it must not be empty.")
    if "\x00" in value:
        raise InvalidSpend(field, value, "it contains a NUL character; remove it.")
    if len(value) > (longest := LONGEST[field]):
        raise InvalidSpend(field, value, f"it is longer than {longest} characters; shorten it.")


def check_amount(amount: object, *, negative: bool = False) -> Decimal:
    """The amount as an exact Decimal.

    Raises:
        InvalidSpend: it is not an amount in US dollars with at most six places.
    """
    try:
        return parse_amount(amount, negative=negative)
    except InvalidAmount as error:
        raise InvalidSpend(error.field, error.value, error.reason) from error


def check_date(day: object, timezone: str, now: datetime) -> date:
    """The accounting day, at most the brand's tomorrow (its clock may be ahead of the source's)."""
    if not isinstance(day, date) or isinstance(day, datetime):
        raise InvalidSpend("date", day, "give a date.")
    latest = latest_date(timezone, now)
    if day > latest:
        raise InvalidSpend(
            "date",
            day,
            f"it is later than tomorrow in the brand's timezone ({timezone}: {latest}); "
            "spend that has not happened cannot be recorded.",
        )
    return day


def latest_date(timezone: str, now: datetime) -> date:
    """The last accounting day that spend may have: the brand's tomorrow."""
    return local_date(now, timezone) + ONE_DAY


def check_instant(field: str, instant: object) -> datetime:
    """An aware instant."""
    if not isinstance(instant, datetime) or instant.utcoffset() is None:
        raise InvalidSpend(field, instant, "give a datetime with a timezone.")
    return instant.astimezone(UTC)


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
    day = local_date(occurred_at, timezone) if entry.date is None else entry.date
    return _Checked(entry, campaign_id, amount, check_date(day, timezone, now), occurred_at, kind)


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
