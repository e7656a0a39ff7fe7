"""Sample data of many brands, made once: who delivers, who is held, and when what was spent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, QuerySet
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from ads.holds import Hold, Moment, evaluate, from_bits, schedules_as_rules
from ads.models import Campaign, DaypartingWindow, Spend, SpendTotal
from ads.rules.calendar import local_date
from ads.rules.dayparting import is_open
from ads.services.delivery import preview_switches
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.sample.seed import Plan, seed

NOON = datetime(2026, 3, 18, 12, 3, tzinfo=UTC)  # a Wednesday


@pytest.fixture(scope="module")
def queries(module_db: None) -> int:
    """Makes 128 campaigns of eight brands, each with all roles; how many queries that took."""
    plan = Plan(
        brands=8,
        campaigns=128,
        spend_days=7,
        daily_budget=Decimal(75),
        monthly_budget=Decimal(1500),
        seed=1,
    )
    simulated = override_settings(SIMULATED_PLATFORM=True, SIMULATED_PLATFORM_SEED=1)
    with simulated, CaptureQueriesContext(connection) as captured:
        seed(plan, NOON)
    return len(captured)


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queries")]


def held(hold: Hold) -> set[int]:
    """Ids of the campaigns that this hold keeps from delivering."""
    campaigns = Campaign.objects.all()
    evaluated: QuerySet[Any] = evaluate(campaigns, Moment.at(NOON, campaigns))
    return {pk for pk, bits in evaluated.values_list("pk", "hold_bits") if hold in from_bits(bits)}


def test_many_campaigns_are_made_in_few_queries(queries: int) -> None:
    assert queries < 450  # some for each timezone
    assert Spend.objects.count() > 700


def test_what_delivers_is_as_the_holds_say() -> None:
    assert list(preview_switches(Campaign.objects.all(), NOON)) == []
    assert enforce(Campaign.objects.all(), NOON, Trigger.CHECK_CAMPAIGN_BUDGETS).switched == 0


def test_the_hours_are_those_of_the_brands_timezone_and_some_run_over_midnight() -> None:
    for campaign in Campaign.objects.filter(is_dayparting_enabled=True).select_related("brand"):
        (schedule,) = campaign.dayparting_schedules.all()
        assert schedule.timezone == campaign.brand.timezone
    windows = DaypartingWindow.objects.all()
    assert windows.filter(end_time__lt=F("start_time")).exclude(end_time="00:00").exists()
    assert windows.filter(start_time="09:00", end_time="18:00").exists()


def test_a_dayparted_campaign_has_spent_nothing_on_days_without_a_window() -> None:
    weekend = Spend.objects.filter(campaign__dayparting_schedules__name__startswith="Weekend,")
    business = Spend.objects.filter(campaign__dayparting_schedules__name__startswith="Business")
    assert {entry.date.weekday() for entry in weekend} == {4, 5, 6}
    assert {entry.date.weekday() for entry in business} == {0, 1, 2, 3, 4}


def test_the_spend_of_a_dayparted_campaign_is_of_its_hours() -> None:
    dayparted = Campaign.objects.filter(is_dayparting_enabled=True)
    for campaign in dayparted.prefetch_related("dayparting_schedules__windows", "spend"):
        hours = schedules_as_rules(campaign.dayparting_schedules.all())
        instants = [entry.occurred_at for entry in campaign.spend.all()]
        assert [instant for instant in instants if not is_open(hours, instant)] == []


def test_those_about_to_stop_stand_just_below_their_budget() -> None:
    spent = {
        total.campaign_id: total.amount
        for total in SpendTotal.objects.filter(period="day", campaign__isnull=False).exclude(
            start__lt=local_date(NOON, "America/Los_Angeles")
        )
    }

    running = Campaign.objects.filter(is_active=True, is_dayparting_enabled=False)
    nearly = [pk for pk in running.values_list("pk", flat=True) if spent.get(pk, 0) >= 73]
    assert len(nearly) == 16  # of 64
    assert all(Decimal("73.50") <= spent[pk] < 75 for pk in nearly)


def test_there_is_a_mix_of_active_and_paused_by_budget_and_by_hours() -> None:
    by_budget, by_hours = held(Hold.DAILY_BUDGET), held(Hold.DAYPARTING)
    assert len(by_budget) == 8  # of 64
    assert 20 <= len(by_hours) <= 55  # of 64
    assert Campaign.objects.filter(is_active=True).count() >= 60
    assert held(Hold.BRAND_DAILY_BUDGET) == set()
    assert held(Hold.BRAND_MONTHLY_BUDGET) == set()
