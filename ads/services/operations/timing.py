"""When periodic tasks run, as a person says it.

django-celery-beat keeps a schedule as a row of one of four tables. Here it is one of the kinds
below, each of which is kept in one of those rows.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from cron_descriptor import (
    FormatException,
    MissingFieldException,
    Options,
    WrongArgumentException,
    get_description,
)
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads.rules.ticks import Crontab
from ads.services.operations import health

#: Of the week, as people count it here: 0 is Monday.
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY: Final = frozenset(range(7))
WORKDAYS: Final = frozenset(range(5))

#: Minute, hour, day of the month, month, day of the week.
Fields = tuple[str, str, str, str, str]

UNITS: Final = ("seconds", "minutes", "hours", "days")
#: How many of a unit make the next larger one: what divides it ticks at the same times each hour,
#: or each day.
_FULL: Final = {"minutes": 60, "hours": 24}

_TEENS: Final = range(11, 14)


class NeverRuns(ValueError):
    """A schedule that no day of the calendar fits, such as 30 February, or that nobody can read."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again: every 5 minutes."""

    count: int
    unit: str  # of UNITS

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s")
        return f"every {unit}" if self.count == 1 else f"every {self.count:,} {unit}s"


@dataclass(frozen=True, slots=True)
class Daily:
    """At a time of the day, on some days of the week (0 is Monday)."""

    at: time
    days: frozenset[int] = EVERY_DAY
    tz: str = "UTC"

    def __str__(self) -> str:
        if self.days == EVERY_DAY:
            return _at(self.at, " every day", self.tz)
        if self.days == WORKDAYS:
            return _at(self.at, ", Monday to Friday", self.tz)
        return _at(self.at, f" on {_listed([DAYS[day] for day in sorted(self.days)])}", self.tz)


@dataclass(frozen=True, slots=True)
class Monthly:
    """At a time of one day of each month; in months that do not have the day, not at all."""

    at: time
    day: int
    tz: str = "UTC"

    def __str__(self) -> str:
        return _at(self.at, f" on the {_ordinal(self.day)} of the month", self.tz)


@dataclass(frozen=True, slots=True)
class Once:
    """At one instant, and then never again."""

    at: datetime

    def __str__(self) -> str:
        return f"once, on {self.at.astimezone(UTC):%a %-d %b %Y, %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Cron:
    """By the five fields of a crontab."""

    fields: Fields
    tz: str = "UTC"

    def __str__(self) -> str:
        options = Options()
        options.use_24hour_time_format = True
        minute, hour, *of_days = self.fields
        steps = (_spelt_out(minute, "minutes"), _spelt_out(hour, "hours"))
        try:
            words = str(get_description(" ".join((*steps, *of_days)), options))
        except (MissingFieldException, FormatException, WrongArgumentException):
            return f"by the crontab {' '.join(self.fields)} ({self.tz})"
        return f"{words[:1].lower()}{words[1:]} ({self.tz})"


@dataclass(frozen=True, slots=True)
class Sun:
    """When the sun rises, sets or is highest at a place."""

    row: SolarSchedule

    def __str__(self) -> str:
        event = str(self.row.get_event_display()).lower()
        return f"at {event} at latitude {self.row.latitude}, longitude {self.row.longitude}"


Timing = Every | Daily | Monthly | Once | Cron | Sun


def timing_of(task: PeriodicTask) -> Timing:
    """When the task runs; it comes with its schedule's row (``select_related``)."""
    if task.interval:
        return Every(task.interval.every, task.interval.period)
    if task.crontab:
        return _of_crontab(task.crontab)
    if task.clocked:
        return Once(task.clocked.clocked_time)
    return Sun(task.solar)


def in_words(task: PeriodicTask) -> str:
    """When the task runs: "every 5 minutes", "at 00:00 UTC every day"."""
    timing = timing_of(task)
    if task.one_off and not isinstance(timing, Once):
        return f"{timing}, but only once"
    return str(timing)


def task_on(row: Any) -> PeriodicTask:
    """A task, not saved, that runs by a row of one of beat's four tables."""
    field = {
        IntervalSchedule: "interval",
        CrontabSchedule: "crontab",
        ClockedSchedule: "clocked",
        SolarSchedule: "solar",
    }[type(row)]
    return PeriodicTask(**{field: row})


def row_of(timing: Timing) -> dict[str, Any]:
    """The fields of a periodic task that make it run so; one of them is set.

    Where there is no such row yet, it is a new one that is still to be saved (:func:`save`).

    Raises:
        NeverRuns: no day of the calendar fits, or the fields cannot be read.
    """
    found: dict[str, Any] = dict.fromkeys(("interval", "crontab", "clocked", "solar"))
    if isinstance(timing, Once):
        found["clocked"] = _first_or_new(ClockedSchedule, clocked_time=timing.at)
    elif isinstance(timing, Sun):
        found["solar"] = timing.row
    elif (crontab_of := _crontab_of(timing)) is not None:
        found["crontab"] = _crontab_row(*crontab_of)
    elif isinstance(timing, Every):
        found["interval"] = _first_or_new(IntervalSchedule, every=timing.count, period=timing.unit)
    return found


