"""Work in batches in which one failure never stops the rest."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from ads.failures import Failures

logger = structlog.stdlib.get_logger(__name__)

K = TypeVar("K")
T = TypeVar("T")

#: No single row is to blame for these: the database is in trouble, or the task's time is up.
NOBODYS_FAULT = (OperationalError, SoftTimeLimitExceeded)


def isolate(
    ids: Sequence[K], act: Callable[[Sequence[K]], T], *, size: int, what: str
) -> tuple[list[T], list[K]]:
    """Call ``act`` with batches of ``ids``; a batch that fails is halved, down to single ids.

    Each of ``ids`` must be recognizable when printed in the log.
    ``act`` must leave nothing half-done when it raises, or be safe to repeat.

    Returns:
        What the calls returned, and the ids on which it failed; those are logged as ``what``.
    """
    results: list[T] = []
    failed: list[K] = []
    waiting = [ids[begin : begin + size] for begin in range(0, len(ids), size)][::-1]
    with Failures(logger, f"{what} failed; the others go on") as failures:
        while waiting:
            batch = waiting.pop()
            try:
                results.append(act(batch))
            except NOBODYS_FAULT:
                raise
            except Exception as error:  # noqa: BLE001  (logged with the others)
                if len(batch) == 1:
                    failures.add(batch[0], error)
                    failed.append(batch[0])
                else:
                    half = len(batch) // 2
                    waiting += [batch[half:], batch[:half]]
    return results, failed
