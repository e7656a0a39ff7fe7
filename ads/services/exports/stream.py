"""Any number of rows as CSV, read while they are sent.

An export is of one instant: later changes are not in it. Amounts are plain, in the currency of
their row, instants are in UTC, and text is safe to open in a spreadsheet.
"""

import csv
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import connection, models, transaction
from django.db.models import QuerySet

from ads.rules.money import plain
from ads.services.exports.cells import safe_cell

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

#: Rows that are read and written at a time.
AT_A_TIME: Final = 1_000

#: Spreadsheets need this at the beginning of a UTF-8 file; programs prefer files without it.
BOM: Final = b"\xef\xbb\xbf"

#: How long a download may stall: meanwhile the database cannot clean up old rows.
_PATIENCE: Final = "5min"


@dataclass(frozen=True, slots=True)
class Export:
    """The name, columns and rows of a CSV; ``rows`` is called in a transaction of its own."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Sequence[object]]]


class Stream:
    """The CSV in pieces, as UTF-8.

    The first piece is read at once, so that early errors are raised here. Later ones are raised by
    the iterator: the download must then break off, not end. Closing it ends the transaction.
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
    return _portions(rows.iterator(chunk_size=AT_A_TIME))


def _portions(rows: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(rows, AT_A_TIME)):
        yield some


def _pieces(export: Export, *, bom: bool) -> Generator[bytes, None, None]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(export.columns)
    with _one_instant():
        for rows in _portions(export.rows()):
            writer.writerows(zip(*map(_cells, zip(*rows, strict=True)), strict=True))
            if len(rows) == AT_A_TIME:
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
    """Reads everything inside as of one instant, unless it is within another transaction."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not nested:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            # All rows are read, where the planner expects a tenth: it would walk the whole table in
            # order rather than sort the rows that are wanted.
            cursor.execute(
                "SELECT set_config('cursor_tuple_fraction', '1', true),"
                " set_config('idle_in_transaction_session_timeout', %s, true)",
                [_PATIENCE],
            )
        yield


def _cells(column: Sequence[Any]) -> Iterable[object]:
    """The values of one column, as ``csv`` writes them; those of a portion are mostly of a kind."""
    kinds = set(map(type, column))
    if kinds <= _AS_THEY_ARE:
        return column
    if kinds <= _TEXT:  # names, sources and the like, again and again
        cells = {text: safe_cell(text) for text in set(column) if isinstance(text, str)}
        return map(cells.get, column)
    return (_WRITTEN.get(type(value), _as_it_reads)(value) for value in column)


#: ``csv`` writes these itself, and nothing where there is None.
_AS_THEY_ARE: Final = {int, date, type(None)}

_TEXT: Final = {str, type(None)}

_WRITTEN: Final[dict[type, Callable[[Any], object]]] = {
    **dict.fromkeys(_AS_THEY_ARE, lambda value: value),
    str: safe_cell,
    Decimal: plain,
    bool: lambda value: "true" if value else "false",
    datetime: lambda at: at.astimezone(UTC).isoformat(),
    list: lambda values: safe_cell(", ".join(map(str, values))),
}


def _as_it_reads(value: object) -> str:
    return safe_cell(str(value))
