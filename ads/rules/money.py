"""Amounts of money: which are accepted, how they are shown, when a budget is used up.

Money is a `Decimal` in the currency of a brand, with at most six decimal places (a click can cost
fractions of a cent) and below 10**12 in size. Nothing is ever rounded silently: what does not fit
is refused. Amounts in different currencies are never added up or compared.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from typing import Final

from ads.rules.currencies import MINOR_UNITS, prefix, spelled

PLACES: Final = 6
LIMIT: Final = Decimal("1000000000000")

#: From this share of a budget on, in percent, people are warned that it is nearly used up.
NEARLY_USED_UP: Final = 80

_STEP: Final = Decimal(1).scaleb(-PLACES)
_LONGEST_TEXT: Final = 40
_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_EXPONENT: Final = re.compile(r"[+-]?[0-9.]+[eE][+-]?[0-9]+")
#: With thousands separators, or without.
_NUMBER: Final = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
_TYPED: Final = re.compile(
    rf"(?P<sign>[+-]?)(?P<before>[^\d\s.,+-]*) ?(?P<number>{_NUMBER}) ?(?P<after>[^\d\s.,+-]*)"
)
# Thirty digits hold every accepted amount; Inexact is trapped so that rounding is an error.
_EXACT: Final = Context(prec=30, rounding=ROUND_HALF_EVEN, traps=[Inexact, InvalidOperation])

_PLAIN_REMEDY: Final = 'write plain digits with at most one dot, such as "1234.50".'
_EXPONENT_REASON: Final = 'an exponent is not accepted; write plain digits, such as "100000".'
_LIMIT_REASON: Final = f"the size must be below {LIMIT:,}; enter a smaller amount."
_FINITE_REASON: Final = "not a finite number; enter an amount in digits."


class InvalidAmount(ValueError):
    """An amount that cannot be used as money.

    `field` is the name of the input, `value` what was given, unchanged, and `reason` says what is
    wrong with it and what to do instead.
    """

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(field, value, reason)
        self.field = field
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {_shown(self.value)} cannot be used: {self.reason}"


def parse_amount(value: object, *, field: str = "amount", negative: bool = False) -> Decimal:
    """Return `value` as an exact amount, without exponent and trailing zeros.

    Accepted are a `Decimal`, an `int`, and text of ASCII digits with an optional sign and one dot.
    `field` names the input in errors; `negative` admits amounts below zero.

    Raises:
        InvalidAmount: floats and other types, NaN, infinity, text with exponents, separators,
            spaces or other digits than ASCII's, more than six decimal places that matter, a size
            of 10**12 or more, and amounts below zero unless `negative`.
    """
    number = _as_decimal(value, field)
    if not number.is_finite():
        raise InvalidAmount(field, value, _FINITE_REASON)
    if number.copy_abs() >= LIMIT:
        raise InvalidAmount(field, value, _LIMIT_REASON)
    try:
        exact = number.quantize(_STEP, context=_EXACT)
    except Inexact:
        reason = f"it has more than {PLACES} decimal places; round it to {PLACES} or fewer first."
        raise InvalidAmount(field, value, reason) from None
    if exact < 0 and not negative:
        reason = "it may not be negative; enter 0 or more."
        raise InvalidAmount(field, value, reason)
    return Decimal(f"{exact:f}".rstrip("0").rstrip(".")) if exact else Decimal(0)


def format_money(amount: Decimal, currency: str) -> str:
    """Return `amount` as people read it: "$75.40", "-€3.00", "¥1,235", "KWD 1.250", "$0.004512".

    With the decimal places of the currency, and up to six where they matter.
    """
    sign, digits = _digits(amount, MINOR_UNITS.get(currency, 2))
    return f"{sign}{prefix(currency)}{digits}"


def estimate(amount: Decimal, currency: str) -> Decimal:
    """Return an estimate to the minor unit of the currency: it has no more digits than money."""
    return amount.quantize(Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2)), ROUND_HALF_UP)


def format_estimate(amount: Decimal, currency: str) -> str:
    """Return an estimate as people read it: "$75.41", "¥1,235"."""
    return format_money(estimate(amount, currency), currency)


def format_sums(sums: Mapping[str, Decimal]) -> str:
    """Return sums by currency as people read them, never added up: "$1,200.00 · €300.00"."""
    return " · ".join(format_money(amount, currency) for currency, amount in sums.items())


def sums_by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up amounts, each with its currency: the sum of each currency, by code."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return dict(sorted(sums.items()))


def add_sums(*sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Sums by currency of several sums by currency."""
    return sums_by_currency(pair for each in sums for pair in each.items())


