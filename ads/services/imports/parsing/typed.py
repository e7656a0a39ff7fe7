"""What the cells of a workbook are, where that says that they cannot be trusted."""

import re
from collections.abc import Callable
from typing import Final

from ads.services.imports.parsing.columns import Columns
from ads.services.imports.plan import FIELDS
from ads.services.imports.reading import Chunk
from ads.services.imports.refusals import ImportRefused
from ads.services.imports.workbooks import Day, Moment

_DIGIT: Final = re.compile("[0-9]")


class TypedCells:
    """Checks the cells of a sheet; ``is_no_spend``: is this row a line of totals, or below?"""

    def __init__(self, columns: Columns, is_no_spend: Callable[[list[str]], bool]) -> None:
        self._columns = columns
        self._is_no_spend = is_no_spend
        #: The first line whose day is a date, and the first whose day is text.
        self._date_in: int | None = None
        self._text_in: int | None = None

    def check(self, chunk: Chunk) -> None:
        """Note the rows in which a cell that counts cannot be trusted.

        Raises:
            ImportRefused: days are text beside dates; with a line of each.
        """
        for i, flaws in chunk.flaws.items():
            if self._is_no_spend(chunk.rows[i]):
                continue
            for field in FIELDS:
                if (why := flaws.get(getattr(self._columns, field))) is not None:
                    chunk.troubles.setdefault(i, f"{field}: {why}")
        if self._columns.date is not None:
            self._check_dates(chunk, self._columns.date)

    def _check_dates(self, chunk: Chunk, at: int) -> None:
        for line, cells in zip(chunk.first_lines, chunk.rows, strict=True):
            cell = cells[at]
            if isinstance(cell, Day | Moment):
                self._date_in = self._date_in or line
            elif self._text_in is None and type(cell) is str and _DIGIT.search(cell):
                self._text_in = None if self._is_no_spend(cells) else line
        if self._date_in and self._text_in:
            raise ImportRefused(
                f"date: in line {self._text_in} the day is text, in line {self._date_in} it is a "
                "date. A spreadsheet that made dates of only some texts has often swapped the day "
                "and the month in them. Export the report again, and import it without "
                "saving it in a spreadsheet, or make all of them dates or text."
            )
