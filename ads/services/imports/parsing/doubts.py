"""What all amounts of a file may leave open: their decimal sign, and if they are in micros."""

import re
from decimal import Decimal
from typing import Final

from ads.rules.money import PLACES, format_money
from ads.services.imports.parsing import notation
from ads.services.imports.refusals import ImportRefused

_MICRO: Final = 10**PLACES

#: "11100000" and, through a spreadsheet or a data frame, "11100000.0".
_WHOLE: Final = re.compile(r"([0-9]{1,18})(?:\.0)?")

#: Amounts may be in micros if all are whole, the largest is at least this (ten cents in micros),
#: and no more than a tenth of those above zero are less than a cent would be.
LARGEST: Final = 100_000
CENT: Final = 10_000
_FEW: Final = 10

#: Currencies of which that is nothing unusual, because a unit is worth about a cent or less: there
#: it takes a thousand times as much, and nothing but whole hundredths.
SMALL: Final = frozenset({
    "CLP", "COP", "CRC", "HUF", "IDR", "IRR", "ISK", "JPY", "KHR", "KRW", "LAK", "LBP", "MMK",
    "MNT", "NGN", "PKR", "PYG", "RWF", "TZS", "UGX", "VND",
})  # fmt: skip
_SMALLER: Final = 1000


class Doubts:
    """Notes amounts until nothing is open; then :attr:`are_open` is false."""

    def __init__(self, *, is_decimal_said: bool, is_unit_said: bool) -> None:
        self._is_sign_open = not is_decimal_said
        self._may_be_micros = not is_unit_said
        self.are_open = self._is_sign_open or self._may_be_micros
        #: The first amount that may be two.
        self._open = ""
        self._count = self._small = self._largest = 0
        self._are_cents = True
        self._currencies: set[str] = set()

    def note(self, text: str, currency: str, *, is_typed: bool = False) -> None:
        """Note an amount, as it is written, without the sign of its ``currency``.

        ``is_typed``: it is a number already, whose sign of decimals is a dot.
        """
        number = text.lstrip("+-")
        if not number[:1].isdecimal():
            return  # no amount: its row is refused
        if whole := _WHOLE.fullmatch(number):
            value = int(whole[1])
            self._currencies.add(currency)
            self._count += value > 0
            self._small += 0 < value < CENT
            self._largest = max(self._largest, value)
            self._are_cents = self._are_cents and value % CENT == 0
            return
        self._may_be_micros = False
        if is_typed:
            pass
        elif notation.is_open(number):
            self._open = self._open or text
        elif notation.decimal_sign(number):
            self._is_sign_open = False
        self.are_open = self._is_sign_open

    def check(self) -> None:
        """Refuse what is still open, now that all amounts are noted.

        Raises:
            ImportRefused: with the option to say what they mean.
        """
        if self._is_sign_open and self._open:
            raise ImportRefused(
                f"The amounts, such as {self._open[:40]!r}, all have three digits after their one "
                "dot or comma: it may be the decimal sign or separate thousands. Choose the "
                "decimal separator (--decimal . or --decimal , in the command)."
            )
        if self._may_be_micros and self._look_like_micros():
            raise ImportRefused(
                f"The amounts may be in micros, as the platforms' APIs write them: {self._largest} "
                f"is {self._shown(_MICRO)} as it stands, and {self._shown(1)} in "
                "micros. Choose the unit of the amounts: micros, or units for amounts as they "
                "stand (--unit micros or --unit units in the command)."
            )

    def _look_like_micros(self) -> bool:
        if self._currencies <= SMALL:
            return self._are_cents and self._largest >= LARGEST * _SMALLER
        return self._largest >= LARGEST and self._small * _FEW <= self._count

    def _shown(self, unit: int) -> str:
        """The largest amount in units of so many micros."""
        code = min(self._currencies) if len(self._currencies) == 1 else ""
        return format_money(Decimal(self._largest * unit).scaleb(-PLACES), code)
