"""What an import refuses: the whole file, single rows of it, or what is asked of an upload."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, Self, TextIO

from ads.services.exports import safe_cell

#: Refused rows kept to be shown; the rest are only counted, so that a file of a million bad rows
#: does not fill the memory.
SHOWN: Final = 20

#: The first column of a CSV of refused rows.
REFUSED_IN: Final = "refused in line"

#: A header wider than this does not belong to a table.
MOST_COLUMNS: Final = 1000

#: Advice for the command line only: "(--decimal . in the command)".
_OPTIONS: Final = re.compile(r" ?\((?:See )?--[a-z][^()]*\)")


def without_options(reason: str) -> str:
    """A reason as a page shows it, which has fields where the command has options."""
    return _OPTIONS.sub("", reason)


class ImportRefused(ValueError):
    """The file, or the plan for reading it, cannot be used; nothing was recorded."""


class WhichSheet(ImportRefused):
    """Several sheets of a workbook may be meant: ``sheets``, the names of all."""

    def __init__(self, message: str, sheets: Sequence[str]) -> None:
        super().__init__(message)
        self.sheets = list(sheets)


class UploadRefused(ValueError):
    """The file is not accepted, and nothing of it is kept."""


class OutOfTurn(ValueError):
    """The import is not in a state that allows this; nothing was changed."""


class Refusal(ValueError):
    """Why one row cannot be recorded."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be recorded: its lines in the file (from 1), the reason, and its cells."""

    first_line: int
    last_line: int
    reason: str
    cells: Sequence[str] = ()

    @classmethod
    def at(cls, line: int, reason: object, cells: Sequence[str] = ()) -> Self:
        return cls(line, line, str(reason), cells)

    @property
    def lines(self) -> str:
        """ "3", or "3 to 5"."""
        if self.first_line == self.last_line:
            return str(self.first_line)
        return f"{self.first_line} to {self.last_line}"

    def __str__(self) -> str:
        return f"line{'' if self.first_line == self.last_line else 's'} {self.lines}: {self.reason}"


class RefusedCsv:
    """Writes every refused row as CSV: where, why, and its cells; nothing is kept in memory.

    ``file`` is text, opened with ``newline=""``. Cells that a spreadsheet would calculate get an
    apostrophe before them.
    """

    def __init__(self, file: TextIO) -> None:
        self._rows = csv.writer(file, lineterminator="\r\n")

    def begin(self, header: Sequence[str]) -> None:
        self._write([REFUSED_IN, "refused because", *header])

    def add(self, row: BadRow) -> None:
        self._write([row.lines, row.reason, *row.cells[:MOST_COLUMNS]])

    def _write(self, cells: Sequence[str]) -> None:
        self._rows.writerow([safe_cell(cell) for cell in cells])


@dataclass(slots=True)
class Missing:
    """A campaign that does not exist, named by a file of no platform: its rows are refused."""

    rows: int = 0
    #: The sum of its rows; None where one of them cannot be read.
    amount: Decimal | None = Decimal(0)
    #: As the first row names it, or "".
    currency: str = ""


@dataclass(slots=True)
class Refused:
    """All refused rows: how many, and the first ``limit`` of them."""

    count: int = 0
    shown: list[BadRow] = field(default_factory=list)
    limit: int = SHOWN
    #: Gets every refused row.
    sink: RefusedCsv | None = None
    #: Of those, the rows of campaigns that could be created, by name.
    missing: dict[str, Missing] = field(default_factory=dict)

    def add(self, row: BadRow) -> None:
        self.count += 1
        if self.sink is not None:
            self.sink.add(row)
        if len(self.shown) < self.limit:
            self.shown.append(replace(row, cells=()))

    def add_all(self, listed: Iterable[tuple[int, BadRow]]) -> int:
        """Add rows, each with the number of all, of which only some may be listed; that number."""
        before, number = self.count, 0
        for number, row in listed:  # noqa: B007
            self.add(row)
        self.count = before + number
        return number

    @property
    def in_order(self) -> list[BadRow]:
        return sorted(self.shown, key=lambda row: row.first_line)


class RowsRefused(ImportRefused):
    """Some rows cannot be recorded, so none was: ``refused``."""

    def __init__(self, refused: Refused) -> None:
        rows = "1 row was" if refused.count == 1 else f"{refused.count:,} rows were"
        super().__init__(
            f"{rows} refused, so nothing was recorded. "
            "Correct the file, or leave the bad rows out (--skip-bad-rows in the command)."
        )
        self.refused = refused
