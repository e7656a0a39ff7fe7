"""Recording the staged rows with the statements of the ledger."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.models.spend import Kind, OnOverlap, key_of
from ads.rules.money import LIMIT
from ads.services import new_batch, visible
from ads.services.currencies import by_currency
from ads.services.errors import InvalidSpend, Overlap, RecordedAndUndone, ReportedOtherwise
from ads.services.imports import conflicts, tables
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Columns
from ads.services.imports.refusals import BadRow, ImportRefused, Refused
from ads.services.ledger import archived, day_totals, entries


def leave_begun(done: Imported, begun: Iterable[tuple[str, date]], *, source: str) -> None:
    """Leave these days of the brands of these timezones as they are on record, if they are.

    The file lacks their beginning, so its total is not the day's.
    """
    for timezone, day in begun:
        done.begun += tables.run(_LEAVE_BEGUN, [day, timezone, source])[0][0]


_LEAVE_BEGUN: Final = f"""
    WITH gone AS (
        DELETE FROM {tables.SUMMED} AS summed
         USING ads_campaign AS campaign, ads_brand AS brand
         WHERE summed.date = %s AND campaign.id = summed.campaign_id
           AND brand.id = campaign.brand_id AND brand.timezone = %s
           AND EXISTS (SELECT FROM ads_reportedtotal AS reported
                        WHERE reported.campaign_id = summed.campaign_id
                          AND reported.date = summed.date AND reported.source = %s)
        RETURNING 1
    )
    SELECT count(*) FROM gone
"""  # noqa: S608  (the tables' names are our own)


def leave_moved(*, source: str, waits: bool) -> bool:
    """Note what is on record for campaigns that had the file's platform IDs before; is anything?

    Days that stay with such a campaign are recorded there. ``waits``: for whoever is recording them
    just now.
    """
    if waits:
        day_totals.await_earlier(f"{tables.SUMMED} AS staged", {"source": source})
    tables.run(_FIND_MOVED, {"source": source})
    if not tables.run(f"SELECT 1 FROM {tables.MOVED} LIMIT 1"):  # noqa: S608  (our own names)
        return False
    tables.analyze(tables.MOVED)
    tables.run(_LEAVE_MOVED)
    return True


_FIND_MOVED: Final = f"""
    CREATE TEMP TABLE {tables.MOVED} AS
    {day_totals.EARLIER.format(staged=f"{tables.SUMMED} AS staged", of_these="")}
"""

_LEAVE_MOVED: Final = f"""
    UPDATE {tables.SUMMED} AS summed SET campaign_id = before_id, known_as = before_as
      FROM (SELECT DISTINCT ON (campaign_id, date, known_as) *
              FROM {tables.MOVED} WHERE stays
             ORDER BY campaign_id, date, known_as, before_at DESC) AS moved
     WHERE (summed.campaign_id, summed.date, summed.known_as)
         = (moved.campaign_id, moved.date, moved.known_as)
"""  # noqa: S608


def take_moved(*, overlapping: bool) -> None:
    """Stage zeros for what is on record for campaigns that had the platform IDs before.

    Only with a total that is recorded: not if it overlaps and ``overlapping`` are left out.
    """
    left_out = tables.OVERLAPS if not overlapping else f"(SELECT * FROM {tables.OVERLAPS} LIMIT 0)"  # noqa: S608
    tables.run(_TAKE_MOVED.format(left_out=left_out))


_TAKE_MOVED: Final = f"""
    INSERT INTO {tables.SUMMED} (campaign_id, date, known_as, amount, observed_at, position)
    SELECT before_id, date, before_as, 0, observed_at, 0
      FROM {tables.MOVED} AS moved
     WHERE NOT EXISTS (SELECT FROM {tables.SUMMED} AS summed
                        WHERE (summed.campaign_id, summed.date, summed.known_as)
                            = (before_id, moved.date, before_as))
       AND NOT EXISTS (SELECT FROM {{left_out}} AS pair
                        WHERE (pair.campaign_id, pair.date, pair.known_as)
                            = (moved.campaign_id, moved.date, moved.known_as))
