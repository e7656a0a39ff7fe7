"""The day and the month turn: once, twice, late, after many missed midnights, everywhere."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, Campaign, DeliveryChange
from ads.services.delivery import lifecycle, rollover
from ads.services.delivery.enforcement import Enforced
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import (
    NOON,
    at,
    at_once,
    delivers,
    enforce_all,
    spend,
    spend_in_sql,
    switches,
    totals,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]


def both(now: datetime) -> tuple[rollover.Rollover, rollover.Rollover]:
    """The daily and the monthly task."""
    return rollover.roll_over_days(now), rollover.roll_over_months(now)


def last(brand: Brand) -> tuple[date | None, date | None]:
    brand.refresh_from_db()
    return brand.last_daily_reset, brand.last_monthly_reset


def held_by_its_day(zone: str, now: datetime) -> Campaign:
    campaign = CampaignFactory.create(brand__timezone=zone, daily_budget=10)
    both(now)
    spend(campaign, 10, now)
    assert not delivers(campaign)
    return campaign


def test_a_brand_is_rolled_over_once_for_each_local_day() -> None:
    brand = BrandFactory.create(timezone="America/New_York")
    CampaignFactory.create(brand=brand)

    first = rollover.roll_over_days(at("2024-05-15 03:59"))
    assert (first.brands, last(brand)[0]) == (1, date(2024, 5, 14))
    assert not rollover.due_for_day(at("2024-05-15 03:59:59")).exists()
    assert list(rollover.due_for_day(at("2024-05-15 04:00"))) == [brand]
    second = rollover.roll_over_days(at("2024-05-15 04:00"))

    assert (second.brands, last(brand)[0]) == (1, date(2024, 5, 15))


def test_run_twice_the_second_run_does_nothing() -> None:
    campaign = held_by_its_day("UTC", NOON)
    midnight = at("2024-05-16 00:00")

    assert both(midnight)[0].enforced == Enforced(started=1)
    again = both(midnight)

    assert [done.brands for done in again] == [0, 0]
    assert [done.enforced for done in again] == [Enforced(), Enforced()]
    assert len(switches(campaign)) == 3


def test_run_just_before_midnight_nothing_is_brought_back() -> None:
    campaign = held_by_its_day("Asia/Kolkata", NOON)
    midnight = at("2024-05-16 00:00", "Asia/Kolkata")

    both(midnight - timedelta(microseconds=1))
    assert not delivers(campaign)
    both(midnight)

    assert delivers(campaign)


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_late_it_catches_up_and_remembers_the_day_it_is(zone: str) -> None:
    campaign = held_by_its_day(zone, NOON)

    both(NOON + 2 * DAY)

    assert delivers(campaign)
    assert last(campaign.brand)[0] == (NOON + 2 * DAY).astimezone(ZoneInfo(zone)).date()


def test_the_month_missed_on_the_1st_is_caught_up_on_the_2nd() -> None:
    campaign = CampaignFactory.create(monthly_budget=10)
    both(NOON)
    spend(campaign, 10, NOON)

    rolled = rollover.roll_over_months(at("2024-06-02 17:31"))

    assert rolled.enforced == Enforced(started=1)
    assert last(campaign.brand)[1] == date(2024, 6, 2)
    assert not rollover.due_for_month(at("2024-06-30 23:59")).exists()
    assert rollover.due_for_month(at("2024-07-01 00:00")).exists()


def test_a_missed_midnight_does_not_wipe_the_spend_of_the_new_day() -> None:
    campaign = held_by_its_day("UTC", NOON)
    morning = at("2024-05-16 08:00")
    spend(campaign, 9, morning)
    spend(campaign, 1, morning)

    both(morning + HOUR)

    assert not delivers(campaign)
    assert totals(campaign)["day", date(2024, 5, 16)] == 10
    assert totals(campaign)["day", date(2024, 5, 15)] == 10


def test_three_missed_midnights_over_a_month_s_end_and_a_clock_change_everywhere() -> None:
    """The worker is down from Friday 29 March 2024 to Tuesday 2 April.

    In between Berlin's clock jumped forward, and the month turned. Then it runs once.
    """
    friday, tuesday = at("2024-03-29 12:00"), at("2024-04-02 12:00")
    by_day = [held_by_its_day(zone, friday) for zone in ZONES]
    by_month, for_good, paused, ended = [], [], [], []
    for zone in ZONES:
        brand = BrandFactory.create(timezone=zone)
        by_month.append(CampaignFactory.create(brand=brand, monthly_budget=10))
        for_good.append(CampaignFactory.create(brand=brand, daily_budget=0))
        paused.append(CampaignFactory.create(brand=brand))
        ended.append(CampaignFactory.create(brand=brand, end_date=date(2024, 3, 31)))
    both(friday)
    for campaign in by_month:
        spend(campaign, 10, friday)
    for campaign in paused:
        lifecycle.pause(campaign, now=friday)
    late = CampaignFactory.create(brand=by_day[1].brand, daily_budget=10)
    spend_in_sql(late, "10", date(2024, 4, 1))  # the day before it comes back
    full = CampaignFactory.create(brand=by_day[2].brand, daily_budget=10)
    spend_in_sql(full, "10", date(2024, 4, 2))

    daily, monthly = both(tuesday)

    assert (daily.brands, daily.failed, monthly.failed) == (10, (), ())
    assert daily.completed == len(ZONES)
    assert all(map(delivers, [*by_day, *by_month, late]))
    assert not any(map(delivers, [*for_good, *paused, *ended, full]))
    assert {campaign.state for campaign in map(reread, ended)} == {"Completed"}
    assert {campaign.state for campaign in map(reread, paused)} == {"Paused by user"}
    for brand in Brand.objects.all():
        today = date(2024, 4, 3) if brand.timezone == "Pacific/Kiritimati" else date(2024, 4, 2)
        assert last(brand) == (today, today)
    assert enforce_all(tuesday) == Enforced()


def reread(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_skipped_ticks_make_no_difference_in_the_end() -> None:
    """One world ticks every hour over a weekend, its twin only at the end."""
    saturday, monday = at("2024-10-26 00:00"), at("2024-10-28 12:00")
    night = ScheduleFactory.create(
        timezone="Europe/Berlin", windows=[(d, "22:00", "06:00") for d in range(7)]
    )
    ticked, skipped = (
        [
            CampaignFactory.create(
                brand__timezone=zone, daily_budget=10, end_date=end, schedules=schedules
            )
            for zone in ZONES
            for end in (None, date(2024, 10, 27))
            for schedules in ([], [night])
        ]
        for _ in range(2)
    )
    for campaign in ticked + skipped:
        spend(campaign, 10, saturday)
        spend_in_sql(campaign, "10", date(2024, 10, 28))
    brands = Brand.objects.filter(campaigns__in=[c.pk for c in ticked])

    now = saturday
    while now < monday:
        now += HOUR
        rollover.roll_over_days(now, brands=brands)
    both(monday)
    enforce_all(monday)

    def states(campaigns: list[Campaign]) -> list[tuple[str, bool]]:
        return [(c.status, c.is_active) for c in map(reread, campaigns)]

    assert states(ticked) == states(skipped)
    assert set(states(ticked)) == {("active", False), ("active", True), ("completed", False)}


def test_an_ended_flight_is_completed_and_a_user_s_pause_is_left() -> None:
    yesterday = NOON.date() - DAY
    ended, paused, draft, lasting = (
        CampaignFactory.create(end_date=yesterday),
        CampaignFactory.create(end_date=yesterday, status="paused"),
        CampaignFactory.create(end_date=yesterday, status="draft"),
        CampaignFactory.create(end_date=NOON.date()),
    )

    rolled = rollover.roll_over_days(NOON)

    assert rolled.completed == 1
    statuses = [reread(c).status for c in (ended, paused, draft, lasting)]
    assert statuses == ["completed", "paused", "draft", "active"]
    assert delivers(lasting)


def test_a_flight_ends_by_the_brand_s_own_day() -> None:
    campaign = CampaignFactory.create(
        brand__timezone="America/Los_Angeles", end_date=date(2024, 5, 15)
    )

    rollover.roll_over_days(at("2024-05-16 06:59"))
    assert reread(campaign).status == "active"
    rollover.roll_over_days(at("2024-05-16 07:00"))

    assert reread(campaign).status == "completed"


def test_a_campaign_ended_by_an_edit_after_the_rollover_is_completed_by_the_next() -> None:
    campaign = CampaignFactory.create()
    rollover.roll_over_days(NOON)
    Campaign.objects.update(end_date=NOON.date() - DAY)
    enforce_all(NOON)
    assert not delivers(campaign)

    rollover.roll_over_days(NOON + DAY)

    assert reread(campaign).status == "completed"


def test_a_brand_that_moves_west_completes_an_ended_flight_at_its_new_midnight() -> None:
    brand = BrandFactory.create(timezone="Pacific/Kiritimati")
    both(NOON)
    assert last(brand) == (date(2024, 5, 16), date(2024, 5, 16))

    Brand.objects.filter(pk=brand.pk).update(timezone="UTC")
    campaign = CampaignFactory.create(brand=brand, end_date=date(2024, 5, 15))
    both(NOON)
    assert last(brand) == (date(2024, 5, 15), date(2024, 5, 15))
    assert reread(campaign).status == "active"
    both(at("2024-05-16 00:00"))

    assert last(brand)[0] == date(2024, 5, 16)
    assert reread(campaign).status == "completed"


def test_a_worker_whose_clock_is_minutes_slow_does_not_take_a_day_back() -> None:
    brand = BrandFactory.create()
    both(at("2024-05-15 00:00"))

    both(at("2024-05-14 23:50"))

    assert last(brand)[0] == date(2024, 5, 15)


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        ("Europe/Berlin", "2024-03-30 22:00", 26),  # 23-hour day ahead
        ("Europe/Berlin", "2024-10-26 21:00", 28),
        ("America/Havana", "2024-03-10 03:00", 26),  # midnight itself is missing
        ("Africa/Cairo", "2024-04-25 20:00", 26),
        ("Australia/Lord_Howe", "2024-04-06 12:00", 28),
    ],
)
def test_each_local_day_is_turned_once_and_at_its_first_minute(
    zone: str, evening: str, hours: int
) -> None:
    campaign = CampaignFactory.create(brand__timezone=zone, daily_budget=10)
    now = at(evening)
    both(now)
    turned: list[tuple[date, date]] = []

    for _ in range(hours * 4):
        now += HOUR / 4
        if rollover.roll_over_days(now).brands:
            before = (now - HOUR / 4).astimezone(ZoneInfo(zone)).date()
            turned.append((before, now.astimezone(ZoneInfo(zone)).date()))

    assert len(turned) == len(set(turned)) >= 1
    assert all(after - before == DAY for before, after in turned)
    assert last(campaign.brand)[0] == turned[-1][1]


def test_campaigns_are_read_once_however_many_batches_of_brands_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each such reading goes through the campaigns and sums of all brands."""
    monkeypatch.setattr(rollover, "BATCH", 1)
    ended = [CampaignFactory.create(end_date=NOON.date() - timedelta(days=1)).pk for _ in range(3)]

    with CaptureQueriesContext(connection) as queries:
        rolled = rollover.roll_over_days(NOON)

    assert (rolled.brands, rolled.completed) == (3, 3)
    assert set(Campaign.objects.filter(status="completed").values_list("pk", flat=True)) == {*ended}
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    by_ids = re.compile(r'("ads_campaign"|V0)\."id" = ANY')
    of_all = [sql for sql in asked if '"end_date" <' in sql and not by_ids.search(sql)]
    assert len(of_all) == 2, "once to decide, and once for flights that have ended"


