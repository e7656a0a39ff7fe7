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


def is_open(schedules: Sequence[Schedule], now: datetime) -> bool:
    if not schedules:
        return True
    open_by_priority: dict[int, bool] = {}
    for schedule in schedules:
        day, minute = _wall_clock(schedule.timezone, now.date())[now.hour * 60 + now.minute]
        begun = schedule.valid_from is None or day >= schedule.valid_from
        ended = schedule.valid_until is not None and day > schedule.valid_until
        if schedule.is_active and begun and not ended:
            was = open_by_priority.get(schedule.priority, False)
            open_by_priority[schedule.priority] = was or minute in _week(schedule.windows)
    return bool(open_by_priority) and open_by_priority[max(open_by_priority)]


def first_instant(
    schedules: Sequence[Schedule], now: datetime, *, wanted: bool, days: int
) -> datetime | None:
    """Return the first minute from `now` on that is as wanted; None if none of these days is."""
    for instant in minutes_from(now, days * 1440):
        if is_open(schedules, instant) is wanted:
            return instant
    return None
