"""US dollars alone are recorded; files say in which currency they are in several ways."""

import re
from typing import Final

from ads.services.imports.errors import ImportRefused

ONLY: Final = "USD"

# ISO 4217, so that "Cost (CPC)" is not taken for money of a country.
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

_IN_NAME: Final = re.compile(r"(.+?)\s*\(([A-Za-z]{3})\)")


def without_currency(name: str) -> str:
    """ "Amount spent" of the column "Amount spent (USD)"; the name itself if it has none."""
    found = _IN_NAME.fullmatch(name)
    return found[1] if found and found[2].upper() in CODES else name


def currency_of(name: str) -> str | None:
    """ "USD" of the column "Amount spent (USD)"; None if the name has none."""
    found = _IN_NAME.fullmatch(name)
    return found[2].upper() if found and found[2].upper() in CODES else None


def accept_column(name: str, line: int) -> None:
    """Refuse a column of amounts that says it is not in US dollars.

    Raises:
        ImportRefused: with the line and the remedy.
    """
    currency = currency_of(name)
    if currency is not None and currency != ONLY:
        raise ImportRefused(
            f'Line {line}: the amounts in "{name}" are in {currency}, and only US dollars are '
            "recorded. Export the report in US dollars, or convert the amounts and name the "
            f'column "{without_currency(name)} ({ONLY})".'
        )


def trouble_of_cell(text: str) -> str | None:
    """Why a row of this currency cannot be recorded; None: it is in US dollars."""
    text = text.strip()
    if text.upper() == ONLY:
        return None
    if not text:
        return f"currency: it is empty; write {ONLY} if the amount is in US dollars."
    return (
        f"currency: the amount is in {text[:20]!r}, and only US dollars ({ONLY}) are recorded; "
        "export the report in US dollars, or convert the amount."
    )
