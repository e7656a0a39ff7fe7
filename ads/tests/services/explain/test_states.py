"""A campaign's state as screens name it: the leading hold says why it is off."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign
from ads.services.delivery import check
from ads.services.explain import explain, shown_state
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, delivers, enforce_all, spend

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


def nearly(of_brand: Decimal | None, of_group: Decimal | None, own: Decimal | None) -> Campaign:
    """A campaign that has stopped at $42 of one of these budgets, as more is on its way."""
    brand = BrandFactory.create(stops_early=True, daily_budget=of_brand)
    group = of_group and BudgetGroupFactory.create(brand=brand, daily_budget=of_group)
    campaign = CampaignFactory.create(brand=brand, budget_group=group, daily_budget=own)
    for step in range(12):
        spend(campaign, "3.50", NOON - timedelta(minutes=55) + step * timedelta(minutes=5))
    check(NOON)
    assert not delivers(campaign)
    return campaign


@pytest.mark.parametrize("which", ["of_brand", "of_group", "own"])
def test_what_stopped_before_its_budget_was_used_up_has_stopped_early(which: str) -> None:
    none = dict.fromkeys(("of_brand", "of_group", "own"))
    campaign = nearly(**{**none, which: Decimal(46)})
    assert explain(campaign, NOON).state == "Stopped early"

    spend(campaign, 10, NOON)
    assert explain(campaign, NOON).state == "Budget used up"


def test_what_nothing_holds_any_more_is_starting() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.update(is_active=False)

    assert explain(campaign, NOON).state == "Starting"


def test_where_the_timezone_is_invalid_the_state_says_so() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.update(is_active=False)

    assert shown_state(campaign.fresh(), None, NOON) == "Invalid timezone"
