"""Whether the watch itself is alive: each periodic task, and when it last did its work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from celery.schedules import ParseException
from django.db import models
from django_celery_beat.models import PeriodicTask

from ads.models import Heartbeat
from ads.rules import ticks
from ads.rules.calendar import UnknownTimezone

#: The names of the tasks that note when they succeed begin so.
OURS: Final = "ads.tasks."


class Pulse(models.TextChoices):
    """How a periodic task stands; what needs somebody first comes first."""

    LATE = "late", "Late"
    FAILING = "failing", "Failing"
    WAITING = "waiting", "Not run yet"
    ALIVE = "alive", "On time"
    UNKNOWN = "unknown", "Not watched"
    OFF = "off", "Switched off"


#: Those that somebody should see to.
ALARMING: Final = frozenset({Pulse.LATE, Pulse.FAILING})


@dataclass(frozen=True, slots=True)
class Watched:
    """One periodic task at an instant.

    ``task``: the row of django-celery-beat, with its interval, crontab, clocked and solar at hand.
    ``heartbeat``: what it noted about its runs; None: it has never run, or it is not one of ours.
    ``next_tick``: when it is next due (UTC); None: never, or nobody can tell (solar events).
    ``late_since``: from when it is late (UTC); None unless ``pulse`` is late, and where beat sent
    it again and again and nothing ever ran it, and where ``is_ahead``.
    """

    task: PeriodicTask
    heartbeat: Heartbeat | None
    pulse: Pulse
    next_tick: datetime | None
    late_since: datetime | None
    #: It was sent, or succeeded, at an instant that has not come: the clock has been set back, and
    #: beat sends it no more until then.
    is_ahead: bool = False

    @property
    def last_success_at(self) -> datetime | None:
        return self.heartbeat.last_success_at if self.heartbeat else None

    @property
    def took(self) -> timedelta | None:
        """How long its last run that came to its end took."""
        return self.heartbeat.last_duration if self.heartbeat else None

    @property
    def is_alarming(self) -> bool:
        """Should somebody see to it?"""
        return self.pulse in ALARMING


def look(now: datetime, tasks: Iterable[PeriodicTask] | None = None) -> list[Watched]:
    """How periodic tasks stand at ``now``: all of them, those that need somebody first; 2 queries.

    Given ``tasks``, those, in their order; they should have their schedules at hand
    (:func:`with_schedules`), or each costs a query.

    - *Late*: no success for clearly longer than its schedule asks, see
      :func:`ads.rules.ticks.late_from`. Counted from its last success; where it never had one, from
      when it first ran, or when the row was last changed, for nobody noted when it was made. Also
      late is what beat has sent several times and nothing ever ran, and what waits for a clock that
      has been set back.
    - *Failing*: not late, but its last run failed in part or whole.
    - *Not run yet*: its first run is still to come.
    - *Not watched*: others' tasks note nothing, and of some schedules nobody knows when they tick.
    - *Switched off*: disabled, expired, or a single time that is over; never late.
    """
    rows = list(with_schedules(PeriodicTask.objects.all())) if tasks is None else list(tasks)
    beats = {beat.task: beat for beat in Heartbeat.objects.order_by()}
    watched = [_watched(row, beats.get(heartbeat_of(row)), now) for row in rows]
    if tasks is None:
        order = list(Pulse)
        watched.sort(key=lambda each: (order.index(each.pulse), each.task.name))
    return watched


def with_schedules(tasks: "models.QuerySet[PeriodicTask]") -> "models.QuerySet[PeriodicTask]":
    """``tasks`` with whatever says when they tick."""
    return tasks.select_related("interval", "crontab", "clocked", "solar")


def heartbeat_of(task: PeriodicTask) -> str:
    """The name under which a periodic task notes its runs; empty for others' tasks."""
    return task.task.removeprefix(OURS) if task.task.startswith(OURS) else ""


def ticks_of(task: PeriodicTask) -> ticks.Ticks | None:
    """When a periodic task ticks; None where nobody can tell (solar events, broken crontabs)."""
    if task.interval:
        return ticks.Every(timedelta(**{task.interval.period: task.interval.every}))
    if task.clocked:
        return ticks.Once(task.clocked.clocked_time)
    if not task.crontab:
        return None
    try:
        # Read by beat's own parser, so that both mean the same.
        read = task.crontab.schedule
    except (ValueError, ParseException):
        return None
    return ticks.Crontab(
        minutes=frozenset(read.minute),
        hours=frozenset(read.hour),
        weekdays=frozenset(read.day_of_week),
        days=frozenset(read.day_of_month),
        months=frozenset(read.month_of_year),
        timezone=str(task.crontab.timezone),
    )


def _watched(task: PeriodicTask, beat: Heartbeat | None, now: datetime) -> Watched:
    if not task.enabled or (task.expires and task.expires <= now):
        return Watched(task, beat, Pulse.OFF, None, None)
    schedule = ticks_of(task)
    try:
        due = _next_tick(task, schedule, now)
        late_from = ticks.late_from(schedule, _since(task, beat)) if schedule else None
    except UnknownTimezone:
        schedule = due = late_from = None
    if not heartbeat_of(task) or schedule is None:
        return Watched(task, beat, Pulse.UNKNOWN, due, None)
    if _is_ahead(task, beat, now):
        return Watched(task, beat, Pulse.LATE, due, None, is_ahead=True)
    if late_from and now > late_from:
        return Watched(task, beat, Pulse.LATE, due, late_from)
    return Watched(task, beat, _pulse_in_time(task, beat), due, None)


def _is_ahead(task: PeriodicTask, beat: Heartbeat | None, now: datetime) -> bool:
    """Further than the clocks of two machines differ."""
    noted = (task.last_run_at, beat.last_success_at if beat else None)
    return any(at is not None and at > now + ticks.LEAST_GRACE for at in noted)


def _pulse_in_time(task: PeriodicTask, beat: Heartbeat | None) -> Pulse:
    """By the clock it is not late."""
    if beat is None:
        return Pulse.LATE if task.total_run_count > 1 else Pulse.WAITING
    return Pulse.FAILING if beat.last_error else Pulse.ALIVE


def _since(task: PeriodicTask, beat: Heartbeat | None) -> datetime:
    """From when its successes are counted."""
    if beat and beat.last_success_at:
        since = beat.last_success_at
    elif beat:
        since = beat.created_at
    else:
        since = task.date_changed
    if task.last_run_at is None:
        # It was switched on, or made, after that; beat has not sent it since.
        since = max(since, task.date_changed)
    # Before that, nobody asked for it.
    return max(since, task.start_time) if task.start_time else since


def _next_tick(task: PeriodicTask, schedule: ticks.Ticks | None, now: datetime) -> datetime | None:
    """After ``now``; an interval is counted from when beat last sent the task."""
    if schedule is None:
        return None
    sent: datetime | None = task.last_run_at
    if isinstance(schedule, ticks.Every) and sent:
        return max(sent + schedule.period, now)
    return ticks.next_tick(schedule, max(now, task.start_time) if task.start_time else now)
