"""Open stretches, and jumps of the clock: examples with exact instants."""

from datetime import date, datetime, time, timedelta

import pytest

from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import Window
from ads.rules.stretches import clock_changes, days_ahead, in_force_stretches, open_stretches
from ads.tests.rules.dayparting.support import (
    EVERY_DAY,
    FRIDAY,
    MONDAY,
    SUNDAY,
    THURSDAY,
    at,
    schedule,
)


def test_evenings_in_tokyo_are_mornings_in_utc() -> None:
    evenings = schedule(Window(MONDAY, time(18, 5), time(23)), timezone="Asia/Tokyo")

    assert open_stretches([evenings], at("2026-03-01T00:00"), at("2026-03-10T00:00")) == [
        (at("2026-03-02T09:05"), at("2026-03-02T14:00")),
        (at("2026-03-09T09:05"), at("2026-03-09T14:00")),
    ]


def test_stretches_that_touch_are_one_and_the_ends_are_cut() -> None:
    assert open_stretches(
        [schedule(*EVERY_DAY)], at("2026-03-02T10:30"), at("2026-03-05T11:00")
    ) == [(at("2026-03-02T10:30"), at("2026-03-05T11:00"))]


def test_without_any_schedule_it_is_open_all_along_and_in_no_time_nothing_is() -> None:
    begin, end = at("2026-03-02T10:30"), at("2026-03-03T00:00")

    assert open_stretches([], begin, end) == [(begin, end)]
    assert open_stretches([], begin, begin) == []
    assert open_stretches([schedule(*EVERY_DAY)], end, begin) == []


def test_a_closed_christmas_cuts_into_the_schedule_below_it() -> None:
    office = schedule(Window(THURSDAY, time(9), time(17)), Window(FRIDAY, time(9), time(17)))
    christmas = schedule(priority=10, valid=(date(2026, 12, 25), date(2026, 12, 26)))

    assert open_stretches([office, christmas], at("2026-12-24T00:00"), at("2026-12-31T16:00")) == [
        (at("2026-12-24T09:00"), at("2026-12-24T17:00")),
        (at("2026-12-31T09:00"), at("2026-12-31T16:00")),
    ]


def test_validity_cuts_a_night_and_says_when_the_schedule_is_in_force() -> None:
    nights = schedule(
        *(Window(day, time(22), time(6)) for day in range(7)),
        timezone="America/New_York",
        valid=(date(2026, 1, 5), date(2026, 1, 5)),
    )
    week = at("2026-01-01T00:00"), at("2026-01-08T00:00")

    assert in_force_stretches([nights], *week) == [(at("2026-01-05T05:00"), at("2026-01-06T05:00"))]
    assert open_stretches([nights], *week) == [
        (at("2026-01-05T05:00"), at("2026-01-05T11:00")),
        (at("2026-01-06T03:00"), at("2026-01-06T05:00")),
    ]


def test_a_schedule_that_is_switched_off_is_closed_and_not_in_force_whatever_its_timezone() -> None:
    off = schedule(*EVERY_DAY, is_active=False, timezone="Mars/Olympus")
    week = at("2026-01-01T00:00"), at("2026-01-08T00:00")

    assert open_stretches([off], *week) == []
    assert in_force_stretches([off], *week) == []
    with pytest.raises(UnknownTimezone, match="Mars/Olympus"):
        open_stretches([schedule(*EVERY_DAY, timezone="Mars/Olympus")], *week)


