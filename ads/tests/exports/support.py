"""Reading exports as whoever gets them does."""

import csv
from collections.abc import Iterable
from io import StringIO

from ads.services.csv_export import Export, Stream


def read(pieces: Iterable[bytes]) -> list[dict[str, str]]:
    """The rows by column."""
    text = b"".join(pieces).decode()
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert all(None not in row and None not in row.values() for row in rows)
    return rows


def rows_of(export: Export) -> list[dict[str, str]]:
    return read(Stream(export))
