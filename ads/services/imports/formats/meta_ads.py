"""Exports of Meta Ads Manager: one row for each campaign and day, if broken down by day.

The currency is in the name of the column, "Amount spent (USD)". A row of totals, first or last,
has no campaign.
"""

from collections.abc import Sequence
from typing import Final

from ads.services.imports.currency import split_name
from ads.services.imports.formats.base import Format

_TYPICAL: Final = {"reporting starts", "reporting ends", "campaign name", "campaign id", "day"}


class MetaAds(Format):
    """An export with at least Reporting starts (or Day), Campaign name and Amount spent."""

    def recognises(self, header: Sequence[str], line: int) -> bool:
        del line
        names = {split_name(name)[0].casefold() for name in header}
        return "amount spent" in names and bool(names & _TYPICAL)

    def is_totals(self, first: str, name: str, reference: str, has_day: bool) -> bool:
        del first, has_day
        return not reference and (not name or name.casefold().startswith("results from "))


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
    has_thousands_separators=True,
    remedies={
        "date": "In Ads Manager, choose Breakdown > By time > Day and export again",
        "amount": 'In Ads Manager, add the column "Amount spent" and export again',
        "campaign": 'In Ads Manager, add the column "Campaign ID" and export again',
    },
)