"""  # noqa: S608


def refuse_too_large(refused: Refused) -> None:
    """Refuse and leave out the campaign-days whose rows exceed the limit of a day."""
    for position, campaign_id, day, amount in sorted(tables.run(_TOO_LARGE, [LIMIT])):
        reason = too_large(f"campaign {campaign_id}", day, amount)
        refused.add(BadRow.at(position, reason))


_TOO_LARGE: Final = f"""
    DELETE FROM {tables.SUMMED} WHERE amount >= %s RETURNING position, campaign_id, date, amount
"""  # noqa: S608  (the tables' names are our own)


def refuse_reported_otherwise(done: Imported, *, source: str) -> None:
    """Refuse and leave out the days that the source has reported under other references.

    Each with the first of its lines. All of them are listed only if there is a sink: they may be
    the whole file.
    """
    refused = done.refused
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            _OTHERWISE, {"source": source, "shown": None if refused.sink else refused.limit}
        )
        count = refused.add_all(
            (count, BadRow.at(line, day_totals.otherwise(*row, source=source)))
            for count, line, *row in cursor
        )
    if count:
        done.rows -= tables.run(_LEAVE_OUT, {"source": source})[0][0]


_OTHERWISE: Final = f"""
    SELECT count(*) OVER (), summed.position, campaign_id, date, known_as, mixed.before
      FROM ({day_totals.OTHERWISE.format(staged=f"{tables.SUMMED} AS staged")}) AS mixed
      JOIN {tables.SUMMED} AS summed USING (campaign_id, date, known_as)
     ORDER BY summed.position
     LIMIT %(shown)s
"""  # noqa: S608  (the tables' names are our own)

_LEAVE_OUT: Final = f"""
    WITH mixed AS (
        {day_totals.OTHERWISE.format(staged=f"{tables.SUMMED} AS staged")}
    ), summed AS (
        DELETE FROM {tables.SUMMED} AS summed USING mixed
         WHERE (summed.campaign_id, summed.date, summed.known_as)
             = (mixed.campaign_id, mixed.date, mixed.known_as)
    ), gone AS (
        DELETE FROM {tables.ROWS} AS staged USING mixed
         WHERE (staged.campaign_id, staged.date, staged.known_as)
             = (mixed.campaign_id, mixed.date, mixed.known_as)
        RETURNING 1
    )
    SELECT count(*) FROM gone
"""  # noqa: S608


def too_large(owner: str, day: date, amount: Decimal) -> str:
    return (
        f"amount: the rows of {owner} on {day} add up to {amount:,.2f}; a day must stay below "
        f"{LIMIT:,}."
    )


def record_totals(
    done: Imported,
    *,
    source: str,
    now: datetime,
    on_overlap: OnOverlap | None,
    are_new: bool,
    have_moved: bool,
) -> None:
    """Post the summed day totals, and fill in the figures.

    ``are_new``: nothing was on record for any of these days when they were checked. ``have_moved``:
    some platform IDs have, see :func:`take_moved`.

    Raises:
        ImportRefused: a day was reported under another reference, or by another source, since they
            were checked.
    """
    staged = f"{tables.SUMMED} AS staged"
    try:
        posted = day_totals.post(
            staged,
            source=source,
            now=now,
            on_overlap=on_overlap,
            are_new=are_new,
            have_moved=have_moved,
            but=_BUT_KNOWN,
        )
    except day_totals.JustMoved as error:
        raise ImportRefused(
            "A platform ID in this file has moved to another campaign since the file was read: "
            "nothing was recorded. Import the file again."
        ) from error
    except ReportedOtherwise as error:
        raise ImportRefused(f"{error} It was reported just now: nothing was recorded.") from error
    except Overlap as error:
        raise overlapping(error) from error
    done.items = tables.run(f"SELECT count(*) FROM {tables.SUMMED}")[0][0]  # noqa: S608
    done.recorded, done.difference = posted.recorded, posted.difference
    done.lowered, done.lowered_by = posted.lowered, posted.lowered_by
    done.skipped_overlaps = posted.skipped
    done.replaced, done.taken_back = posted.replaced, posted.taken_back
    done.older = (
        day_totals.count_older(staged, source=source) if posted.recorded < done.items else 0
    )
    done.unchanged = done.items - done.recorded - done.older - done.skipped_overlaps


#: Those that stay with a campaign that had the ID before. Zeros count nothing twice.
_BUT_KNOWN: Final = f"""
    AND staged.amount <> 0
    AND NOT EXISTS (SELECT FROM {tables.MOVED} AS moved
                     WHERE moved.stays AND (moved.before_id, moved.date, moved.before_as)
                         = (staged.campaign_id, staged.date, staged.known_as))
