"""Reading rows from a CSV file, with their line numbers and whatever is wrong with the text."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

from ads.services.imports.errors import ImportRefused
from ads.services.imports.parsing.detection import EMPTY, settled, sniff
from ads.services.imports.parsing.lines import Lines, head_of
from ads.services.imports.plan import Plan

#: Rows handed on together: enough that looking their campaigns up is one query for many.
CHUNK: Final = 5000

_LINE_END: Final = re.compile("\r\n|\r|\n")


@dataclass(slots=True)
class Chunk:
    """Some rows as they stand in the file, and in which lines each begins and ends (from 1)."""

    rows: list[list[str]]
    first_lines: Sequence[int]
    last_lines: Sequence[int]
    #: Why the text of a row cannot be trusted, by its place in ``rows``.
    troubles: dict[int, str]


class Reader:
    """The rows of a file of bytes; ``plan`` becomes one with nothing left open.

    Raises:
        ImportRefused: it is no CSV, there is no header, or a quote goes wrong, after which nothing
            in the file can be trusted to be where it seems.
    """

    def __init__(self, file: BinaryIO, plan: Plan) -> None:
        head = head_of(file)
        self.sniffed = sniff(head, plan)
        self.plan = settled(plan, self.sniffed)
        self._lines = Lines(head, file, self.sniffed.encoding)
        lines = iter(self._lines)
        #: Lines above the header.
        self._titles = self.sniffed.header_line - 1
        for _ in islice(lines, self._titles):
            pass
        self._last_line = self._titles
        self._rows = csv.reader(lines, delimiter=self.sniffed.delimiter, strict=True)
        header = next(self._chunks(1), None)
        if header is None:
            raise ImportRefused(EMPTY)
        self.header_line = header.first_lines[0]
        if header.troubles:
            raise ImportRefused(f"Line {self.header_line}: {header.troubles[0]}")
        self.header = [name.strip() for name in header.rows[0]]

    @property
    def ends_abruptly(self) -> bool:
        """Once all of it has been read: had the last line no line end?"""
        return self._lines.ends_abruptly

    def chunks(self) -> Iterator[Chunk]:
        """The rows below the header, blank lines left out."""
        return self._chunks(CHUNK)

    def _chunks(self, size: int) -> Iterator[Chunk]:
        while True:
            rows: list[list[str]] = []
            try:
                rows.extend(islice(self._rows, size))
            except csv.Error as error:
                raise ImportRefused(self._broken(error, rows)) from error
            read = len(rows)
            chunk = self._numbered(rows)
            if chunk.rows:
                yield chunk
            if read < size:
                return

    def _numbered(self, rows: list[list[str]]) -> Chunk:
        before, self._last_line = self._last_line, self._titles + self._rows.line_num
        first: Sequence[int] = range(before + 1, self._last_line + 1)
        last = first
        if len(first) != len(rows):
            heights = [_height(row) for row in rows]
            last = [before := before + height for height in heights]
            first = [line - height + 1 for line, height in zip(last, heights, strict=True)]
        if [] in rows:
            filled = [i for i, row in enumerate(rows) if row]
            first, last = [first[i] for i in filled], [last[i] for i in filled]
            rows = [rows[i] for i in filled]
        return Chunk(rows, first, last, self._troubles_of(first, last))

    def _troubles_of(self, first: Sequence[int], last: Sequence[int]) -> dict[int, str]:
        troubles = self._lines.troubles
        if not troubles:
            return {}
        found: dict[int, str] = {}
        for i, (begin, end) in enumerate(zip(first, last, strict=True)):
            for line in range(begin, end + 1):
                if line in troubles:
                    found.setdefault(i, troubles[line])
        for line in [line for line in troubles if line <= self._last_line]:
            del troubles[line]
        return found

    def _broken(self, error: csv.Error, rows: list[list[str]]) -> str:
        first = self._last_line + sum(_height(row) for row in rows) + 1
        last = self._titles + self._rows.line_num
        where = f"Line {first}" if first >= last else f"Lines {first} to {last}"
        if "field larger" in str(error):
            return (
                f"{where}: a field is longer than {csv.field_size_limit():,} characters. Is a "
                f"quote that is opened in line {first} never closed, or is this no CSV? "
                "Nothing was recorded."
            )
        if "end of data" in str(error):
            return (
                f"{where}: a quote that is opened in line {first} is never closed, or the file was "
                "cut off. Nothing was recorded."
            )
        return (
            f"{where}: {error}; a quote inside a quoted text is written twice. "
            "Nothing was recorded."
        )


def _height(row: list[str]) -> int:
    """The lines that a row takes up: line ends stand inside quoted cells only."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in row if "\n" in cell or "\r" in cell)
