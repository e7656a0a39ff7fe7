"""A sender of webhooks, and what it sends spend of."""

from typing import Any

import pytest
import time_machine

from ads.models import Campaign
from ads.services.delivery.enforcement import Trigger, enforce
from ads.tests.api.webhooks.support import Sender
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def campaign() -> Campaign:
    """One that delivers, with $75 a day."""
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    enforce(Campaign.objects.all(), NOON, Trigger.EDIT)
    return campaign


@pytest.fixture
def sender() -> Sender:
    return Sender()
