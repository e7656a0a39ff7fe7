"""Appending entries to the ledger.

Statements work on ``staged``: SQL for a relation of that name with the columns campaign_id, amount,
date, occurred_at, description, external_id, position, known_as (:attr:`.rows.SpendEntry.known_as`),
and date_given and occurred_at_given (whether the sender gave them); all checked already. So one
entry (:data:`ARRAYS`) and a file of a million (a temporary table) are recorded by the same
statements. ``%(source)s``, ``%(kind)s``, ``%(recorded_by)s``, ``%(now)s`` and ``%(batch)s`` are the
same for all entries, and so is ``%(brand_ids)s`` where they are compared: the brands of which the
sender may know, NULL for every brand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ads.models import RecordedAgain
from ads.models.spend import BETWEEN, Kind
from ads.services import new_batch
from ads.services.actor import current_actor
from ads.services.errors import RecordedAndUndone, SpendConflict
from ads.services.ledger.rows import DUPLICATE, RECORDED, Answer, Placed, SpendEntry, failed

#: A relation of staged entries made of arrays; ``position`` counts from 1.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(amounts)s::numeric[], %(dates)s::date[],
           %(instants)s::timestamptz[], %(descriptions)s::text[], %(external_ids)s::text[],
           %(dates_given)s::boolean[], %(instants_given)s::boolean[], %(known_as)s::text[])
           WITH ORDINALITY
           AS staged (campaign_id, amount, date, occurred_at, description, external_id,
                      date_given, occurred_at_given, known_as, position)
"""

#: Inserts new entries; none for an amount of zero. By external ID, in one collation everywhere, so
#: that two batches with the same IDs never deadlock; entries without one in their order.
INSERT: Final = """
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source,
                           external_id, kind, recorded_by, created_at, batch_id)
    SELECT campaign_id, amount, date, occurred_at, description, %(source)s,
           external_id, %(kind)s, %(recorded_by)s, %(now)s, %(batch)s::bigint
      FROM {staged}
     WHERE amount <> 0
     ORDER BY external_id COLLATE "C" NULLS FIRST, position
        ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING
"""

#: Entries whose external ID was recorded before, as ``staged`` and ``recorded``.
REPEATED: Final = """
    {staged}
      JOIN {recorded} AS recorded
        ON recorded.source = %(source)s AND recorded.external_id = staged.external_id
       AND recorded.external_id IS NOT NULL
"""

# Of campaigns of other brands a limited sender is told nothing, so theirs is another one.
_HAS_HAD_ITS_ID: Final = f"""
    EXISTS (SELECT FROM ads_campaignreferenceevent AS event
              JOIN ads_campaign AS owner ON owner.id = event.campaign_id
             WHERE event.campaign_id = recorded.campaign_id
               AND event.platform = split_part(staged.known_as, '{BETWEEN}', 1)
               AND event.reference = split_part(staged.known_as, '{BETWEEN}', 3)
               AND (event.account = split_part(staged.known_as, '{BETWEEN}', 2)
                    OR '' IN (event.account, split_part(staged.known_as, '{BETWEEN}', 2)))
               AND (owner.brand_id = ANY(%(brand_ids)s::bigint[])
                    OR %(brand_ids)s::bigint[] IS NULL))
"""

_DIFFERS: Final = """
    CASE WHEN {of_another} THEN 'campaign'
         WHEN recorded.amount <> staged.amount THEN 'amount'
         WHEN recorded.description <> staged.description THEN 'description'
         WHEN recorded.kind <> %(kind)s THEN 'kind'
         WHEN staged.date_given AND recorded.date IS DISTINCT FROM staged.date THEN 'date'
         WHEN staged.occurred_at_given AND recorded.occurred_at IS DISTINCT FROM staged.occurred_at
         THEN 'occurred_at' END
"""

#: The first field in which a repeated entry differs from the one recorded; NULL: none. Only what
#: the sender gave is compared. A platform ID names the campaigns that have it or had it before
#: (which the audit knows): the entry was recorded for whoever had it then.
DIFFERS: Final = _DIFFERS.format(
    of_another=f"recorded.campaign_id <> staged.campaign_id AND NOT {_HAS_HAD_ITS_ID}"
)

#: The same of an entry under an ID that no campaign has.
DIFFERS_UNMATCHED: Final = _DIFFERS.format(of_another=f"NOT {_HAS_HAD_ITS_ID}")

#: The same of two that wait, each for an unknown reference.
DIFFERS_WAITING: Final = _DIFFERS.format(of_another="recorded.campaign_id <> staged.campaign_id")

