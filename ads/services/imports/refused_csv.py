"""The rows that an import refused, as a CSV: where, why, and what they say."""

import csv
from collections.abc import Sequence
from typing import Final, TextIO

from ads.services.exports import safe_cell
from ads.services.imports.errors import BadRow
from ads.services.imports.parsing import MOST_COLUMNS, REFUSED_IN

#: The columns before those of the file.
FIRST: Final = (REFUSED_IN, "refused because")


class RefusedCsv:
    """Writes refused rows as they come; nothing is kept in memory.

    ``file`` is text, opened with ``newline=""``. Cells that a spreadsheet would calculate get an
    apostrophe before them.
    """

    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file, lineterminator="\r\n")

    def begin(self, header: Sequence[str]) -> None:
        """Write the names of the columns."""
        self._write([*FIRST, *header])

    def add(self, row: BadRow) -> None:
        """Write one row."""
        self._write([row.lines, row.reason, *row.cells[:MOST_COLUMNS]])

    def _write(self, cells: Sequence[str]) -> None:
        self._rows.writerow([safe_cell(cell) for cell in cells])
