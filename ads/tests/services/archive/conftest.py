"""A ledger with two old months, and this one."""

import pytest

from ads.models import Campaign
from ads.services.ledger import SpendEntry, record
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.archive.support import correct, entry
from ads.tests.support import NOON


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Two in one brand, and one that counts in euro; each with spend in January, February, May."""
    brand = BrandFactory.create(daily_budget=1000)
    found = [
        *CampaignFactory.create_batch(2, brand=brand),
        CampaignFactory.create(brand__currency="EUR"),
    ]
    for n, campaign in enumerate(found):
        entry(campaign, "10.25", "2024-01-31", f"{n}/1")
        entry(campaign, "0.000001", "2024-01-31", f"{n}/2")
        entry(campaign, "20", "2024-02-01", f"{n}/3")
        entry(campaign, "30", "2024-05-15", f"{n}/4")
    odd = SpendEntry(found[0], 5, 'He said "no",\nthen\\N and é\t', date="2024-01-02")
    record([odd], source="etl", now=NOON)
    correct(found[1], "-0.25", "2024-01-31")
    return found
