"""Currencies: the codes, names and minor units of ISO 4217, and the symbols of the best known."""

from collections.abc import Mapping
from typing import Final

import iso4217

#: Of a brand for which nobody chose another, and of all brands before there were others.
DEFAULT: Final = "USD"

#: Decimal places of each currency's minor unit, by code: 2 of USD, 0 of JPY, 3 of KWD. Gold, test
#: codes and the like have none and are no currency of a brand.
MINOR_UNITS: Final[Mapping[str, int]] = {
    each.code: each.exponent
    for each in sorted(iso4217.Currency, key=lambda one: one.code)
    if each.exponent is not None
}

#: Names in English: "Euro".
NAMES: Final[Mapping[str, str]] = {
    code: iso4217.Currency(code).currency_name for code in MINOR_UNITS
}

#: As in English text (Unicode CLDR), which charts drawn by the browser use too; other currencies
#: are shown by their codes.
SYMBOLS: Final[Mapping[str, str]] = {
    "AUD": "A$", "BRL": "R$", "CAD": "CA$", "CNY": "CN¥", "EUR": "€", "GBP": "£", "HKD": "HK$",
    "ILS": "₪", "INR": "₹", "JPY": "¥", "KRW": "₩", "MXN": "MX$", "NZD": "NZ$", "PHP": "₱",
    "TWD": "NT$", "USD": "$", "VND": "₫",
}  # fmt: skip


_BY_SYMBOL: Final = {symbol: code for code, symbol in SYMBOLS.items()} | {
    "US$": "USD", "C$": "CAD", "AU$": "AUD",
}  # fmt: skip


class UnknownCurrency(ValueError):
    """A code that ISO 4217 does not know."""


def check_currency(code: str) -> None:
    """Refuse what is not the code of a currency, in capitals.

    Raises:
        UnknownCurrency: with the code and the remedy.
    """
    if code in MINOR_UNITS:
        return
    remedy = (
        f"write {code.upper()}."
        if code.upper() in MINOR_UNITS
        else ("use the three letters of a currency in ISO 4217, such as USD or EUR.")
    )
    raise UnknownCurrency(f"{code[:20]!r} is not a currency code; {remedy}")


def prefix(code: str) -> str:
    """What stands before an amount: "$", "€", "KWD "; nothing where no currency is named."""
    return SYMBOLS.get(code) or (f"{code} " if code else "")


def spelled(text: str) -> str | None:
    """The code of a currency as people write it: "EUR", "eur", "€", "US$"; None: of no currency."""
    if text.upper() in MINOR_UNITS:
        return text.upper()
    return _BY_SYMBOL.get(text.upper())


def labelled(code: str) -> str:
    """The code with the currency's name: "EUR (Euro)"."""
    return f"{code} ({NAMES[code]})" if code in NAMES else code
