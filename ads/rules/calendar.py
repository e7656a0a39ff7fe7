"""Local days and months, the UTC instants at which they begin, and dates as text.

The accounting day is the local calendar day of a timezone. Clocks jump: local midnight may not
exist (Havana, Cairo, Santiago, Beirut), may happen twice, and a whole date may be missing (Apia,
30 December 2011). The functions here are exact about that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

#: The timezone in which a new day begins first.
FIRST_TO_TURN: Final = "Etc/GMT-14"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)
_MIDNIGHT: Final = time(0)
_LONGEST_SHOWN: Final = 60
# Files in timezone databases that are not places: "this machine's timezone" and "not set up".
_NOT_A_PLACE: Final = frozenset({"localtime", "Factory"})
_SPELLING: Final = re.compile(r"[A-Za-z0-9_+\-]+(?:/[A-Za-z0-9_+\-]+)*")

# Python also reads other spellings of ISO 8601 ("20240501", "2024-W18-3").
ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ISO_INSTANT: Final = re.compile(
    ISO_DATE.pattern + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


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


class InvalidDate(ValueError):
    """Text that is not a date, or not an instant; the message says what to do."""


@dataclass(frozen=True, slots=True)
class LocalDates:
    """Timezones by their local date, and invalid timezones; sorted, without duplicates."""

    by_date: dict[date, list[str]]
    invalid: list[str]


@cache
def names() -> frozenset[str]:
    return frozenset(filter(_SPELLING.fullmatch, available_timezones())) - _NOT_A_PLACE


def zone(name: str) -> ZoneInfo:
    """Return the timezone of this IANA name.

    Raises:
        UnknownTimezone: the name is empty, a path, misspelt (case matters), or not a string.
    """
    # Text from files, APIs and the database arrives here, so the type is checked too.
    if not isinstance(name, str) or name not in names():
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
    return utc(now).astimezone(zone(tz))


def local_date(now: datetime, tz: str) -> date:
    return local_time(now, tz).date()


def format_instant(at: datetime, tz: str = "UTC", *, seconds: bool = False) -> str:
    """Return the instant as people read it everywhere: "2026-11-28 09:15 New York".

    As dates in lists, fields and files, it begins with the year. In UTC if `tz` is invalid.
    """
    tz = tz if tz in names() else "UTC"
    clock = "%H:%M:%S" if seconds else "%H:%M"
    place = tz.rpartition("/")[2].replace("_", " ")
    return f"{local_time(at, tz):%Y-%m-%d {clock}} {place}"


def month_start(day: date) -> date:
    return day.replace(day=1)


def next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def previous_month(day: date) -> date:
    """Return the first day of the month before that of `day`: the last that has ended by then."""
    return month_start(month_start(day) - _DAY)


def period_start(period: str, day: date) -> date:
    """Return the date that keys the accounting period ("day" or "month") in which `day` falls."""
    if period == "day":
        return day
    if period == "month":
        return month_start(day)
    raise ValueError(f'period: {period!r} is not a period; use "day" or "month".')


def next_period(period: str, start: date) -> date:
    """Return the date at which the accounting period after that of `start` begins."""
    return start + timedelta(days=1) if period == "day" else next_month(start)


def parse_date(text: str) -> date:
    """Return the date that is written YYYY-MM-DD.

    Raises:
        InvalidDate: the text has another form, or there is no such date.
    """
    if not ISO_DATE.fullmatch(text):
        raise InvalidDate("use YYYY-MM-DD, such as 2024-05-01.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidDate(f"there is no such date ({error}).") from error


def parse_instant(text: str) -> datetime:
    """Return the instant that is written as a date and time with Z or a UTC offset (aware).

    Raises:
        InvalidDate: the text has another form, or there is no such instant.
    """
    if not (parts := _ISO_INSTANT.fullmatch(text)):
        raise InvalidDate("use a date and time with its offset, such as 2024-05-01T12:00:00+00:00.")
    if not parts[1]:
        raise InvalidDate("it has no timezone; add Z for UTC, or an offset such as +02:00.")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidDate(f"there is no such time ({error}).") from error


def day_begins(day: date, tz: str) -> datetime:
    """Return the first instant (UTC) of the calendar day `day` in `tz`.

    Where the clock jumps over midnight, the instant of the jump; where midnight happens twice, the
    first. A date that the timezone skipped begins (and ends) at the jump.
    """
    return wall_instants(day, _MIDNIGHT, tz)[0]


def day_bounds(day: date, tz: str) -> tuple[datetime, datetime]:
    """Return the instants (UTC) at which the calendar day begins in `tz` and at which it ends.

    The day has the first of them and not the second.
    """
    return day_begins(day, tz), day_begins(day + _DAY, tz)


def hour_span(day: date, at: time, tz: str) -> tuple[datetime, datetime] | None:
    """Return the instants (UTC) between which the clock in `tz` shows the hour from `at` on.

    Two hours apart where the clock falls back over it; None where the clock jumps over it.
    """
    following = datetime.combine(day, at) + _HOUR
    begins = wall_instants(day, at, tz)[0]
    ends = wall_instants(following.date(), following.time(), tz)[0]
    return (begins, ends) if begins < ends else None


def next_day_begins(now: datetime, tz: str) -> datetime:
    """Return the first instant (UTC) after `now` at which the next calendar day begins in `tz`."""
    return _begins_after(now, local_date(now, tz) + _DAY, tz)


def next_month_begins(now: datetime, tz: str) -> datetime:
    """Return the first instant (UTC) after `now` at which the next month begins in `tz`."""
    return _begins_after(now, next_month(local_date(now, tz)), tz)


def next_period_begins(period: str, now: datetime, tz: str) -> datetime:
    """Return the first instant (UTC) after `now` at which the next "day" or "month" begins."""
    return (next_day_begins if period == "day" else next_month_begins)(now, tz)


def group_by_local_date(timezones: Iterable[str], now: datetime) -> LocalDates:
    """Group timezones by their local date at `now`; there are at most three at any instant."""
    moment = utc(now)
    known = names()
    by_date: dict[date, list[str]] = {}
    invalid: list[str] = []
    for name in sorted(set(timezones)):
        if name in known:
            by_date.setdefault(moment.astimezone(_zone(name)).date(), []).append(name)
        else:
            invalid.append(name)
    return LocalDates(by_date={day: by_date[day] for day in sorted(by_date)}, invalid=invalid)


def wall_instants(day: date, at: time, tz: str) -> tuple[datetime, ...]:
    """Return the UTC instants at which local time in `tz` is this date and time, in order.

    Usually one; two when the clock falls back over it; the instant of the jump when the clock jumps
    over it.
    """
    wall = datetime.combine(day, at, tzinfo=zone(tz))
    first = wall.replace(fold=0).astimezone(UTC)
    second = wall.replace(fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    if first < second:
        return (first, second)
    # In a gap, fold 0 uses the offset before the jump and fold 1 the one after it, so the jump is
    # between the two.
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
    # When a clock falls back from 00:01 to 23:01 (St. John's until 2011), midnight happens twice;
    # in the hour between, the second is the next.
    instants = wall_instants(day, _MIDNIGHT, tz)
    return next((instant for instant in instants if instant > now), instants[-1])


@lru_cache(maxsize=4096)
def _offset_changes(tz: str, year: int) -> tuple[datetime, ...]:
    """Return the instants (UTC) at which the clock jumps in a UTC year (below 9999), in order.

    zoneinfo does not publish its transitions, so they are searched for day by day.
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
    # Clocks change on whole seconds, so counting seconds is exact.
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
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