#: The ledger, with what each external ID stands for: the entry that was recorded with it, or the
#: last one after a match was undone (:class:`ads.models.RecordedAgain`). ``first_id`` has the ID.
ON_RECORD: Final = """
    (SELECT first.id AS first_id, first.source, first.external_id,
            coalesce(last.id, first.id) AS id,
            coalesce(last.campaign_id, first.campaign_id) AS campaign_id,
            coalesce(last.amount, first.amount) AS amount,
            coalesce(last.description, first.description) AS description,
            coalesce(last.kind, first.kind) AS kind, coalesce(last.date, first.date) AS date,
            coalesce(last.occurred_at, first.occurred_at) AS occurred_at,
            CASE WHEN last.id IS NULL THEN first.batch_id ELSE last.batch_id END AS batch_id
       FROM ads_spend AS first
       LEFT JOIN (ads_recordedagain AS again JOIN ads_spend AS last ON last.id = again.last_id)
              ON again.first_id = first.id)
"""

_MADE_BY: Final = f"""
    {ON_RECORD} AS entry
       JOIN ads_spendbatch AS made ON made.id = entry.batch_id AND NOT made.counts
"""

#: Those that were undone with their batch, by the batch ``undo_id``; NULL: with a match, and were
#: discarded after that. Those that wait again are not undone.
UNDONE: Final = f"""
    (SELECT entry.*, CASE WHEN made.kind <> 'match' THEN undo.id END AS undo_id
       FROM {_MADE_BY}
       JOIN ads_spendbatch AS undo ON undo.undoes_id = made.id
      WHERE made.kind <> 'match'
         OR NOT EXISTS (SELECT FROM ads_waitingspend AS waits
                         WHERE waits.source = entry.source
                           AND waits.external_id = entry.external_id
                           AND waits.external_id IS NOT NULL AND waits.discarded_at IS NULL))
"""  # noqa: S608  (our own names)

#: Those whose match was undone: their IDs are free to wait, and to be recorded again.
FREE: Final = f"(SELECT entry.* FROM {_MADE_BY} AND made.kind = 'match')"  # noqa: S608

#: The others, which are not free to wait.
TAKEN: Final = f"""
    (SELECT entry.*
       FROM {ON_RECORD} AS entry
       LEFT JOIN ads_spendbatch AS made
              ON made.id = entry.batch_id AND made.kind = 'match' AND NOT made.counts
      WHERE made.id IS NULL)
"""  # noqa: S608

#: The entries of ``staged``, all with an external ID, that :data:`INSERT` would insert.
NEW: Final = """
    SELECT DISTINCT ON (external_id COLLATE "C") *
      FROM {staged}
     WHERE amount <> 0
       AND NOT EXISTS (SELECT FROM ads_spend AS recorded
                        WHERE recorded.source = %(source)s
                          AND recorded.external_id = staged.external_id)
     ORDER BY external_id COLLATE "C", position
"""

#: An entry for a statement: campaign, content, day and instant.
Staged = tuple[int, SpendEntry, date | None, datetime | None]


def append(
    placed: Sequence[Placed],
    *,
    source: str,
    now: datetime,
    kind: Kind,
    brand_ids: Collection[int] | None = None,
    has_waited: bool = False,
) -> list[Answer]:
    """Insert new entries in one statement, and compare the others with what was recorded.

    Of several entries with one external ID the first is recorded. Inside the caller's transaction,
    which enforces what is crossed, or is rolled back. ``brand_ids``: those of which the sender may
    know; None: every brand. ``has_waited``: entries whose match was undone count again; the caller
    holds the references under which they waited, and nobody else records them.
    """
    free = _free(placed, source) if has_waited else {}
    staged = [
        (
            owner.campaign_id,
            replace(row, external_id=None) if row.external_id in free else row,
            day,
            instant,
        )
        for row, owner, day, instant in placed
    ]
    answers = [Answer(RECORDED, is_new=False)] * len(staged)  # of zero
    nonzero = [i for i, (_, row, *_) in enumerate(staged) if row.amount]
    inserted = _insert([staged[i] for i in nonzero], source, now, kind) if nonzero else {}
    # An amount of zero inserts nothing, but its external ID may be that of another entry.
    compared = [i for i, (_, row, *_) in enumerate(staged) if row.external_id and not row.amount]
    for i in nonzero:
        if pks := inserted[staged[i][1].external_id]:
            answers[i] = Answer(RECORDED, pks.pop())
        else:
            compared.append(i)
    if compared:
        again = [staged[i] for i in compared]
        for position, pk, recorded, differs in compare(
            again, ON_RECORD, source, now, kind, brand_ids=brand_ids
        ):
            i = compared[position]
            answers[i] = (
                Answer(DUPLICATE, pk)
                if differs is None
                else conflict(staged[i], differs, recorded[differs], source, kind)
            )
        refuse_undone(answers, staged, compared, source)
    if free:
        _note_recorded_again(placed, answers, free)
    return answers


