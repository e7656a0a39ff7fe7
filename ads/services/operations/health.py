"""System health: each periodic task, when it is due, and when it last did its work."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from celery.exceptions import ImproperlyConfigured
from celery.schedules import ParseException
from cron_descriptor import Options, get_description
from django.db import models
from django_celery_beat import models as beat_models
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, PeriodicTask

from ads.models import Heartbeat
from ads.rules.calendar import format_instant

#: Prefix of the product's own tasks; only these record a heartbeat.
OURS: Final = "ads.tasks."

#: A success may follow its due time by as long as the task's period, within these bounds: a run
#: takes its time, and a single missed run is no alarm.
LEAST_GRACE: Final = timedelta(minutes=2)
MOST_GRACE: Final = timedelta(minutes=15)

#: Raised by a schedule that cannot run: an impossible crontab, or a solar event without ephem.
INVALID: Final = (ValueError, ParseException, RuntimeError, OverflowError, ImproperlyConfigured)

# Crontabs in words have the 24-hour times of all else.
_words = Options()
_words.use_24hour_time_format = True
beat_models.get_description = partial(get_description, options=_words)

#: Enough to step through the hour that a clock change repeats, minute by minute.
_MOST_STEPS: Final = 100


class Health(models.TextChoices):
    """Health of a periodic task; the ones that need attention come first."""

    LATE = "late", "Late"
    FAILING = "failing", "Failing"
    WAITING = "waiting", "Not run yet"
    ON_TIME = "on time", "On time"
    UNKNOWN = "unknown", "Not monitored"
    OFF = "off", "Switched off"


@dataclass(frozen=True, slots=True)
class TaskHealth:
    """One periodic task at an instant; instants are in UTC.

    ``heartbeat``: None if the task has never run, or is not one of ours.
    ``next_due``: None if never, or if its schedule is invalid.
    ``late_since``: None unless ``health`` is late; also None where beat sent the task repeatedly
    and no worker ever ran it, and where ``is_ahead``.
    """

    task: PeriodicTask
    heartbeat: Heartbeat | None
    health: Health
    next_due: datetime | None = None
    late_since: datetime | None = None
    #: It was sent, or succeeded, in the future: the clock has been set back, and beat sends nothing
    #: until the clock has caught up.
    is_ahead: bool = False

    @property
    def is_alarming(self) -> bool:
        return self.health in (Health.LATE, Health.FAILING)


def check(now: datetime, tasks: Iterable[PeriodicTask] | None = None) -> list[TaskHealth]:
    """The health of all periodic tasks, those that need attention first; 2 queries.

    Given ``tasks``, of those, in their order; each should have its schedule loaded
    (:func:`with_schedules`), or costs a query.

    - *Late*: no success since the due time and a grace period. Counted from the last success; if
      there is none, from the first run, or from when the row was last changed. Also late is a task
      that beat has sent several times and no worker ever ran, and one whose clock was set back.
    - *Failing*: not late, but its last run failed in part or whole.
    - *Not run yet*: its first run is still to come.
    - *Not monitored*: tasks that record no heartbeat, and invalid schedules.
    - *Switched off*: disabled or expired; never late.
    """
    rows = list(with_schedules(PeriodicTask.objects.all())) if tasks is None else list(tasks)
    beats = {beat.task: beat for beat in Heartbeat.objects.order_by()}
    found = [_health_of(row, beats.get(row.task.removeprefix(OURS)), now) for row in rows]
    if tasks is None:
        order = list(Health)
        found.sort(key=lambda each: (order.index(each.health), each.task.name))
    return found


def with_schedules(tasks: "models.QuerySet[PeriodicTask]") -> "models.QuerySet[PeriodicTask]":
    """``tasks`` with their schedules loaded."""
    return tasks.select_related("interval", "crontab", "clocked", "solar")


def next_due(row: Any, after: datetime) -> datetime | None:
    """When a schedule's row of django-celery-beat is next due after ``after``; None: never again.

    Celery's own schedule answers, so clock changes count here just as they do in beat.

    Raises:
        INVALID: the schedule cannot run.
    """
    if hasattr(row, "clocked_time"):
        return row.clocked_time if row.clocked_time > after else None
    asked: Any = row.schedule
    due = after
    for _ in range(_MOST_STEPS):
        asked.nowfun = lambda at=due: at
        wait: timedelta = asked.remaining_estimate(due)
        due += wait
        # In the hour that a clock change repeats, a crontab answers with the first of the two.
        if due > after:
            return due
    return None


def period(row: Any, now: datetime) -> int | None:
    """Seconds between the next two runs of a schedule's row; None if there are no two."""
    due = next_due(row, now)
    following = next_due(row, due) if due else None
    return int((following - due).total_seconds()) if due and following else None


def when(task: PeriodicTask) -> str:
    """When a task runs: "every 5 minutes"; see :func:`in_words`."""
    words = in_words(task.scheduler)
    once = ", but only once" if task.one_off and not task.clocked else ""
    return f"{words[:1].lower()}{words[1:]}{once}"


def in_words(row: Any) -> str:
    """A schedule's row in django-celery-beat's words: "Every 5 minutes", "At 03:00 UTC".

    A crontab names its timezone only where it has hours or days.
    """
    if isinstance(row, ClockedSchedule):
        return f"Once, at {format_instant(row.clocked_time)}"
    if not isinstance(row, CrontabSchedule):
        return str(row)
    try:
        words = str(row.human_readable)
    except INVALID:
        words = str(row)
    larger = (row.hour, row.day_of_month, row.month_of_year, row.day_of_week)
    return words.removesuffix(f" {row.timezone}") if set(larger) == {"*"} else words


def _health_of(task: PeriodicTask, beat: Heartbeat | None, now: datetime) -> TaskHealth:
    if not task.enabled or (task.expires and task.expires <= now):
        return TaskHealth(task, beat, Health.OFF)
    try:
        # As beat counts: from when it last sent the task.
        due = next_due(task.scheduler, task.last_run_at or task.date_changed)
        late_from = _late_from(task, beat)
    except INVALID:
        return TaskHealth(task, beat, Health.UNKNOWN)
    if due:
        due = max(due, now, task.start_time or now)
    if not task.task.startswith(OURS):
        return TaskHealth(task, beat, Health.UNKNOWN, due)
    noted = (task.last_run_at, beat.last_success_at if beat else None)
    # Further than the clocks of two machines differ.
    is_ahead = any(at and at > now + LEAST_GRACE for at in noted)
    late_since = late_from if late_from and now > late_from and not is_ahead else None
    is_never_taken = beat is None and task.total_run_count > 1
    if is_ahead or late_since or is_never_taken:
        return TaskHealth(task, beat, Health.LATE, due, late_since, is_ahead)
    if beat is None:
        return TaskHealth(task, beat, Health.WAITING, due)
    return TaskHealth(task, beat, Health.FAILING if beat.last_error else Health.ON_TIME, due)


def _late_from(task: PeriodicTask, beat: Heartbeat | None) -> datetime | None:
    """The instant from which the task is late if nothing succeeds before; None: never."""
    since = (beat.last_success_at or beat.created_at) if beat else task.date_changed
    if task.last_run_at is None:
        # It was switched on or added after that, and beat has not sent it since.
        since = max(since, task.date_changed)
    due = next_due(task.scheduler, max(since, task.start_time or since))
    if due is None:
        return None
    following = next_due(task.scheduler, due)
    between = following - due if following else MOST_GRACE
    return due + min(max(between, LEAST_GRACE), MOST_GRACE)