def save(task: PeriodicTask) -> None:
    """Save a task, and before it the row that says when it runs, where that is new."""
    for row in (task.interval, task.crontab, task.clocked, task.solar):
        if row is not None and row.pk is None:
            row.save()
    task.save()


def distance(timing: Timing) -> int | None:
    """Seconds from one run to the next, where that is always the same."""
    if isinstance(timing, Every):
        return int(timedelta(**{timing.unit: timing.count}).total_seconds())
    if isinstance(timing, Daily) and timing.days == EVERY_DAY:
        return int(timedelta(days=1).total_seconds())
    return None


def _of_crontab(row: CrontabSchedule) -> Timing:
    tz = str(row.timezone)
    fields = (row.minute, row.hour, row.day_of_month, row.month_of_year, row.day_of_week)
    if health.ticks_of(task_on(row)) is None:
        return Cron(fields, tz)  # "61 0 1 * *" is no time of the day
    match fields:
        case (minute, "*", "*", "*", "*") if tz == "UTC" and (count := _each(minute, "minutes")):
            return Every(count, "minutes")
        case ("0", hour, "*", "*", "*") if tz == "UTC" and (count := _each(hour, "hours")):
            return Every(count, "hours")
        case (minute, hour, "*", "*", _) if (minute + hour).isdecimal() and (days := _days(row)):
            return Daily(time(int(hour), int(minute)), days, tz)
        case (minute, hour, day, "*", "*") if (minute + hour + day).isdecimal():
            return Monthly(time(int(hour), int(minute)), int(day), tz)
    return Cron(fields, tz)


def _each(field: str, unit: str) -> int:
    """5 of "*/5", 1 of "*", if the ticks come at equal distance; else 0."""
    if field == "*":
        return 1
    count = field.removeprefix("*/")
    return int(count) if count != field and count.isdecimal() and _divides(count, unit) else 0


def _divides(count: int | str, unit: str) -> bool:
    count = int(count)
    return 0 < count < _FULL[unit] and _FULL[unit] % count == 0


def _spelt_out(field: str, unit: str) -> str:
    """The minutes of "*/45": it starts anew each hour, so "every 45 minutes" would be wrong."""
    count = field.removeprefix("*/")
    if count == field or not count.isdecimal() or not int(count) or _divides(count, unit):
        return field
    return ",".join(map(str, range(0, _FULL[unit], int(count))))


def _crontab_of(timing: Every | Daily | Monthly | Cron) -> tuple[Fields, str] | None:
    """The crontab that ticks so, and its timezone; None if none does."""
    match timing:
        case Every(count, "minutes" | "hours" as unit) if _divides(count, unit):
            # It ticks on the full hour, and at midnight UTC too.
            field = "*" if count == 1 else f"*/{count}"
            minutes = unit == "minutes"
            return ((field, "*") if minutes else ("0", field)) + ("*", "*", "*"), "UTC"
        case Daily(at, days, tz):
            of_week = ",".join(str((day + 1) % 7) for day in sorted(days))
            every = "*" if days == EVERY_DAY else of_week
            return (str(at.minute), str(at.hour), "*", "*", every), tz
        case Monthly(at, day, tz):
            return (str(at.minute), str(at.hour), str(day), "*", "*"), tz
        case Cron(fields, tz):
            return fields, tz
    return None


def _crontab_row(fields: Fields, tz: str) -> CrontabSchedule:
    names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    columns: dict[str, Any] = {**dict(zip(names, fields, strict=True)), "timezone": ZoneInfo(tz)}
    ticks = health.ticks_of(task_on(CrontabSchedule(**columns)))
    if ticks is None:
        raise NeverRuns("Nobody can read this crontab, or no day of the calendar fits it.")
    row: CrontabSchedule = _first_or_new(CrontabSchedule, **columns)
    return row


def _first_or_new(model: Any, **columns: Any) -> Any:
    # Nothing forbids two equal rows, so get() could find two.
    return model.objects.filter(**columns).order_by("pk").first() or model(**columns)


def _days(row: CrontabSchedule) -> frozenset[int]:
    """The days of the week, 0 being Monday; a crontab begins with Sunday."""
    ticks = health.ticks_of(task_on(row))
    weekdays = ticks.weekdays if isinstance(ticks, Crontab) else frozenset()
    return frozenset((day - 1) % 7 for day in weekdays)


def _at(clock: time, when: str, tz: str) -> str:
    if tz == "UTC":
        return f"at {clock:%H:%M} UTC{when}"
    return f"at {clock:%H:%M}{when} ({tz})"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in _TEENS else ending}"
