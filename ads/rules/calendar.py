"""Local days and months, and the UTC instants at which they begin.

The accounting day is the local calendar day of a timezone. Clocks jump: local midnight may not
exist (Havana, Cairo, Santiago, Beirut), may happen twice, and a whole date may be missing (Apia,
30 December 2011). Every function here is exact about that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_MIDNIGHT: Final = time(0)
_LONGEST_SHOWN: Final = 60
# Files that timezone databases carry beside the zones: one means "this machine", one "not set up".
_NOT_A_PLACE: Final = frozenset({"localtime", "Factory"})
_SPELLING: Final = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*")


class UnknownTimezone(ValueError):
    """A timezone name that the IANA database does not have; carries `field` and `value`."""

    def __init__(self, value: object, field: str = "timezone") -> None:
        super().__init__(value, field)
        self.field = field
        self.value = value

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > _LONGEST_SHOWN:
            shown = f"{shown[:_LONGEST_SHOWN]}…"
        return (
            f"{self.field}: {shown} is not a known timezone; "
            "use an IANA name such as Europe/Berlin."
        )


@dataclass(frozen=True, slots=True)
class LocalDates:
    """Timezones by the date it is there; names that are no timezone are listed in `unreadable`.

    Both are sorted and without duplicates.
    """

    by_date: dict[date, list[str]]
    unreadable: list[str]


def zone(name: str) -> ZoneInfo:
    """Return the timezone of this IANA name.

    Raises:
        UnknownTimezone: the name is empty, a path, misspelt (upper and lower case count), or not a
            string.
    """
    # The type is checked here because this guards text from files, APIs and the database.
    if not isinstance(name, str) or name not in _names():
        raise UnknownTimezone(name)
    return _zone(name)


def utc(now: datetime) -> datetime:
    """Return the same instant in UTC; ValueError for a datetime without timezone."""
    if now.utcoffset() is None:
        raise ValueError(
            f"now: {now.isoformat()} has no timezone; pass an aware datetime, such as one in UTC."
        )
    return now.astimezone(UTC)


def local_time(now: datetime, tz: str) -> datetime:
    """Return the instant as the clock on the wall in `tz` shows it (aware)."""
    return utc(now).astimezone(zone(tz))


def local_date(now: datetime, tz: str) -> date:
    """Return the calendar day it is in `tz` at the aware instant `now`."""
    return local_time(now, tz).date()


def month_start(day: date) -> date:
    """Return the first day of the month of `day`."""
    return day.replace(day=1)


def next_month(day: date) -> date:
    """Return the first day of the month after that of `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def period_start(period: str, day: date) -> date:
    """Return the date that keys the accounting period ("day" or "month") in which `day` falls."""
    if period == "day":
        return day
    if period == "month":
        return month_start(day)
    raise ValueError(f'period: {period!r} is not a period; use "day" or "month".')


def day_begins(day: date, tz: str) -> datetime:
    """Return the first instant (UTC) of the calendar day `day` in `tz`.

    Where the clock jumps over midnight, the instant of the jump; where midnight happens twice, the
    first. A date that the timezone skipped begins (and ends) at the jump.
    """
    return wall_instants(day, _MIDNIGHT, tz)[0]


def next_day_begins(now: datetime, tz: str) -> datetime:
    """Return the first instant (UTC) after `now` at which the next calendar day begins in `tz`."""
    return _begins_after(now, local_date(now, tz) + _DAY, tz)


def next_month_begins(now: datetime, tz: str) -> datetime:
    """Return the first instant (UTC) after `now` at which the next month begins in `tz`."""
    return _begins_after(now, next_month(local_date(now, tz)), tz)


def group_by_local_date(timezones: Iterable[str], now: datetime) -> LocalDates:
    """Sort timezones by the date it is there at `now`: at any instant at most three dates."""
    moment = utc(now)
    known = _names()
    by_date: dict[date, list[str]] = {}
    unreadable: list[str] = []
    for name in sorted(set(timezones)):
        if name in known:
            by_date.setdefault(moment.astimezone(_zone(name)).date(), []).append(name)
        else:
            unreadable.append(name)
    return LocalDates(by_date={day: by_date[day] for day in sorted(by_date)}, unreadable=unreadable)


def wall_instants(day: date, at: time, tz: str) -> tuple[datetime, ...]:
    """Return the UTC instants at which the clock in `tz` comes to this date and time, in order.

    One as a rule; two when the clock falls back over it; when the clock jumps over it, the instant
    of the jump.
    """
    wall = datetime.combine(day, at, tzinfo=zone(tz))
    first = wall.replace(fold=0).astimezone(UTC)
    second = wall.replace(fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    if first < second:
        return (first, second)
    # In a gap, fold 0 counts with the offset before the jump and fold 1 with the one after it, so
    # the jump lies between the two.
    return (_offset_change_between(second, first, zone(tz)),)


def next_offset_change(tz: str, after: datetime, before: datetime) -> datetime:
    """Return the first instant in (after, before) at which the clock in `tz` jumps, else `before`.

    Both bounds and the result are in UTC.
    """
    for year in range(after.year, before.year + 1):
        for change in _offset_changes(tz, year):
            if change >= before:
                return before
            if change > after:
                return change
    return before


def _begins_after(now: datetime, day: date, tz: str) -> datetime:
    # A clock that falls back from 00:01 to 23:01 (St. John's until 2011) comes to midnight twice;
    # in the hour between, the first midnight is past and the second is the one to come.
    instants = wall_instants(day, _MIDNIGHT, tz)
    return next((instant for instant in instants if instant > now), instants[-1])


@lru_cache(maxsize=4096)
def _offset_changes(tz: str, year: int) -> tuple[datetime, ...]:
    """Return the instants (UTC) at which the clock jumps in a UTC year (below 9999), in order.

    zoneinfo does not publish its transitions, so they are looked for day by day.
    """
    where = zone(tz)
    changes = []
    moment = datetime(year, 1, 1, tzinfo=UTC) - _SECOND
    end = datetime(year + 1, 1, 1, tzinfo=UTC) - _SECOND
    offset = moment.astimezone(where).utcoffset()
    while moment < end:
        following = min(moment + _DAY, end)
        changed = following.astimezone(where).utcoffset()
        if changed != offset:
            changes.append(_offset_change_between(moment, following, where))
        moment, offset = following, changed
    return tuple(changes)


def _offset_change_between(low: datetime, high: datetime, where: ZoneInfo) -> datetime:
    """Return the first second in (low, high] with another UTC offset than at `low`."""
    before = low.astimezone(where).utcoffset()
    # Clocks change on whole seconds; counting in them makes the result exact.
    first = (low - _EPOCH) // _SECOND
    last = -((_EPOCH - high) // _SECOND)
    while last - first > 1:
        middle = (first + last) // 2
        if (_EPOCH + middle * _SECOND).astimezone(where).utcoffset() == before:
            first = middle
        else:
            last = middle
    return _EPOCH + last * _SECOND


@cache
def _names() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if _SPELLING.fullmatch(name)) - (
        _NOT_A_PLACE
    )


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
