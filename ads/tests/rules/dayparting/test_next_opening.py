"""The next opening and closing: examples with exact instants."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from ads.rules.dayparting import Window, next_closing, next_opening
from ads.tests.rules.dayparting.support import (
    ALL_DAY,
    EVERY_DAY,
    MONDAY,
    SATURDAY,
    SUNDAY,
    WEDNESDAY,
    at,
    schedule,
)


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