"""


def overlapping(error: Overlap) -> ImportRefused:
    """The refusal of a file that overlaps with what was reported since it was asked about."""
    return ImportRefused(
        f"Other sources have just reported these days: {error.reason} (--on-overlap add, replace "
        "or skip in the command)"
    )


def record_entries(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Insert the staged entries, and fill in the figures; conflicts are refused."""
    refuse_archived(done, source)
    values: dict[str, Any] = {
        "source": source,
        "kind": Kind.ENTRY.value,
        "recorded_by": entries.recorder(Kind.ENTRY),
        "now": now,
        "batch": new_batch.current(),
        "brand_ids": visible.only_brands(),
    }
    insert = entries.INSERT.format(staged=f"{tables.ROWS} AS staged")
    code, join, group = by_currency("recorded")
    found = tables.run(
        f"WITH recorded AS ({insert} RETURNING campaign_id, amount)"  # noqa: S608
        f" SELECT {code}, count(*), coalesce(sum(recorded.amount), 0) FROM recorded {join} {group}",
        values,
    )
    done.recorded = sum(count for _, count, _ in found)
    done.difference = {code: amount for code, _, amount in found}
    count_duplicates(done, columns, values, entries.ON_RECORD)


def refuse_archived(done: Imported, source: str) -> None:
    """Refuse staged entries whose external IDs archived ones have; they are staged no longer."""
    if not archived.archived_months():
        return
    for position, external_id, month in tables.run(_ARCHIVED, {"source": source}):
        error = InvalidSpend("external_id", external_id, archived.recorded_in(month))
        done.refused.add(BadRow.at(position, error))
        done.rows -= 1


_ARCHIVED: Final = f"""
    DELETE FROM {tables.ROWS} AS staged USING ads_archivedid AS archived
     WHERE staged.external_id IS NOT NULL
       AND archived.key = {key_of("%(source)s::text", "staged.external_id")}
    RETURNING staged.position, staged.external_id, archived.month
"""  # noqa: S608


def count_duplicates(
    done: Imported, columns: Columns, values: dict[str, Any], *recorded: str
) -> None:
    """Fill in duplicates and zeros; refuse conflicts with each of the ``recorded`` relations."""
    ((done.items, done.zero),) = tables.run(
        f"SELECT count(*), count(*) FILTER (WHERE amount = 0) FROM {tables.ROWS}"  # noqa: S608
    )
    repeated = done.items - done.zero - done.recorded
    done.duplicates += repeated
    if repeated or done.zero:
        for relation in recorded:
            count, of_zero = conflicts.refuse(
                done.refused, columns, values, staged=f"{tables.ROWS} AS staged", recorded=relation
            )
            done.duplicates -= count - of_zero
            done.zero -= of_zero
            done.rows -= count
        count = refuse_undone(done, values, f"{tables.ROWS} AS staged", entries.DIFFERS)
        done.duplicates -= count
        done.rows -= count


def refuse_undone(done: Imported, values: dict[str, Any], staged: str, differs: str) -> int:
    """Refuse entries that are on record and were undone: they would not count. How many."""
    refused = done.refused
    source = values["source"]
    repeated = entries.REPEATED.format(staged=staged, recorded=entries.UNDONE)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            _UNDONE.format(repeated=repeated, differs=differs),
            {**values, "shown": None if refused.sink else refused.limit},
        )
        count: int = refused.add_all(
            (count, BadRow.at(line, RecordedAndUndone(source=source, external_id=id_, undo=undo)))
            for count, line, id_, undo in cursor
        )
    return count


_UNDONE: Final = """
    SELECT count(*) OVER (), staged.position, staged.external_id, recorded.undo_id
      FROM {repeated}
     WHERE staged.amount <> 0 AND {differs} IS NULL
     ORDER BY staged.position
     LIMIT %(shown)s
"""
