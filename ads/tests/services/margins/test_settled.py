"""Margins that were too wide: nothing is held by them for weeks, or for good."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, StopLag
from ads.services.delivery import check
from ads.tests.factories import CampaignFactory
from ads.tests.services.margins.test_margins import HOUR, MINUTE, TICK, early, margin, run
from ads.tests.support import NOON, delivers, spend, switches

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MIDNIGHT = NOON + 12 * HOUR


def late(**given: Any) -> Campaign:
    """Its stops were learned to take three hours."""
    brand = early(daily_budget=None, **given)
    StopLag.objects.create(brand=brand, seconds=3 * 3600, pauses=5, at=NOON + 90 * DAY)
    return CampaignFactory.create(brand=brand)


def spike(campaign: Campaign, before: int) -> None:
    """$960 of the morning, reported at once at noon, look like two hours': $8 a minute."""
    spend(campaign, before, NOON - DAY)
    spend(campaign, 960, NOON)
    assert not delivers(campaign)
    row = margin(campaign)
    assert row
    assert row.own == 1460


def test_a_months_budget_is_not_held_for_weeks_by_one_report() -> None:
    one = late(monthly_budget=3000)
    spike(one, 1600)
    check(MIDNIGHT - MINUTE)
    assert not delivers(one)

    check(MIDNIGHT)

    assert delivers(one)
    assert switches(one) == [(True, []), (False, ["brand_monthly_budget"]), (True, [])]


def test_nor_is_a_total_budget_for_good() -> None:
    one = late()
    one.total_budget = Decimal(3000)
    one.save(update_fields=["total_budget"])
    spike(one, 1600)

    check(MIDNIGHT)

    assert delivers(one)


def test_nor_is_a_campaign_by_the_report_of_another() -> None:
    one = late(monthly_budget=3000)
    other = CampaignFactory.create(brand=one.brand, priority=-1)
    spike(one, 1600)
    assert not delivers(other)

    check(MIDNIGHT)

    assert delivers(other)


def test_nor_is_a_campaign_while_the_other_runs_on() -> None:
    one = late(monthly_budget=4100)
    other = CampaignFactory.create(brand=one.brand, priority=-1)
    spend(one, 1600, NOON - DAY)
    check(NOON - DAY)
    spend(one, 960, NOON)
    assert delivers(one)
    assert not delivers(other)

    check(MIDNIGHT)

    assert delivers(other)


def test_what_stopped_in_the_evening_waits_until_all_of_it_is_known() -> None:
    one = late(monthly_budget=3000)
    spend(one, 1600, NOON - DAY)
    spend(one, 960, MIDNIGHT - 5 * HOUR)

    check(MIDNIGHT)
    assert not delivers(one)

    check(MIDNIGHT + DAY)
    assert delivers(one)


def test_a_margin_that_was_right_holds_until_the_month_ends() -> None:
    one = late(monthly_budget=1000)
    for hours in range(19):
        spend(one, 40, NOON - 2 * DAY + hours * HOUR)
    now = run([one], 4, 24, NOON - 24 * TICK)
    assert not delivers(one)
    # $0.80 a minute for three hours and until the middle of two checks.
    row = margin(one)
    assert row
    assert row.own == 146
    assert spent_in_all(one) == 856

    for _ in range(33):
        now += TICK
        spend(one, 4, now)
    for days in range(1, 10):
        check(MIDNIGHT + days * DAY)

    assert switches(one) == [(True, []), (False, ["brand_monthly_budget"])]
    assert spent_in_all(one) == 988  # so only its margin holds it


def spent_in_all(campaign: Campaign) -> Decimal:
    return sum((one.amount for one in campaign.totals.filter(period="month")), Decimal(0))
