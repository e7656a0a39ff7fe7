"""Recording what has been staged: one transaction, the statements of the ledger, enforcement."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from ads.models import Campaign
from ads.models.spend import Kind
from ads.rules.money import LIMIT, format_usd
from ads.services.delivery import Decision, Enforced
from ads.services.errors import ReportedOtherwise
from ads.services.imports.errors import BadRow, ImportRefused, Refused
from ads.services.imports.parsing import Columns
from ads.services.imports.staging import conflicts, tables
from ads.services.ledger import day_total_sql, day_totals, entries
from ads.services.ledger import entry_sql as statements


@dataclass(frozen=True, slots=True)
class Change:
    """A campaign that would be switched."""

    campaign: Campaign
    decision: Decision


@dataclass(slots=True)
class Imported:
    """What an import did, or on a dry run would do. Amounts in US dollars."""

    #: Were the rows entries? Otherwise day totals.
    are_entries: bool
    #: Rows of the file that are good.
    rows: int = 0
    #: Entries; or campaign-days (of each reference) that the good rows add up to.
    items: int = 0
    #: New in the ledger, and by how much that moved it.
    recorded: int = 0
    difference: Decimal = Decimal(0)
    #: Of those recorded, the day totals that were lower than reported before.
    lowered: int = 0
    lowered_by: Decimal = Decimal(0)
    #: Entries that had been recorded before (or twice in this file).
    duplicates: int = 0
    #: Entries of zero, which leave the ledger as it is.
    zero: int = 0
    #: Day totals that are as they were reported before.
    unchanged: int = 0
    #: Day totals that were observed before what is known already.
    older: int = 0
    rounded: int = 0
    rounded_by: Decimal = Decimal(0)
    #: Rows whose campaign nobody knows yet: they wait under so many references, the first of which
    #: are named ("platform / account / id").
    waiting: int = 0
    waiting_amount: Decimal = Decimal(0)
    waiting_references: int = 0
    waiting_under: list[str] = field(default_factory=list)
    #: Lines of totals, which are no spend.
    skipped: int = 0
    refused: Refused = field(default_factory=Refused)
    enforced: Enforced = field(default_factory=Enforced)
    #: On a dry run: how many would start and stop, and the first of them.
    would_start: int = 0
    would_stop: int = 0
    changes: list[Change] = field(default_factory=list)


def refuse_too_large(refused: Refused) -> None:
    """Refuse the campaign-days whose rows add up to more than a day may have; leaves them out."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {tables.SUMMED} WHERE amount >= %s"  # noqa: S608
            " RETURNING position, campaign_id, date, amount",
            [LIMIT],
        )
        for position, campaign_id, day, amount in sorted(cursor.fetchall()):
            reason = too_large(f"campaign {campaign_id}", day, amount)
            refused.add(BadRow(position, position, reason))


def refuse_reported_otherwise(done: Imported, *, source: str) -> None:
    """Refuse the days that the source has reported in another way; leaves their rows out.

    Each with the first of its lines. All of them are told only if somebody keeps them: they may be
    the whole file.
    """
    refused = done.refused
    count = told = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            _OTHERWISE, {"source": source, "shown": None if refused.sink else refused.limit}
        )
        for count, position, campaign_id, day, known_as, before in cursor:  # noqa: B007
            error = day_totals.otherwise(campaign_id, day, known_as, before, source=source)
            refused.add(BadRow(position, position, str(error)))
            told += 1
    if count:
        refused.count += count - told
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE_OUT, {"source": source})
            (rows,) = cursor.fetchone()
        done.rows -= rows


_OTHERWISE: Final = f"""
    SELECT count(*) OVER (), summed.position, campaign_id, date, known_as, mixed.before
      FROM ({day_total_sql.OTHERWISE.format(staged=f"{tables.SUMMED} AS staged")}) AS mixed
      JOIN {tables.SUMMED} AS summed USING (campaign_id, date, known_as)
     ORDER BY summed.position
     LIMIT %(shown)s
"""  # noqa: S608  (the tables' names are our own)

_LEAVE_OUT: Final = f"""
    WITH mixed AS (
        {day_total_sql.OTHERWISE.format(staged=f"{tables.SUMMED} AS staged")}
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


def too_large(whose: str, day: date, amount: Decimal) -> str:
    """Why rows that add up to this are refused."""
    return (
        f"amount: the rows of {whose} on {day} add up to {format_usd(amount)}; a day must stay "
        f"below {format_usd(LIMIT)}."
    )


def record_totals(done: Imported, *, source: str, now: datetime) -> None:
    """Post the summed day totals; fills in what that did.

    Raises:
        ImportRefused: a day was reported in another way since they were checked.
    """
    staged = f"{tables.SUMMED} AS staged"
    try:
        posted = day_totals.post(staged, source=source, now=now)
    except ReportedOtherwise as error:
        raise ImportRefused(f"{error} It came in just now: nothing was recorded.") from error
    done.items = _count(tables.SUMMED)
    done.recorded, done.difference = posted.recorded, posted.difference
    done.lowered, done.lowered_by = posted.lowered, posted.lowered_by
    done.older = (
        day_totals.count_older(staged, source=source) if posted.recorded < done.items else 0
    )
    done.unchanged = done.items - done.recorded - done.older


def record_entries(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Insert the staged entries; fills in what that did, conflicts among what is refused."""
    staged = f"{tables.ROWS} AS staged"
    values: dict[str, Any] = {
        "source": source,
        "kind": Kind.ENTRY.value,
        "recorded_by": entries.recorder(Kind.ENTRY),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_AND_COUNT.format(insert=statements.INSERT.format(staged=staged)), values
        )
        done.recorded, done.difference = cursor.fetchone()
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE amount = 0) FROM {tables.ROWS}"  # noqa: S608
        )
        done.items, done.zero = cursor.fetchone()
    done.duplicates = done.items - done.zero - done.recorded
    if done.duplicates or done.zero:
        found = conflicts.refuse(done.refused, columns, values, staged=staged)
        done.duplicates -= found.count - found.of_zero
        done.zero -= found.of_zero
        done.rows -= found.count


_INSERT_AND_COUNT: Final = (
    "WITH recorded AS ({insert} RETURNING amount)"
    " SELECT count(*), coalesce(sum(amount), 0) FROM recorded"
)


def concerned() -> QuerySet[Campaign]:
    """All campaigns of the brands that :func:`staging.note_brands` noted."""
    return Campaign.objects.filter(
        brand__in=RawSQL(f"SELECT brand_id FROM {tables.BRANDS}", ())  # noqa: S608, S611
    )


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])
