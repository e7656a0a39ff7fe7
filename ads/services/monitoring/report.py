"""How the system is: what a monitor asks for, and what it should alarm people about."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection

from ads.models import Restore
from ads.rules.calendar import format_instant
from ads.services import freshness, restored
from ads.services.backups import BackupStatus
from ads.services.backups import status as backup_status
from ads.services.connections import Trouble, troubles
from ads.services.monitoring.bounded import bounded
from ads.services.monitoring.counting import count_new
from ads.services.monitoring.crossings import Unenforced, sparing
from ads.services.monitoring.queues import depths
from ads.services.operations import (
    ClockDifference,
    Health,
    StuckSession,
    TaskHealth,
    TimezoneDatabase,
    clock_difference,
    health,
    stuck_sessions,
    timezone_database,
)

#: The task whose run enforces every campaign.
SAFETY_CHECK: Final = "check_campaign_budgets"


class ProblemKind(StrEnum):
    TASK_LATE = "task_late"
    TASK_FAILING = "task_failing"
    QUEUES_UNKNOWN = "queues_unknown"
    NOT_ENFORCED = "not_enforced"
    CLOCK = "clock"
    TIMEZONE_DATABASE = "timezone_database"
    SESSION_STUCK = "session_stuck"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_ENDS = "connection_ends"
    AD_PLATFORM = "ad_platform"
    BACKUP_LATE = "backup_late"
    RESTORE_HELD = "restore_held"
    UNKNOWN = "unknown"  # a part of the report could not be worked out


@dataclass(frozen=True, slots=True)
class Problem:
    kind: ProblemKind
    text: str


@dataclass(slots=True)
class Report:
    """The system at ``now``; a part that is None could not be worked out, and is a problem.

    ``queues``: how many tasks wait, by queue.
    """

    now: datetime
    timezones: TimezoneDatabase
    tasks: list[TaskHealth] | None = None
    queues: dict[str, int] | None = None
    unenforced: Unenforced | None = None
    clock: ClockDifference | None = None
    stuck: list[StuckSession] | None = None
    connections: list[Trouble] | None = None
    platforms: list[str] | None = None
    backups: BackupStatus | None = None
    #: A restore after which nothing is started yet.
    held: Restore | None = None
    problems: list[Problem] = field(default_factory=list)


def report(now: datetime, *, count: bool = False) -> Report:
    """Ask the database and Redis how the system is.

    ``count``: also bring the counters up to date.

    Raises:
        DatabaseError: the database does not answer.
    """
    found = Report(now, timezone_database())
    with _part(found, "The clocks"), bounded():
        found.clock = clock_difference()
    with _part(found, "Sessions"), bounded():
        found.stuck = stuck_sessions()
    with _part(found, "Periodic tasks"), bounded():
        found.tasks = health.check(now)
    with _part(found, "Connections"), bounded():
        found.connections = troubles(now)
    with _part(found, "Backups"), bounded():
        found.backups, found.held = backup_status(now), restored.held()
    with _part(found, "Used-up budgets"), bounded():
        found.unenforced = sparing(now)
    with _part(found, "Ad platforms"), bounded():
        found.platforms = freshness.problems(now)
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
        yield Problem(ProblemKind.NOT_ENFORCED, _overlooked(found.unenforced))
    if found.clock and found.clock.is_worth_saying:
        yield Problem(ProblemKind.CLOCK, str(found.clock))
    if found.timezones.problem:
        yield Problem(ProblemKind.TIMEZONE_DATABASE, found.timezones.problem)
    yield from _platform_problems(found)
    for session in found.stuck or ():
        if session.idle is not None:  # one at work will end
            yield Problem(ProblemKind.SESSION_STUCK, str(session))
    if found.backups and found.backups.is_late:
        last = found.backups.last
        taken = f"was taken {format_instant(last.started_at)}" if last else "was never taken"
        yield Problem(
            ProblemKind.BACKUP_LATE,
            f"The last backup {taken}; one is expected every {settings.BACKUP_EVERY_HOURS} hours.",
        )
    if found.held:
        yield Problem(
            ProblemKind.RESTORE_HELD,
            f"{found.held}: no campaign is started until someone sends what is missing since, and "
            "runs ./manage.py after_restore --resume.",
        )


def _overlooked(unenforced: Unenforced) -> str:
    count, oldest = unenforced.count, unenforced.oldest
    if count == 1:
        who, them = f"Campaign {oldest} delivers" if oldest else "1 campaign delivers", "it"
    else:
        who = f"{count:,} campaigns deliver"
        them = f"them, such as campaign {oldest}" if oldest else "them"
    return (
        f"{who} although a budget is used up, and the safety check did not stop {them}. The log of "
        "the worker says why."
    )


def _platform_problems(found: Report) -> Iterator[Problem]:
    for one in found.connections or ():
        ends = ProblemKind.CONNECTION_REFUSED if one.is_now else ProblemKind.CONNECTION_ENDS
        yield Problem(ends, one.text)
    for text in found.platforms or ():
        yield Problem(ProblemKind.AD_PLATFORM, text)


def _is_overlooked(unenforced: Unenforced, tasks: Iterable[TaskHealth]) -> bool:
    """Has a safety check that began after it was known ended, without stopping the campaign?

    Before the next check has run this is no problem; if it does not run, that is one of its own.
    """
    if not unenforced.count or unenforced.since is None:
        return bool(unenforced.count)
    # An entry is visible later than it was recorded, once its transaction has ended.
    visible = unenforced.since + health.LEAST_GRACE
    return any(
        visible < beat.last_run_at
        and beat.last_run_at + (beat.last_duration or timedelta(0)) <= unenforced.at
        for task in tasks
        if task.task.task == f"{health.OURS}{SAFETY_CHECK}"
        and (beat := task.heartbeat)
        and beat.last_run_at
    )
