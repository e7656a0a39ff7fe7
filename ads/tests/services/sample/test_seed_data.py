"""Sample data: what it looks like, and that something is seen to happen with it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import QuerySet, Sum

from ads.holds import Hold, Moment, evaluate, from_bits
from ads.models import (
    Brand,
    Campaign,
    DaypartingSchedule,
    DaypartingWindow,
    DeliveryChange,
    Spend,
)
from ads.platforms import curve
from ads.rules.calendar import day_begins, local_date, local_time, month_start
from ads.services import pacing, receipts
from ads.services.actor import acting_as
from ads.services.ledger import verification
from ads.services.sample import data
from ads.services.sample.data import Role, Sample
from ads.services.sample.seed import Plan, seed
from ads.tests.platforms.doubles import update
from budget_manager.bootstrap import SPEND_DAYS

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 18, 12, 3, tzinfo=UTC)  # a Wednesday
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = True
    settings.SIMULATED_PLATFORM_SEED = 1


def plan(**changes: Any) -> Plan:
    given: dict[str, Any] = {
        "brands": 2,
        "campaigns": 10,
        "spend_days": 7,
        "daily_budget": Decimal(75),
        "monthly_budget": Decimal(1500),
        "seed": 1,
    }
    return Plan(**(given | changes))


def command(*args: str, at: datetime = NOON) -> str:
    out = io.StringIO()
    with time_machine.travel(at, tick=False):
        call_command("seed_data", *args, stdout=out)
    return out.getvalue()


def held(hold: Hold, now: datetime) -> set[int]:
    """Ids of the campaigns that this hold keeps from delivering."""
    campaigns = Campaign.objects.all()
    evaluated: QuerySet[Any] = evaluate(campaigns, Moment.at(now, campaigns))
    return {pk for pk, bits in evaluated.values_list("pk", "hold_bits") if hold in from_bits(bits)}


def as_data() -> list[tuple[Any, ...]]:
    """Everything about the sample data but the ids."""
    return [
        *Brand.objects.order_by("name").values_list("name", "timezone", "daily_budget"),
        *Campaign.objects.order_by("brand__name", "name").values_list(
            "brand__name", "name", "is_dayparting_enabled", "dayparting_schedules__name"
        ),
        *Spend.objects.order_by("campaign__brand__name", "campaign__name", "date").values_list(
            "campaign__brand__name", "campaign__name", "date", "amount", "occurred_at"
        ),
    ]


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of what is done inside remains."""
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_by_default_two_brands_share_ten_campaigns_of_which_half_are_dayparted() -> None:
    output = command()

    brands = list(Brand.objects.order_by("pk"))
    assert [brand.campaigns.count() for brand in brands] == [5, 5]
    assert Campaign.objects.filter(is_dayparting_enabled=True).count() == 5
    assert len({brand.timezone for brand in brands}) == 2
    for brand in brands:
        assert (brand.daily_budget, brand.monthly_budget) == (375, 7500)
    for campaign in Campaign.objects.all():
        assert (campaign.daily_budget, campaign.monthly_budget) == (75, 1500)
        assert campaign.dayparting_schedules.count() == campaign.is_dayparting_enabled
    assert output.startswith("Added 2 brands with 10 campaigns, 5 of them dayparted (5 new sched")


@pytest.mark.parametrize(("brands", "campaigns"), [(1, 1), (3, 10), (5, 2), (1, 120)])
def test_campaigns_are_spread_evenly_and_half_are_dayparted(brands: int, campaigns: int) -> None:
    made = seed(plan(brands=brands, campaigns=campaigns, spend_days=0), NOON)

    counts = [brand.campaigns.count() for brand in Brand.objects.all()]
    assert sum(counts) == campaigns == made.campaigns
    assert max(counts) - min(counts) <= 1
    dayparted = Campaign.objects.filter(is_dayparting_enabled=True).count()
    assert dayparted == campaigns // 2 == made.dayparted
    for brand in Brand.objects.all():
        sums = brand.campaigns.aggregate(day=Sum("daily_budget"), month=Sum("monthly_budget"))
        assert brand.daily_budget is not None
        assert brand.daily_budget >= (sums["day"] or 0)
        assert brand.monthly_budget is not None
        assert brand.monthly_budget >= (sums["month"] or 0)