def test_only_the_brands_asked_for_are_rolled_over() -> None:
    one, other = BrandFactory.create_batch(2)

    rollover.roll_over_days(NOON, brands=Brand.objects.filter(pk=one.pk))

    assert last(one)[0] == NOON.date()
    assert last(other)[0] is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", [rollover.roll_over_days, rollover.roll_over_months])
def test_two_workers_at_once_bring_each_campaign_back_once(
    run: Callable[[datetime], object],
) -> None:
    campaigns = CampaignFactory.create_batch(20, daily_budget=10, end_date=None)
    Campaign.objects.update(is_active=False)
    DeliveryChange.objects.all().delete()

    with at_once() as start:
        for _ in range(3):
            start(partial(run, NOON))

    for campaign in campaigns:
        assert switches(campaign) == [(True, [])]


@pytest.mark.django_db(transaction=True)
def test_the_end_of_a_flight_is_one_switch_on_record_as_what_the_new_day_brought() -> None:
    campaign = CampaignFactory.create()
    DeliveryChange.objects.all().delete()
    Campaign.objects.filter(pk=campaign.pk).update(end_date=date(2999, 1, 1))
    day_after = at("2999-01-02 00:00")

    rolled = rollover.roll_over_days(day_after)

    assert (rolled.completed, rolled.enforced) == (1, Enforced(stopped=1))
    change = campaign.delivery_changes.get()
    assert (change.at, change.trigger) == (day_after, "reset_daily_budgets")
    assert change.holds == ["flight"]
    assert reread(campaign).state == "Completed"
