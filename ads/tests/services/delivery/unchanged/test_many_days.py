"""Years of sums do not mislead PostgreSQL about how many a day has."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Case, Value, When

from ads.holds import Moment, with_holds
from ads.models import Campaign, SpendTotal
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, execute

pytestmark = pytest.mark.django_db

CAMPAIGNS = 50
DAYS = 1000


def test_the_sums_of_a_day_are_expected_to_be_as_many_as_there_are() -> None:
    """If it expects one, it compares each campaign with all sums of its day."""
    CampaignFactory.create_batch(CAMPAIGNS, brand=BrandFactory.create())
    today = NOON.date()
    execute(
        "INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)"
        " SELECT brand_id, campaign.id, 'day', %s - ago, 1"
        "   FROM ads_campaign AS campaign, generate_series(0, %s) AS ago",
        [today, DAYS - 1],
    )
    execute("ANALYZE ads_spendtotal")
    days = [today, today - timedelta(days=1)]
    of_brand: Any = Case(When(brand__gt=0, then=Value(days[0])), default=Value(days[1]))

    sums = SpendTotal.objects.filter(start__in=days, start__one_day=of_brand)

    assert sums.count() == CAMPAIGNS
    expected = int(sums.order_by().explain().split("rows=")[1].split()[0])
    assert CAMPAIGNS / 2 <= expected <= CAMPAIGNS * 2


def test_whatever_asks_for_holds_asks_for_days_so() -> None:
    CampaignFactory.create(brand__timezone="Asia/Tokyo")
    CampaignFactory.create(brand__timezone="America/Los_Angeles")
    campaigns = Campaign.objects.all()

    sql = str(with_holds(campaigns, Moment.at(NOON, campaigns)).query)

    equations = re.findall(r'(\S+)\."start" = ', sql)
    assert len(equations) == 4  # of the day and the month, for the brand and the campaign
    assert all("coalesce(" in equation for equation in equations)