def refuse_undone(
    answers: list[Answer], staged: Sequence[Staged], compared: Sequence[int], source: str
) -> None:
    """Duplicates of entries that were undone do not count, which is said."""
    repeated = {answers[i].entry_id for i in compared if answers[i].outcome == DUPLICATE}
    if not repeated:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, undo_id FROM {UNDONE} AS undone"  # noqa: S608  (our own)
            " WHERE id = ANY(%s::bigint[])",
            [list(repeated)],
        )
        undone = dict(cursor.fetchall())
    for i in compared:
        if answers[i].outcome == DUPLICATE and answers[i].entry_id in undone:
            external_id = staged[i][1].external_id
            error = RecordedAndUndone(
                source=source, external_id=external_id, undo=undone[answers[i].entry_id]
            )
            answers[i] = failed(error)


def _note_recorded_again(
    placed: Sequence[Placed], answers: Sequence[Answer], free: Mapping[str | None, int]
) -> None:
    again = {
        free[each.row.external_id]: answer.entry_id
        for each, answer in zip(placed, answers, strict=True)
        if each.row.external_id in free and answer.entry_id is not None
    }
    RecordedAgain.objects.bulk_create(
        [RecordedAgain(first_id=first, last_id=last) for first, last in again.items()],
        update_conflicts=True,
        unique_fields=["first"],
        update_fields=["last"],
    )


def _free(placed: Sequence[Placed], source: str) -> dict[str | None, int]:
    """The IDs among these whose match was undone, with the entries that have them for good."""
    external_ids = [each.row.external_id for each in placed if each.row.external_id]
    if not external_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT external_id, first_id FROM {FREE} AS free"  # noqa: S608  (our own)
            " WHERE source = %s AND external_id = ANY(%s::text[])",
            [source, external_ids],
        )
        return dict(cursor.fetchall())


def compare(
    staged: Sequence[Staged],
    recorded: str,
    source: str,
    now: datetime,
    kind: Kind,
    *,
    brand_ids: Collection[int] | None = None,
    differs: str = DIFFERS,
) -> Iterable[tuple[int, int, dict[str, Any], str | None]]:
    """The entries whose external IDs ``recorded`` has, SQL for a relation like the ledger.

    Yields the position, the primary key there, its content by field, and the first field in which
    they differ; None: they are the same.
    """
    values = parameters(staged, source, now, kind)
    values["brand_ids"] = None if brand_ids is None else list(brand_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT staged.position - 1, recorded.id,"  # noqa: S608  (our own)
            " recorded.campaign_id, recorded.amount, recorded.description, recorded.kind,"
            f" recorded.date, recorded.occurred_at, {differs}"
            f" FROM {REPEATED.format(staged=ARRAYS, recorded=recorded)}"
            " ORDER BY staged.position",
            values,
        )
        for position, pk, *columns, field in cursor.fetchall():
            yield position, pk, dict(zip(_CONTENT, columns, strict=True)), field


_CONTENT: Final = ("campaign", "amount", "description", "kind", "date", "occurred_at")


def conflict(
    staged: Staged, field: str, recorded: object, source: str, kind: Kind, campaign: object = None
) -> Answer:
    """The answer for an entry that differs in ``field`` from the one recorded.

    ``campaign`` is what the entry called its campaign, if it has no id.
    """
    pk, row, day, instant = staged
    given = {"campaign": campaign or pk, "kind": kind.value, "date": day, "occurred_at": instant}
    return failed(
        SpendConflict(
            source=source,
            external_id=row.external_id,
            field=field,
            recorded=recorded,
            offered=given[field] if field in given else getattr(row, field),
        )
    )


def recorder(kind: Kind) -> str:
    """The name that goes into the ledger: of whoever corrects it."""
    return current_actor() if kind == Kind.CORRECTION else ""


def parameters(
    staged: Collection[Staged], source: str, now: datetime, kind: Kind
) -> dict[str, Any]:
    """Parameters for :data:`ARRAYS`."""
    campaigns, rows, dates, instants = zip(*staged, strict=True)
    return {
        "campaigns": list(campaigns),
        "amounts": [row.amount for row in rows],
        "dates": list(dates),
        "instants": list(instants),
        "descriptions": [row.description for row in rows],
        "external_ids": [row.external_id for row in rows],
        "dates_given": [row.date is not None for row in rows],
        "instants_given": [row.occurred_at is not None for row in rows],
        "known_as": [row.known_as for row in rows],
        "source": source,
        "kind": kind.value,
        "recorded_by": recorder(kind),
        "now": now,
        "batch": new_batch.current(),
    }


def _insert(
    staged: Collection[Staged], source: str, now: datetime, kind: Kind
) -> dict[str | None, list[int]]:
    """Ids of the entries inserted, by external ID; those without one from the last to the first."""
    inserted: dict[str | None, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT.format(staged=ARRAYS) + "RETURNING external_id, id",
            parameters(staged, source, now, kind),
        )
        for external_id, pk in reversed(cursor.fetchall()):
            inserted[external_id].append(pk)
    return inserted
