"""What budget groups have spent, and which of them hold their campaigns."""

from datetime import date, timedelta

import pytest

from ads.holds import Moment
from ads.models import Campaign
from ads.tests.factories import BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, spend_in_sql

pytestmark = pytest.mark.django_db


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