def test_spend_covers_the_days_asked_for_today_so_far_included() -> None:
    seed(plan(), NOON)

    for brand in Brand.objects.all():
        today = local_date(NOON, brand.timezone)
        days = set(Spend.objects.filter(campaign__brand=brand).values_list("date", flat=True))
        assert days == {today - n * DAY for n in range(7)}
    assert not Spend.objects.filter(occurred_at__gt=NOON).exists()
    assert verification.verify(fix=False, now=NOON) == []


def test_without_days_nothing_has_been_spent_and_everything_that_may_runs() -> None:
    made = seed(plan(spend_days=0), NOON)

    assert (made.entries, made.spend) == (0, Decimal(0))
    assert not Spend.objects.exists()
    assert Campaign.objects.filter(is_dayparting_enabled=False, is_active=False).count() == 0


def test_the_same_seed_makes_the_same_data_and_another_one_other_data() -> None:
    worlds = []
    for number in (1, 1, 2):
        with undone():
            seed(plan(seed=number), NOON)
            worlds.append(as_data())

    assert worlds[0] == worlds[1]
    assert worlds[0] != worlds[2]


def test_a_second_run_adds_to_what_is_there_and_says_so() -> None:
    command()
    before = as_data()
    schedules = DaypartingSchedule.objects.count()

    output = command()

    assert Brand.objects.count() == 4
    assert Campaign.objects.count() == 20
    assert DaypartingSchedule.objects.count() == schedules
    assert set(before) <= set(as_data())
    assert "Unchanged: 2 existing brands." in output


def test_a_schedule_that_people_have_changed_is_used_as_it_is() -> None:
    seed(plan(), NOON)
    DaypartingWindow.objects.all().delete()
    DaypartingSchedule.objects.update(priority=5)

    seed(plan(), NOON)

    assert not DaypartingWindow.objects.exists()
    assert set(DaypartingSchedule.objects.values_list("priority", flat=True)) == {5}


NEW_YORKS_MIDNIGHT = day_begins(date(2026, 3, 18), "America/New_York")


@pytest.mark.parametrize(
    "started",
    [
        datetime(2026, 3, 18, 0, 3, 10, tzinfo=UTC),
        datetime(2026, 3, 18, 13, 3, 10, tzinfo=UTC),
        # In New York, the first timezone: the last brand of a day, none, and the first.
        NEW_YORKS_MIDNIGHT - 46 * MINUTE,
        NEW_YORKS_MIDNIGHT + MINUTE,
        NEW_YORKS_MIDNIGHT + 90 * MINUTE,
        # The last night of a month, a night in which clocks change, and a weekend.
        datetime(2026, 4, 1, 3, 59, tzinfo=UTC),
        datetime(2026, 3, 8, 6, 58, tzinfo=UTC),
        datetime(2026, 3, 21, 8, 4, 59, tzinfo=UTC),
    ],
    ids=lambda started: f"{started:%d %H:%M:%S}",
)
def test_within_ten_minutes_of_a_fresh_start_a_campaign_is_seen_to_be_paused(
    started: datetime,
) -> None:
    # The first brand is the same with others and without, and has to do it alone.
    seed(plan(brands=1, campaigns=5), started)
    ordinary = Brand.objects.earliest("pk").campaigns.filter(is_dayparting_enabled=False)
    assert ordinary.filter(is_active=True).exists()
    assert Campaign.objects.filter(is_active=False).exists()
    before = DeliveryChange.objects.filter(is_active=False).count()

    tick = started - timedelta(minutes=started.minute % 5, seconds=started.second)
    for _ in range(2):
        tick += 5 * MINUTE
        update(tick)

    stopped = DeliveryChange.objects.filter(is_active=False)
    assert before == 0
    assert stopped.filter(campaign__in=ordinary, holds=["daily_budget"]).exists()
    assert ordinary.filter(is_active=True).exists()  # and others run on


@pytest.mark.parametrize("day", [8, 18, 21, 29, 31])
def test_at_any_hour_what_those_about_to_stop_have_left_lasts_for_minutes(day: int) -> None:
    budget = Decimal(75)
    for minutes in range(0, 24 * 60, 15):
        now = datetime(2026, 3, day, tzinfo=UTC) + minutes * MINUTE
        for zone in data.timezones(now):
            nearly = Sample(zone, budget, Decimal(1500), None, Role.NEARLY)
            for number in range(3):
                ((today, spent),) = data.history(nearly, days=1, seed=1, number=number, now=now)
                in_four_minutes = curve.least_spent(
                    budget, now, now + 4 * MINUTE, curve.local_day(today, zone)
                )
                assert today == local_date(now, zone)
                # A cent, where less is spent in these minutes.
                assert spent < budget <= spent + max(in_four_minutes, Decimal("0.01"))


