"""Hours, decided by the engine: windows over midnight, timezones, priorities, clock changes."""

from datetime import date, datetime

import pytest
import time_machine

from ads.models import Campaign
from ads.services import DaypartingService
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import at, delivers, enforce_all, spend, switches

pytestmark = pytest.mark.django_db

MONDAY, FRIDAY, SUNDAY = 0, 4, 6
ALL_WEEK = [(day, "00:00", "00:00") for day in range(7)]
OFFICE = [(day, "09:00", "17:00") for day in range(5)]


def open_at(campaign: Campaign, now: datetime) -> bool:
    """Does it deliver once ``now`` has been enforced?"""
    enforce_all(now)
    return delivers(campaign)


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        (at("2024-05-13 02:00"), False),  # a Monday
        (at("2024-05-13 21:59:59"), False),
        (at("2024-05-13 22:00"), True),
        (at("2024-05-14 02:00"), True),
        (at("2024-05-14 05:59:59"), True),
        (at("2024-05-14 06:00"), False),
    ],
)
def test_a_night_s_tail_belongs_to_the_day_it_starts_on(now: datetime, *, runs: bool) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(windows=[(MONDAY, "22:00", "06:00")])]
    )

    assert open_at(campaign, now) is runs


def test_sunday_s_tail_is_monday_s_morning() -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(windows=[(SUNDAY, "22:00", "06:00")])]
    )

    assert open_at(campaign, at("2024-05-13 05:59"))
    assert not open_at(campaign, at("2024-05-13 06:00"))
    assert not open_at(campaign, at("2024-05-12 05:00"))


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        (at("2024-05-12 14:59:59"), False),
        (at("2024-05-12 15:00"), True),
        (at("2024-05-13 14:59:59"), True),
        (at("2024-05-13 15:00"), False),
    ],
)
def test_weekday_and_time_are_both_the_schedule_s_own(now: datetime, *, runs: bool) -> None:
    campaign = CampaignFactory.create(
        brand__timezone="America/New_York",
        schedules=[
            ScheduleFactory.create(timezone="Asia/Tokyo", windows=[(MONDAY, "00:00", "00:00")])
        ],
    )

    assert open_at(campaign, now) is runs


@pytest.mark.parametrize(
    ("now", "runs"),
    [
        # 31 March 2024: 02:00 becomes 03:00, so 02:15 to 02:45 does not happen.
        (at("2024-03-31 00:59:59"), False),
        (at("2024-03-31 01:00"), False),
        (at("2024-03-31 01:30"), False),
        # 27 October 2024: 03:00 becomes 02:00, so it happens twice.
        (at("2024-10-27 00:15"), True),
        (at("2024-10-27 00:45"), False),
        (at("2024-10-27 01:15"), True),
        (at("2024-10-27 01:45"), False),
    ],
)
def test_a_missing_hour_does_not_happen_and_a_repeated_one_happens_twice(
    now: datetime, *, runs: bool
) -> None:
    campaign = CampaignFactory.create(
        schedules=[
            ScheduleFactory.create(timezone="Europe/Berlin", windows=[(SUNDAY, "02:15", "02:45")])
        ]
    )

    assert open_at(campaign, now) is runs


def test_christmas_closes_and_black_friday_opens_by_priority() -> None:
    office = ScheduleFactory.create(name="Office hours", windows=OFFICE)
    christmas = ScheduleFactory.create(
        name="Christmas: closed",
        priority=10,
        valid_from=date(2024, 12, 24),
        valid_until=date(2024, 12, 26),
    )
    black_friday = ScheduleFactory.create(
        name="Black Friday: all day",
        priority=10,
        valid_from=date(2024, 11, 29),
        valid_until=date(2024, 11, 29),
        windows=ALL_WEEK,
    )
    campaign = CampaignFactory.create(schedules=[office, christmas, black_friday])

    assert open_at(campaign, at("2024-12-23 10:00"))
    assert not open_at(campaign, at("2024-12-24 10:00"))
    assert not open_at(campaign, at("2024-12-26 10:00"))
    assert open_at(campaign, at("2024-12-27 10:00"))
    assert not open_at(campaign, at("2024-11-28 23:00"))
    assert open_at(campaign, at("2024-11-29 00:00"))
    assert open_at(campaign, at("2024-11-29 23:59"))
    assert not open_at(campaign, at("2024-11-30 00:00"))


