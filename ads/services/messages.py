"""Sending a task to the workers from within the application.

A message only makes something happen at once; what is to be done is known from the database, so a
message that Redis loses is no loss.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any, Final

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = structlog.stdlib.get_logger(__name__)

#: Raised where Redis is away or does not answer.
AWAY: Final = (BrokerError, RedisError, OSError)


def send(
    task: str,
    args: Sequence[Any] = (),
    *,
    expires: float | None = None,
    countdown: float | None = None,
) -> bool:
    """Send ``task``; whether Redis took it.

    ``expires``, ``countdown``: seconds after which it is dropped, and until it is run.
    """
    try:
        current_app.send_task(
            task, args=args, expires=expires, countdown=countdown, ignore_result=True
        )
    except AWAY as error:
        logger.warning(
            "A task could not be handed to a worker; the next minute tries again",
            task=task,
            args=list(args),
            error=str(error),
        )
        return False
    return True


#: The task that looks for alerts.
CHECK_ALERTS: Final = "ads.tasks.check_alerts"

#: Seconds after which a worker looks for them, and within which a process sends no other message.
ALERTS_AFTER: Final = 2.0


class _Sparing:
    """Sends one message for everything that is committed within :data:`ALERTS_AFTER`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent = -ALERTS_AFTER

    def send(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._sent < ALERTS_AFTER:
                return
            self._sent = now
        send(CHECK_ALERTS, countdown=ALERTS_AFTER)


_alerts: Final = _Sparing()


def check_alerts_soon() -> None:
    """Have alerts looked for once the present transaction is committed.

    The next minute's tick would find them too. So it is enough if one message follows the last
    commit of a moment, and each process sends few.
    """
    transaction.on_commit(_alerts.send, robust=True)
