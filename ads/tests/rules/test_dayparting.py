"""Windows, which schedules decide, the next opening and closing: examples with exact instants."""

import pickle
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import (
    InvalidWindow,
    Schedule,
    Window,
    describe_window,
    first_overlap,
    has_open_window,
    is_in_force,
    is_open,
    next_closing,
    next_opening,
    rank,
)

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
ALL_DAY = (time(0), time(0))
EVERY_DAY = tuple(Window(day, *ALL_DAY) for day in range(7))


def schedule(
    *windows: Window,
    timezone: str = "UTC",
    priority: int = 0,
    is_active: bool = True,
    valid: tuple[date | None, date | None] = (None, None),
) -> Schedule:
    return Schedule(1, timezone, priority, is_active, *valid, windows)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- windows ---------------------------------------------------------------------------------


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


# --- which schedules decide ------------------------------------------------------------------


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


# --- next opening and closing ----------------------------------------------------------------


def test_what_is_open_opens_now_and_what_is_closed_closes_now_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    now = datetime(2026, 3, 2, 11, tzinfo=berlin)
    office = schedule(Window(MONDAY, time(9), time(17)))

    opens, closes = next_opening([office], now), next_closing([], now)

    assert opens == now
    assert opens.tzinfo is UTC
    assert closes is None
    assert next_closing([schedule()], now) == now


def test_asked_in_the_tail_after_midnight_the_window_closes_where_the_tail_ends() -> None:
    night = schedule(Window(MONDAY, time(22), time(6)))

    assert next_closing([night], at("2026-03-03T02:00")) == at("2026-03-03T06:00")
    assert next_closing([night], at("2026-03-02T23:00")) == at("2026-03-03T06:00")
    assert next_opening([night], at("2026-03-03T06:00")) == at("2026-03-09T22:00")


def test_what_never_opens_has_no_next_opening() -> None:
    now = at("2026-03-02T10:00")

    assert next_opening([schedule()], now) is None
    assert next_opening([schedule(*EVERY_DAY, is_active=False)], now) is None
    assert next_opening([schedule(*EVERY_DAY, valid=(None, date(2026, 3, 1)))], now) is None
    never = schedule(*EVERY_DAY, valid=(date(2026, 5, 1), date(2026, 4, 1)))
    assert next_opening([never], now) is None
    assert next_opening([schedule(*EVERY_DAY), schedule(priority=1)], now) is None


def test_what_never_closes_has_no_next_closing() -> None:
    now = at("2026-03-02T10:00")
    tokyo = schedule(*EVERY_DAY, timezone="Asia/Tokyo")
    berlin = schedule(*EVERY_DAY, timezone="Europe/Berlin")

    assert next_closing([berlin], now) is None
    assert next_closing([tokyo, berlin], now) is None
    assert next_closing([tokyo, schedule(*EVERY_DAY, valid=(None, date(2026, 4, 1)))], now) is None


def test_an_opening_years_ahead_is_found_to_the_instant() -> None:
    olympics = schedule(
        Window(SATURDAY, time(9, 30), time(17)),
        timezone="Australia/Lord_Howe",
        valid=(date(2032, 7, 20), date(2032, 8, 20)),
    )

    # The first Saturday is 24 July 2032; winter time there is UTC+10:30.
    assert next_opening([olympics], at("2026-03-02T10:00")) == at("2032-07-23T23:00")
    assert next_opening([olympics], at("2032-08-21T00:00")) is None


def test_a_schedule_that_lapses_years_ahead_hands_over_to_the_one_below() -> None:
    closed = schedule(priority=1, valid=(None, date(2031, 12, 31)), timezone="America/New_York")
    always = schedule(*EVERY_DAY)

    assert next_opening([closed, always], at("2026-03-02T10:00")) == at("2032-01-01T05:00")


def test_dates_at_the_ends_of_the_calendar_are_no_obstacle() -> None:
    now = at("2026-03-02T10:00")
    forever = schedule(
        Window(MONDAY, time(12), time(13)), timezone="Asia/Tokyo", valid=(date.min, date.max)
    )
    never = schedule(*EVERY_DAY, timezone="America/New_York", valid=(date.max, date.max))

    assert next_opening([forever], now) == at("2026-03-09T03:00")
    assert next_opening([never], now) is None


