"""Keeping spend whose campaign nobody knows yet, until its reference is matched.

It is in no sum. What waits is told apart as the ledger tells entries and day totals apart, so that
it may be sent again as often as one likes: entries by their external id within their source, day
totals by reference, day and source, of which the newest observation counts.

Everything here happens in the caller's transaction, which has locked the unknown references
(:func:`ads.services.locks.unknown_references`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Generic, NamedTuple, TypeVar

from django.db import connection

from ads.models import UnknownReference, WaitingSpend
from ads.models.spend import Kind
from ads.services.campaign_lookup import Reference
from ads.services.errors import SpendConflict
from ads.services.ledger import CONFLICT, Answer, day_totals, entries
from ads.services.ledger import entry_sql as statements

V = TypeVar("V")

WAITING: Final = "waiting"
OLDER: Final = "older"


class Waiting(NamedTuple, Generic[V]):
    """A row that is to wait: under which unknown reference (id and words), and what it says."""

    unknown_id: int
    reference: Reference
    values: V


def keep_entries(
    rows: Sequence[Waiting[entries.Values]], *, source: str, now: datetime, kind: Kind
) -> list[Answer]:
    """Keep entries; each is ``waiting`` (also if it was already), or a conflict.

    An id that the ledger has is a conflict too: it was recorded for a campaign, and nobody can tell
    that this is the same one.
    """
    answers = [Answer(WAITING, None)] * len(rows)
    parameters = _parameters(rows, source, now, kind)
    for i, _, recorded, _ in entries.compare(parameters, "ads_spend"):
        answers[i] = _conflict(rows[i], source, "campaign", recorded["campaign"], rows[i].reference)
    new = [i for i, answer in enumerate(answers) if answer.outcome == WAITING]
    inserted = _insert([rows[i] for i in new], source, now, kind) if new else set()
    compared = []
    for i in new:
        external_id = rows[i].values.external_id
        if external_id in inserted:
            inserted.remove(external_id)
        elif external_id is not None:
            compared.append(i)
    if compared:
        again = _as_kept([rows[i] for i in compared], source)
        parameters = _parameters(again, source, now, kind)
        differing = [row for row in entries.compare(parameters, KEPT) if row[-1]]
        names = UnknownReference.objects.in_bulk({row[2]["campaign"] for row in differing})
        for position, _, kept, differs in differing:
            row = rows[compared[position]]
            kept["campaign"] = names[kept["campaign"]]
            offered = entries.content(row.reference, row.values, kind)
            answers[compared[position]] = _conflict(
                row, source, differs or "", kept[differs or ""], offered[differs or ""]
            )
    return answers


def keep_totals(
    rows: Sequence[Waiting[day_totals.Values]], *, source: str, now: datetime
) -> list[str]:
    """Keep day totals; each is ``waiting`` (also if it was), or ``older`` than what waits."""
    keys = [(row.unknown_id, row.values.date) for row in rows]
    newest = day_totals.newest_of((key, row.values) for key, row in zip(keys, rows, strict=True))
    values = [rows[i].values for i in newest.values()]
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP_TOTALS.format(given=_TOTALS_GIVEN),
            {
                "unknown": [pk for pk, _ in newest],
                "dates": [one.date for one in values],
                "amounts": [one.amount for one in values],
                "observations": [one.observed_at for one in values],
                "source": source,
                "now": now,
            },
        )
        kept = set(cursor.fetchall())
    return [
        WAITING if key in kept and row.values[1:] == rows[newest[key]].values[1:] else OLDER
        for key, row in zip(keys, rows, strict=True)
    ]


def forget_empty(unknown_ids: Collection[int]) -> None:
    """Delete those of these unknown references under which there is nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ads_unknownreference AS known WHERE id = ANY(%s::bigint[]) AND NOT EXISTS"
            " (SELECT FROM ads_waitingspend WHERE unknown_id = known.id)",
            [list(unknown_ids)],
        )


