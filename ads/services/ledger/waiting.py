"""Keeping spend whose campaign is not known yet, until its reference is matched.

Waiting spend is in no sum. It may be sent again any number of times, like recorded spend:
duplicates are detected by external ID and source; of day totals, by reference, day and source, the
newest observation counts.

Everything here happens in the caller's transaction, which has locked the references
(:func:`ads.services.locks.unknown_references`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from ads.models import UnknownReference, WaitingSpend
from ads.models.spend import Kind
from ads.services import new_batch
from ads.services.actor import current_actor
from ads.services.campaign_lookup import Reference
from ads.services.ledger import entries
from ads.services.ledger.day_totals import newest_of
from ads.services.ledger.rows import DUPLICATE, OLDER, WAITING, Answer, Row

#: A row that will wait, and the id of its unknown reference.
Unmatched = tuple[int, Row]

#: Why day totals are discarded that whoever matched them chose to skip.
OVERLAPPED: Final = "Skipped: the same days are on record."


def keep(
    rows: Sequence[Unmatched],
    *,
    source: str,
    now: datetime,
    kind: Kind,
    brand_ids: Collection[int] | None = None,
) -> list[Answer]:
    """Keep rows; each is ``waiting`` (also if it was before), ``older`` or a conflict.

    Entries that were recorded before their platform ID was taken from its campaign are duplicates.
    ``brand_ids``: those of which the sender may know; None: every brand.
    """
    if kind == Kind.DAY_TOTAL:
        return _keep_totals(rows, source, now)
    return _keep_entries(rows, source, now, kind, brand_ids)


def _keep_entries(
    rows: Sequence[Unmatched],
    source: str,
    now: datetime,
    kind: Kind,
    brand_ids: Collection[int] | None,
) -> list[Answer]:
    staged: list[Any] = [(pk, row, row.date, row.occurred_at) for pk, row in rows]
    answers = [Answer(WAITING)] * len(rows)
    on_record = list(
        entries.compare(
            staged,
            entries.TAKEN,
            source,
            now,
            kind,
            brand_ids=brand_ids,
            differs=entries.DIFFERS_UNMATCHED,
        )
    )
    for i, entry_id, recorded, differs in on_record:
        answers[i] = (
            Answer(DUPLICATE, entry_id)
            if differs is None
            else entries.conflict(
                staged[i], differs, recorded[differs], source, kind, rows[i][1].campaign
            )
        )
    entries.refuse_undone(answers, staged, [i for i, *_ in on_record], source)
    new = [i for i, answer in enumerate(answers) if answer.outcome == WAITING]
    inserted = _insert([staged[i] for i in new], source, now, kind) if new else set()
    compared = []
    for i in new:
        external_id = staged[i][1].external_id
        if external_id in inserted:
            inserted.remove(external_id)
        elif external_id is not None:
            answers[i] = Answer(WAITING, is_new=False)
            compared.append(i)
    if compared:
        again = _as_kept([staged[i] for i in compared], source)
        found = entries.compare(again, KEPT, source, now, kind, differs=entries.DIFFERS_WAITING)
        differing = [row for row in found if row[-1]]
        names = UnknownReference.objects.in_bulk({row[2]["campaign"] for row in differing})
        for position, _, kept, differs in differing:
            i = compared[position]
            kept["campaign"] = names[kept["campaign"]]
            field = differs or ""
            answers[i] = entries.conflict(
                staged[i], field, kept[field], source, kind, rows[i][1].campaign
            )
    return answers


def _keep_totals(rows: Sequence[Unmatched], source: str, now: datetime) -> list[Answer]:
    keyed: dict[int, Any] = {i: ((pk, row.date), row) for i, (pk, row) in enumerate(rows)}
    newest = {key: keyed[i][1] for key, i in newest_of(keyed).items()}
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP_TOTALS.format(given=_TOTALS_GIVEN),
            {
                "unknown": [pk for pk, _ in newest],
                "dates": [day for _, day in newest],
                "amounts": [total.amount for total in newest.values()],
                "observations": [total.observed_at for total in newest.values()],
                "currencies": [total.currency or "" for total in newest.values()],
                "timezones": [total.timezone or "" for total in newest.values()],
                "source": source,
                "now": now,
                "batch": new_batch.current(),
            },
        )
        kept = set(cursor.fetchall())
    return [
        Answer(
            WAITING
            if key in kept
            and (row.amount, row.observed_at) == (newest[key].amount, newest[key].observed_at)
            else OLDER
        )
        for key, row in keyed.values()
    ]


def discard(waits: QuerySet[WaitingSpend], *, because: str, now: datetime) -> int:
    """Never record these rows; how many. Who discarded them, and why, stays on record."""
    return waits.update(discarded_at=now, discarded_by=current_actor(), discarded_because=because)


def count_back(batch_id: int) -> int:
    """How many day totals that wait would be those of an earlier batch without this one."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({_BEFORE}) AS was", {"batch": batch_id})  # noqa: S608
        (count,) = cursor.fetchone()
        return int(count)


def put_back(batch_id: int) -> None:
    """Let these wait as they did before the batch reported them anew."""
    with connection.cursor() as cursor:
        cursor.execute(_PUT_BACK, {"batch": batch_id})


