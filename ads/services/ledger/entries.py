"""Entries on their way into the ledger: what is checked of each, and what becomes of each.

The one core under everything that records entries: all of them or none
(:mod:`.record`), those that are good (:mod:`ads.services.intake`), those that had waited for their
campaign (:mod:`ads.services.references`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from ads.models.spend import Kind
from ads.services.actor import current_actor
from ads.services.campaign_lookup import Owner
from ads.services.delivery import Enforced, Trigger, enforce
from ads.services.errors import SpendConflict
from ads.services.ledger import crossings
from ads.services.ledger import entry_sql as statements
from ads.services.ledger.validation import (
    check_amount,
    check_day,
    check_has_come,
    check_instant,
    check_text,
    day_of,
)


class Values(NamedTuple):
    """What an entry says, found good as far as that can be told without its campaign."""

    amount: Decimal
    description: str
    external_id: str | None
    #: Both None where they were left out.
    date: date | None
    occurred_at: datetime | None


class Entry(NamedTuple):
    """An entry found good, as it goes into the ledger."""

    owner: Owner
    values: Values
    #: As given, or worked out.
    date: date
    occurred_at: datetime


class Answer(NamedTuple):
    """What became of an entry: ``recorded``, a ``duplicate`` of one that had been, or a conflict.

    ``entry_id`` is that of the entry in the ledger; None for an amount of zero, which leaves the
    ledger as it is, and for a conflict.
    """

    outcome: str
    entry_id: int | None
    conflict: SpendConflict | None = None


RECORDED: Final = "recorded"
DUPLICATE: Final = "duplicate"
CONFLICT: Final = "conflict"


def check_values(
    *,
    amount: object,
    description: object,
    external_id: object,
    day: object,
    occurred_at: object,
    kind: Kind,
) -> Values:
    """What an entry says; no query.

    Raises:
        InvalidSpend: it cannot be recorded, whatever its campaign.
    """
    negative = kind == Kind.CORRECTION
    return Values(
        check_amount(amount, negative=negative),
        check_text("description", description, required=negative),
        None if external_id is None else check_text("external_id", external_id, required=True),
        # Instants first: a day is worked out from them.
        occurred_at=None if occurred_at is None else check_instant("occurred_at", occurred_at),
        date=None if day is None else check_day(day),
    )


def place(values: Values, owner: Owner, now: datetime, *, came_in: datetime | None = None) -> Entry:
    """The entry on its accounting day; without any other instant, that of when it ``came_in``.

    Raises:
        InvalidSpend: that day has not come.
    """
    occurred_at = values.occurred_at or came_in or now
    if values.date is None:
        day = day_of(occurred_at, owner.timezone, now)
    else:
        day = values.date
        check_has_come(day, owner.timezone, now)
    return Entry(owner, values, day, occurred_at)


def append(entries: Sequence[Entry], *, source: str, now: datetime, kind: Kind) -> list[Answer]:
    """Insert what is new in one statement, and compare the rest with what was recorded.

    Answers in the same order; of two with the same external id the first is recorded. Inside the
    caller's transaction, which enforces what is crossed, or is rolled back.
    """
    answers = [Answer(RECORDED, None)] * len(entries)
    nonzero = [i for i, entry in enumerate(entries) if entry.values.amount]
    inserted = _insert([entries[i] for i in nonzero], source, now, kind) if nonzero else {}
    # Zero inserts nothing, but under the id of an entry that has been recorded it is a conflict.
    compared = [
        i for i, entry in enumerate(entries) if not entry.values.amount and entry.values.external_id
    ]
    for i in nonzero:
        if pks := inserted[entries[i].values.external_id]:
            answers[i] = Answer(RECORDED, pks.pop())
        else:
            compared.append(i)
    if compared:
        parameters = _parameters([entries[i] for i in compared], source, now, kind)
        for position, pk, recorded, differs in compare(parameters, "ads_spend"):
            i = compared[position]
            if differs is None:
                answers[i] = Answer(DUPLICATE, pk)
            else:
                offered = content(entries[i].owner.campaign_id, entries[i], kind)[differs]
                answers[i] = Answer(
                    CONFLICT,
                    None,
                    SpendConflict(
                        source=source,
                        external_id=entries[i].values.external_id or "",
                        field=differs,
                        recorded=recorded[differs],
                        offered=offered,
                    ),
                )
    return answers


def compare(
    parameters: dict[str, Any], recorded: str
) -> Iterable[tuple[int, int, dict[str, Any], str | None]]:
    """Of the entries in ``parameters``, those whose ids ``recorded`` has.

    ``recorded`` is SQL for a relation like the ledger. Yields the position (from 0), the primary
    key there, its content by field, and the first field in which they differ, None if in none.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT staged.position - 1, recorded.id,"  # noqa: S608  (our own)
            " recorded.campaign_id, recorded.amount, recorded.description, recorded.kind,"
            f" recorded.date, recorded.occurred_at, {statements.DIFFERS}"
            f" FROM {statements.REPEATED.format(staged=statements.ARRAYS, recorded=recorded)}"
            " ORDER BY staged.position",
            parameters,
        )
        for position, pk, *columns, differs in cursor.fetchall():
            yield position, pk, dict(zip(_CONTENT, columns, strict=True)), differs


