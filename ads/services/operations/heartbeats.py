"""Each periodic task records when it last succeeded, so that a task that stopped is noticed.

Runs are recorded apart from successes: a task that fails at part of its work has not succeeded.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError
from django.db.models import F

from ads.models import Heartbeat
from ads.services.operations.clocks import ClockDiffers, require_clock

logger = structlog.stdlib.get_logger(__name__)

#: Characters; the rest is in the log.
LONGEST_ERROR = 2000


@dataclass(slots=True)
class Run:
    """The outcome of one run of a task; filled in while it runs."""

    #: How many campaigns it switched.
    changed: int = 0
    #: What failed without stopping the rest, a line each.
    errors: list[str] = field(default_factory=list)


@contextmanager
def beat(task: str, now: datetime) -> Iterator[Run]:
    """Record how the run of ``task`` that began at ``now`` ends.

    - Without errors: the success, and no error any more.
    - With errors in part of it: the failure, and how much was done.
    - By an exception: the failure. The exception is raised again.

    The run itself is recorded in each case.

    Raises:
        ClockDiffers: nothing is run; the failure is recorded with the database's time.
    """
    try:
        require_clock(anew=True)
    except ClockDiffers as error:
        _record_failure(task, error.difference.there(now), timedelta(0), str(error))
        raise
    run = Run()
    began = time.monotonic()
    try:
        yield run
    except Exception as error:
        took = timedelta(seconds=time.monotonic() - began)
        _record_failure(task, now, took, f"{type(error).__name__}: {error}")
        raise
    took = timedelta(seconds=time.monotonic() - began)
    recorded: dict[str, Any] = {
        "last_duration": took,
        "last_changed": run.changed,
        "last_error": _shortened("\n".join(run.errors)),
    }
    recorded["last_failure_at" if run.errors else "last_success_at"] = now
    _record(task, now, took, failed=bool(run.errors), **recorded)


def _record_failure(task: str, now: datetime, took: timedelta, error: str) -> None:
    try:
        _record(task, now, took, failed=True, last_failure_at=now, last_error=_shortened(error))
    except DatabaseError:
        # Likely the cause of the task's failure too; that error is the one to show.
        logger.exception("The failure of a task could not be recorded", failed=task)


def _record(task: str, now: datetime, took: timedelta, *, failed: bool, **recorded: Any) -> None:
    recorded["last_run_at"] = now
    counted: dict[str, Any] = {"runs": 1, "failures": int(failed), "total_duration": took}
    Heartbeat.objects.update_or_create(
        task=task,
        defaults=recorded | {name: F(name) + more for name, more in counted.items()},
        create_defaults=recorded | counted,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_ERROR else text[: LONGEST_ERROR - 1] + "…"
