"""Sending a task to the workers from within the application.

A message only makes something happen at once; what is to be done is known from the database, so a
message that Redis loses is no loss.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: Raised where Redis is away or does not answer.
AWAY: Final = (BrokerError, RedisError, OSError)


def send(task: str, args: Sequence[Any] = (), *, expires: float | None = None) -> bool:
    """Send ``task``; whether Redis took it. ``expires``: seconds after which it is dropped."""
    try:
        current_app.send_task(task, args=args, expires=expires, ignore_result=True)
    except AWAY as error:
        logger.warning(
            "%s%r could not be handed to a worker (%s); the next minute tries again.",
            task,
            tuple(args),
            error,
        )
        return False
    return True
