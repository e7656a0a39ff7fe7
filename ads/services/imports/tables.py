"""The temporary tables between a file and the ledger."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from ads.holds import IS_LONG
from ads.models import Campaign
from ads.services.currencies import by_currency
from ads.services.delivery import earliest_month

#: The columns staged of each row of day totals.
TOTALS: Final = {
    "position": "integer",
    "campaign_id": "bigint",
    "date": "date",
    "amount": "numeric",
    "known_as": "text",
}

#: The columns staged of each entry, as :mod:`ads.services.ledger.entries` needs them.
ENTRIES: Final = {
    "position": "integer",
    "campaign_id": "bigint",
    "date": "date",
    "amount": "numeric",
    "occurred_at": "timestamptz",
    "description": "text",
    "external_id": "text",
    "date_given": "boolean",
    "occurred_at_given": "boolean",
    "known_as": "text",
}

#: The columns staged of each row of an unmatched campaign, entry or day total.
WAITING: Final = {
    "position": "integer",
    "account": "text",
    "reference": "text",
    "name": "text",
    "date": "date",
    "amount": "numeric",
    "occurred_at": "timestamptz",
    "description": "text",
    "external_id": "text",
    "currency": "text",
    "timezone": "text",
}

ROWS: Final = "import_rows"
WAITING_ROWS: Final = "import_waiting"
SUMMED: Final = "import_summed"
BRANDS: Final = "import_brands"
UNMATCHED: Final = "import_unmatched"
MOVES: Final = "import_moves"
LEFT_OUT: Final = "import_left_out"
OVERLAPS: Final = "import_overlaps"
REPLACED: Final = "import_replaced"
MOVED: Final = "import_moved"

#: Texts that may be empty; written as CSV, COPY would read them as NULL.
_EMPTY: Final = {"account", "name", "description", "known_as", "currency", "timezone"}


@contextmanager
def tables(columns: dict[str, str]) -> Iterator[None]:
    """Empty tables for the rows; they and the tables made from them are dropped at the end."""
    _drop()
    try:
        for name, shape in ((ROWS, columns), (WAITING_ROWS, WAITING)):
            listed = ", ".join(f"{column} {type_}" for column, type_ in shape.items())
            run(f"CREATE TEMP TABLE {name} ({listed})")
        yield
    finally:
        if connection.is_usable():  # else they are dropped already, or with the transaction
            _drop()


def sums(relation: str, name: str = "") -> dict[str, Decimal]:
    """The ``amount`` of a relation of campaigns' rows, which is called ``name``, by currency."""
    code, join, _ = by_currency(name or relation)
    found = run(f"SELECT {code}, sum(amount) FROM {relation} {join} GROUP BY 1 ORDER BY 1")  # noqa: S608
    return dict(found)


def run(sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def copy(table: str, rows: Sequence[Any], columns: dict[str, str]) -> None:
    """Add rows, tuples or lines of CSV, to :data:`ROWS` or :data:`WAITING_ROWS`."""
    if not rows:
        return
    if isinstance(rows[0], str):
        text = "".join(rows)
    else:
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        text = written.getvalue()
    data = text.encode()
    empty = ", ".join(column for column in columns if column in _EMPTY)
    options = f"FORMAT csv, FORCE_NOT_NULL ({empty})"
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {table} ({', '.join(columns)}) FROM STDIN ({options})",
            io.BytesIO(data),
            len(data),
        )


def add_up(observed_at: datetime) -> None:
    """Make one total of the rows of each campaign and day, observed at this instant.

    Separately for each ``known_as``, as its source may report the others on their own.
    """
    # PostgreSQL takes a tenth of the rows to be different. A table of a million in memory is larger
    # and slower than a sort.
    with _set_to("enable_hashagg", "off"):
        run(_SUM, [observed_at])
    analyze(SUMMED)


#: In the order in which they are posted: looking up each of them then finds the pages of the one
#: before, in half of the time.
_SUM: Final = f"""
    CREATE TEMP TABLE {SUMMED} AS
    SELECT campaign_id, date, known_as, trim_scale(sum(amount)) AS amount,
           %s::timestamptz AS observed_at, min(position) AS position
      FROM {ROWS}
     GROUP BY campaign_id, date, known_as
     ORDER BY campaign_id, date, known_as
"""  # noqa: S608  (the tables' names are our own)


def analyze(table: str) -> None:
    """Let PostgreSQL know a table roughly, in the caller's transaction: of 3,000 rows, not 30,000.

    That is enough to choose a plan, and takes the same time for a million rows.
    """
    with _set_to("default_statistics_target", "10"):
        run(f"ANALYZE {table}")


@contextmanager
def _set_to(setting: str, value: str) -> Iterator[None]:
    """With another value of a setting of PostgreSQL, in the caller's transaction."""
    run(f"SET LOCAL {setting} = {value}")
    yield
    run(f"SET LOCAL {setting} TO DEFAULT")  # not if it failed: the transaction has


def are_known() -> bool:
    """Is anything on record for the days of the summed totals, by any source?"""
    return bool(run(_KNOWN))


def are_lowered(source: str) -> bool:
    """Is any of the summed totals lower than what its source reported before?"""
    return bool(run(_ARE_LOWERED, [source]))


_ARE_LOWERED: Final = f"""
    SELECT 1
      FROM {SUMMED} AS staged
      JOIN ads_reportedtotal AS reported USING (campaign_id, date, known_as)
     WHERE reported.source = %s AND reported.amount > staged.amount
     LIMIT 1
"""  # noqa: S608  (the tables' names are our own)

_KNOWN: Final = f"""
    SELECT 1 FROM {SUMMED} JOIN ads_reportedtotal USING (campaign_id, date) LIMIT 1
"""  # noqa: S608


def note_brands(now: datetime, *tables: str, brand_id: int | None) -> bool:
    """Note the brands whose current budgets these tables' days may affect; are there any?

    Spend of a past month holds only campaigns with a total budget or a group. ``brand_id``: one
    that is affected anyway.
    """
    days = " UNION ALL ".join(f"SELECT campaign_id, date FROM {table}" for table in tables)  # noqa: S608
    run(_NOTE_BRANDS.format(days=days), [earliest_month(now), brand_id, brand_id])
    analyze(BRANDS)
    return bool(run(f"SELECT 1 FROM {BRANDS} LIMIT 1"))  # noqa: S608


_NOTE_BRANDS: Final = f"""
    CREATE TEMP TABLE {BRANDS} AS
    SELECT DISTINCT campaign.brand_id
      FROM (SELECT campaign_id, max(date) AS last FROM ({{days}}) AS row GROUP BY 1) AS counted
      JOIN ads_campaign AS campaign ON campaign.id = counted.campaign_id
     WHERE counted.last >= %s OR {IS_LONG}
     UNION SELECT %s::bigint WHERE %s::bigint IS NOT NULL
"""  # noqa: S608


def affected() -> QuerySet[Campaign]:
    """All campaigns of the brands that :func:`note_brands` noted."""
    return Campaign.objects.filter(
        brand__in=RawSQL(f"SELECT brand_id FROM {BRANDS}", ())  # noqa: S608, S611
    )


def _drop() -> None:
    totals = (SUMMED, OVERLAPS, REPLACED, LEFT_OUT, MOVED)
    for name in (ROWS, WAITING_ROWS, BRANDS, UNMATCHED, MOVES, *totals):
        run(f"DROP TABLE IF EXISTS pg_temp.{name}")
