"""Schedules and instants for the tests of dayparting."""

from datetime import UTC, date, datetime, time

from ads.rules.dayparting import Schedule, Window

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
