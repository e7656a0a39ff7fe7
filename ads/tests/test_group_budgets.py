"""What budget groups have spent, and which of them hold their campaigns."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection

from ads.holds import Moment
from ads.models import Campaign, SpendMargin
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, at, spend_in_sql

pytestmark = pytest.mark.django_db

#: In Auckland the next month has begun.
EVENING = at("2026-03-31 20:00")
DAYS = [date(2026, 2, 14), *(date(2026, 3, day) for day in (1, 9, 30, 31)), date(2026, 4, 1)]


def correct(campaign: Campaign, amount: int, day: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
            " VALUES (%s, %s, %s, 'correction', 'Refund')",
            [campaign.pk, amount, day],
        )


def test_groups_that_begin_on_different_days_of_a_month_are_added_up_each_from_its_own() -> None:
    firsts = [date(2024, 5, day) for day in (1, 6, 13)]
    groups = [BudgetGroupFactory.create(total_budget=20, start_date=first) for first in firsts]
    for group in groups:
        campaign = CampaignFactory.create(brand=group.brand, budget_group=group)
        for first in firsts:
            spend_in_sql(campaign, "10", first + timedelta(days=1))

    moment = Moment.at(NOON, Campaign.objects.all(), group_figures=True)

    spent = [moment.groups[group.pk].budgets[0].spent for group in groups]
    assert spent == [30, 20, 10]
    assert list(moment.held_groups) == [groups[0].pk, groups[1].pk]


def test_what_was_taken_back_before_a_group_began_does_not_lower_its_total() -> None:
    group = BudgetGroupFactory.create(total_budget=20, start_date=date(2024, 5, 6))
    campaign = CampaignFactory.create(brand=group.brand, budget_group=group)
    correct(campaign, -5, date(2024, 5, 5))
    correct(campaign, 20, date(2024, 5, 6))

    assert Moment.at(NOON, Campaign.objects.all()).held_groups == [group.pk]


@pytest.mark.parametrize("stops_early", [True, False])
def test_those_that_hold_are_found_as_if_the_sums_of_all_were_read(stops_early: bool) -> None:
    random = Random(stops_early)
    brands = [
        BrandFactory.create(timezone=zone, stops_early=stops_early)
        for zone in ("UTC", "Pacific/Auckland", "America/Los_Angeles")
    ]
    for _ in range(80):
        brand = random.choice(brands)
        budgets = ("daily_budget", "monthly_budget", "total_budget")
        group = BudgetGroupFactory.create(
            brand=brand,
            start_date=random.choice([None, *DAYS]),
            **{budget: random.choice([None, None, None, 0, 10, 20, 40]) for budget in budgets},
        )
        for campaign in CampaignFactory.create_batch(
            random.randrange(3), brand=brand, budget_group=group, is_active=True
        ):
            for day in random.sample(DAYS, 3):
                correct(campaign, random.choice([-10, -4, 3, 9, 9, 10, 18]), day)
            if stops_early:
                its = dict.fromkeys(("own", "brand_daily", "brand_monthly"), random.randrange(12))
                SpendMargin.objects.create(campaign=campaign, at=EVENING, lag_seconds=60, **its)

    held = Moment.at(EVENING, Campaign.objects.all()).groups
    everything = Moment.at(EVENING, Campaign.objects.all(), group_figures=True).groups

    assert held == {pk: figures for pk, figures in everything.items() if figures.used_up}
    assert 10 < len(held) < len(everything) - 10
    assert any(figures.is_early for figures in held.values()) is stops_early
