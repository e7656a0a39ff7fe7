"""The page of a brand: how it stands, its campaigns, and what became of them."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ads.models import Brand
from ads.services.delivery import check
from ads.tests.admin.pages import change, changelist, context_of, words
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """A Wednesday, midday in UTC."""
    with time_machine.travel(NOON, tick=False):
        yield


OFF = (
    "Paused by a user. None of its campaigns is running. "
    "They stay off until someone resumes the brand."
)


USED_UP = (
    "Daily budget used up: $5.00 of $5.00. None of its campaigns is running. "
    "Expected back 2024-05-16 00:00 UTC, in 12 hours, "
    "unless something else is stopping them."
)


ZERO = (
    "Daily budget is $0.00, so nothing runs. None of its campaigns is running. "
    "They stay off until someone changes the budget."
)


def test_a_brand_says_how_it_stands_and_lists_its_campaigns(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", timezone="Europe/Berlin", daily_budget=Decimal(100))
    held = CampaignFactory.create(brand=brand, name="Held", daily_budget=Decimal(5))
    CampaignFactory.create(brand=brand, name="Draft", status="draft")
    spend(held, "5.25", NOON)

    told = words(admin, brand)

    assert "Active It is Wed 14:00 in Europe/Berlin; its day ends in 10 hours." in told
    assert "Its campaigns run within their own budgets and hours." in told
    assert "1 Paused by system 1 Draft" in told
    assert "OK: Daily budget: $5.25 of $100.00 spent" in told
    assert "Its campaigns all 2 in the list" in told
    assert "Held Budget used up Daily budget $5.25 of $5.00 105% used up" in told
    assert "Draft Draft Status $0.00 no limit" in told


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({"is_active": False}, OFF),
        ({"daily_budget": Decimal(5)}, USED_UP),
        ({"daily_budget": Decimal(0)}, ZERO),
    ],
)
def test_a_brand_that_holds_its_campaigns_says_until_when(
    admin: Client, fields: dict[str, Any], sentences: str
) -> None:
    brand = BrandFactory.create(**fields)
    spend(CampaignFactory.create(brand=brand), 5, NOON)

    assert sentences in words(admin, brand)


def test_a_brand_without_campaigns_leads_to_the_first(admin: Client) -> None:
    brand = BrandFactory.create()

    assert "It has no campaigns yet. Add the first one" in words(admin, brand)
    assert f"/campaign/add/?brand={brand.pk}" in admin.get(change(brand)).content.decode()


def test_the_brands_history_tells_what_became_of_its_campaigns(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme")
    for name in "ABCDE":
        spend(CampaignFactory.create(brand=brand, name=name), 1, NOON)
    enforce_all(NOON)
    Brand.objects.update(daily_budget=Decimal(5))
    enforce_all(NOON + timedelta(minutes=5))

    told = words(admin, brand, history="switches")

    assert (
        "5 campaigns switched off: Brand's daily budget used up: $5.00 of $5.00 A, B, C and 2 more "
        "2024-05-15 12:05 UTC · Automatic (budget check)" in told
    )


def test_of_many_campaigns_the_page_shows_the_first_and_says_which(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ads.admin.brands.detail.CAMPAIGNS", 2)
    brand = BrandFactory.create()
    for name, amount in [("Little", 1), ("Much", 3), ("Some", 2)]:
        spend(CampaignFactory.create(brand=brand, name=name), amount, NOON)

    told = words(admin, brand)

    assert "Its campaigns all 3 in the list" in told
    assert "The first 2: those on hold, then those that are active" in told
    assert told.index("Much Starting") < told.index("Some Starting")
    assert "Little Starting" not in told


def test_a_brand_that_stops_early_shows_the_lag_and_the_margins_in_order(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=100, stops_early=True)
    high = CampaignFactory.create(brand=brand, name="Search", priority=2)
    low = CampaignFactory.create(brand=brand, name="Video")
    before = words(admin, brand)
    assert "too few pauses so far, so 5 min is assumed" in before
    assert "No budget is near, so there are no margins now." in before

    for step in range(13):
        for one in (high, low):
            spend(one, 2, NOON - timedelta(hours=1) + step * timedelta(minutes=5))
    check(NOON)

    told = words(admin, brand)
    # $0.40 a minute each, in 7.5 minutes; the one with the lower priority leaves room.
    assert "Video 0 $3.00 $9.00 $9.00 Search 2 $3.00 $3.00 $3.00" in told
    shown = words(admin, low)
    assert "Brand's daily budget: $52.00 of $100.00 spent; stops early, at $91.00" in shown


def test_a_brand_whose_campaigns_have_stopped_early_says_so(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=50, stops_early=True)
    one = CampaignFactory.create(brand=brand)
    for step in range(13):
        spend(one, "3.60", NOON - timedelta(hours=1) + step * timedelta(minutes=5))
    check(NOON)

    told = words(admin, brand)
    assert "Stopped early It is Wed" in told
    assert "Its campaigns have stopped early: what is left of a budget is on its way." in told
    assert f"{one.name} Stopped early Brand&#x27;s daily budget".replace("&#x27;", "'") in told
    assert "Budget used up" not in told
    # As planned, so not in a colour that asks for attention.
    page = admin.get(change(one)).content.decode()
    assert '<span class="ads-badge ads-plain">Stopped early</span>' in page
    assert "Stopped early" in admin.get(changelist("ads_campaign")).content.decode()


def test_what_stopped_early_says_so_on_the_overview_and_the_page_of_its_group(
    admin: Client,
) -> None:
    brand = BrandFactory.create(stops_early=True)
    group = BudgetGroupFactory.create(brand=brand, daily_budget=50)
    one = CampaignFactory.create(brand=brand, budget_group=group, daily_budget=60)
    for step in range(13):
        spend(one, "3.60", NOON - timedelta(hours=1) + step * timedelta(minutes=5))
    check(NOON)

    (near,) = context_of(admin, reverse("admin:index"))["near_campaigns"]
    assert near["state"] == '<span class="ads-badge ads-plain">Stopped early</span>'
    told = words(admin, group)
    assert "Its daily budget is nearly used up, and the rest is on its way" in told
    assert f"{one.name} Stopped early" in told
