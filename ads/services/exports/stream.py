"""Rows of any number as CSV, read while they are sent.

An export shows one instant: what is recorded meanwhile is not in it. Amounts are US dollars in
plain digits, instants are in UTC, text is safe to open in a spreadsheet.
"""

import csv
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from typing import Any, Final, TypeVar

from django.db import connection, models, transaction
from django.db.models import QuerySet

from ads.rules.money import plain
from ads.services.exports.cells import safe_cell

M = TypeVar("M", bound=models.Model)

#: Rows that are read, and written, at a time.
AT_A_TIME: Final = 1_000

#: Spreadsheets take a file for UTF-8 if it begins with this; programs would rather it did not.
BOM: Final = b"\xef\xbb\xbf"

#: How long whoever fetches an export may fetch nothing: until then the database keeps what the
#: export began with, and can clear nothing away.
_PATIENCE: Final = "5min"


@dataclass(frozen=True, slots=True)
class Export:
    """A CSV to be: what it is called, its columns, and what reads its rows.

    ``rows`` is called inside a transaction of its own.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Sequence[object]]]


class Stream:
    """The CSV in pieces, as UTF-8.

    The first is read when it is made, so what fails at once fails there. What fails later is raised
    by the iterator: whoever passes the pieces on must break off then, not end. Closing it ends the
    transaction that it is read in, if nobody wants the rest.
    """

    def __init__(self, export: Export, *, bom: bool = False) -> None:
        self._rest = _pieces(export, bom=bom)
        self._first: bytes | None = next(self._rest)

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._rest)

    def close(self) -> None:
        self._rest.close()


def portions(rows: QuerySet[M]) -> Iterator[list[M]]:
    """All the rows, :data:`AT_A_TIME` together."""
    some: list[M] = []
    for row in rows.iterator(chunk_size=AT_A_TIME):
        some.append(row)
        if len(some) == AT_A_TIME:
            yield some
            some = []
    if some:
        yield some


def _pieces(export: Export, *, bom: bool) -> Generator[bytes, None, None]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(export.columns)
    with _one_instant():
        for number, row in enumerate(export.rows(), start=1):
            writer.writerow([_written(value) for value in row])
            if number % AT_A_TIME == 0:
                yield _taken(buffer, bom=bom)
                bom = False
    yield _taken(buffer, bom=bom)


def _taken(buffer: StringIO, *, bom: bool) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return (BOM if bom else b"") + text.encode()


@contextmanager
def _one_instant() -> Iterator[None]:
    """Everything read inside is as of one instant.

    Inside a caller's transaction, whose snapshot cannot be chosen any more: what each of its
    statements sees.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not nested:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute(
                "SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [_PATIENCE]
            )
        yield


_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    str: safe_cell,
    type(None): lambda _: "",
    Decimal: plain,
    int: str,
    date: str,
    bool: lambda value: "true" if value else "false",
    datetime: lambda at: at.astimezone(UTC).isoformat(),
    list: lambda values: safe_cell(", ".join(map(str, values))),
}


def _written(value: object) -> str:
    return _WRITTEN.get(type(value), _as_it_reads)(value)


def _as_it_reads(value: object) -> str:
    return safe_cell(str(value))
