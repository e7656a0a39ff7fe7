"""Exports of Meta Ads Manager: one row for each campaign and day, if broken down by day.

The currency stands in the name of the column, "Amount spent (USD)". A row of totals, first or last,
has no campaign.
"""

from collections.abc import Sequence
from typing import Final

from ads.services.imports.currency import without_currency
from ads.services.imports.formats.base import Format
from ads.services.imports.formats.google_ads import spreadsheets_number

_TELLING: Final = {"reporting starts", "reporting ends", "campaign name", "campaign id", "day"}


class MetaAds(Format):
    """An export with at least Reporting starts (or Day), Campaign name and Amount spent."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        del line
        names = {without_currency(name).casefold() for name in header}
        return "amount spent" in names and bool(names & _TELLING)

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        del first, has_day
        return not reference and (not name or name.casefold().startswith("results from "))

    def trouble_of_reference(self, reference: str) -> str | None:
        return spreadsheets_number(reference)


META_ADS = MetaAds(
    code="meta_ads",
    label="Meta Ads Manager export",
    platform="meta_ads",
    names={
        "date": ("Day", "Reporting starts"),
        "ends": ("Reporting ends",),
        "campaign": ("Campaign name",),
        "reference": ("Campaign ID",),
        "amount": ("Amount spent",),
        "currency": ("Currency",),
        "account": ("Account ID", "Ad account ID", "Account name"),
    },
    parts_thousands=True,
    remedies={
        "date": "In Ads Manager, choose Breakdown > By time > Day and export again",
        "amount": 'In Ads Manager, add the column "Amount spent" and export again',
        "campaign": 'In Ads Manager, add the column "Campaign ID" and export again',
    },
)
