"""Cells that are no text in a workbook, as text that keeps what they are."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Final

#: Significant digits that a spreadsheet shows and keeps of what is typed: what a file has behind
#: them is noise of binary floats, such as the last 4 of 0.30000000000000004.
DIGITS: Final = 15
_SHOWN: Final = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)

#: Whole numbers from here on are not all floats.
_EXACT_BELOW: Final = 1 << 53

#: Decimal places of the smallest number that is written out.
_MOST_PLACES: Final = 30


class Typed(str):
    """A cell with a type. Its text is the same for every language and display."""

    __slots__ = ()

    def strip(self, chars: str | None = None, /) -> str:
        """Itself, as it has no spaces around it; without these characters, a text."""
        return self if chars is None else super().strip(chars)


class Number(Typed):
    """A number, as "-1234.5".

    ``sign``: what its display says of its currency, such as "€" or "USD"; else empty.
    """

    sign: str = ""


class Day(Typed):
    """A day, as "2026-11-24"."""

    __slots__ = ()


class Moment(Typed):
    """A day and a time, as "2026-11-24 15:00:00": a clock on the wall, in no timezone."""

    __slots__ = ()


class Unreadable(ValueError):
    """A value that cannot be trusted: why, and what to do."""


def number_of(text: str) -> Number:
    """The number that a cell's XML has as ``text``, as a spreadsheet shows it.

    Raises:
        Unreadable: it has more digits than a spreadsheet keeps, or is no number.
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise Unreadable(f"{text[:40]!r} is not a number; correct the cell.")
    if value.adjusted() >= DIGITS:
        return _long(value, text)
    if value.adjusted() < -_MOST_PLACES:
        return Number(text if value else "0")
    shown = f"{_SHOWN.create_decimal(value):f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return Number("0" if shown == "-0" else shown)


def _long(value: Decimal, text: str) -> Number:
    """A number of sixteen digits is exact if it did not lose the last of them.

    A spreadsheet writes zeros for those that it does not keep.
    """
    if abs(value) < _EXACT_BELOW and value == value.to_integral_value() and value % 10:
        return Number(int(value))
    raise Unreadable(
        f"{text[:40]!r} is a number of more than {DIGITS} digits, of which spreadsheets lose the "
        "last ones. Export the report again and import it without saving it in a spreadsheet, or "
        "get it with ids as text."
    )
