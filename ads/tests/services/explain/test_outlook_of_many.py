"""When the clock next starts or stops each campaign of a page, asked of all of them together."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.services.explain.explanation import explain, explain_many
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, execute, spend, spend_in_sql

pytestmark = pytest.mark.django_db

OFFICE = [(day, "09:00", "17:00") for day in range(5)]
LATE = [(day, "22:00", "02:00") for day in range(7)]
ZONES = ("UTC", "Pacific/Kiritimati", "America/New_York", "Asia/Kolkata")


def of_all_kinds() -> list[Campaign]:
    """Campaigns that are held and not, by everything that the clock lifts, in several timezones."""
    office, late, never = (
        ScheduleFactory.create(windows=OFFICE),
        ScheduleFactory.create(windows=LATE, timezone="Asia/Tokyo", priority=1),
        ScheduleFactory.create(),
    )
    made = []
    for zone in ZONES:
        brand = BrandFactory.create(timezone=zone, daily_budget=1000, monthly_budget=5000)
        poor = BrandFactory.create(timezone=zone, daily_budget=1)
        for schedules, spent in product(([], [office], [office, late], [never]), (1, 10, 60)):
            campaign = CampaignFactory.create(
                brand=brand, daily_budget=10, monthly_budget=50, schedules=schedules
            )
            spend(campaign, spent, NOON)
            made.append(campaign)
        made += [
            CampaignFactory.create(brand=brand, end_date=date(2024, 5, 17), schedules=[late]),
            CampaignFactory.create(brand=brand, start_date=date(2024, 5, 17), schedules=[office]),
            CampaignFactory.create(brand=brand, end_date=date(2024, 5, 1)),
            CampaignFactory.create(brand=brand, status="paused", schedules=[office]),
            CampaignFactory.create(brand=brand, daily_budget=0),
            CampaignFactory.create(brand=poor),
        ]
        # Recorded beforehand: it stops them tomorrow.
        spend_in_sql(made[-1], "1", date(2024, 5, 16 + (zone == "Pacific/Kiritimati")))
    return list(Campaign.objects.select_related("brand"))


def test_of_many_each_has_the_same_outlook_as_alone() -> None:
    campaigns = of_all_kinds()

    together = explain_many(campaigns, NOON)

    assert together.keys() == {campaign.pk for campaign in campaigns}
    changes = set()
    for campaign in campaigns:
        alone = explain(campaign, NOON)
        it = together[campaign.pk]
        assert (it.holds, it.next_change) == (alone.holds, alone.next_change), campaign
        assert it.schedules == list(campaign.dayparting_schedules.all())
        if change := alone.next_change:
            changes.add((change.delivers, tuple(change.holds)))
    assert changes == {
        (True, ()),
        (False, (Hold.DAYPARTING,)),
        (False, (Hold.BRAND_DAILY_BUDGET,)),
    }


def test_the_number_of_queries_does_not_grow_with_the_number_of_campaigns() -> None:
    campaigns = of_all_kinds()
    counts = {}
    for number in (10, len(campaigns)):
        with CaptureQueriesContext(connection) as captured:
            explain_many(campaigns[:number], NOON)
        counts[number] = len(captured)

    assert max(counts.values()) <= 8


def test_a_change_too_many_steps_ahead_is_missing() -> None:
    campaign = CampaignFactory.create(brand__daily_budget=2, daily_budget=1)
    other = CampaignFactory.create(brand=campaign.brand)
    spend_in_sql(campaign, "1", NOON.date())
    spend_in_sql(other, "2", NOON.date() + timedelta(days=1))
    stored = Campaign.objects.select_related("brand").get(pk=campaign.pk)

    soon = explain_many([stored], NOON, rounds=1)[stored.pk]
    later = explain_many([stored], NOON, rounds=2)[stored.pk]

    assert [hold.code for hold in soon.holds] == ["daily_budget"]
    assert soon.next_change is None
    assert later.next_change is not None
    assert later.next_change.at == at("2024-05-17 00:00")


def test_campaigns_that_nothing_decides_on_or_that_are_gone_are_left_out() -> None:
    campaign, broken, gone = CampaignFactory.create_batch(3, daily_budget=Decimal(5))
    execute("SET LOCAL session_replication_role = replica")
    execute("UPDATE ads_brand SET timezone = 'X' WHERE id = %s", [broken.brand_id])
    execute("SET LOCAL session_replication_role = origin")
    campaigns = list(Campaign.objects.select_related("brand"))
    gone.delete()

    assert Brand.objects.filter(timezone="X").exists()
    assert explain_many(campaigns, NOON).keys() == {campaign.pk}
