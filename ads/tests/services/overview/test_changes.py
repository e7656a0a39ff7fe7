"""The last times that campaigns were switched, in words."""

from datetime import timedelta
from typing import Any

import pytest

from ads.models import Campaign
from ads.services import overview
from ads.services.overview import Part
from ads.services.overview.changes import MOST, READ, latest
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


def test_the_newest_comes_first_with_the_figures_it_was_decided_on() -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=75)
    enforce_all(NOON)
    spend(campaign, "75.40", NOON + timedelta(minutes=1))
    # What is edited later does not change what was.
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=500)

    off, on = latest()

    assert (off.campaign, off.is_active) == ("Spring", False)
    assert off.why == "Daily budget used up: $75.40 of $75.00"
    assert (on.is_active, on.why) == (True, "Nothing is stopping it any more")
    assert off.at == NOON + timedelta(minutes=1)


def test_only_so_many_are_shown() -> None:
    # Of a brand each.
    CampaignFactory.create_batch(MOST + 1)
    enforce_all(NOON)

    assert len(latest()) == MOST
    assert len(latest(2)) == 2


def test_many_alike_of_a_brand_are_shown_together() -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=0)
    CampaignFactory.create_batch(4, brand=brand)
    other = CampaignFactory.create(name="Spring", daily_budget=75)
    Campaign.objects.update(is_active=True)
    spend(other, "75.40", NOON)
    enforce_all(NOON)

    told = {each.brand: each for each in latest()}

    assert len(told) == len(latest()) == 2
    together = told["Acme"]
    assert (together.count, together.is_least, together.campaign_id) == (4, False, None)
    assert together.why == "Brand's daily budget is $0.00, so nothing runs"
    assert told[other.brand.name].why == "Daily budget used up: $75.40 of $75.00"


def test_a_few_of_a_brand_are_shown_one_by_one() -> None:
    CampaignFactory.create_batch(3, brand=BrandFactory.create())
    enforce_all(NOON)

    assert [each.count for each in latest()] == [1, 1, 1]


def test_more_than_are_read_are_shown_as_at_least_so_many() -> None:
    CampaignFactory.create_batch(READ + 1, brand=BrandFactory.create())
    enforce_all(NOON)

    (told,) = latest()

    assert (told.count, told.is_least) == (READ, True)


def test_what_is_not_asked_for_costs_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        nothing = overview.at(NOON, [])
    with django_assert_num_queries(1):
        overview.at(NOON, [Part.CHANGES])

    assert nothing == overview.Overview(NOON, None, None, None, None, None)


def test_the_first_steps_are_gone_with_the_first_spend(django_assert_num_queries: Any) -> None:
    parts = [Part.FIRST_STEPS, Part.MONEY]
    missing = overview.at(NOON, parts).first_steps
    assert missing is not None
    assert missing == overview.FirstSteps(brand=None, campaign=None)

    campaign = CampaignFactory.create()
    missing = overview.at(NOON, parts).first_steps
    assert missing is not None
    assert (missing.brand, missing.campaign) == (campaign.brand, campaign)

    spend(campaign, 1, NOON)
    assert overview.at(NOON, parts).first_steps is None
    # Last month's spend is spend too.
    assert overview.at(NOON + timedelta(days=60), parts).first_steps is None
