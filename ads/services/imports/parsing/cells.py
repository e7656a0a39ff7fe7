"""Amounts and dates as files write them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from ads.rules.money import PLACES
from ads.services.errors import InvalidSpend
from ads.services.imports.formats import BLANK
from ads.services.imports.refusals import Refusal
from ads.services.ledger import check_amount

#: Amounts that PostgreSQL can read as they are: twelve digits and six places at most. (There are
#: others.)
SURELY_GOOD: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")

_TOO_MANY_PLACES: Final = re.compile(rf"[+-]?[0-9]*\.[0-9]{{{PLACES + 1},}}")
_LONGEST: Final = 40
_STEP: Final = Decimal(1).scaleb(-PLACES)
# Enough for the 40 characters of an amount, so that it is rounded only once.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)

#: Groups of three digits with the same thousands separator between them, by decimal separator.
_GROUPED: Final = {
    ".": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([,' \u00a0\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:\.([0-9]+))?"
    ),
    ",": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([.' \u00a0\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:,([0-9]+))?"
    ),
}
_WITH_COMMA: Final = re.compile(r"([+-]?)([0-9]+)(?:,([0-9]+))?")

#: Dates remembered: a year of them, and some more in an odd file.
_REMEMBERED: Final = 5000

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}")
_LAST_MONTH: Final = 12


class Amounts:
    """Reads amounts of one notation; counts the rounded ones.

    Args:
        decimal: the decimal separator; None: a dot, and no thousands separator.
        round_them: round more than six decimal places instead of refusing them.
    """

    def __init__(self, decimal: str | None, *, round_them: bool) -> None:
        self._decimal = decimal
        self._round_them = round_them
        #: Rounded amounts, and the sum of their differences.
        self.rounded = 0
        self.rounded_by = Decimal(0)

    def read(self, text: str) -> str | Decimal:
        """The amount, as PostgreSQL reads it.

        Raises:
            InvalidSpend, Refusal: with the remedy.
        """
        if self._decimal == ",":
            text = self._with_dot(text)
        if SURELY_GOOD.fullmatch(text):
            return text
        if self._decimal == "." and (grouped := _GROUPED["."].fullmatch(text)):
            text = _joined(grouped)
        if _TOO_MANY_PLACES.fullmatch(text) and len(text) <= _LONGEST:
            return self._round(text)
        try:
            return check_amount(text)
        except InvalidSpend as error:
            remedy = self._remedy(text)
            if remedy is None:
                raise
            raise Refusal(f"amount: {text[:_LONGEST]!r} {remedy}") from error

    def _with_dot(self, text: str) -> str:
        if grouped := _GROUPED[","].fullmatch(text):
            return _joined(grouped)
        if plain := _WITH_COMMA.fullmatch(text):
            return f"{plain[1]}{plain[2]}.{plain[3]}" if plain[3] else text
        if "." in text and "," not in text and _GROUPED["."].fullmatch(text) is None:
            raise Refusal(
                f"amount: {text[:_LONGEST]!r} has a dot, but the file was set to decimal commas; "
                'write "1234,56", or choose the decimal point (--decimal . in the command).'
            )
        return text

    def _remedy(self, text: str) -> str | None:
        text = text.strip()
        if text in BLANK and text:
            return "is a placeholder, not an amount; write 0 if nothing was spent."
        if self._decimal == ",":
            return None
        if self._decimal is None and _GROUPED["."].fullmatch(text):
            return (
                "is not a plain decimal number: it has a thousands separator. Choose the decimal "
                "separator (--decimal . or --decimal , in the command), or write it as "
                '"1234.56".'
            )
        if "," in text and (_GROUPED[","].fullmatch(text) or _WITH_COMMA.fullmatch(text)):
            return (
                "is not a plain decimal number: it has a decimal comma. Choose the decimal comma "
                '(--decimal , in the command), or write it as "1234.56".'
            )
        return None

    def _round(self, text: str) -> Decimal:
        exact = Decimal(text)
        rounded = exact.quantize(_STEP, context=_WIDE)
        if not self._round_them and rounded != exact:
            raise Refusal(
                f"amount: {text!r} has more than {PLACES} decimal places; write at most {PLACES}, "
                f"or let them be rounded to {PLACES} (--round {PLACES} in the command)."
            )
        amount = check_amount(rounded)
        if rounded != exact:
            self.rounded += 1
            self.rounded_by = _WIDE.add(self.rounded_by, _WIDE.subtract(rounded, exact))
        return amount


def _joined(grouped: re.Match[str]) -> str:
    sign, whole, separator, places = grouped.groups()
    digits = whole.replace(separator, "")
    return f"{sign}{digits}.{places}" if places else f"{sign}{digits}"


class Days:
    """Reads dates, and remembers them: a million rows have few different ones.

    Args:
        wanted: how dates are written, as ``strptime`` takes it; None: YYYY-MM-DD.
        others: other notations to try if none is wanted.
    """

    def __init__(self, wanted: str | None, others: Sequence[str] = ()) -> None:
        self._wanted = wanted
        self._others = others
        #: The dates remembered.
        self.known: dict[str, tuple[date, str]] = {}

    def read(self, text: str) -> tuple[date, str]:
        """The day, and its text as PostgreSQL reads it.

        Raises:
            Refusal: with the remedy.
        """
        day = self.known.get(text)
        if day is None:
            parsed = self._parse(text)
            day = parsed, parsed.isoformat()
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[text] = day
        return day

    def _parse(self, text: str) -> date:
        shown = text[:40]
        if not text.strip():
            raise Refusal("date: it is empty.")
        wanted = self._wanted
        if wanted is not None and not text.isascii():
            raise Refusal(f"date: {shown!r} has digits other than 0 to 9.")
        try:
            if wanted is not None:
                return datetime.strptime(text, wanted).date()  # noqa: DTZ007  (a calendar day)
            if _ISO.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError as error:
            written = "" if wanted is None else f" written as {wanted}"
            raise Refusal(f"date: {shown!r} is not a date{written} ({error}).") from error
        for other in self._others if text.isascii() else ():
            try:
                return datetime.strptime(text, other).date()  # noqa: DTZ007
            except ValueError:
                continue
        raise Refusal(f"date: {shown!r} is not written as YYYY-MM-DD. {_how(text)}")


def _how(text: str) -> str:
    """The remedy for a date that is not written as YYYY-MM-DD."""
    numbers = _NUMBERS.fullmatch(text)
    if numbers and max(int(numbers[1]), int(numbers[2])) <= _LAST_MONTH:
        return (
            "Which is the day and which the month? Choose how the file writes dates, day first or "
            "month first (--date-format %d/%m/%Y or %m/%d/%Y in the command)."
        )
    return (
        "Choose how the file writes dates, such as day first (--date-format %d-%m-%Y in the "
        "command)."
    )
