"""The rows of one sheet, read one after the other: however many there are, few are in memory."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ads.services.imports.refusals import MOST_COLUMNS
from ads.services.imports.workbooks.display import PLAIN, Display
from ads.services.imports.workbooks.package import (
    MOST_OF_SHEET,
    Package,
    damaged,
    feed,
    local,
    xml_parser,
)
from ads.services.imports.workbooks.values import Day, Moment, Number, Unreadable, number_of

if TYPE_CHECKING:
    from ads.services.imports.workbooks.book import Workbook

#: The widest sheet that there is, and the longest text of a cell.
WIDEST: Final = 16_384
_LONGEST: Final = 100_000

_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]+)(\d+):([A-Z]+)(\d+)")
_LONGEST_MERGED: Final = 200

#: Characters that XML cannot have; of the others a text may be full without meaning them.
_ESCAPE: Final = re.compile("_x(000[9AD]|005F)_", re.IGNORECASE)

_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  (wall clocks have no timezone)
_EPOCH_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001
#: Excel's calendar has a 29 February 1900, which did not happen.
_NO_DAY: Final = 60
_LAST_DAY: Final = 2_958_465
_SECONDS: Final = 86_400

#: A number that a spreadsheet shows as it is written: no noise, no exponent.
_SHORT: Final = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,6})?")
_SHOWN: Final = 60
_REMEMBERED: Final = 5000

_NEVER_CALCULATED: Final = (
    "is a formula that was never calculated. Open the file in a spreadsheet, save it there, and "
    "import that."
)


@dataclass(slots=True)
class Row:
    """A row with cells: its number in the sheet (from 1), and its cells up to the last filled one.

    ``flaws``: why a cell cannot be trusted, by its place (from 0). ``is_hidden``: not shown.
    """

    number: int
    cells: list[str]
    flaws: dict[int, str] = field(default_factory=dict)
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """Cells shown as one, of which only the first has a value."""

    first_row: int
    last_row: int
    ref: str

    @property
    def is_tall(self) -> bool:
        return self.last_row > self.first_row


class Sheet:
    def __init__(self, book: "Workbook", package: Package, part: str) -> None:
        self._book = book
        self._package = package
        self._part = part

    def rows(self, *, first_bytes: int = MOST_OF_SHEET) -> Iterator[Row]:
        """The rows that have a value, from the first; those in the ``first_bytes`` of the sheet.

        Raises:
            ImportRefused: it is damaged.
        """
        rows = _Rows(self._book, self._part)
        for block in self._package.blocks(self._part, MOST_OF_SHEET):
            feed(rows.parser, block, self._part)
            yield from rows.take()
            first_bytes -= len(block)
            if rows.is_over or first_bytes <= 0:
                return
        feed(rows.parser, b"", self._part)
        yield from rows.take()

    def merged(self) -> Iterator[Merged]:
        """The merged cells: they stand behind the rows, all of which are unpacked for it."""
        rest = b""
        for block in self._package.blocks(self._part, MOST_OF_SHEET):
            text = rest + block
            if b"mergeCell" in text:
                last = 0
                for found in _MERGED.finditer(text):
                    first, top, other, bottom = (each.decode() for each in found.groups())
                    yield Merged(int(top), int(bottom), f"{first}{top}:{other}{bottom}")
                    last = found.end()
                rest = text[max(last, len(text) - _LONGEST_MERGED) :]
            else:
                rest = text[-_LONGEST_MERGED:]


class _Rows:
    """Turns the elements of a sheet into rows. What is done for every cell is written for speed."""

    def __init__(self, book: "Workbook", part: str) -> None:
        self._values = _Values(book)
        self._part = part
        self._ready: list[Row] = []
        #: Have all rows been read?
        self.is_over = False
        self.parser = xml_parser()
        self.parser.StartElementHandler = self._begin

    def take(self) -> list[Row]:
        ready, self._ready = self._ready, []
        return ready

    def _begin(self, name: str, _given: dict[str, str]) -> None:
        """Listen for the elements of a sheet, which have the prefix of the outermost."""
        prefix = name.removesuffix(local(name))
        self._listen(*(prefix + each for each in ("row", "c", "v", "f", "t", "rPh", "sheetData")))

    def _listen(  # noqa: PLR0915  (what they share is one cell)
        self, row_: str, c_: str, v_: str, f_: str, t_: str, spoken_: str, end_: str
    ) -> None:
        parser = self.parser
        row = Row(0, [])
        cell: dict[str, str] = {}
        at = -1
        pieces: list[str] = []
        value: str | None = None
        formula: str | None = None
        is_spoken = False
        places: dict[str, int] = {}
        text_ = (v_, f_)

        def start(name: str, given: dict[str, str]) -> None:
            nonlocal row, cell, at, value, formula, is_spoken
            if name == c_:
                cell = given
                value = formula = None
                ref = given.get("r")
                if ref is None:
                    at += 1
                else:
                    letters = ref.rstrip("0123456789")
                    if letters not in places:
                        places[letters] = column_number(letters)
                    at = places[letters]
            elif name in text_ or (name == t_ and not is_spoken):
                parser.CharacterDataHandler = pieces.append
            elif name == row_:
                row = Row(int(given.get("r", row.number + 1)), [])
                row.is_hidden = given.get("hidden") in {"1", "true"}
                at = -1
            elif name == spoken_:
                is_spoken = True

        def end(name: str) -> None:
            nonlocal value, formula, is_spoken
            if name == c_:
                if value is not None or formula is not None:
                    self._add(row, at, cell, value or "", formula)
            elif name == v_:
                parser.CharacterDataHandler = None
                value = pieces[0] if len(pieces) == 1 else "".join(pieces)
                pieces.clear()
            elif name == row_:
                cells = row.cells
                while cells and not cells[-1].strip():
                    cells.pop()
                if cells:
                    self._ready.append(row)
            elif name == f_:
                parser.CharacterDataHandler = None
                formula = "".join(pieces)
                pieces.clear()
            elif name == t_:  # of a text that stands in its cell, perhaps in several pieces
                parser.CharacterDataHandler = None
                value = (value or "") + "".join(pieces)
                pieces.clear()
            elif name == spoken_:
                is_spoken = False
            elif name == end_:
                self.is_over = True

        parser.StartElementHandler, parser.EndElementHandler = start, end

    def _add(
        self, row: Row, at: int, cell: dict[str, str], value: str, formula: str | None
    ) -> None:
        """Put a cell into its row. What lies beyond all tables is only known to be there."""
        cells = row.cells
        at = min(at, MOST_COLUMNS)
        if len(cells) < at:
            cells.extend([""] * (at - len(cells)))
        del cells[at:]
        try:
            cells.append(self._values.read(cell.get("t"), cell.get("s"), value, formula))
        except Unreadable as error:
            cells.append(f"={formula}" if formula is not None else value[:_SHOWN])
            row.flaws[at] = str(error)
        except (ValueError, IndexError, OverflowError) as error:
            raise damaged(f"{self._part}, a cell in row {row.number}: {error}") from error


class _Values:
    def __init__(self, book: "Workbook") -> None:
        self._texts: Sequence[str] = book.texts
        self._displays = book.displays
        self._is_uncalculated = book.is_uncalculated
        self._epoch = _EPOCH_1904 if book.is_1904 else _EPOCH
        #: Days and moments by their text and style: few of many rows.
        self._known: dict[tuple[str, str | None], str] = {}
        #: The styles of numbers that are just numbers.
        self._plain = {
            str(number) for number, display in enumerate(self._displays) if display == PLAIN
        }
        if self._displays[0] == PLAIN:
            self._plain.add("")

    def read(self, kind: str | None, style: str | None, value: str, formula: str | None) -> str:
        """The cell.

        Raises:
            Unreadable: it cannot be trusted.
            ValueError, IndexError, OverflowError: the workbook is damaged.
        """
        if formula is not None and (self._is_uncalculated or not (value or kind == "str")):
            raise Unreadable(f"{f'={formula}'[:_SHOWN]!r} {_NEVER_CALCULATED}")
        if kind == "s":
            return self._texts[int(value)]
        if kind is None or kind == "n":
            if (style or "") not in self._plain:
                return self._displayed(value.strip(), style)
            return _plain_number(value)
        if kind == "e":
            raise Unreadable(f"the cell has the error {value[:20]}; correct it in the spreadsheet.")
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind == "d":
            when = dt.datetime.fromisoformat(value.strip()).replace(tzinfo=None)
            return _moment(when, "T" in value)
        return _checked(unescaped(value))  # "str", "inlineStr"

    def _displayed(self, text: str, style: str | None) -> str:
        """A number that its display makes something else."""
        if not text:
            return ""
        display = self._displays[int(style or 0)]
        if display.has_day or display.has_time:
            key = text, style
            if key not in self._known:
                if len(self._known) > _REMEMBERED:
                    self._known.clear()
                self._known[key] = self._when(text, display)
            return self._known[key]
        if display.is_percentage:
            return f"{number_of(str(Decimal(number_of(text)) * 100))}%"
        number = _plain_number(text)
        if display.sign and isinstance(number, Number):
            number.sign = display.sign
        return number

    def _when(self, text: str, display: Display) -> str:
        days, seconds = divmod(round(float(text) * _SECONDS), _SECONDS)
        if not 0 <= days <= _LAST_DAY:
            raise Unreadable(f"{text[:40]!r} is not a date of a spreadsheet; correct the cell.")
        if not display.has_day and days == 0:
            return str(dt.time(seconds // 3600, seconds // 60 % 60, seconds % 60))
        if self._epoch is _EPOCH and days < _NO_DAY:
            days += 1
        when = self._epoch + dt.timedelta(days=days, seconds=seconds)
        return _moment(when, display.has_time or bool(seconds))


def _plain_number(text: str) -> str:
    if _SHORT.fullmatch(text):
        return Number(text)
    return number_of(text.strip()) if text else ""


def _checked(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST:,} characters")
    return text


def _moment(when: dt.datetime, has_time: bool) -> str:
    return Moment(f"{when:%Y-%m-%d %H:%M:%S}") if has_time else Day(f"{when:%Y-%m-%d}")


def column_number(letters: str) -> int:
    """The place of the column "A", "AB" …, from 0.

    Raises:
        ImportRefused: there is no such column.
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    if not (letters.isascii() and letters.isalpha() and 0 < number <= WIDEST):
        raise damaged(f"there is no column {letters[:10]!r}")
    return number - 1


def column_name(place: int) -> str:
    """ "A" for 0, "AB" for 27."""
    name, number = "", place + 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def unescaped(text: str) -> str:
    """A text with the line ends and tabs that workbooks write as "_x000D_"."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
