"""Each periodic task notes when it last succeeded, so that a watch that has died is noticed.

That it ran is noted apart: a task that runs and runs, and fails at part of its work each time, has
not succeeded.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError

from ads.models import Heartbeat

logger = logging.getLogger(__name__)

#: Enough to see what is wrong; the rest is in the log.
LONGEST_ERROR = 2000


@dataclass(slots=True)
class Run:
    """What one run of a task has to say; filled in while it runs."""

    #: How many campaigns it switched.
    changed: int = 0
    #: What failed without stopping the rest, a line each.
    errors: list[str] = field(default_factory=list)


@contextmanager
def beat(task: str, now: datetime) -> Iterator[Run]:
    """Note how the run of ``task`` that began at ``now`` ends.

    - To its end, and all went well: the success, and no error any more.
    - To its end, but something in it failed: the failure, and how much it did get done.
    - By an exception: the failure. The exception goes on.

    That it ran is noted each time.
    """
    run = Run()
    began = time.monotonic()
    try:
        yield run
    except Exception as error:
        _note_failure(task, now, f"{type(error).__name__}: {error}")
        raise
    noted: dict[str, Any] = {
        "last_duration": timedelta(seconds=time.monotonic() - began),
        "last_changed": run.changed,
        "last_error": _shortened("\n".join(run.errors)),
    }
    noted["last_failure_at" if run.errors else "last_success_at"] = now
    _note(task, now, **noted)


def _note_failure(task: str, now: datetime, error: str) -> None:
    try:
        _note(task, now, last_failure_at=now, last_error=_shortened(error))
    except DatabaseError:
        # Likely what made the task fail too; that error is the one to be seen.
        logger.exception("The failure of %s could not be noted.", task)


def _note(task: str, now: datetime, **noted: Any) -> None:
    Heartbeat.objects.update_or_create(task=task, defaults={"last_run_at": now, **noted})


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_ERROR else text[: LONGEST_ERROR - 1] + "…"
