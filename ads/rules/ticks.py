"""When something that runs again and again is next due, and when it is late.

A tick is an instant at which it is due. All instants are in UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ads.rules.calendar import local_time, next_day_begins, utc

#: What it may take from a tick until the success is on record: as long again as between two ticks,
#: within these bounds. A run takes its time, and one that was missed is no alarm.
LEAST_GRACE: Final = timedelta(minutes=2)
MOST_GRACE: Final = timedelta(minutes=15)

_MINUTE: Final = timedelta(minutes=1)
#: A crontab of 29 February is due again within these, also over a century that leaves one out.
_LONGEST_WAIT: Final = timedelta(days=366 * 8)


@dataclass(frozen=True, slots=True)
class Every:
    """Each time so long after the last."""

    period: timedelta


@dataclass(frozen=True, slots=True)
class Crontab:
    """At these wall-clock minutes in ``timezone``, on days that are in all three sets.

    ``weekdays`` as cron counts: 0 is Sunday. A minute that the clock skips has no tick, one that it
    repeats has two.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    weekdays: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    timezone: str


@dataclass(frozen=True, slots=True)
class Once:
    """A single time."""

    at: datetime


Ticks = Every | Crontab | Once


def next_tick(ticks: Ticks, after: datetime) -> datetime | None:
    """Return the first tick after ``after``; None when there is none any more.

    Raises:
        UnknownTimezone: a crontab's timezone cannot be read.
    """
    after = utc(after)
    if isinstance(ticks, Every):
        return after + ticks.period
    if isinstance(ticks, Once):
        return utc(ticks.at) if ticks.at > after else None
    return _next_of_crontab(ticks, after)


def late_from(ticks: Ticks, since: datetime) -> datetime | None:
    """Return the instant from which it is late, if nothing succeeds after ``since``.

    None when it is never late: no tick follows.

    Raises:
        UnknownTimezone: a crontab's timezone cannot be read.
    """
    due = next_tick(ticks, since)
    if due is None:
        return None
    following = next_tick(ticks, due)
    between = MOST_GRACE if following is None else following - due
    return due + min(max(between, LEAST_GRACE), MOST_GRACE)


def _next_of_crontab(crontab: Crontab, after: datetime) -> datetime | None:
    at = after.replace(second=0, microsecond=0) + _MINUTE
    while at < after + _LONGEST_WAIT:
        wall = local_time(at, crontab.timezone)
        if not (
            wall.month in crontab.months
            and wall.day in crontab.days
            and wall.isoweekday() % 7 in crontab.weekdays
        ):
            at = next_day_begins(at, crontab.timezone)
        elif wall.hour not in crontab.hours:
            at += (60 - wall.minute) * _MINUTE
        elif wall.minute not in crontab.minutes:
            at += _MINUTE
        else:
            return at
    return None
