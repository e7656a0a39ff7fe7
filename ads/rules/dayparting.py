"""Dayparting: weekly windows, the schedules that decide, the next opening and closing.

Times are wall-clock times in a schedule's own timezone. When the clock jumps forward, the missing
hour does not happen; when it falls back, the repeated hour counts both times.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from ads.rules.calendar import local_date, local_time, next_offset_change, utc, wall_instants

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_MIDNIGHT: Final = time(0)
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(weeks=1)
# In 28 years every date falls on every weekday, so every combination of two timezones' clock
# changes has occurred.
_ALL_CLOCK_CHANGES: Final = timedelta(days=28 * 365 + 7)
# Dates from here on ("valid until 31 December 9999") mean never: Python's calendar ends in 9999.
_NEVER: Final = datetime(9900, 1, 1, tzinfo=UTC)


class InvalidWindow(ValueError):
    """An invalid window; carries `field`, `value` and the `reason` with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(field, value, reason)
        self.field = field
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} cannot be used: {self.reason}"


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the week, `[start, end)`, that begins on `day_of_week` (0 = Monday).

    With `end` <= `start` it runs over midnight and belongs to the day it starts on; 00:00-00:00 is
    the whole day.

    Raises:
        InvalidWindow: the day is not 0 to 6, or a time has a timezone of its own.
    """

    day_of_week: int
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.day_of_week not in range(7) or not isinstance(self.day_of_week, int):
            reason = "use 0 (Monday) to 6 (Sunday)."
            raise InvalidWindow("day_of_week", self.day_of_week, reason)
        for field, at in (("start", self.start), ("end", self.end)):
            if not isinstance(at, time) or at.tzinfo is not None:
                reason = "use a time of day without timezone; the schedule has the timezone."
                raise InvalidWindow(field, at, reason)

    @property
    def ends_next_day(self) -> bool:
        """Whether the window ends at or after the midnight that ends its own day."""
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class Schedule:
    """A weekly pattern in one timezone; both validity dates are inclusive local dates there."""

    id: int
    timezone: str
    priority: int
    is_active: bool
    valid_from: date | None
    valid_until: date | None
    windows: tuple[Window, ...]


def is_in_force(schedule: Schedule, now: datetime) -> bool:
    """Whether the schedule is active and valid on the local date of `now`.

    A window of the last valid day that runs over midnight thus ends at midnight, and one of the day
    before the first is open from midnight on: of two schedules with the same windows, one valid
    until the day before the other begins, a night that is open stays open.
    """
    first, last = schedule.valid_from or date.min, schedule.valid_until or date.max
    return schedule.is_active and first <= local_date(now, schedule.timezone) <= last


def has_open_window(schedule: Schedule, now: datetime) -> bool:
    """Whether a window is open at `now`, whether or not the schedule is in force."""
    wall = local_time(now, schedule.timezone)
    return _covers(schedule.windows, wall.weekday(), wall.time())


def is_open(schedules: Sequence[Schedule], now: datetime) -> bool:
    """Whether a campaign with these schedules may deliver at `now`.

    Those in force that share the highest priority decide: open when any of them has an open
    window. Without schedules it is open; with schedules of which none is in force, closed.

    Raises:
        UnknownTimezone: a schedule's timezone is invalid.
        ValueError: `now` has no timezone.
    """
    if not schedules:
        return True
    return any(has_open_window(schedule, now) for schedule in deciding(schedules, now))


def rank(schedule: Schedule, now: datetime) -> int | None:
    """Return the schedule's weight at `now`, None when it is not in force.

    The weight is twice the priority, plus one when a window is open. The maximum over a campaign's
    schedules has the highest priority, and open outweighs closed: the campaign is open exactly when
    the maximum is odd, so SQL can decide any number of campaigns with one MAX. Test `rank & 1`: for
    negative priorities `rank % 2` is -1 in SQL. Without any rank it is closed.
    """
    if not is_in_force(schedule, now):
        return None
    return schedule.priority * 2 + has_open_window(schedule, now)


def next_opening(schedules: Sequence[Schedule], now: datetime) -> datetime | None:
    """Return the first instant (UTC) from `now` on at which the schedules are open.

    That is `now` itself when they are open already, and None when they never open again.
    """
    return _first_instant(schedules, now, wanted=True)


def next_closing(schedules: Sequence[Schedule], now: datetime) -> datetime | None:
    """Return the first instant (UTC) from `now` on at which the schedules are closed.

    That is `now` itself when they are closed already, and None when they never close.
    """
    return _first_instant(schedules, now, wanted=False)


def first_overlap(windows: Sequence[Window]) -> tuple[Window, Window] | None:
    """Return two windows that overlap, across midnight and the end of Sunday too, or None."""
    ordered = sorted(windows, key=_span)
    for earlier, later in pairwise(ordered):
        if _span(later)[0] < _span(earlier)[1]:
            return earlier, later
    # The week is a circle: the last window's neighbour is the first.
    if len(ordered) > 1 and _span(ordered[0])[0] + _WEEK < _span(ordered[-1])[1]:
        return ordered[-1], ordered[0]
    return None


def describe_window(window: Window) -> str:
    """Return the window as text: "Monday 22:00-06:00 (+1 day)", with an en dash."""
    day = DAYS[window.day_of_week]
    if window.start == window.end == _MIDNIGHT:
        return f"{day}, all day"
    if window.end == _MIDNIGHT:
        return f"{day} {_clock(window.start)}\N{EN DASH}24:00"
    tail = " (+1 day)" if window.ends_next_day else ""
    return f"{day} {_clock(window.start)}\N{EN DASH}{_clock(window.end)}{tail}"


def _clock(at: time) -> str:
    return at.isoformat("auto" if at.second or at.microsecond else "minutes")


def _covers(windows: Sequence[Window], weekday: int, at: time) -> bool:
    for window in windows:
        if not window.ends_next_day:
            if weekday == window.day_of_week and window.start <= at < window.end:
                return True
        elif weekday == window.day_of_week:
            if at >= window.start:
                return True
        elif weekday == (window.day_of_week + 1) % 7 and at < window.end:
            return True
    return False


def _span(window: Window) -> tuple[timedelta, timedelta]:
    """Return start and end as time since Monday 00:00; the end may be in the week after."""
    end_day = window.day_of_week + window.ends_next_day
    return (
        window.day_of_week * _DAY + _since_midnight(window.start),
        end_day * _DAY + _since_midnight(window.end),
    )


def _since_midnight(at: time) -> timedelta:
    return datetime.combine(date.min, at) - datetime.combine(date.min, _MIDNIGHT)


def deciding(schedules: Sequence[Schedule], now: datetime) -> list[Schedule]:
    """Return the schedules that decide: those in force that share the highest priority."""
    in_force = [schedule for schedule in schedules if is_in_force(schedule, now)]
    highest = max((schedule.priority for schedule in in_force), default=0)
    return [schedule for schedule in in_force if schedule.priority == highest]


def _first_instant(
    schedules: Sequence[Schedule], now: datetime, *, wanted: bool
) -> datetime | None:
    """Return the first instant from `now` on at which `is_open` is `wanted`.

    Between two validity dates the same schedules decide.
    """
    start = utc(now)
    if is_open(schedules, start) is wanted:
        return start
    if not schedules:
        return None
    for begin, end in pairwise([start, *validity_edges(schedules, start), _NEVER]):
        found = _first_within(deciding(schedules, begin), begin, end, wanted=wanted)
        if found is not None:
            return found
    return None


def validity_edges(schedules: Sequence[Schedule], now: datetime) -> list[datetime]:
    """Return the instants after `now` at which a schedule comes into force or ceases to be."""
    edges: set[datetime] = set()
    for schedule in schedules:
        days = []
        if schedule.is_active and schedule.valid_from is not None:
            days.append(schedule.valid_from)
        if schedule.is_active and schedule.valid_until is not None:
            days.append(min(schedule.valid_until, _NEVER.date()) + _DAY)
        for day in days:
            if not now.date() - _WEEK < day < _NEVER.date():
                continue
            instants = wall_instants(day, _MIDNIGHT, schedule.timezone)
            edges.update(instants)
            # Two midnights of one date: the clock fell back between them, perhaps into yesterday.
            edges.add(next_offset_change(schedule.timezone, instants[0], instants[-1]))
    return sorted(edge for edge in edges if edge > now)


def _first_within(
    deciding: Sequence[Schedule], begin: datetime, end: datetime, *, wanted: bool
) -> datetime | None:
    """Return the first instant in [begin, end), where `deciding` decide, that is as `wanted`.

    Between two clock changes all weeks are alike, so one of each is enough. A week without clock
    change has every time of every weekday: if nothing opens in it, nothing does later. Closing
    differs when timezones are mixed: whether all have a gap at once depends on their offsets.
    """
    if not deciding:
        return None if wanted else begin
    timezones = sorted({schedule.timezone for schedule in deciding})
    one_week_decides = wanted or len(timezones) == 1
    limit = min(end, begin + _ALL_CLOCK_CHANGES)
    seen: set[tuple[timedelta | None, ...]] = set()
    edge = begin
    while edge < limit:
        week = edge + _WEEK
        horizon = min(limit, week) if one_week_decides else limit
        change = min(next_offset_change(tz, edge, horizon) for tz in timezones)
        offsets = tuple(local_time(edge, tz).utcoffset() for tz in timezones)
        if offsets not in seen:
            for instant in window_edges(deciding, edge, min(change, week)):
                if any(has_open_window(schedule, instant) for schedule in deciding) is wanted:
                    return instant
        if change >= week:
            if one_week_decides:
                return None
            seen.add(offsets)
        edge = change
    return None


def window_edges(
    deciding: Sequence[Schedule], begin: datetime, end: datetime
) -> Iterator[datetime]:
    """Yield in order `begin` and the instants before `end` at which a window starts or ends."""
    instants = {begin}
    for schedule in deciding:
        day = local_date(begin, schedule.timezone) - _DAY
        last = local_date(end, schedule.timezone)
        while day <= last:
            for window in schedule.windows:
                if window.day_of_week == day.weekday():
                    instants.update(wall_instants(day, window.start, schedule.timezone))
                    until = day + _DAY if window.ends_next_day else day
                    instants.update(wall_instants(until, window.end, schedule.timezone))
            day += _DAY
    yield from sorted(instant for instant in instants if begin <= instant < end)