def _as_kept(rows: Sequence[Waiting[entries.Values]], source: str) -> list[Waiting[entries.Values]]:
    """These, under the unknown reference under which the same waits.

    That is another of the same words if the sender was limited to other brands then.
    """
    kept = WaitingSpend.objects.filter(
        source=source, external_id__in=[row.values.external_id for row in rows], discarded_at=None
    ).values_list(
        "external_id",
        "unknown__platform",
        "unknown__account",
        "unknown__reference",
        "unknown_id",
    )
    under = {(external_id, Reference(*parts)): pk for external_id, *parts, pk in kept}
    return [
        row._replace(unknown_id=under.get((row.values.external_id, row.reference), row.unknown_id))
        for row in rows
    ]


def _conflict(
    row: Waiting[entries.Values], source: str, field: str, recorded: object, offered: object
) -> Answer:
    external_id = row.values.external_id or ""
    conflict = SpendConflict(
        source=source, external_id=external_id, field=field, recorded=recorded, offered=offered
    )
    return Answer(CONFLICT, None, conflict)


def _insert(
    rows: Sequence[Waiting[entries.Values]], source: str, now: datetime, kind: Kind
) -> set[str | None]:
    """External ids of the entries that did not wait already."""
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP_ENTRIES.format(staged=statements.ARRAYS), _parameters(rows, source, now, kind)
        )
        return {external_id for (external_id,) in cursor.fetchall()}


def _parameters(
    rows: Sequence[Waiting[entries.Values]], source: str, now: datetime, kind: Kind
) -> dict[str, Any]:
    return entries.arrays(
        [row.unknown_id for row in rows], [row.values for row in rows], source, now, kind
    )


#: Lets the entries of ``staged`` wait: a relation as :mod:`ads.services.ledger.entry_sql` describes
#: it, with unknown references for campaigns. In the order in which the ledger takes external ids,
#: for the same reason.
KEEP_ENTRIES: Final = """
    INSERT INTO ads_waitingspend
           (unknown_id, kind, amount, date, occurred_at, description, source, external_id,
            received_at, refusal, discarded_by, discarded_because)
    SELECT campaign_id, %(kind)s, amount, date, occurred_at, description, %(source)s, external_id,
           %(now)s, '', '', ''
      FROM {staged}
     ORDER BY external_id COLLATE "C" NULLS FIRST, position
        ON CONFLICT (source, external_id)
           WHERE external_id IS NOT NULL AND discarded_at IS NULL DO NOTHING
    RETURNING external_id
"""

#: What waits, as a relation like the ledger: for its campaign stands the unknown reference.
KEPT: Final = """
    (SELECT id, unknown_id AS campaign_id, amount, description, kind, date, occurred_at, source,
            external_id
       FROM ads_waitingspend
      WHERE discarded_at IS NULL)
"""

_TOTALS_GIVEN: Final = """
    unnest(%(unknown)s::bigint[], %(dates)s::date[], %(amounts)s::numeric[],
           %(observations)s::timestamptz[]) AS given (unknown_id, date, amount, observed_at)
"""

#: Lets the day totals of ``given`` (unknown_id, date, amount, observed_at) wait, one for each
#: unknown reference and day.
KEEP_TOTALS: Final = """
    INSERT INTO ads_waitingspend AS kept
           (unknown_id, kind, amount, date, observed_at, description, source, received_at,
            refusal, discarded_by, discarded_because)
    SELECT unknown_id, 'day_total', amount, date, observed_at, '', %(source)s, %(now)s, '', '', ''
      FROM {given}
     ORDER BY unknown_id, date
        ON CONFLICT (unknown_id, date, source)
           WHERE kind = 'day_total' AND discarded_at IS NULL
        DO UPDATE SET amount = excluded.amount, observed_at = excluded.observed_at,
                      received_at = excluded.received_at, refusal = ''
         WHERE excluded.observed_at >= kept.observed_at
    RETURNING unknown_id, date
"""
