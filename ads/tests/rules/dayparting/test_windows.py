"""When a window is open, and which overlap: examples with exact instants."""

import pickle
from datetime import UTC, time

import pytest

from ads.rules.dayparting import (
    InvalidWindow,
    Window,
    describe_window,
    first_overlap,
    has_open_window,
    is_open,
)
from ads.tests.rules.dayparting.support import (
    ALL_DAY,
    FRIDAY,
    MONDAY,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    TUESDAY,
    at,
    schedule,
)


@pytest.mark.parametrize(
    ("start", "end", "instant", "expected"),
    [
        # 2 March 2026 is a Monday. The windows are Monday's.
        (time(9), time(17), "2026-03-02T08:59:59", False),
        (time(9), time(17), "2026-03-02T09:00", True),
        (time(9), time(17), "2026-03-02T16:59:59.999999", True),
        (time(9), time(17), "2026-03-02T17:00", False),
        (time(9), time(17), "2026-03-03T10:00", False),
        (time(22), time(6), "2026-03-02T02:00", False),
        (time(22), time(6), "2026-03-02T22:00", True),
        (time(22), time(6), "2026-03-03T02:00", True),
        (time(22), time(6), "2026-03-03T06:00", False),
        (*ALL_DAY, "2026-03-01T23:59:59", False),
        (*ALL_DAY, "2026-03-02T00:00", True),
        (*ALL_DAY, "2026-03-02T23:59:59", True),
        (*ALL_DAY, "2026-03-03T00:00", False),
        (time(10), time(10), "2026-03-02T09:59", False),
        (time(10), time(10), "2026-03-03T09:59", True),
        (time(10), time(10), "2026-03-03T10:00", False),
        (time(18), time(0), "2026-03-02T23:59", True),
        (time(18), time(0), "2026-03-03T00:00", False),
    ],
)
def test_a_window_is_half_open_and_belongs_to_the_day_it_starts_on(
    start: time, end: time, instant: str, expected: bool
) -> None:
    assert has_open_window(schedule(Window(MONDAY, start, end)), at(instant)) is expected


def test_sundays_tail_is_open_on_monday() -> None:
    night = schedule(Window(SUNDAY, time(22), time(6)))

    assert is_open([night], at("2026-03-02T05:59"))
    assert not is_open([night], at("2026-03-01T05:59"))


def test_the_weekday_is_that_of_the_schedules_own_timezone() -> None:
    monday = schedule(Window(MONDAY, *ALL_DAY), timezone="Pacific/Auckland")

    assert is_open([monday], at("2026-03-01T11:00"))  # Sunday in UTC, Monday 00:00 there
    assert not is_open([monday], at("2026-03-02T11:00"))  # Monday in UTC, Tuesday there


@pytest.mark.parametrize("day", [-1, 7, 1.0, "1", None])
def test_a_day_outside_the_week_is_refused(day: int) -> None:
    with pytest.raises(InvalidWindow, match=r"use 0 \(Monday\) to 6 \(Sunday\)") as caught:
        Window(day, time(9), time(17))

    assert (caught.value.field, caught.value.value) == ("day_of_week", day)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


@pytest.mark.parametrize("wrong", [time(9, tzinfo=UTC), "09:00", None])
def test_a_window_takes_plain_times_of_day(wrong: time) -> None:
    with pytest.raises(InvalidWindow, match="start"):
        Window(MONDAY, wrong, time(17))
    with pytest.raises(InvalidWindow, match="end"):
        Window(MONDAY, time(9), wrong)


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(MONDAY, time(9), time(17, 30)), "Monday 09:00–17:30"),
        (Window(MONDAY, time(22), time(6)), "Monday 22:00–06:00 (+1 day)"),
        (Window(SATURDAY, *ALL_DAY), "Saturday, all day"),
        (Window(SUNDAY, time(18), time(0)), "Sunday 18:00–24:00"),
        (Window(FRIDAY, time(10), time(10)), "Friday 10:00–10:00 (+1 day)"),
        (Window(FRIDAY, time(10), time(23, 59, 59)), "Friday 10:00–23:59:59"),
    ],
)
def test_a_window_is_described_in_words(window: Window, text: str) -> None:
    assert describe_window(window) == text


@pytest.mark.parametrize(
    ("first", "second", "overlapping"),
    [
        (Window(MONDAY, time(9), time(12)), Window(MONDAY, time(12), time(17)), False),
        (Window(MONDAY, time(9), time(12, 1)), Window(MONDAY, time(12), time(17)), True),
        (Window(MONDAY, time(9), time(17)), Window(MONDAY, time(10), time(11)), True),
        (Window(MONDAY, time(9), time(17)), Window(MONDAY, time(9), time(17)), True),
        (Window(MONDAY, time(9), time(17)), Window(TUESDAY, time(9), time(17)), False),
        (Window(MONDAY, time(22), time(6)), Window(TUESDAY, time(5), time(9)), True),
        (Window(MONDAY, time(22), time(6)), Window(TUESDAY, time(6), time(9)), False),
        (Window(SUNDAY, time(22), time(6)), Window(MONDAY, time(5), time(9)), True),
        (Window(SUNDAY, time(22), time(6)), Window(MONDAY, time(6), time(9)), False),
        (Window(SUNDAY, *ALL_DAY), Window(MONDAY, *ALL_DAY), False),
        (Window(SUNDAY, time(0, 1), time(0, 1)), Window(MONDAY, *ALL_DAY), True),
    ],
)
def test_windows_overlap_over_midnight_and_over_sunday_too(
    first: Window, second: Window, overlapping: bool
) -> None:
    elsewhere = Window(THURSDAY, time(9), time(10))
    for windows in ([first, second], [second, elsewhere, first]):
        found = first_overlap(windows)
        assert (found is not None) is overlapping
        assert found is None or set(found) == {first, second}


def test_nothing_overlaps_where_there_is_only_one_window() -> None:
    assert first_overlap([]) is None
    assert first_overlap([Window(SUNDAY, time(12), time(12))]) is None
