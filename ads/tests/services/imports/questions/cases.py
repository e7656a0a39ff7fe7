"""Two reports of the same days as people have reported them, and what the second one is asked."""

from dataclasses import dataclass

import pytest

from ads.models import Campaign, CampaignReference
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import case
from ads.tests.support import at, enforce_all

#: The afternoon of the files' last day.
NOW = at("2026-11-28 18:00")


@dataclass(frozen=True)
class Case:
    format: str
    before: str
    after: str
    campaign: str
    #: What is on record after the first file, and after the second one with ``answers``.
    first: str
    asks: tuple[str, ...]
    answers: dict[str, str]
    second: str
    reference: str = ""

    def campaign_made(self) -> Campaign:
        """The campaign, which delivers, with 100 dollars a day."""
        made = CampaignFactory.create(name=self.campaign, daily_budget=100)
        if self.reference:
            CampaignReference.objects.create(
                campaign=made, platform=self.format, reference=self.reference
            )
        enforce_all(NOW)
        return made

    @property
    def contents(self) -> tuple[bytes, bytes]:
        return case(self.before), case(self.after)


CREDIT = ("google_ads", "12a-google-before-credit.csv", "12b-google-after-credit.csv", "P4 Credit")

CASES = {
    "credited": Case(
        *CREDIT, "115", ("left_out",), {"left_out": "zero"}, "60", reference="22000000003"
    ),
    "kept": Case(
        *CREDIT, "115", ("left_out",), {"left_out": "keep"}, "115", reference="22000000003"
    ),
    "keywords": Case(
        "google_ads",
        "13a-google-campaign-level.csv",
        "13b-google-keyword-level.csv",
        "P4 PMax+Search",
        "120",
        ("finer", "lowered", "starts"),
        {"finer": "accept", "lowered": "accept", "starts": "accept"},
        "70",
        reference="22000000001",
    ),
    "another account": Case(
        "meta_ads",
        "17-two-accounts-same-names-A.csv",
        "17-two-accounts-same-names-B.csv",
        "Prospecting P5",
        "200",
        ("lowered",),
        {"lowered": "accept"},
        "35",
    ),
    "another network": Case(
        "meta_ads",
        "02b-meta.csv",
        "02d-snapchat-day.csv",
        "Brand - Prospecting",
        "220",
        ("lowered",),
        {"lowered": "accept"},
        "15",
    ),
    "renamed": Case(
        "meta_ads",
        "15a-meta-before-rename.csv",
        "15b-meta-after-rename.csv",
        "P4 Spring",
        "150",
        (),  # it waits; matching it asks
        {},
        "150",
    ),
    "one name twice": Case(
        "meta_ads",
        "27-meta-duplicate-names-one-day.csv",
        "27-meta-duplicate-names-one-day.csv",
        "P7 Twin",
        "117.14",
        (),
        {},
        "117.14",
    ),
}

each_case = pytest.mark.parametrize("of", CASES.values(), ids=CASES)
