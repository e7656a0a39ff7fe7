"""Which of several schedules decide: examples with exact instants."""

from datetime import date, datetime, time

import pytest

from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import (
    Window,
    has_open_window,
    is_in_force,
    is_open,
    next_closing,
    next_opening,
    rank,
)
from ads.tests.rules.dayparting.support import ALL_DAY, EVERY_DAY, FRIDAY, MONDAY, at, schedule


def test_no_schedule_at_all_is_open_and_schedules_of_which_none_is_in_force_are_closed() -> None:
    now = at("2026-03-02T10:00")
    ended = schedule(*EVERY_DAY, valid=(None, date(2026, 3, 1)))
    to_come = schedule(*EVERY_DAY, valid=(date(2026, 3, 3), None))
    switched_off = schedule(*EVERY_DAY, is_active=False)

    assert is_open([], now)
    assert not is_open([ended, to_come, switched_off], now)
    assert not any(is_in_force(each, now) for each in (ended, to_come, switched_off))
    assert has_open_window(switched_off, now)


def test_christmas_closes_and_black_friday_opens() -> None:
    office = schedule(*(Window(day, time(9), time(17)) for day in range(5)))
    christmas = schedule(priority=10, valid=(date(2026, 12, 24), date(2026, 12, 26)))
    black_friday = schedule(
        Window(FRIDAY, *ALL_DAY), priority=5, valid=(date(2026, 11, 27), date(2026, 11, 27))
    )
    campaign = [office, christmas, black_friday]

    assert not is_open(campaign, at("2026-12-24T10:00"))
    assert next_opening(campaign, at("2026-12-24T10:00")) == at("2026-12-28T09:00")
    assert is_open(campaign, at("2026-11-27T03:00"))
    assert next_opening(campaign, at("2026-11-26T18:00")) == at("2026-11-27T00:00")
    assert next_closing(campaign, at("2026-11-27T03:00")) == at("2026-11-28T00:00")


def test_schedules_that_share_the_highest_priority_decide_together() -> None:
    morning = schedule(Window(MONDAY, time(8), time(12)), priority=3)
    evening = schedule(Window(MONDAY, time(18), time(22)), priority=3)
    low = schedule(*EVERY_DAY, priority=2)

    assert [
        is_open([low, morning, evening], at(f"2026-03-02T{hour:02}:00")) for hour in (7, 9, 13, 19)
    ] == [False, True, False, True]


def test_validity_is_that_of_the_local_date_of_the_instant_so_the_last_tail_is_cut() -> None:
    night = schedule(
        Window(MONDAY, time(22), time(6)),
        timezone="America/New_York",
        valid=(date(2026, 1, 5), date(2026, 1, 5)),
    )

    assert is_open([night], at("2026-01-06T04:59"))
    assert not is_open([night], at("2026-01-06T05:00"))
    assert next_closing([night], at("2026-01-06T04:00")) == at("2026-01-06T05:00")
    assert next_opening([night], at("2026-01-06T05:00")) is None


def test_of_two_schedules_that_follow_each_other_the_night_between_them_stays_open() -> None:
    nights = [Window(day, time(22), time(6)) for day in range(7)]
    before = schedule(*nights, valid=(None, date(2026, 1, 5)))
    after = schedule(*nights, valid=(date(2026, 1, 6), None))

    assert is_open([after], at("2026-01-06T00:00"))
    assert not is_open([after], at("2026-01-05T23:59"))
    assert next_closing([before, after], at("2026-01-05T22:00")) == at("2026-01-06T06:00")


@pytest.mark.parametrize(
    ("priority", "windows", "expected"),
    [
        (3, EVERY_DAY, 7),
        (3, (), 6),
        (0, EVERY_DAY, 1),
        (0, (), 0),
        (-3, EVERY_DAY, -5),
        (-3, (), -6),
    ],
)
def test_the_rank_is_twice_the_priority_plus_one_when_a_window_is_open(
    priority: int, windows: tuple[Window, ...], expected: int
) -> None:
    now = at("2026-03-02T10:00")

    assert rank(schedule(*windows, priority=priority), now) == expected
    assert rank(schedule(*windows, priority=priority, is_active=False), now) is None


def test_an_unreadable_timezone_is_named() -> None:
    lost = schedule(*EVERY_DAY, timezone="Mars/Olympus")

    for ask in (is_open, next_opening, next_closing):
        with pytest.raises(UnknownTimezone, match="Mars/Olympus"):
            ask([lost], at("2026-03-02T10:00"))


def test_an_instant_without_timezone_is_refused() -> None:
    for ask in (is_open, next_opening, next_closing):
        with pytest.raises(ValueError, match="pass an aware datetime"):
            ask([schedule(*EVERY_DAY)], datetime(2026, 3, 2))  # noqa: DTZ001
