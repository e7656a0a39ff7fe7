"""Amounts as files write them: with parted thousands, a decimal comma, too many places."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from ads.rules.money import PLACES
from ads.services.errors import InvalidSpend
from ads.services.imports.errors import Refusal
from ads.services.imports.formats import NOTHING
from ads.services.ledger import check_amount

#: Amounts that are surely good: twelve digits and six places at most. (Others may be, too.)
SURELY_GOOD: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
# The same in a file with a decimal comma, where "1.234" is more than a thousand.
_SURELY_GOOD_WITH_COMMA: Final = re.compile(r"[0-9]{1,12}")

_TOO_LONG: Final = re.compile(rf"[+-]?[0-9]*\.[0-9]{{{PLACES + 1},}}")
_LONGEST: Final = 40
_STEP: Final = Decimal(1).scaleb(-PLACES)
# Enough for the 40 characters that an amount may have: the one rounding is the one asked for.
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)

#: Whole groups of three with one sign between all of them; by the sign before the decimals.
_PARTED: Final = {
    ".": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([,' \u00a0\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:\.([0-9]+))?"
    ),
    ",": re.compile(
        r"([+-]?)([0-9]{1,3}(?:([.' \u00a0\u202f])[0-9]{3})(?:\3[0-9]{3})*)(?:,([0-9]+))?"
    ),
}
_WITH_COMMA: Final = re.compile(r"([+-]?)([0-9]+)(?:,([0-9]+))?")


class Amounts:
    """Reads amounts in one convention; counts what it rounds.

    Args:
        decimal: the sign before the decimals; None: a dot, and nothing between the thousands.
        round_them: round more than six decimal places instead of refusing them.
    """

    def __init__(self, decimal: str | None, *, round_them: bool) -> None:
        self._decimal = decimal
        self._round_them = round_them
        #: What need not be read: it is in the file as PostgreSQL reads it.
        self.surely_good = _SURELY_GOOD_WITH_COMMA if decimal == "," else SURELY_GOOD
        #: Amounts that were rounded, and by how much in sum (US dollars).
        self.rounded = 0
        self.rounded_by = Decimal(0)

    def read(self, text: str) -> str | Decimal:
        """The amount, as PostgreSQL reads it.

        Raises:
            InvalidSpend, Refusal: it is none, with the remedy.
        """
        if self._decimal == ",":
            text = self._with_dot(text)
        elif self._decimal == "." and (parted := _PARTED["."].fullmatch(text)):
            text = _joined(parted)
        if SURELY_GOOD.fullmatch(text):
            return text
        if _TOO_LONG.fullmatch(text) and len(text) <= _LONGEST:
            return self._round(text)
        try:
            return check_amount(text)
        except InvalidSpend as error:
            remedy = self._remedy(text)
            if remedy is None:
                raise
            raise Refusal(f"amount: {text[:_LONGEST]!r} {remedy}") from error

    def _with_dot(self, text: str) -> str:
        parted = _PARTED[","].fullmatch(text)
        if parted:
            return _joined(parted)
        plain = _WITH_COMMA.fullmatch(text)
        if plain:
            return f"{plain[1]}{plain[2]}.{plain[3]}" if plain[3] else text
        if "." in text and "," not in text and _PARTED["."].fullmatch(text) is None:
            raise Refusal(
                f"amount: {text[:_LONGEST]!r} has a dot, and the file was said to have a comma "
                'before the decimals; write "1.234,56", or choose the dot (--decimal . in the '
                "command)."
            )
        return text

    def _remedy(self, text: str) -> str | None:
        text = text.strip()
        if text in NOTHING and text:
            return "says that there is none; write 0 if nothing was spent."
        if self._decimal == ",":
            return None
        if self._decimal is None and _PARTED["."].fullmatch(text):
            return (
                "is not a plain decimal number: something stands between its thousands. Say which "
                "sign stands before the decimals (--decimal . or --decimal , in the command), or "
                'write it as "1234.56".'
            )
        if "," in text and (_PARTED[","].fullmatch(text) or _WITH_COMMA.fullmatch(text)):
            return (
                "is not a plain decimal number: it has a decimal comma. Say so (--decimal , in the "
                'command), or write it as "1234.56".'
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


def _joined(parted: re.Match[str]) -> str:
    sign, whole, separator, places = parted.groups()
    digits = whole.replace(separator, "")
    return f"{sign}{digits}.{places}" if places else f"{sign}{digits}"
