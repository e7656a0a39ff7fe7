"""The report as JSON: instants in UTC, durations in seconds."""

from datetime import datetime, timedelta
from typing import Any

from ads.services.monitoring import Report
from ads.services.operations import TaskHealth, health


def as_json(report: Report) -> dict[str, Any]:
    """The content of ``/health``; a part that could not be worked out is null."""
    now = report.now
    return {
        "status": "problems" if report.problems else "ok",
        "at": now,
        "problems": [{"kind": each.kind, "text": each.text} for each in report.problems],
        "tasks": None if report.tasks is None else [_task(each, now) for each in report.tasks],
        "queues": report.queues,
        "unenforced": report.unenforced
        and {
            "campaigns": report.unenforced.count,
            "oldest": report.unenforced.oldest,
            "since": report.unenforced.since,
            "seconds": age(report.unenforced.since, now),
            "at": report.unenforced.at,
        },
        "clock_ahead": report.clock and round(report.clock.seconds, 3),
        "timezone_database": {
            "version": report.timezones.version,
            "release": report.timezones.release,
        },
        "stuck_sessions": None
        if report.stuck is None
        else [
            {
                "pid": each.pid,
                "role": each.role,
                "program": each.program,
                "address": each.address,
                "idle": each.idle,
                "waiting": each.waiting,
                "tables": each.tables,
            }
            for each in report.stuck
        ],
    }


def _task(checked: TaskHealth, now: datetime) -> dict[str, Any]:
    beat = checked.heartbeat
    succeeded = beat.last_success_at if beat else None
    return {
        "name": checked.task.name,
        "task": checked.task.task.removeprefix(health.OURS),
        "health": checked.health,
        "late_since": checked.late_since,
        "last_success_at": succeeded,
        "age": age(succeeded, now),
        "last_run_at": beat.last_run_at if beat else None,
        "last_duration": _seconds(beat.last_duration if beat else None),
        "last_error": beat.last_error if beat else "",
    }


def age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else _seconds(now - since)


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 3)
