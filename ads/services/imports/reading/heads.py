"""The first lines of a file, before it is known which of them names the columns."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from ads.services.imports.plan import Plan
from ads.services.imports.workbooks import Row

DELIMITERS: Final = (",", "\t", ";")


class Head(Protocol):
    """The first lines of a file, text or rows of a sheet."""

    @property
    def numbers(self) -> Sequence[int]:
        """The numbers of the lines that are not blank (from 1)."""

    def delimiters(self, plan: Plan) -> Sequence[str]:
        """What may separate the cells of a line."""

    def width(self, number: int, delimiter: str) -> int:
        """How many cells a line has, at most."""

    def cells(self, number: int, delimiter: str) -> list[str]:
        """The cells of a line, without spaces around them."""

    def titles(self, number: int) -> list[str]:
        """The lines above this one."""

    def rows(self, delimiter: str, *, first: int = 1) -> list[list[str]]:
        """The cells of this line and all below it, blank lines left out."""

    @property
    def is_cut(self) -> bool:
        """May the last line be half of one?"""


class Lines:
    def __init__(self, text: str, *, is_cut: bool) -> None:
        self._lines = list(io.StringIO(text, newline=""))
        self.is_cut = is_cut
        self.numbers = [i for i, line in enumerate(self._lines, start=1) if line.strip()]

    def delimiters(self, plan: Plan) -> Sequence[str]:
        return (plan.delimiter,) if plan.delimiter else DELIMITERS

    def width(self, number: int, delimiter: str) -> int:
        return self._lines[number - 1].count(delimiter) + 1

    def cells(self, number: int, delimiter: str) -> list[str]:
        try:
            row = next(csv.reader([self._lines[number - 1]], delimiter=delimiter), [])
        except csv.Error:
            return []
        return [cell.strip() for cell in row]

    def titles(self, number: int) -> list[str]:
        return [line.strip() for line in self._lines[: number - 1]]

    def rows(self, delimiter: str, *, first: int = 1) -> list[list[str]]:
        rows: list[list[str]] = []
        try:
            for cells in csv.reader(self._lines[first - 1 :], delimiter=delimiter):
                if cells or not rows:
                    rows.append(cells)
        except csv.Error:
            pass  # the reader reports where
        return rows or [[]]


class SheetLines:
    """The head of a sheet: rows that have cells already."""

    is_cut = False

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = {row.number: row.cells for row in rows}
        self.numbers = list(self._rows)

    def delimiters(self, _plan: Plan) -> Sequence[str]:
        return ("",)

    def width(self, number: int, _delimiter: str) -> int:
        return len(self._rows[number])

    def cells(self, number: int, _delimiter: str) -> list[str]:
        return [cell.strip() for cell in self._rows[number]]

    def titles(self, number: int) -> list[str]:
        """The rows above this one; cells that have something, with tabs between them."""
        return [
            "\t".join(cell.strip() for cell in cells if cell.strip())
            for at, cells in self._rows.items()
            if at < number
        ]

    def rows(self, _delimiter: str, *, first: int = 1) -> list[list[str]]:
        below = [cells for at, cells in self._rows.items() if at >= first] or [[]]
        width = len(below[0])
        return [[*cells, *[""] * (width - len(cells))] for cells in below]
