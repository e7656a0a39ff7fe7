"""Dayparting over a stretch of time: open hours, hours in force, and clock changes.

Stretches are half-open pairs of UTC instants, `[begin, end)`, in order, that neither overlap nor
touch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

from ads.rules.calendar import day_begins, local_date, local_time, next_offset_change, utc
from ads.rules.dayparting import Schedule, is_in_force, is_open, validity_edges, window_edges

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A jump of the wall clock at `at` (UTC), from `before` to `after`.

    Both are that same instant, with the offset before and after; the wall-clock time between them
    is skipped or repeated.
    """

    at: datetime
    before: datetime
    after: datetime

    @property
    def is_forward(self) -> bool:
        """Whether wall-clock time is skipped, rather than repeated."""
        return self.after.replace(tzinfo=None) > self.before.replace(tzinfo=None)


def open_stretches(schedules: Sequence[Schedule], begin: datetime, end: datetime) -> list[Stretch]:
    """Return when a campaign with these schedules may deliver between two instants.

    By :func:`ads.rules.dayparting.is_open`; without schedules, all the time.

    Raises:
        UnknownTimezone: a schedule's timezone is invalid.
        ValueError: an instant has no timezone.
    """
    return _stretches(schedules, begin, end, lambda at: is_open(schedules, at))


def in_force_stretches(
    schedules: Sequence[Schedule], begin: datetime, end: datetime
) -> list[Stretch]:
    """Return when a schedule is active and valid between two instants; without any, always."""

    def holds(at: datetime) -> bool:
        return not schedules or any(is_in_force(schedule, at) for schedule in schedules)

    return _stretches(schedules, begin, end, holds)


def clock_changes(tz: str, begin: datetime, end: datetime) -> list[ClockChange]:
    """Return the jumps of the clock in `tz` after `begin` and before `end`, in order."""
    found = []
    at, last = utc(begin), utc(end)
    while (at := next_offset_change(tz, at, last)) < last:
        offset = local_time(at - timedelta.resolution, tz).utcoffset() or timedelta()
        found.append(ClockChange(at, at.astimezone(timezone(offset)), local_time(at, tz)))
    return found


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A calendar day of a timezone, `[begin, end)`, and the parts that are open and in force.

    A date that the timezone skipped has no length.
    """

    day: date
    begin: datetime
    end: datetime
    open: list[Stretch]
    in_force: list[Stretch]
    #: Including one at the very beginning of the day.
    clock_changes: list[ClockChange]


def days_ahead(schedules: Sequence[Schedule], tz: str, now: datetime, count: int) -> list[LocalDay]:
    """Return today in `tz`, from its beginning, and the days after it: `count` in all.

    In force is what any of `schedules` is; without any, all is open and in force.

    Raises:
        UnknownTimezone: `tz` or a schedule's timezone is invalid.
    """
    first = local_date(now, tz)
    dates = [first + timedelta(days=number) for number in range(count)]
    begins = [day_begins(day, tz) for day in [*dates, first + timedelta(days=count)]]
    whole = begins[0], begins[-1]
    open_, in_force = open_stretches(schedules, *whole), in_force_stretches(schedules, *whole)
    return [
        LocalDay(
            day,
            begin,
            end,
            _within(open_, begin, end),
            _within(in_force, begin, end),
            clock_changes(tz, begin - timedelta.resolution, end),
        )
        for day, (begin, end) in zip(dates, pairwise(begins), strict=True)
    ]


def _within(stretches: Sequence[Stretch], begin: datetime, end: datetime) -> list[Stretch]:
    cut = ((max(begin, first), min(end, last)) for first, last in stretches)
    return [(first, last) for first, last in cut if first < last]


def _stretches(
    schedules: Sequence[Schedule], begin: datetime, end: datetime, holds: Callable[[datetime], bool]
) -> list[Stretch]:
    """Return the stretches in which `holds` is true; it changes only at edges of the schedules."""
    found: list[Stretch] = []
    for edge, following in pairwise(_edges(schedules, utc(begin), utc(end))):
        if edge >= following or not holds(edge):
            continue
        if found and found[-1][1] == edge:
            found[-1] = (found[-1][0], following)
        else:
            found.append((edge, following))
    return found


def _edges(schedules: Sequence[Schedule], begin: datetime, end: datetime) -> list[datetime]:
    """Return both instants and, in order, those between at which something may change."""
    active = [schedule for schedule in schedules if schedule.is_active]
    edges = {*window_edges(active, begin, end), *validity_edges(active, begin)}
    # A clock that falls back may return into a window that it had left.
    for tz in {schedule.timezone for schedule in active}:
        edges.update(change.at for change in clock_changes(tz, begin, end))
    return [begin, *sorted(edge for edge in edges if begin < edge < end), end]
