"""What is said about the time to come knows the budgets that are planned for it."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from ads.holds import Hold
from ads.models.budgets import Carry
from ads.services import plans
from ads.services.explain import brand as brand_explanation
from ads.services.explain import conditions
from ads.services.explain.explanation import explain
from ads.services.explain.outlook import Change
from ads.services.ledger import summaries
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.plans.support import DECEMBER, JANUARY, NOW, plan, schedule
from ads.tests.support import at, let_run_on, spend

pytestmark = pytest.mark.django_db


def test_it_returns_when_a_month_begins_for_which_more_than_zero_is_planned() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    spend(campaign, 100, NOW)
    schedule(campaign, 0, DECEMBER, "monthly_budget")
    explained = explain(campaign, NOW)
    assert (explained.returns_at, explained.holds[0].lifts_at) == (None, None)

    schedule(campaign, 50, JANUARY, "monthly_budget")

    explained = explain(campaign, NOW)
    assert (explained.returns_at, explained.holds[0].lifts_at) == (at("2025-01-01"),) * 2


def test_a_planned_raise_brings_it_back_before_its_period_ends() -> None:
    campaign = CampaignFactory.create(brand__timezone="America/New_York", monthly_budget=100)
    spend(campaign, 110, NOW)
    schedule(campaign, 110, date(2024, 11, 24), "monthly_budget")
    schedule(campaign, None, date(2024, 11, 25), "monthly_budget")

    explained = explain(campaign, NOW)

    back = at("2024-11-25 00:00", "America/New_York")
    assert explained.next_change == Change(back, True, [])
    assert explained.holds[0].lifts_at == back
    plans.apply_due(back)
    assert explain(campaign, back).delivers


def test_a_planned_raise_brings_back_what_has_spent_its_total_budget_or_has_none_today() -> None:
    total = CampaignFactory.create(total_budget=10)
    spend(total, 10, NOW)
    schedule(total, 11, DECEMBER, "total_budget")
    zero = CampaignFactory.create(daily_budget=0)
    schedule(zero, 1, DECEMBER, "daily_budget")

    for campaign in (total, zero):
        explained = explain(campaign, NOW)
        assert explained.returns_at == explained.holds[0].lifts_at == at("2024-12-01")


def test_a_budget_that_is_planned_below_what_is_counted_already_stops_it() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    spend(campaign, 60, NOW)
    schedule(campaign, 61, date(2024, 11, 24), "monthly_budget")
    schedule(campaign, 60, date(2024, 11, 25), "monthly_budget")

    explained = explain(campaign, NOW)

    stops = at("2024-11-25")
    assert explained.next_change == Change(stops, False, [Hold.MONTHLY_BUDGET])
    found = {one.hold: one for one in conditions.of(explained)}
    assert found[Hold.MONTHLY_BUDGET].until == stops


def test_a_month_that_begins_with_more_than_is_planned_for_it_brings_nothing_back() -> None:
    last_day = at("2024-11-30 12:00")
    campaign = CampaignFactory.create(monthly_budget=100)
    spend(campaign, 100, last_day)
    spend(campaign, 40, last_day, DECEMBER)
    schedule(campaign, 40, DECEMBER, "monthly_budget")

    assert explain(campaign, last_day).returns_at == at("2025-01-01")

    schedule(campaign, 41, date(2024, 12, 24), "monthly_budget")
    assert explain(campaign, last_day).returns_at == at("2024-12-24")


def test_a_month_of_a_plan_counts_with_what_it_takes_over_and_without_it_afterwards() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    spend(campaign, 300, NOW)
    plan(campaign, {DECEMBER: Decimal(150)}, Carry.OVERSPENT)

    # December: 150 less the 200 that November has overspent; January: 150.
    assert explain(campaign, NOW).returns_at == at("2025-01-01")


def test_what_is_allowed_today_and_a_raise_tomorrow_let_it_run_on() -> None:
    campaign = CampaignFactory.create(monthly_budget=100)
    spend(campaign, 110, NOW)
    let_run_on(campaign, now=NOW, period="month", amount=20, until="18:00")
    assert explain(campaign, NOW).next_change == Change(
        at("2024-11-20 18:00"), False, [Hold.MONTHLY_BUDGET]
    )

    schedule(campaign, 111, date(2024, 11, 21), "monthly_budget")

    evening = at("2024-11-20 18:00")
    assert explain(campaign, evening).returns_at == at("2024-11-21")


def test_a_brand_and_its_campaigns_return_with_what_is_planned_for_the_brand() -> None:
    brand = BrandFactory.create(monthly_budget=100)
    campaign = CampaignFactory.create(brand=brand)
    spend(campaign, 100, NOW)
    schedule(brand, 0, DECEMBER, "monthly_budget")
    schedule(brand, 100, JANUARY, "monthly_budget")

    explained = brand_explanation.explain(brand, summaries.month(brand, NOW), NOW)

    assert explained.returns_at == explain(campaign, NOW).returns_at == at("2025-01-01")


def test_a_brand_returns_when_its_campaigns_do_also_after_what_was_spent_ahead_of_time() -> None:
    last_day = at("2024-11-30 12:00")
    brand = BrandFactory.create(daily_budget=100, monthly_budget=150)
    campaign = CampaignFactory.create(brand=brand)
    spend(campaign, 100, last_day)
    spend(campaign, 100, last_day, DECEMBER)

    def returns() -> datetime | None:
        explained = brand_explanation.explain(brand, summaries.month(brand, last_day), last_day)
        assert explained.returns_at == explain(campaign, last_day).returns_at
        return explained.returns_at

    assert returns() == at("2024-12-02")

    spend(campaign, 50, last_day, DECEMBER)
    assert returns() == at("2025-01-01")