_CONTENT: Final = ("campaign", "amount", "description", "kind", "date", "occurred_at")


def content(campaign: object, entry: Entry | Values, kind: Kind) -> dict[str, object]:
    """What an entry says, by the names of the fields in which it may differ."""
    values = entry.values if isinstance(entry, Entry) else entry
    columns = (
        campaign, values.amount, values.description, kind.value, entry.date, entry.occurred_at
    )  # fmt: skip
    return dict(zip(_CONTENT, columns, strict=True))


def recorder(kind: Kind) -> str:
    """Whose name goes into the ledger: of who corrects it."""
    return current_actor() if kind == Kind.CORRECTION else ""


def arrays(
    owners: Sequence[int], values: Sequence[Values], source: str, now: datetime, kind: Kind
) -> dict[str, Any]:
    """Parameters for :data:`statements.ARRAYS`, dates and instants as given."""
    amounts, descriptions, external_ids, dates, instants = zip(*values, strict=True)
    return {
        "campaigns": list(owners),
        "amounts": list(amounts),
        "dates": list(dates),
        "instants": list(instants),
        "descriptions": list(descriptions),
        "external_ids": list(external_ids),
        "dates_given": [day is not None for day in dates],
        "instants_given": [instant is not None for instant in instants],
        "source": source,
        "kind": kind.value,
        "recorded_by": recorder(kind),
        "now": now,
    }


def enforce_recorded(
    entries: Iterable[Entry], answers: Iterable[Answer], now: datetime, kind: Kind
) -> Enforced:
    """Enforce what the entries that were recorded may have crossed; in the same transaction."""
    sums: dict[tuple[Owner, date], Decimal] = defaultdict(Decimal)
    for entry, answer in zip(entries, answers, strict=True):
        if answer.entry_id and answer.outcome == RECORDED:
            sums[entry.owner, entry.date] += entry.values.amount
    trigger = Trigger.CORRECTION if kind == Kind.CORRECTION else Trigger.SPEND
    return enforce_crossed(sums, now, trigger)


def enforce_crossed(
    sums: dict[tuple[Owner, date], Decimal], now: datetime, trigger: Trigger
) -> Enforced:
    """Enforce the campaigns that may have to switch, by how much their days have moved.

    Inside the transaction that recorded it. The money was spent, so a campaign that fails does not
    undo the entry: it is logged, and the sweep tries again.
    """
    moved = (
        crossings.Moved(owner.campaign_id, owner.brand_id, owner.timezone, day, amount)
        for (owner, day), amount in sums.items()
    )
    campaigns = crossings.crossed(moved, now)
    if campaigns is None:
        return Enforced()
    return enforce(campaigns, now, trigger, lock_first=True)


def _insert(
    entries: Collection[Entry], source: str, now: datetime, kind: Kind
) -> dict[str | None, list[int]]:
    """Ids of the entries inserted, by external id; those without one from the last to the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            statements.INSERT.format(staged=statements.ARRAYS) + "RETURNING external_id, id",
            _parameters(entries, source, now, kind),
        )
        inserted: dict[str | None, list[int]] = defaultdict(list)
        for external_id, pk in reversed(cursor.fetchall()):
            inserted[external_id].append(pk)
        return inserted


def _parameters(
    entries: Collection[Entry], source: str, now: datetime, kind: Kind
) -> dict[str, Any]:
    owners, values, dates, instants = zip(*entries, strict=True)
    parameters = arrays([owner.campaign_id for owner in owners], values, source, now, kind)
    return parameters | {"dates": list(dates), "instants": list(instants)}
