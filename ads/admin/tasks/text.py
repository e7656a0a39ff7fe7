"""A periodic task's health, described."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.elements import NOTHING, ago, ahead, badge, counted, span
from ads.models import Heartbeat
from ads.rules.calendar import format_instant
from ads.services.operations import Health, TaskHealth, health, task_texts

#: Colours of the badges.
COLOURS: Final = {
    Health.LATE: "alarm",
    Health.FAILING: "alarm",
    Health.WAITING: "info",
    Health.ON_TIME: "success",
    Health.UNKNOWN: "plain",
    Health.OFF: "warning",
}

#: Most characters of an error's first line; the rest is on the page of its heartbeat.
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class TaskDescription:
    """One task, described; empty where there is nothing to say."""

    does: str
    #: What does not happen while it is switched off.
    without: str
    when: str
    next: str
    success: str
    took: str
    badge: SafeString
    outcome: str
    is_alarming: bool


def describe(checked: TaskHealth, now: datetime) -> TaskDescription:
    task, beat = checked.task, checked.heartbeat
    text = task_texts.about(task.task)
    succeeded = beat.last_success_at if beat else None
    never = "never" if text else NOTHING
    return TaskDescription(
        does=text.does if text else task.description or f"Runs {task.task}.",
        without=text.without if text else "",
        when=health.when(task),
        next=ahead(checked.next_due, now) if checked.next_due else "",
        success=ago(succeeded, now) if succeeded else never,
        took=span(beat.last_duration) if beat and beat.last_duration is not None else "",
        badge=badge(str(checked.health.label), COLOURS[checked.health]),
        outcome=_outcome(checked, beat, text, now),
        is_alarming=checked.is_alarming,
    )


def alarm_summary(checked: Iterable[TaskHealth]) -> str:
    """For many late or failing tasks: "5 periodic tasks are late, the longest since …"."""
    alarming = [each for each in checked if each.is_alarming]
    late = [each for each in alarming if each.health == Health.LATE]
    failing = len(alarming) - len(late)
    if not late:
        return f"The last run of {counted(failing, 'periodic task')} failed"
    words = f"{counted(len(late), 'periodic task')} {'is' if len(late) == 1 else 'are'} late"
    if since := [each.late_since for each in late if each.late_since]:
        longest = ", the longest" if len(late) > 1 else ""
        words += f"{longest} since {format_instant(min(since))}"
    if failing:
        words += f", and the last run of {failing} failed"
    return f"{words}: are the worker and beat running?"


def _outcome(
    checked: TaskHealth, beat: Heartbeat | None, text: task_texts.TaskText | None, now: datetime
) -> str:
    match checked.health:
        case Health.LATE:
            return _late(checked, beat, now)
        case Health.FAILING if beat:
            return _failure(beat, now)
        case Health.OFF:
            return text.without if text else "It runs only when started by hand."
        case Health.WAITING:
            return "Its first run is still to come."
        case Health.UNKNOWN:
            own = "Its schedule is invalid: choose another one."
            return own if text else "Not one of the product's own tasks: it is not monitored."
    changed = beat.last_changed if beat else 0
    return f"Switched {counted(changed, 'campaign')}." if changed else ""


def _late(checked: TaskHealth, beat: Heartbeat | None, now: datetime) -> str:
    if checked.is_ahead:
        why = (
            "The clock was set back, and beat waits until it has caught up. Restart beat, and "
            "switch the task off and on."
        )
    elif beat is None:
        why = "No worker has ever run it. Are the worker and beat running?"
    elif beat.last_error:
        why = _failure(beat, now)
    else:
        why = "Are the worker and beat running?"
    if checked.late_since is None:
        return why
    return format_html("Late since {}. {}", ago(checked.late_since, now), why)


def _failure(beat: Heartbeat, now: datetime) -> SafeString:
    first_line = beat.last_error.partition("\n")[0]
    if len(first_line) > LONGEST:
        first_line = f"{first_line[:LONGEST]}…"
    failed = format_html(" {}", ago(beat.last_failure_at, now)) if beat.last_failure_at else ""
    succeeded = (
        format_html("last success {}", ago(beat.last_success_at, now))
        if beat.last_success_at
        else "never succeeded"
    )
    return format_html(
        '<span class="ads-wrap ads-bad">{}</span> (failed{}; {})', first_line, failed, succeeded
    )
