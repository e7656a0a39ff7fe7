"""What recording the staged rows would do, worked out without writing or locking anything.

So a preview of a million rows keeps nobody from recording spend. The sums that would result are
put into a temporary table under the name of the one that keeps them: PostgreSQL looks for temporary
tables first, so the one definition of the holds answers for what is not so yet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from ads.models import Campaign, SpendTotal
from ads.models.spend import Kind, Period, sums_of
from ads.rules.calendar import local_date, month_start
from ads.services.delivery import Decision, preview_switches
from ads.services.imports.parsing import Columns
from ads.services.imports.preview import SHOWN
from ads.services.imports.staging import conflicts, recording, tables
from ads.services.imports.staging.recording import Change, Imported
from ads.services.ledger import day_total_sql
from ads.services.ledger import entry_sql as statements

_SUMS: Final = SpendTotal._meta.db_table


def foresee_totals(done: Imported, *, source: str) -> None:
    """Fill in what posting the summed day totals would do."""
    moves = day_total_sql.MOVES.format(staged=f"{tables.SUMMED} AS staged")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {tables.MOVES} AS {moves}", {"source": source})
        cursor.execute(
            f"DELETE FROM {tables.MOVES} WHERE is_older"  # noqa: S608  (our own names)
        )
        done.older = cursor.rowcount
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE amount <> 0), coalesce(sum(amount), 0),"  # noqa: S608
            " count(*) FILTER (WHERE amount < 0),"
            " coalesce(sum(amount) FILTER (WHERE amount < 0), 0)"
            f" FROM {tables.MOVES}"
        )
        believed, done.recorded, done.difference, done.lowered, done.lowered_by = cursor.fetchone()
        done.unchanged = believed - done.recorded
        done.items = believed + done.older


def foresee_entries(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Fill in what inserting the staged entries would do; conflicts among what is refused."""
    staged = f"{tables.ROWS} AS staged"
    values: dict[str, Any] = {"source": source, "kind": Kind.ENTRY.value, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {tables.MOVES} AS {statements.NEW.format(staged=staged)}", values
        )
        cursor.execute(f"ANALYZE {tables.MOVES}")
        cursor.execute(
            f"SELECT count(*), coalesce(sum(amount), 0) FROM {tables.MOVES}"  # noqa: S608
        )
        done.recorded, done.difference = cursor.fetchone()
        cursor.execute(
            f"SELECT count(*), count(*) FILTER (WHERE amount = 0) FROM {tables.ROWS}"  # noqa: S608
        )
        done.items, done.zero = cursor.fetchone()
    done.duplicates = done.items - done.zero - done.recorded
    if done.duplicates or done.zero:
        for recorded in ("ads_spend", _THEN_RECORDED):
            found = conflicts.refuse(
                done.refused, columns, values, staged=staged, recorded=recorded
            )
            done.duplicates -= found.count - found.of_zero
            done.zero -= found.of_zero
            done.rows -= found.count


#: What the file itself would have recorded, as a relation like the ledger.
_THEN_RECORDED: Final = f"""
    (SELECT %(source)s AS source, external_id, campaign_id, amount, description, %(kind)s AS kind,
            date, occurred_at
       FROM {tables.MOVES})
"""  # noqa: S608


def foresee_switches(done: Imported, now: datetime) -> None:
    """Fill in which campaigns would start and stop."""
    if not tables.note_brands(now):
        return
    first: list[Decision] = []
    with _sums_as_they_would_be(now):
        for decision in preview_switches(recording.concerned(), now):
            if decision.is_active:
                done.would_start += 1
            else:
                done.would_stop += 1
            if len(first) < SHOWN:
                first.append(decision)
    named = Campaign.objects.select_related("brand").in_bulk([d.campaign_id for d in first])
    done.changes = [Change(named[decision.campaign_id], decision) for decision in first]


@contextmanager
def _sums_as_they_would_be(now: datetime) -> Iterator[None]:
    """Inside, this session reads the sums of today and this month with the moves in them.

    In a transaction that is taken back, so that the table is gone however it ends.
    """
    today = local_date(now, tables.LAST_TO_TURN)
    values: dict[str, Any] = {
        "today": today,
        "month": month_start(today),
        "by_month": Period.MONTH.value,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE {_SUMS} AS {_RESULTING}", values)
            cursor.execute(f"CREATE INDEX ON {_SUMS} (campaign_id, period, start, brand_id)")
            cursor.execute(f"ANALYZE {_SUMS}")
        yield
        transaction.set_rollback(True)


_COUNTS: Final = "start >= %(today)s OR (period = %(by_month)s AND start >= %(month)s)"

# Read before the table of that name is there, so it is the real one that is read.
_RESULTING: Final = f"""
    SELECT brand_id, campaign_id, period, start, sum(amount) AS amount, sum(waived) AS waived
      FROM (
            SELECT brand_id, campaign_id, period, start, amount, waived
              FROM {_SUMS}
             WHERE brand_id IN (SELECT brand_id FROM {tables.BRANDS}) AND ({_COUNTS})
             UNION ALL
            SELECT brand_id, campaign_id, period, start, amount, 0
              FROM ({sums_of(tables.MOVES)}) AS moved
             WHERE {_COUNTS}
           ) AS summand
     GROUP BY brand_id, campaign_id, period, start
"""  # noqa: S608