#: What was reported before the batch, and before what was undone since.
_BEFORE: Final = """
    WITH RECURSIVE earlier AS (
        SELECT id AS kept_id, before AS row FROM ads_waitingspend
         WHERE batch_id = %(batch)s AND discarded_at IS NULL AND before IS NOT NULL
         UNION ALL
        SELECT kept_id, earlier.row -> 'before'
          FROM earlier
          JOIN ads_spendbatch AS undone ON undone.id = (earlier.row ->> 'batch_id')::bigint
         WHERE NOT undone.counts AND jsonb_typeof(earlier.row -> 'before') = 'object'
    )
    SELECT kept_id, was.*
      FROM earlier, jsonb_populate_record(NULL::ads_waitingspend, earlier.row) AS was
      LEFT JOIN ads_spendbatch AS counting ON counting.id = was.batch_id
     WHERE coalesce(counting.counts, true)
"""

_PUT_BACK: Final = f"""
    UPDATE ads_waitingspend AS kept
       SET amount = was.amount, currency = was.currency, timezone = was.timezone,
           observed_at = was.observed_at, received_at = was.received_at,
           batch_id = was.batch_id, before = was.before
      FROM ({_BEFORE}) AS was
     WHERE kept.id = kept_id
"""  # noqa: S608


def forget_empty(unknown_ids: Collection[int]) -> None:
    """Delete those of these unknown references that have no waiting spend."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM ads_unknownreference AS known WHERE id = ANY(%s::bigint[]) AND NOT EXISTS"
            " (SELECT FROM ads_waitingspend WHERE unknown_id = known.id)",
            [list(unknown_ids)],
        )


def _as_kept(staged: Sequence[entries.Staged], source: str) -> list[entries.Staged]:
    """These, under the unknown reference under which the same entry waits.

    It is another one of the same platform ID if the sender was limited to other brands then.
    """
    kept = WaitingSpend.objects.filter(
        source=source, external_id__in=[row.external_id for _, row, *_ in staged], discarded_at=None
    ).values_list(
        "external_id", "unknown__platform", "unknown__account", "unknown__reference", "unknown_id"
    )
    under: dict[Any, int] = {
        (external_id, Reference(*parts)): pk for external_id, *parts, pk in kept
    }
    return [
        (under.get((row.external_id, row.campaign), pk), row, day, instant)
        for pk, row, day, instant in staged
    ]


def _insert(
    staged: Sequence[entries.Staged], source: str, now: datetime, kind: Kind
) -> set[str | None]:
    """External IDs of the entries that did not wait already."""
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP_ENTRIES.format(staged=_WITH_CURRENCY),
            {
                **entries.parameters(staged, source, now, kind),
                "currencies": [row.currency or "" for _, row, *_ in staged],
            },
        )
        return {external_id for (external_id,) in cursor.fetchall()}


_WITH_CURRENCY: Final = f"""
    (SELECT staged.*, (%(currencies)s::text[])[position::integer] AS currency
       FROM {entries.ARRAYS}) AS staged
"""  # noqa: S608  (our own)

#: Keeps the entries of ``staged``: a relation as in :mod:`ads.services.ledger.entries` with their
#: currencies, and unknown references for campaigns. In the same order of external IDs, for the same
#: reason.
KEEP_ENTRIES: Final = """
    INSERT INTO ads_waitingspend
           (unknown_id, kind, amount, currency, date, occurred_at, description, source,
            external_id, received_at, refusal, discarded_by, discarded_because, batch_id)
    SELECT campaign_id, %(kind)s, amount, currency, date, occurred_at, description, %(source)s,
           external_id, %(now)s, '', '', '', %(batch)s::bigint
      FROM {staged}
     ORDER BY external_id COLLATE "C" NULLS FIRST, position
        ON CONFLICT (source, external_id)
           WHERE external_id IS NOT NULL AND discarded_at IS NULL DO NOTHING
    RETURNING external_id
"""

#: Waiting spend as a relation like the ledger, with unknown references for campaigns.
KEPT: Final = """
    (SELECT id, unknown_id AS campaign_id, amount, description, kind, date, occurred_at, source,
            external_id
       FROM ads_waitingspend
      WHERE discarded_at IS NULL)
"""

_TOTALS_GIVEN: Final = """
    unnest(%(unknown)s::bigint[], %(dates)s::date[], %(amounts)s::numeric[],
           %(observations)s::timestamptz[], %(currencies)s::text[], %(timezones)s::text[])
           AS given (unknown_id, date, amount, observed_at, currency, timezone)
"""

#: Keeps the day totals of ``given`` (unknown_id, date, amount, observed_at, currency, timezone),
#: one for each unknown reference and day. What a batch reports anew is kept for its undo, as far
#: back as so many characters have room for.
KEEP_TOTALS: Final = """
    INSERT INTO ads_waitingspend AS kept
           (unknown_id, kind, amount, currency, date, timezone, observed_at, description, source,
            received_at, refusal, discarded_by, discarded_because, batch_id)
    SELECT unknown_id, 'day_total', amount, currency, date, timezone, observed_at, '', %(source)s,
           %(now)s, '', '', '', %(batch)s::bigint
      FROM {given}
     ORDER BY unknown_id, date
        ON CONFLICT (unknown_id, date, source)
           WHERE kind = 'day_total' AND discarded_at IS NULL
        DO UPDATE SET amount = excluded.amount, timezone = excluded.timezone,
                      currency = coalesce(nullif(excluded.currency, ''), kept.currency),
                      observed_at = excluded.observed_at, received_at = excluded.received_at,
                      batch_id = excluded.batch_id,
                      before = CASE WHEN excluded.batch_id IS NULL THEN NULL
                                    WHEN excluded.batch_id = kept.batch_id THEN kept.before
                                    WHEN length(kept.before::text) > 4000
                                    THEN to_jsonb(kept) - 'before' ELSE to_jsonb(kept) END,
                      refusal = ''
         WHERE excluded.observed_at >= kept.observed_at
    RETURNING unknown_id, date
"""
