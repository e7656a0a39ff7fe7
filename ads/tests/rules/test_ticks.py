"""When something that runs again and again is next due, and when it is late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.rules.calendar import UnknownTimezone, local_time
from ads.rules.ticks import LEAST_GRACE, MOST_GRACE, Crontab, Every, Once, late_from, next_tick

instants = st.integers(0, 15 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def crontab(
    minute: str = "*",
    hour: str = "*",
    *,
    weekdays: str = "*",
    days: str = "*",
    months: str = "*",
    timezone: str = "UTC",
) -> Crontab:
    def of(text: str, every: range) -> frozenset[int]:
        return frozenset(every if text == "*" else map(int, text.split(",")))

    return Crontab(
        of(minute, range(60)),
        of(hour, range(24)),
        of(weekdays, range(7)),
        of(days, range(1, 32)),
        of(months, range(1, 13)),
        timezone,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("ticks", "after", "due"),
    [
        (crontab(), "2026-03-04T12:00:00", "2026-03-04T12:01:00"),
        (crontab(), "2026-03-04T12:00:59", "2026-03-04T12:01:00"),
        (crontab("0,15,30,45"), "2026-03-04T12:46", "2026-03-04T13:00"),
        (crontab("5", "3"), "2026-03-04T03:05", "2026-03-05T03:05"),
        (crontab("0", "0", days="1"), "2026-12-02", "2027-01-01"),
        (crontab("0", "9", weekdays="0"), "2026-03-04", "2026-03-08T09:00"),  # a Sunday
        (crontab("0", "0", days="29", months="2"), "2026-03-01", "2028-02-29"),
        (crontab("0", "0", timezone="Asia/Tokyo"), "2026-03-04T12:00", "2026-03-04T15:00"),
        # Berlin has no 02:30 on 29 March 2026, and two on 25 October.
        (crontab("30", "2", timezone="Europe/Berlin"), "2026-03-28T12:00", "2026-03-30T00:30"),
        (crontab("30", "2", timezone="Europe/Berlin"), "2026-10-25T00:30", "2026-10-25T01:30"),
        (Every(timedelta(minutes=5)), "2026-03-04T12:02:03", "2026-03-04T12:07:03"),
        (Once(at("2026-03-04T12:00")), "2026-03-04T11:59", "2026-03-04T12:00"),
    ],
)
def test_the_next_tick(ticks: Crontab | Every | Once, after: str, due: str) -> None:
    assert next_tick(ticks, at(after)) == at(due)


def test_what_comes_once_does_not_come_again() -> None:
    once = Once(at("2026-03-04T12:00"))

    assert next_tick(once, once.at) is None
    assert late_from(once, once.at) is None


def test_a_day_that_no_month_has_never_comes() -> None:
    assert next_tick(crontab(days="30", months="2"), at("2026-01-01")) is None


@given(
    after=instants,
    minutes=st.frozensets(st.integers(0, 59), min_size=1),
    hours=st.frozensets(st.integers(0, 23), min_size=1),
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_next_tick_is_on_the_clock_and_none_lies_before_it(
    after: datetime, minutes: frozenset[int], hours: frozenset[int], timezone: str
) -> None:
    every_day = crontab()
    ticks = Crontab(minutes, hours, every_day.weekdays, every_day.days, every_day.months, timezone)

    due = next_tick(ticks, after)

    assert due is not None

    def is_on(moment: datetime) -> bool:
        wall = local_time(moment, timezone)
        return wall.minute in minutes and wall.hour in hours

    assert due > after
    assert is_on(due)
    first = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    between = int((due - first) / timedelta(minutes=1))
    assert not any(is_on(first + timedelta(minutes=number)) for number in range(between))


@pytest.mark.parametrize(
    ("ticks", "late"),
    [
        (crontab(), "2026-03-04T12:03"),  # one tick and two minutes
        (crontab("0,5,10,15,20,25,30,35,40,45,50,55"), "2026-03-04T12:10"),
        (crontab("0"), "2026-03-04T13:15"),  # at most a quarter of an hour after it was due
        (crontab("0", "0"), "2026-03-05T00:15"),
        (Every(timedelta(seconds=10)), "2026-03-04T12:02:10"),
        (Every(timedelta(hours=2)), "2026-03-04T14:15"),
    ],
)
def test_it_is_late_clearly_after_it_was_due(ticks: Crontab | Every, late: str) -> None:
    assert late_from(ticks, at("2026-03-04T12:00")) == at(late)


@given(since=instants, seconds=st.integers(1, 10**6))
def test_what_succeeds_at_each_tick_is_never_late(since: datetime, seconds: int) -> None:
    ticks = Every(timedelta(seconds=seconds))

    late = late_from(ticks, since)

    assert late is not None
    assert LEAST_GRACE <= late - since - ticks.period <= MOST_GRACE


def test_a_timezone_that_cannot_be_read_is_said() -> None:
    with pytest.raises(UnknownTimezone):
        next_tick(crontab(timezone="Moon/Crater"), at("2026-01-01"))