def test_the_missing_hour_does_not_happen() -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    inside = schedule(Window(SUNDAY, time(2, 15), time(2, 45)), timezone="Europe/Berlin")
    into = schedule(Window(SUNDAY, time(1, 30), time(2, 30)), timezone="Europe/Berlin")
    out_of = schedule(Window(SUNDAY, time(2, 30), time(4)), timezone="Europe/Berlin")
    before = at("2026-03-28T23:30")

    assert next_opening([inside], before) == at("2026-04-05T00:15")
    assert next_opening([into], before) == at("2026-03-29T00:30")
    assert next_closing([into], at("2026-03-29T00:30")) == at("2026-03-29T01:00")
    assert next_opening([out_of], before) == at("2026-03-29T01:00")


def test_the_repeated_hour_counts_both_times() -> None:
    # Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    early = schedule(Window(SUNDAY, time(0), time(2, 30)), timezone="Europe/Berlin")
    within = schedule(Window(SUNDAY, time(2, 15), time(2, 45)), timezone="Europe/Berlin")

    assert next_closing([early], at("2026-10-25T00:00")) == at("2026-10-25T00:30")
    assert next_opening([early], at("2026-10-25T00:30")) == at("2026-10-25T01:00")
    assert next_closing([early], at("2026-10-25T01:00")) == at("2026-10-25T01:30")
    assert next_opening([within], at("2026-10-25T00:00")) == at("2026-10-25T00:15")
    assert next_opening([within], at("2026-10-25T00:45")) == at("2026-10-25T01:15")
    assert next_opening([within], at("2026-10-25T01:45")) == at("2026-11-01T01:15")


def test_a_validity_date_that_begins_with_a_jump_begins_at_the_jump() -> None:
    # Havana, 8 March 2026: midnight becomes 01:00 at 05:00 UTC.
    sunday = schedule(
        *EVERY_DAY, timezone="America/Havana", valid=(date(2026, 3, 8), date(2026, 3, 8))
    )

    assert next_opening([sunday], at("2026-03-07T12:00")) == at("2026-03-08T05:00")
    assert next_closing([sunday], at("2026-03-08T05:00")) == at("2026-03-09T04:00")


def test_a_validity_date_that_begins_twice_is_left_and_entered_again() -> None:
    # St. John's, 1 November 2009: at 00:01 (02:31 UTC) the clock went back to 23:01.
    november = schedule(*EVERY_DAY, timezone="America/St_Johns", valid=(date(2009, 11, 1), None))

    assert next_opening([november], at("2009-10-31T12:00")) == at("2009-11-01T02:30")
    assert next_closing([november], at("2009-11-01T02:30")) == at("2009-11-01T02:31")
    assert next_opening([november], at("2009-11-01T02:31")) == at("2009-11-01T03:30")
    assert next_closing([november], at("2009-11-01T03:30")) is None


def test_a_gap_common_to_two_timezones_may_exist_only_while_their_clocks_are_out_of_step() -> None:
    # Both are closed for one hour on Wednesday: Berlin at noon, New York at seven, which is noon
    # in Berlin only in the weeks between America's clock change and Europe's.
    berlin = schedule(
        *(Window(day, *ALL_DAY) for day in range(7) if day != WEDNESDAY),
        Window(WEDNESDAY, time(0), time(12)),
        Window(WEDNESDAY, time(13), time(0)),
        timezone="Europe/Berlin",
    )
    new_york = schedule(
        *(Window(day, *ALL_DAY) for day in range(7) if day != WEDNESDAY),
        Window(WEDNESDAY, time(0), time(7)),
        Window(WEDNESDAY, time(8), time(0)),
        timezone="America/New_York",
    )

    assert next_closing([berlin, new_york], at("2026-04-15T10:00")) == at("2026-10-28T11:00")
    assert next_opening([berlin, new_york], at("2026-10-28T11:00")) == at("2026-10-28T12:00")


def test_windows_may_end_on_a_second() -> None:
    office = schedule(Window(MONDAY, time(9), time(23, 59, 59)))

    assert next_closing([office], at("2026-03-02T10:00:00.5")) == at("2026-03-02T23:59:59")
    assert next_opening([office], at("2026-03-02T08:59:59.999999")) == at("2026-03-02T09:00")
