"""The currency of a file's amounts, which files name in several ways."""

import re
from collections.abc import Sequence
from typing import Final

from ads.rules.currencies import MINOR_UNITS, UnknownCurrency, check_currency
from ads.services.imports.refusals import Refusal

#: Currencies by the sign that amounts have, as far as a sign tells.
_SIGNS: Final = {
    "$": "USD AUD CAD NZD SGD HKD TWD MXN ARS CLP COP UYU",
    "US$": "USD", "$US": "USD", "A$": "AUD", "AU$": "AUD", "CA$": "CAD", "C$": "CAD",
    "NZ$": "NZD", "S$": "SGD", "HK$": "HKD", "NT$": "TWD", "MX$": "MXN", "R$": "BRL",
    "€": "EUR", "£": "GBP EGP", "¥": "JPY CNY", "￥": "JPY CNY", "円": "JPY", "元": "CNY",
    "CN¥": "CNY", "JP¥": "JPY", "₩": "KRW", "₹": "INR", "₫": "VND", "₪": "ILS", "₺": "TRY",
    "₱": "PHP", "฿": "THB", "₦": "NGN", "₴": "UAH", "zł": "PLN", "Kč": "CZK", "Ft": "HUF",
    "kr": "SEK NOK DKK ISK", "kr.": "DKK", "Fr.": "CHF", "Rp": "IDR", "RM": "MYR",
}  # fmt: skip

_IN_NAME: Final = re.compile(r"(.+?)\s*\(([A-Za-z]{3})\)")
#: A line above the header, such as "Currency: EUR" or "Currency,EUR".
_TITLE: Final = re.compile(r"\W*currency(?: code)?\W+([A-Z]{3})\W*", re.IGNORECASE)


def split_name(name: str) -> tuple[str, str | None]:
    """ "Amount spent" and "EUR" of the column "Amount spent (EUR)"; None if it has no currency."""
    found = _IN_NAME.fullmatch(name)
    if found and found[2].upper() in MINOR_UNITS:
        return found[1], found[2].upper()
    return name, None


def in_titles(lines: Sequence[str]) -> str | None:
    """The currency that the lines above a header name; None: none."""
    for line in lines:
        found = _TITLE.fullmatch(line.strip())
        if found and found[1].upper() in MINOR_UNITS:
            return found[1].upper()
    return None


def of_sign(sign: str) -> frozenset[str]:
    """The currencies that a sign beside an amount, or a code, may mean; none: it means no one."""
    if sign in MINOR_UNITS:
        return frozenset({sign})
    return frozenset(_SIGNS.get(sign, "").split())


def of_cell(text: str) -> str:
    """The code in a cell of a column of currencies.

    Raises:
        Refusal: it is empty, or no currency.
    """
    code = text.strip().upper()
    if not code:
        raise Refusal("currency: it is empty; write the amount's, such as USD.")
    try:
        check_currency(code)
    except UnknownCurrency as error:
        raise Refusal(f"currency: {error}") from error
    return code