def plain(amount: Decimal, places: int = 2) -> str:
    """Return `amount` as programs exchange it: "75.40", "1234.50", "-3.00", "0.004512".

    At least so many decimal places, and up to six where they matter; the same amount always reads
    the same.
    """
    text = str(amount)
    if amount and "E" not in text and text[-places - 1 : -places] == ".":
        return text  # as most amounts are stored; an export has many
    return "".join(_digits(amount, places)).replace(",", "")


def _digits(amount: Decimal, places: int) -> tuple[str, str]:
    """The sign and the size of `amount`, with at least so many decimal places."""
    digits = f"{amount.copy_abs():,.{PLACES}f}"
    whole, _, fraction = digits.partition(".")
    fraction = fraction.rstrip("0").ljust(places, "0")
    sign = "-" if amount < 0 and digits.strip("0.,") else ""
    return sign, f"{whole}.{fraction}" if fraction else whole


def typed(text: str) -> tuple[str, str | None]:
    """Return an amount as a person types it, ready for `parse_amount`, and the currency it names.

    "$1,200.00" is "1200.00" and "USD", "1,200" has no currency. Text that is no such amount, or
    names what is no currency, is returned as it is.
    """
    found = _TYPED.fullmatch(text.strip())
    named = found["before"] + found["after"] if found else ""
    currency = spelled(named) if named else None
    if not found or (named and not currency):
        return text, None
    return found["sign"] + found["number"].replace(",", ""), currency


def is_used_up(spent: Decimal, budget: Decimal | None) -> bool:
    """Whether `spent` uses up `budget`; spend equal to it does, and no budget is no limit."""
    return budget is not None and spent >= budget


def remaining(spent: Decimal, limit: Decimal | None) -> Decimal | None:
    """Return what is left of `limit` after `spent`: from zero to all of it; None without a limit.

    Corrections can bring `spent` below zero, which makes nobody's limit larger than it is.
    """
    return None if limit is None else min(max(limit - spent, Decimal(0)), limit)


def percent_used(spent: Decimal, budget: Decimal | None) -> int | None:
    """Return how much of `budget` is used up, in whole percent from zero on, rounded down.

    So it is 100 or more exactly when the budget is used up. None where there is nothing to take a
    share of: without a budget, and of a budget of zero.
    """
    if not budget:
        return None
    return max(int(spent * 100 // budget), 0)


def _as_decimal(value: object, field: str) -> Decimal:
    """Return `value` as a Decimal of any size, NaN included; refuse what is not a plain number."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        # A size check first: turning a giant integer into a Decimal is slow, into text forbidden.
        if abs(value) >= LIMIT:
            raise InvalidAmount(field, value, _LIMIT_REASON)
        return Decimal(value)
    if isinstance(value, str):
        return _from_text(value, field)
    if isinstance(value, float):
        reason = 'a float is not exact; pass a Decimal or a string, such as "75.40".'
        raise InvalidAmount(field, value, reason)
    reason = f"{type(value).__name__} is not an amount; pass a Decimal, an int or a string."
    raise InvalidAmount(field, value, reason)


def _from_text(text: str, field: str) -> Decimal:
    if len(text) > _LONGEST_TEXT:
        reason = f"it is longer than {_LONGEST_TEXT} characters; {_PLAIN_REMEDY}"
        raise InvalidAmount(field, text, reason)
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if not text.strip():
        raise InvalidAmount(field, text, f"it is empty; {_PLAIN_REMEDY}")
    if _EXPONENT.fullmatch(text):
        raise InvalidAmount(field, text, _EXPONENT_REASON)
    if text.strip().lstrip("+-").lower() in {"nan", "snan", "inf", "infinity"}:
        raise InvalidAmount(field, text, _FINITE_REASON)
    raise InvalidAmount(field, text, f"it is not a plain decimal number; {_PLAIN_REMEDY}")


def _shown(value: object) -> str:
    """Return `value` short enough for a message, whatever was handed in."""
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST_TEXT:
        return f"an integer of {value.bit_length()} bits"
    if isinstance(value, str):
        cut = value[:_LONGEST_TEXT]
        return repr(value) if cut == value else f"{cut!r}… ({len(value)} characters)"
    if isinstance(value, Decimal | int | float):
        text = str(value)
        return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return f"a value of type {type(value).__name__}"