def test_with_a_long_history_the_monthly_budget_holds_a_minority() -> None:
    end_of_month = datetime(2026, 3, 31, 16, 3, tzinfo=UTC)

    seed(plan(campaigns=60, spend_days=35), end_of_month)

    assert len(held(Hold.MONTHLY_BUDGET, end_of_month)) <= 6
    assert Campaign.objects.filter(is_active=True).count() >= 25


def test_in_the_month_before_each_brand_has_one_overshoot_that_is_explained() -> None:
    with acting_as("olivia"):
        seed(plan(spend_days=SPEND_DAYS), NOON)

    for brand in Brand.objects.all():
        (receipt,) = receipts.report(brand, date(2026, 2, 1), date(2026, 2, 28)).receipts
        assert receipt.budget.hold == Hold.DAILY_BUDGET
        assert receipt.limit == 75
        assert receipt.spent == Decimal("108.75")
        assert receipt.cost_by == receipts.Delay.REPORTING
        begins = day_begins(date(2026, 2, 17), brand.timezone)
        assert receipt.spent_at == begins + timedelta(hours=11, minutes=40)
        assert receipt.known_at == receipt.decided_at == begins + timedelta(hours=14, minutes=5)
    assert Campaign.objects.filter(delivery_changes__is_active=False, is_active=True).count() == 2
    then = DeliveryChange.objects.filter(at__lt=NOON - timedelta(days=1))
    assert {*then.values_list("actor", flat=True)} == {"system"}
    assert verification.verify(fix=False, now=NOON) == []


@pytest.mark.parametrize("day", [4, 18, 29])
def test_whatever_the_day_of_the_month_somebody_is_projected_to_exceed_a_budget(day: int) -> None:
    now = NOON.replace(day=day)
    seed(plan(spend_days=SPEND_DAYS), now)
    pacing.refresh(now)

    exceeding = pacing.paced(Campaign.objects.all(), pacing.Paced.EXCEEDS, now)

    assert exceeding.filter(is_dayparting_enabled=False, is_active=True).exists()
    assert exceeding.count() < 6


def test_the_first_start_covers_the_whole_month_before_on_any_day() -> None:
    for n in range(1461):
        today = date(2026, 1, 1) + n * DAY
        month_before = month_start(month_start(today) - DAY)
        assert today - (SPEND_DAYS - 1) * DAY <= month_before


def test_a_monthly_budget_below_the_daily_one_leaves_campaigns_running_too() -> None:
    seed(plan(daily_budget=Decimal(75), monthly_budget=Decimal(20)), NOON)

    assert Campaign.objects.filter(is_active=True).exists()


def test_names_never_run_out() -> None:
    brands = data.brand_names(1)
    assert len({next(brands) for _ in range(1000)}) == 1000
    names = data.CampaignNames(1, "Brand", platform_seed=1)
    assert len({names.next(is_hot=n % 5 == 0) for n in range(1000)}) == 1000


def test_brands_are_not_made_where_the_day_is_about_to_end_or_has_just_begun() -> None:
    for minutes in range(0, 24 * 60, 10):
        now = NOON + minutes * MINUTE
        zones = data.timezones(now)
        assert len(zones) >= 5
        for zone in zones:
            assert (local_time(now, zone) + 45 * MINUTE).date() == local_date(now, zone)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--brands=0"], "--brands: 0 cannot be used: give 1 or more."),
        (["--brands=-2"], "--brands: -2 cannot be used: give 1 or more."),
        (["--campaigns=0"], "--campaigns: 0 cannot be used: give 1 or more."),
        (["--spend-days=-1"], "--spend-days: -1 cannot be used: give 0 or more."),
        (["--spend-days=99999"], "--spend-days: 99999 cannot be used: give at most 3650."),
        (["--daily-budget=-5"], "--daily-budget: '-5' cannot be used: it may not be negative"),
        (["--daily-budget=0"], "--daily-budget: 0 cannot be used: nothing would ever run"),
        (["--daily-budget=1e3"], "--daily-budget: '1e3' cannot be used: an exponent"),
        (["--monthly-budget=much"], "--monthly-budget: 'much' cannot be used"),
        (["--monthly-budget=1.0000001"], "it has more than 6 decimal places"),
        (["--daily-budget=999999999999"], "all campaigns together must stay below"),
        (["--campaigns=ten"], "invalid int value: 'ten'"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        command(*arguments)

    assert said in str(refused.value)
    assert not Brand.objects.exists()
