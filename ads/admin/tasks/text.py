"""How a periodic task stands, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from ads.admin.elements import NOTHING, ago, ahead, span
from ads.models import Heartbeat
from ads.services.operations import Pulse, Watched, counted, task_texts, timing

#: Of how a task stands, the colour of its badge.
COLOURS: Final = {
    Pulse.LATE: "alarm",
    Pulse.FAILING: "alarm",
    Pulse.WAITING: "info",
    Pulse.ALIVE: "success",
    Pulse.UNKNOWN: "plain",
    Pulse.OFF: "warning",
}

#: Of an error's first line; the rest is on the page of its heartbeat.
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One task, sentence by sentence; empty where there is nothing to say."""

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


def told(watched: Watched, now: datetime) -> Told:
    """What the pages say of a task at ``now``."""
    task, beat = watched.task, watched.heartbeat
    text = task_texts.about(task.task)
    succeeded = watched.last_success_at
    never = "never" if text else NOTHING
    return Told(
        does=text.does if text else task.description or f"Runs {task.task}.",
        without=text.without if text else "",
        when=timing.in_words(task),
        next=ahead(watched.next_tick, now) if watched.next_tick else "",
        success=ago(succeeded, now) if succeeded else never,
        took=span(watched.took) if watched.took is not None else "",
        badge=_badge(watched.pulse),
        outcome=_outcome(watched, beat, text, now),
        is_alarming=watched.is_alarming,
    )


def in_short(watched: Iterable[Watched], now: datetime) -> str:
    """Of many that are late or failing: "5 periodic tasks are late, …: is the worker running?"."""
    alarming = [each for each in watched if each.is_alarming]
    late = [each for each in alarming if each.pulse == Pulse.LATE]
    failing = len(alarming) - len(late)
    if not late:
        return f"{counted(failing, 'periodic task')} failed when they last ran"
    words = f"{counted(len(late), 'periodic task')} {'is' if len(late) == 1 else 'are'} late"
    if since := [each.late_since for each in late if each.late_since]:
        first, today = min(since).astimezone(UTC), now.astimezone(UTC).date()
        when = f"{first:%H:%M}" if first.date() == today else f"{first:%a %-d %b, %H:%M}"
        words += f"{', the longest' if len(late) > 1 else ''} since {when} UTC"
    if failing:
        words += f", and {failing} failed when {'it' if failing == 1 else 'they'} last ran"
    return f"{words}: are the worker and beat running?"


def _badge(pulse: Pulse) -> SafeString:
    return format_html('<span class="ads-badge ads-{}">{}</span>', COLOURS[pulse], pulse.label)


def _outcome(
    watched: Watched, beat: Heartbeat | None, text: task_texts.TaskText | None, now: datetime
) -> str:
    match watched.pulse:
        case Pulse.LATE:
            words = _late(watched, beat, now)
        case Pulse.FAILING if beat:
            words = _failure(beat, now)
        case Pulse.OFF:
            words = text.without if text else "Nothing starts it by itself."
        case Pulse.WAITING:
            words = "Its first run is still to come."
        case Pulse.UNKNOWN if text is None:
            words = "Not one of the product's own: how it went is not noted."
        case _:
            words = text.changed(beat.last_changed) if beat and text else ""
    return words


def _late(watched: Watched, beat: Heartbeat | None, now: datetime) -> str:
    if watched.is_ahead:
        why = (
            "The clock has been set back, so beat waits until it is there again: restart beat, and "
            "switch the task off and on."
        )
    elif beat is None:
        why = "No worker has ever run it: are the worker and beat running?"
    elif beat.last_error:
        why = _failure(beat, now)
    else:
        why = "Are the worker and beat running?"
    if watched.late_since is None:
        return why
    return format_html("Late since {}. {}", ago(watched.late_since, now), why)


def _failure(beat: Heartbeat, now: datetime) -> SafeString:
    first_line = beat.last_error.partition("\n")[0]
    if len(first_line) > LONGEST:
        first_line = f"{first_line[:LONGEST]}…"
    failed = (
        format_html("failed {}", ago(beat.last_failure_at, now)) if beat.last_failure_at else ""
    )
    since = (
        format_html("; it last succeeded {}", ago(beat.last_success_at, now))
        if beat.last_success_at
        else "; it has never succeeded"
    )
    return format_html(
        '<span class="ads-wrap ads-bad">{}</span> ({}{})', first_line, failed or "failed", since
    )
