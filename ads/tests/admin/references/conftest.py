"""A campaign that references may mean."""

from typing import Any

import pytest
from django.utils import timezone

from ads.models import Campaign
from ads.tests.factories import CampaignFactory
from ads.tests.support import enforce_all


@pytest.fixture
def now() -> Any:
    return timezone.now()


@pytest.fixture
def campaign(now: Any) -> Campaign:
    """Delivers, with 75 dollars a day."""
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme", daily_budget=75)
    enforce_all(now)
    return campaign