def test_the_missing_hour_is_no_part_of_a_stretch_and_the_repeated_one_counts_twice() -> None:
    night = schedule(Window(SUNDAY, time(1), time(4)), timezone="Europe/Berlin")
    within = schedule(Window(SUNDAY, time(2, 15), time(2, 45)), timezone="Europe/Berlin")
    spring = at("2026-03-28T12:00"), at("2026-03-29T12:00")
    autumn = at("2026-10-24T12:00"), at("2026-10-25T12:00")

    assert open_stretches([night], *spring) == [(at("2026-03-29T00:00"), at("2026-03-29T02:00"))]
    assert open_stretches([within], *spring) == []
    assert open_stretches([night], *autumn) == [(at("2026-10-24T23:00"), at("2026-10-25T03:00"))]
    assert open_stretches([within], *autumn) == [
        (at("2026-10-25T00:15"), at("2026-10-25T00:45")),
        (at("2026-10-25T01:15"), at("2026-10-25T01:45")),
    ]


def test_jumps_of_the_clock_say_what_is_left_out_and_what_is_repeated() -> None:
    (spring,) = clock_changes("Europe/Berlin", at("2026-03-01T00:00"), at("2026-04-01T00:00"))
    (autumn,) = clock_changes("Australia/Lord_Howe", at("2026-04-01T00:00"), at("2026-05-01T00:00"))

    assert spring.at == spring.before == spring.after == at("2026-03-29T01:00")
    assert (f"{spring.before:%H:%M}", f"{spring.after:%H:%M}") == ("02:00", "03:00")
    assert spring.is_forward
    assert autumn.at == at("2026-04-04T15:00")
    assert (f"{autumn.before:%H:%M}", f"{autumn.after:%H:%M}") == ("02:00", "01:30")
    assert not autumn.is_forward
    assert clock_changes("Asia/Tokyo", at("2026-01-01T00:00"), at("2027-01-01T00:00")) == []


def test_a_jump_at_the_very_edge_belongs_to_neither_side() -> None:
    jump, before, after = at("2026-03-29T01:00"), at("2026-03-28T01:00"), at("2026-03-30T01:00")

    assert clock_changes("Europe/Berlin", jump, after) == []
    assert clock_changes("Europe/Berlin", before, jump) == []


def test_an_instant_without_timezone_is_refused() -> None:
    begin = datetime(2026, 3, 2)  # noqa: DTZ001

    with pytest.raises(ValueError, match="pass an aware datetime"):
        open_stretches([], begin, at("2026-03-03T00:00"))


def test_days_ahead_are_those_of_the_timezone_that_is_asked_about() -> None:
    evenings = schedule(
        *(Window(day, time(18), time(23)) for day in range(7)),
        timezone="Asia/Tokyo",
        valid=(date(2026, 3, 3), None),
    )

    monday, tuesday = days_ahead([evenings], "Europe/Berlin", at("2026-03-02T12:00"), 2)

    assert (monday.day, monday.begin) == (date(2026, 3, 2), at("2026-03-01T23:00"))
    assert (monday.open, monday.in_force) == ([], [(at("2026-03-02T15:00"), monday.end)])
    assert tuesday.open == [(at("2026-03-03T09:00"), at("2026-03-03T14:00"))]
    assert tuesday.in_force == [(tuesday.begin, tuesday.end)]
    assert (tuesday.begin, tuesday.clock_changes) == (monday.end, [])


def test_a_day_on_which_the_clock_jumps_is_as_long_as_it_is_and_has_the_jump() -> None:
    always = schedule(*EVERY_DAY, timezone="America/Havana")

    _, sunday, _ = days_ahead([always], "America/Havana", at("2026-03-07T12:00"), 3)

    # At midnight the clock goes to 01:00.
    assert sunday.end - sunday.begin == timedelta(hours=23)
    assert [change.at for change in sunday.clock_changes] == [sunday.begin]
    assert sunday.open == [(sunday.begin, sunday.end)]


def test_a_date_that_a_timezone_skipped_is_there_and_empty() -> None:
    always = schedule(*EVERY_DAY)

    _, skipped, _ = days_ahead([always], "Pacific/Apia", at("2011-12-29T12:00"), 3)

    assert skipped.day == date(2011, 12, 30)
    assert skipped.begin == skipped.end
    assert skipped.open == skipped.in_force == []
