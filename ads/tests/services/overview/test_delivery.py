"""How many campaigns are in which state and held by what, and which are near their limits."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.models.campaigns import State
from ads.models.spend import Period
from ads.services.overview.delivery import delivery
from ads.services.overview.near import MOST
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, at, enforce_all, let_run_on, spend

pytestmark = pytest.mark.django_db


def test_nothing_is_counted_where_there_is_nothing() -> None:
    told = delivery(NOON)

    assert told.campaigns == 0
    assert set(told.states.values()) == set(told.held.values()) == {0}
    assert (told.several, told.free, told.undecided, told.near) == (0, 0, 0, [])


def test_each_campaign_is_counted_in_its_state() -> None:
    CampaignFactory.create_batch(3)
    CampaignFactory.create(daily_budget=0)
    CampaignFactory.create_batch(2, status="paused")
    CampaignFactory.create(status="draft")
    enforce_all(NOON)

    told = delivery(NOON)

    assert told.states == {
        State.ACTIVE: 3,
        State.PAUSED_BY_SYSTEM: 1,
        State.PAUSED_BY_USER: 2,
        State.DRAFT: 1,
        State.COMPLETED: 0,
        State.ARCHIVED: 0,
    }
    assert told.campaigns == 7


def test_a_campaign_with_two_holds_is_counted_in_both() -> None:
    brand = BrandFactory.create(daily_budget=0)
    CampaignFactory.create(brand=brand, schedules=[ScheduleFactory.create()])
    CampaignFactory.create(brand=brand)
    # The user's pause is no hold of the system's.
    CampaignFactory.create(brand=brand, status="paused")
    enforce_all(NOON)

    told = delivery(NOON)

    assert {hold: count for hold, count in told.held.items() if count} == {
        Hold.BRAND_DAILY_BUDGET: 2,
        Hold.DAYPARTING: 1,
    }
    assert told.several == 1
    assert Hold.STATUS not in told.held


def test_what_starts_with_the_next_check_is_said_apart() -> None:
    campaign = CampaignFactory.create(daily_budget=0)
    enforce_all(NOON)
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=None)

    told = delivery(NOON)

    assert told.states[State.PAUSED_BY_SYSTEM] == told.free == 1
    assert set(told.held.values()) == {0}


def test_holds_are_those_of_the_brands_own_day() -> None:
    # 20:00 in UTC is tomorrow in Tokyo, where the day begins without spend.
    evening = at("2024-05-15 20:00")
    tokyo = BrandFactory.create(timezone="Asia/Tokyo")
    for brand in (tokyo, BrandFactory.create(timezone="UTC")):
        campaign = CampaignFactory.create(brand=brand, daily_budget=10)
        spend(campaign, 10, at("2024-05-15 12:00"))
    enforce_all(at("2024-05-15 12:00"))

    told = delivery(evening)

    assert told.held[Hold.DAILY_BUDGET] == 1
    assert told.free == 1


def test_those_nearest_come_first_and_what_is_used_up_last() -> None:
    for name, spent in {"half": 50, "much": 90, "over": 120, "little": 49, "most": 99}.items():
        spend(CampaignFactory.create(name=name, daily_budget=100), spent, NOON)
    enforce_all(NOON)

    near = delivery(NOON).near

    assert [each.name for each in near] == ["most", "much", "half", "over"]
    assert [each.is_used_up for each in near] == [False, False, False, True]
    assert near[-1].state == "Budget used up"
    assert not near[-1].delivers
    assert near[0].delivers


def test_of_both_budgets_that_counts_of_which_more_is_used() -> None:
    campaign = CampaignFactory.create(daily_budget=100, monthly_budget=110)
    spend(campaign, 40, at("2024-05-14 12:00"))
    spend(campaign, 60, NOON)
    enforce_all(NOON)

    (near,) = delivery(NOON).near

    assert near.period == Period.MONTH
    assert near.spent == 100
    assert near.limit == 110


def test_what_its_month_has_stopped_is_not_about_to_be_stopped_by_its_day() -> None:
    campaign = CampaignFactory.create(name="gone", daily_budget=100, monthly_budget=90)
    spend(campaign, 95, NOON)
    spend(CampaignFactory.create(name="close", daily_budget=100), 60, NOON)
    enforce_all(NOON)

    assert [(each.name, each.is_used_up) for each in delivery(NOON).near] == [
        ("close", False),
        ("gone", True),
    ]


def test_what_is_allowed_beyond_the_budget_is_in_the_limit() -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    spend(campaign, 90, NOON)
    let_run_on(campaign, "day", now=NOON)
    spend(campaign, 60, NOON)

    (near,) = delivery(NOON).near

    assert (near.spent, near.limit) == (Decimal(150), Decimal(190))


@pytest.mark.parametrize("status", ["paused", "draft", "completed", "archived"])
def test_what_nobody_wants_to_run_is_not_near_anything(status: str) -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    spend(campaign, 90, NOON)
    Campaign.objects.filter(pk=campaign.pk).update(status=status)

    assert delivery(NOON).near == []


def test_the_pace_so_far_says_when_it_is_used_up() -> None:
    even = CampaignFactory.create(name="even", daily_budget=100)
    hours = [(day, "00:00", "00:00") for day in range(7)]
    open_now = ScheduleFactory.create(windows=hours)
    uneven = CampaignFactory.create(name="uneven", daily_budget=100, schedules=[open_now])
    for campaign in (even, uneven):
        spend(campaign, 60, NOON)
    enforce_all(NOON)

    told = {each.name: each.used_up_at for each in delivery(NOON).near}

    # 60 in twelve hours: the other 40 in eight. Who has hours of its own spends unevenly.
    assert told == {"even": NOON + timedelta(hours=8), "uneven": None}


def test_yesterdays_spend_is_not_todays() -> None:
    spend(CampaignFactory.create(daily_budget=Decimal(100)), 99, NOON - timedelta(days=1))

    assert delivery(NOON).near == []


def test_a_brand_whose_timezone_nobody_can_read_is_said_apart() -> None:
    campaign = CampaignFactory.create(daily_budget=0)
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=campaign.brand_id).update(timezone="Mars/Olympus")

    told = delivery(NOON)

    assert told.undecided == 1
    assert set(told.held.values()) == {0}


def test_the_number_of_queries_does_not_grow() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            delivery(NOON)
        return len(captured)

    spend(CampaignFactory.create(daily_budget=100), 90, NOON)
    few = queries()
    for campaign in CampaignFactory.create_batch(12, daily_budget=100):
        spend(campaign, 90, NOON)

    assert queries() == few <= 8


def test_those_that_have_used_up_another_budget_do_not_push_out_one_that_is_near() -> None:
    for campaign in CampaignFactory.create_batch(2 * MOST, daily_budget=10, monthly_budget=20):
        spend(campaign, 19, NOON)
    near = CampaignFactory.create(daily_budget=100)
    spend(near, 80, NOON)

    assert delivery(NOON).near[0].id == near.pk


def test_of_many_those_are_named_that_a_sort_of_all_puts_first() -> None:
    random = Random(4)
    shares: dict[tuple[bool, float, int], str] = {}
    for number in range(40):
        daily, monthly = (random.choice([None, 0, 40, 100, 150]) for _ in range(2))
        campaign = CampaignFactory.create(
            name=f"{number}",
            daily_budget=daily,
            monthly_budget=monthly,
            status=random.choice(["active", "active", "active", "paused"]),
            brand__is_active=number % 9 != 0,
        )
        before, today = random.randint(0, 40), random.randint(1, 110)
        spend(campaign, before, at("2024-05-02 12:00"))
        spend(campaign, today, NOON)
        used = [
            spent / budget
            for spent, budget in ((today, daily), (before + today, monthly))
            if budget
        ]
        if campaign.status == "active" and max(used, default=0) >= 0.5:
            most = max(used)
            shares[most >= 1, -most, campaign.pk] = campaign.name
    assert len(shares) > 2 * MOST

    assert [each.name for each in delivery(NOON).near] == [
        shares[key] for key in sorted(shares)[:MOST]
    ]
