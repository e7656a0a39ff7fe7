"""A campaign's state as screens name it: the leading hold says why it is off."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign
from ads.services.explain import explain, shown_state
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "Active"),
        ({"schedules": "closed"}, "Outside hours"),
        ({"daily_budget": Decimal(5)}, "Budget used up"),
        ({"brand__monthly_budget": Decimal(5)}, "Budget used up"),
        ({"start_date": date(2024, 5, 16)}, "Before its flight"),
        ({"end_date": date(2024, 5, 14)}, "Flight ended"),
        ({"status": "paused"}, "Paused by user"),
        ({"brand__is_active": False}, "Paused by user (brand)"),
        ({"status": "paused", "brand__is_active": False}, "Paused by user"),
        ({"status": "draft", "brand__is_active": False}, "Draft"),
        ({"daily_budget": Decimal(5), "schedules": "closed"}, "Budget used up"),
    ],
)
def test_the_leading_hold_names_the_state(fields: dict[str, Any], state: str) -> None:
    if "schedules" in fields:
        fields = {**fields, "schedules": [ScheduleFactory.create()]}
    campaign = CampaignFactory.create(**fields)
    spend(campaign, 5, NOON)
    enforce_all(NOON)

    assert explain(campaign, NOON).state == state


def test_what_nothing_holds_any_more_is_starting() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.update(is_active=False)

    assert explain(campaign, NOON).state == "Starting"


def test_where_the_timezone_is_invalid_the_state_says_so() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.update(is_active=False)

    assert shown_state(campaign.fresh(), None, NOON) == "Invalid timezone"