def test_of_equal_priority_any_open_window_is_enough_and_a_lower_one_counts_for_nothing() -> None:
    closed, opened = ScheduleFactory.create(), ScheduleFactory.create(windows=ALL_WEEK)
    below = ScheduleFactory.create(windows=ALL_WEEK, priority=-1)
    now = at("2024-05-13 10:00")

    assert open_at(CampaignFactory.create(schedules=[closed, opened]), now)
    assert not open_at(CampaignFactory.create(schedules=[closed, below]), now)
    assert open_at(CampaignFactory.create(schedules=[below]), now)


@pytest.mark.parametrize("priority", [-(2**31), -3, -2, 0, 2**31 - 1])
@pytest.mark.parametrize("windows", [ALL_WEEK, []], ids=["open", "closed"])
def test_no_priority_is_too_low_or_too_high(
    priority: int, windows: list[tuple[int, str, str]]
) -> None:
    campaign = CampaignFactory.create(
        schedules=[ScheduleFactory.create(priority=priority, windows=windows)]
    )

    assert open_at(campaign, at("2024-05-13 10:00")) is bool(windows)


def test_without_a_schedule_open_with_none_in_force_closed_and_switched_off_open() -> None:
    now = at("2024-05-13 10:00")
    without = CampaignFactory.create(is_dayparting_enabled=True)
    off = ScheduleFactory.create(windows=ALL_WEEK, is_active=False)
    past = ScheduleFactory.create(windows=ALL_WEEK, valid_until=date(2024, 5, 12))
    none_in_force = CampaignFactory.create(schedules=[off, past])
    not_enabled = CampaignFactory.create(schedules=[off], is_dayparting_enabled=False)

    assert open_at(without, now)
    assert not open_at(none_in_force, now)
    assert open_at(not_enabled, now)


def test_validity_is_by_the_schedule_s_local_date() -> None:
    campaign = CampaignFactory.create(
        schedules=[
            ScheduleFactory.create(
                timezone="Asia/Tokyo",
                windows=ALL_WEEK,
                valid_from=date(2024, 5, 14),
                valid_until=date(2024, 5, 14),
            )
        ]
    )

    assert not open_at(campaign, at("2024-05-13 14:59"))
    assert open_at(campaign, at("2024-05-13 15:00"))
    assert open_at(campaign, at("2024-05-14 14:59"))
    assert not open_at(campaign, at("2024-05-14 15:00"))


def test_a_window_that_opens_never_revives_a_campaign_without_budget() -> None:
    campaign = CampaignFactory.create(
        daily_budget=10, schedules=[ScheduleFactory.create(windows=OFFICE)]
    )
    assert open_at(campaign, at("2024-05-13 09:00"))
    spend(campaign, 10, at("2024-05-13 10:00"))

    assert not open_at(campaign, at("2024-05-13 18:00"))
    assert not open_at(campaign, at("2024-05-13 23:59"))
    assert not open_at(campaign, at("2024-05-14 08:59"))
    assert open_at(campaign, at("2024-05-14 09:00"))
    assert switches(campaign) == [(True, []), (False, ["daily_budget"]), (True, [])]


def test_a_schedule_says_whether_it_is_active_now() -> None:
    schedule = ScheduleFactory.create(windows=[(FRIDAY, "09:00", "17:00")])
    off = ScheduleFactory.create(windows=ALL_WEEK, is_active=False)

    with time_machine.travel(at("2024-05-17 09:00"), tick=False):
        assert DaypartingService.is_active_now(schedule)
        assert not DaypartingService.is_active_now(off)
    with time_machine.travel(at("2024-05-17 17:00"), tick=False):
        assert not DaypartingService.is_active_now(schedule)
