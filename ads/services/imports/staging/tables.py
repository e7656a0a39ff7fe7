"""The temporary tables between a file and the ledger."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ads.rules.calendar import local_date, month_start

#: What is staged of each row of day totals.
TOTALS: Final = {
    "position": "integer",
    "campaign_id": "bigint",
    "date": "date",
    "amount": "numeric",
    "known_as": "text",
}

#: What is staged of each entry, as :mod:`ads.services.ledger.entry_sql` wants it.
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
}

#: What is staged of each row whose campaign is not known, entry or day total.
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
}

ROWS: Final = "import_rows"
WAITING_ROWS: Final = "import_waiting"
SUMMED: Final = "import_summed"
BRANDS: Final = "import_brands"
UNKNOWN: Final = "import_unknown"
MOVES: Final = "import_moves"

#: Texts that may be empty; csv writes that as COPY would read NULL.
_EMPTY: Final = {"account", "name", "description", "known_as"}

#: Where it is latest to become a new day: no brand's month began earlier.
LAST_TO_TURN: Final = "Etc/GMT+12"


@contextmanager
def tables(columns: dict[str, str]) -> Iterator[None]:
    """Empty tables for the rows; they and what was made of them are gone at the end."""
    _drop()
    try:
        with connection.cursor() as cursor:
            for name, shape in ((ROWS, columns), (WAITING_ROWS, WAITING)):
                listed = ", ".join(f"{column} {type_}" for column, type_ in shape.items())
                cursor.execute(f"CREATE TEMP TABLE {name} ({listed})")
        yield
    finally:
        if connection.is_usable():  # else they are gone already, or go with the transaction
            _drop()


def copy(rows: Sequence[str] | Sequence[tuple[Any, ...]], columns: dict[str, str]) -> None:
    """Add rows: tuples, or lines as COPY reads them."""
    _copy(ROWS, rows, columns)


def copy_waiting(rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows whose campaign is not known."""
    if rows:
        _copy(WAITING_ROWS, rows, WAITING)


def _copy(table: str, rows: Sequence[Any], columns: dict[str, str]) -> None:
    if not rows:
        return
    text = io.StringIO()
    if isinstance(rows[0], str):
        text.writelines(rows)
    else:
        csv.writer(text, lineterminator="\n").writerows(rows)
    text.seek(0)
    empty = ", ".join(column for column in columns if column in _EMPTY)
    options = f"FORMAT csv{f', FORCE_NOT_NULL ({empty})' if empty else ''}"
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN ({options})", text)


def add_up(observed_at: datetime) -> None:
    """Make one total of the rows of each campaign and day, observed at this instant.

    Apart by what the rows call the campaign, as its source may report the others on their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TEMP TABLE {SUMMED} AS
            SELECT campaign_id, date, known_as, trim_scale(sum(amount)) AS amount,
                   %s::timestamptz AS observed_at, min(position) AS position
              FROM {ROWS}
             GROUP BY campaign_id, date, known_as
            """,  # noqa: S608  (the tables' names are our own)
            [observed_at],
        )
        cursor.execute(f"ANALYZE {SUMMED}")


def analyze() -> None:
    """Let the planner know what has been copied."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {ROWS}")


def note_brands(now: datetime) -> int:
    """Note the brands whose budgets of now the rows may concern; how many they are.

    Spend of a month gone by holds nobody.
    """
    earliest: date = month_start(local_date(now, LAST_TO_TURN))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TEMP TABLE {BRANDS} AS
            SELECT DISTINCT campaign.brand_id
              FROM (SELECT DISTINCT campaign_id FROM {ROWS} WHERE date >= %s) AS counted
              JOIN ads_campaign AS campaign ON campaign.id = counted.campaign_id
            """,  # noqa: S608
            [earliest],
        )
        cursor.execute(f"ANALYZE {BRANDS}")
        cursor.execute(f"SELECT count(*) FROM {BRANDS}")  # noqa: S608
        return int(cursor.fetchone()[0])


def _drop() -> None:
    with connection.cursor() as cursor:
        for name in (ROWS, WAITING_ROWS, SUMMED, BRANDS, UNKNOWN, MOVES):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
