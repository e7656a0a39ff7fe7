"""How the system is: what a monitor asks for, and what it should alarm people about."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.db import OperationalError, connection

from ads.services.monitoring.bounded import bounded
from ads.services.monitoring.counting import count_new
from ads.services.monitoring.crossings import Unenforced, sparing
from ads.services.monitoring.queues import depths
from ads.services.monitoring.sessions import StuckSession, stuck_sessions
from ads.services.operations import Health, TaskHealth, TimezoneDatabase, health, timezone_database

#: The task whose run enforces every campaign.
SAFETY_CHECK: Final = "check_campaign_budgets"

#: From when on a session that waits for a lock or keeps others waiting is a problem.
STUCK_AFTER: Final = timedelta(seconds=30)
#: By how much the clocks of this machine and of the database may differ.
CLOCKS_DIFFER: Final = timedelta(seconds=5)


class ProblemKind(StrEnum):
    """What can be wrong."""

    TASK_LATE = "task_late"
    TASK_FAILING = "task_failing"
    QUEUES_UNKNOWN = "queues_unknown"
    NOT_ENFORCED = "not_enforced"
    CLOCK = "clock"
    TIMEZONE_DATABASE = "timezone_database"
    SESSION_STUCK = "session_stuck"
    UNKNOWN = "unknown"  # a part of the report could not be worked out


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that people should look at, in a sentence."""

    kind: ProblemKind
    text: str


@dataclass(slots=True)
class Report:
    """The system at ``now``; a part that is None could not be worked out, and is a problem.

    ``queues``: how many tasks wait, by queue. ``clock_difference``: by how much the database's
    clock is ahead of this machine's.
    """

    now: datetime
    timezones: TimezoneDatabase
    tasks: list[TaskHealth] | None = None
    queues: dict[str, int] | None = None
    unenforced: Unenforced | None = None
    clock_difference: timedelta | None = None
    stuck: list[StuckSession] | None = None
    problems: list[Problem] = field(default_factory=list)


def report(clock: Callable[[], datetime], *, count: bool = False) -> Report:
    """Ask the database and Redis how the system is, by this machine's ``clock``.

    ``count``: also bring the counters up to date.

    Raises:
        DatabaseError: the database does not answer.
    """
    found = Report(clock(), timezone_database())
    with _part(found, "The clocks"), bounded():
        found.clock_difference = _clock_difference(clock)
    with _part(found, "Sessions"), bounded():
        found.stuck = stuck_sessions()
    with _part(found, "Periodic tasks"), bounded():
        found.tasks = health.check(found.now)
    with _part(found, "Used-up budgets"), bounded():
        found.unenforced = sparing(found.now)
    if count:
        with _part(found, "The counters"):
            count_new()
    found.queues = depths()
    found.problems += _problems(found)
    return found


@contextmanager
def _part(report: Report, name: str) -> Iterator[None]:
    """What cannot be worked out in time is a problem of its own, and the other parts go on."""
    try:
        yield
    except OperationalError as error:
        if not connection.is_usable():
            raise
        reason = str(error).partition("\n")[0]
        report.problems.append(
            Problem(ProblemKind.UNKNOWN, f"{name} could not be worked out: {reason}.")
        )


def _clock_difference(clock: Callable[[], datetime]) -> timedelta:
    """Compared in the middle of the question."""
    with connection.cursor() as cursor:
        before = clock()
        cursor.execute("SELECT clock_timestamp()")
        after = clock()
        answer: datetime = cursor.fetchone()[0]
    return answer - (before + (after - before) / 2)


def _problems(found: Report) -> Iterator[Problem]:
    for task in found.tasks or ():
        if task.health == Health.LATE:
            yield Problem(ProblemKind.TASK_LATE, f"{task.task.name} is late.")
        elif task.health == Health.FAILING:
            yield Problem(ProblemKind.TASK_FAILING, f"{task.task.name} is failing.")
    if found.queues is None:
        yield Problem(
            ProblemKind.QUEUES_UNKNOWN,
            "Redis does not answer, so periodic tasks do not run. Spend and edits do not need it.",
        )
    if found.unenforced and _is_overlooked(found.unenforced, found.tasks or ()):
        yield Problem(
            ProblemKind.NOT_ENFORCED,
            f"{found.unenforced.count} campaigns deliver although a budget is used up, and the "
            f"safety check did not stop them, such as campaign {found.unenforced.oldest}. The "
            "log of the worker says why.",
        )
    if found.clock_difference is not None and abs(found.clock_difference) > CLOCKS_DIFFER:
        seconds = found.clock_difference.total_seconds()
        yield Problem(
            ProblemKind.CLOCK,
            f"The database's clock is {abs(seconds):.1f} seconds "
            f"{'ahead of' if seconds > 0 else 'behind'} this machine's. Synchronize both.",
        )
    if found.timezones.problem:
        yield Problem(ProblemKind.TIMEZONE_DATABASE, found.timezones.problem)
    for session in found.stuck or ():
        if session.duration >= STUCK_AFTER:
            yield Problem(ProblemKind.SESSION_STUCK, session.text)


def _is_overlooked(unenforced: Unenforced, tasks: Any) -> bool:
    """Has a safety check that began after it was known ended, without stopping the campaign?

    Before the next check has run this is no problem; if it does not run, that is one of its own.
    """
    if unenforced.since is None:
        return unenforced.count > 0
    return any(
        task.task.task == f"{health.OURS}{SAFETY_CHECK}"
        and task.heartbeat is not None
        and task.heartbeat.last_run_at is not None
        # An entry is visible later than it was recorded, once its transaction has ended.
        and task.heartbeat.last_run_at > unenforced.since + health.LEAST_GRACE
        for task in tasks
    )
