"""Two campaigns of a brand, of which the first has a platform ID that moves."""

import pytest

from ads.models import Campaign, CampaignReference
from ads.tests.factories import CampaignFactory
from ads.tests.services.ledger.support import google, known_as


@pytest.fixture
def first() -> Campaign:
    return CampaignFactory.create()


@pytest.fixture
def second(first: Campaign) -> Campaign:
    return CampaignFactory.create(brand=first.brand)


@pytest.fixture
def carried(first: Campaign) -> CampaignReference:
    return known_as(first, google("7"))
