"""A small independent model of the calendar and of dayparting, to compare the rules with.

It knows nothing but minutes: it reads the wall clock at every UTC minute, one after the other.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ads.rules.dayparting import Schedule, Window

MINUTE = timedelta(minutes=1)
WEEK_MINUTES = 7 * 24 * 60


def minutes_from(start: datetime, count: int) -> Iterator[datetime]:
    """Yield `count` UTC minutes, beginning with `start`."""
    for number in range(count):
        yield start + number * MINUTE


def wall_date(instant: datetime, tz: str) -> date:
    return instant.astimezone(ZoneInfo(tz)).date()


def minutes_of(window: Window) -> list[int]:
    """Return the minutes of the week, 0 = Monday 00:00, that a window covers, by walking it."""
    minute = window.day_of_week * 1440 + window.start.hour * 60 + window.start.minute
    covered = []
    while True:
        covered.append(minute % WEEK_MINUTES)
        minute += 1
        if time(minute // 60 % 24, minute % 60) == window.end:
            return covered


def overlap(windows: Sequence[Window]) -> bool:
    minutes = [minute for window in windows for minute in minutes_of(window)]
    return len(minutes) != len(set(minutes))


@cache
def _week(windows: tuple[Window, ...]) -> frozenset[int]:
    return frozenset(minute for window in windows for minute in minutes_of(window))


@cache
def _wall_clock(tz: str, day: date) -> list[tuple[date, int]]:
    """Return local date and minute of the local week for each minute of a UTC day."""
    start = datetime.combine(day, time(0), tzinfo=UTC)
    walls = [instant.astimezone(ZoneInfo(tz)) for instant in minutes_from(start, 1440)]
    return [(wall.date(), wall.weekday() * 1440 + wall.hour * 60 + wall.minute) for wall in walls]


def states(schedules: Sequence[Schedule], start: datetime, count: int) -> Iterator[bool]:
    """Whether it is open at each of `count` UTC minutes, beginning with `start`."""
    end = start + count * MINUTE
    while start < end:
        minute = start.hour * 60 + start.minute
        of_day = min(1440 - minute, (end - start) // MINUTE)
        those = slice(minute, minute + of_day)
        if schedules:
            each = [_states(schedule, start.date(), those) for schedule in schedules]
            yield from map(_decided, zip(*each, strict=True))
        else:
            yield from [True] * of_day
        start += of_day * MINUTE


def _states(schedule: Schedule, day: date, minutes: slice) -> list[tuple[int, bool] | None]:
    """Priority and whether a window is open in these minutes of a UTC day; None: not in force."""
    first, last = schedule.valid_from or date.min, schedule.valid_until or date.max
    week = _week(schedule.windows)
    closed, opened = (schedule.priority, False), (schedule.priority, True)
    return [
        (opened if minute in week else closed)
        if schedule.is_active and first <= wall <= last
        else None
        for wall, minute in _wall_clock(schedule.timezone, day)[minutes]
    ]


@cache
def _decided(each: tuple[tuple[int, bool] | None, ...]) -> bool:
    in_force = [one for one in each if one is not None]
    highest = max((priority for priority, _ in in_force), default=0)
    return (highest, True) in in_force


def is_open(schedules: Sequence[Schedule], now: datetime) -> bool:
    return next(states(schedules, now, 1))


def first_instant(
    schedules: Sequence[Schedule], now: datetime, *, wanted: bool, days: int
) -> datetime | None:
    """Return the first minute from `now` on that is as wanted; None if none of these days is."""
    found = enumerate(states(schedules, now, days * 1440))
    return next((now + number * MINUTE for number, is_open in found if is_open is wanted), None)
