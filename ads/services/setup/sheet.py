"""A setup file as rows of text, whatever kind of file it was; it can be kept as JSON."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, Self

from ads.services.exports import read_back
from ads.services.imports import ImportRefused, Plan, Reader
from ads.services.setup.columns import COLUMNS

#: Rows of one file: enough for the largest agency, and all of them are in memory.
MOST_ROWS: Final = 50_000

#: How alike a column's name has to be to one of ours to be taken for a slip of the pen.
_ALIKE: Final = 0.8


class SetupRefused(ValueError):
    """The file cannot be used; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a cell, or with a row (``column`` "")."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}{f', {self.column}' if self.column else ''}"
        return f"{where}: {f'{self.value!r}: ' if self.value else ''}{self.reason}"


class RowsRefused(SetupRefused):
    """Some rows cannot be used: ``problems``, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len({one.line for one in problems})
        rows = "1 row has" if count == 1 else f"{count:,} rows have"
        super().__init__(f"{rows} errors, so nothing was changed. Correct the file.")
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its line in the file (from 1), and its cells that are not empty, by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    lines: list[Line]
    columns: Sequence[str]
    #: Columns that are the file's own, and are not read.
    ignored: Sequence[str] = ()
    #: What is wrong with the text of rows and cells.
    problems: list[Problem] = field(default_factory=list)
    #: How it was read, where that is not plain to see.
    notes: list[str] = field(default_factory=list)
    #: What it is, in messages and on record.
    what: str = "file"

    @classmethod
    def read(
        cls, file: BinaryIO, name: str, *, encoding: str | None = None, sheet: str | None = None
    ) -> Self:
        """Read a CSV or a workbook; ``name`` is what it is called on record.

        ``encoding`` of a CSV, ``sheet`` of a workbook; None: as detected.

        Raises:
            SetupRefused: it is no table, too long, or has no columns of a setup file.
        """
        try:
            reader = Reader(file, Plan(encoding=encoding, sheet=sheet, header_line=1))
            places, ignored = _places(reader.header)
            read = cls(name, [], list(places), ignored)
            for chunk in reader.chunks():
                for number, row in enumerate(chunk.rows):
                    line = chunk.first_lines[number]
                    flaws = chunk.flaws.get(number, {})
                    for column, place in places.items():
                        if place in flaws:
                            problem = Problem(line, column, row[place], flaws[place])
                            read.problems.append(problem)
                    if trouble := chunk.troubles.get(number):
                        read.problems.append(Problem(line, "", "", trouble))
                    elif len(row) > len(reader.header) and any(row[len(reader.header) :]):
                        why = f"the row has {len(row)} cells, and the header {len(reader.header)}."
                        read.problems.append(Problem(line, "", "", why))
                    elif not flaws and (cells := dict(_filled(places, row))):
                        read.lines.append(Line(line, cells))
                if len(read.lines) > MOST_ROWS:
                    raise SetupRefused(f"The file has more than {MOST_ROWS:,} rows. Split it.")
        except ImportRefused as error:
            raise SetupRefused(
                str(error).replace("Nothing was recorded.", "Nothing was changed.")
            ) from error
        if reader.sniffed.sheet is not None:
            read.notes.extend(reader.sniffed.notes)
        return read

    def as_json(self) -> list[Any]:
        """As JSON; :meth:`from_json` reads it."""
        rows = [
            [line.number, *(line.cells.get(column, "") for column in self.columns)]
            for line in self.lines
        ]
        return [self.name, list(self.columns), list(self.ignored), rows]

    @classmethod
    def from_json(cls, values: list[Any]) -> Self:
        """The sheet of :meth:`as_json`, which has no problems."""
        name, columns, ignored, rows = values
        lines = [
            Line(
                number, {column: text for column, text in zip(columns, cells, strict=True) if text}
            )
            for number, *cells in rows
        ]
        return cls(name, lines, columns, ignored)


def _filled(places: Mapping[str, int], row: Sequence[str]) -> Iterator[tuple[str, str]]:
    for column, place in places.items():
        if place < len(row) and (text := read_back(row[place])).strip():
            yield column, text


def _places(header: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """The place of each column of ours, and the names of the others."""
    places: dict[str, int] = {}
    ignored = []
    for place, title in enumerate(header):
        name = "_".join(title.casefold().split())
        if name in places:
            raise SetupRefused(f'Two columns are called "{title}". Leave one of them out.')
        if name in COLUMNS:
            places[name] = place
        elif close := difflib.get_close_matches(name, COLUMNS, n=1, cutoff=_ALIKE):
            raise SetupRefused(f'There is no column "{title}". Did you mean "{close[0]}"?')
        elif title:
            ignored.append(title)
    if not {"brand", "brand_id", "campaign_id"} & set(places):
        raise SetupRefused(
            'There is no column "brand". The first line names the columns; they are '
            f"{', '.join(COLUMNS)}. Download a setup file to see one."
        )
    if not set(places) - {"brand_id", "campaign_id"}:
        raise SetupRefused("The file has ids alone, so there is nothing in it to change.")
    return places, ignored
