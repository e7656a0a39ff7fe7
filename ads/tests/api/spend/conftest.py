"""A program that sends spend, and a campaign."""

import pytest
from django.utils import timezone

from ads.models import Campaign
from ads.services.delivery.enforcement import Trigger, enforce
from ads.tests.api.support import Program, key_for
from ads.tests.factories import CampaignFactory


@pytest.fixture
def program() -> Program:
    return Program(key_for())


@pytest.fixture
def campaign() -> Campaign:
    """One that delivers, with $75 a day."""
    campaign = CampaignFactory.create(
        brand__name="Acme", name="Spring Sale", daily_budget=75, is_active=False
    )
    enforce(Campaign.objects.all(), timezone.now(), Trigger.EDIT)
    campaign.refresh_from_db()
    assert campaign.is_active
    return campaign
