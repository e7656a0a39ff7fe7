"""Reports of Google Ads: titles above the header, totals below the rows.

A report downloaded as ".csv" is UTF-8 with commas; as "Excel .csv", UTF-16 with tabs. Costs are
written as "1,234.56", missing values as " --".
"""

import re
from collections.abc import Sequence
from typing import Final

from ads.services.imports.formats.base import Format

_TYPICAL: Final = {"campaign id", "currency code", "customer id", "external customer id"}

#: Totals of all rows; others are subtotals, by network and the like.
_ALL: Final = re.compile(r"total: *(campaigns|account|report|filtered.*|all .*)?", re.IGNORECASE)


class GoogleAds(Format):
    """A report with at least the columns Day, Campaign (or Campaign ID) and Cost."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        names = {name.casefold() for name in header}
        if "cost" not in names or not names & {"campaign", "campaign id"}:
            return False
        return bool(names & _TYPICAL) or (line > 1 and "day" in names)

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        del name, reference
        # A campaign may be called "Total: brand"; its rows have a day.
        return not has_day and first.casefold().startswith("total")

    def is_comparable(self, label: str) -> bool:
        return _ALL.fullmatch(label.strip()) is not None


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
    has_thousands_separators=True,
    remedies={
        "date": "In Google Ads, segment the report by Time > Day and download it again",
        "amount": 'In Google Ads, add the column "Cost" and download the report again',
        "campaign": 'In Google Ads, add the column "Campaign ID" and download the report again',
    },
)
