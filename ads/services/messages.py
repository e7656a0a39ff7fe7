"""Sending a task to the workers from within the application.

A message only makes something happen at once; what is to be done is known from the database, so a
message that Redis loses is no loss.
"""

from collections.abc import Sequence
from typing import Any, Final

import structlog
from celery import current_app
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
