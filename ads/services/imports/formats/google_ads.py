"""Reports of Google Ads: titles above the header, totals below the rows.

A report downloaded as ".csv" is UTF-8 with commas; as "Excel .csv", UTF-16 with tabs. Costs are
written as "1,234.56", what is missing as " --".
"""

import re
from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import Format

_TELLING: Final = {"campaign id", "currency code", "customer id", "external customer id"}

#: Sums of a part of the rows, by network and the like, are not the sum of the file.
_ALL: Final = re.compile(r"total: *(campaigns|account|report|filtered.*|all .*)?", re.IGNORECASE)

_BY_A_SPREADSHEET: Final = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")


class GoogleAds(Format):
    """A report with at least the columns Day, Campaign (or Campaign ID) and Cost."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        names = {name.casefold() for name in header}
        if "cost" not in names or not names & {"campaign", "campaign id"}:
            return False
        return bool(names & _TELLING) or (line > 1 and "day" in names)

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        del name, reference
        # A campaign may be called "Total: brand"; it has a day then.
        return not has_day and first.casefold().startswith("total")

    def is_comparable(self, label: str) -> bool:
        return _ALL.fullmatch(label.strip()) is not None

    def trouble_of_reference(self, reference: str) -> str | None:
        return spreadsheets_number(reference)


def spreadsheets_number(reference: str) -> str | None:
    """Why an id such as "1.20211E+17" is none; a spreadsheet has shortened it."""
    if _BY_A_SPREADSHEET.fullmatch(reference) is None:
        return None
    return (
        f"reference: {reference[:40]!r} is an id that a spreadsheet has shortened, so its last "
        "digits are lost; download the report again and import it before opening it there."
    )


GOOGLE_ADS = GoogleAds(
    code="google_ads",
    label="Google Ads report",
    platform="google_ads",
    names={
        "date": ("Day", "Date"),
        "campaign": ("Campaign", "Campaign name"),
        "reference": ("Campaign ID",),
        "amount": ("Cost",),
        "currency": ("Currency code", "Currency"),
        "account": ("Customer ID", "External customer ID", "Account ID", "Account", "Account name"),
    },
    date_formats=("%b %d, %Y", "%B %d, %Y"),
    parts_thousands=True,
    remedies={
        "date": "In Google Ads, segment the report by Time > Day and download it again",
        "amount": 'In Google Ads, add the column "Cost" and download the report again',
        "campaign": 'In Google Ads, add the column "Campaign ID" and download the report again',
    },
)
