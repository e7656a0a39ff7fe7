"""Only US dollars are recorded; files name their currency in several ways."""

import re
from typing import Final

from ads.services.imports.refusals import ImportRefused

ONLY: Final = "USD"

# ISO 4217, so that "Cost (CPC)" is not read as a currency.
_ISO: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND
    TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL
"""
CODES: Final = frozenset(_ISO.split())

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


def split_name(name: str) -> tuple[str, str | None]:
    """ "Amount spent" and "USD" of the column "Amount spent (USD)"; None if it has no currency."""
    found = _IN_NAME.fullmatch(name)
    return (found[1], found[2].upper()) if found and found[2].upper() in CODES else (name, None)


def of_sign(sign: str) -> frozenset[str]:
    """The currencies that a sign beside an amount, or a code, may mean; none: it means no one."""
    if sign in CODES:
        return frozenset({sign})
    return frozenset(_SIGNS.get(sign, "").split())


def check_column(name: str, line: int) -> None:
    """Refuse a column of amounts whose name has a currency other than US dollars.

    Raises:
        ImportRefused: with the line and the remedy.
    """
    bare, currency = split_name(name)
    if currency not in (None, ONLY):
        raise ImportRefused(
            f'Line {line}: the amounts in "{name}" are in {currency}, and only US dollars are '
            "recorded. Export the report in US dollars, or convert the amounts and name the "
            f'column "{bare} ({ONLY})".'
        )


def trouble_of_cell(text: str) -> str | None:
    """Why a row in this currency cannot be recorded; None if it is in US dollars."""
    text = text.strip()
    if text.upper() == ONLY:
        return None
    if not text:
        return f"currency: it is empty; write {ONLY} if the amount is in US dollars."
    return (
        f"currency: the amount is in {text[:20]!r}, and only US dollars ({ONLY}) are recorded; "
        "export the report in US dollars, or convert the amount."
    )
