"""How many tasks wait in each queue."""

from functools import cache
from typing import Any, Final

from django.conf import settings
from kombu.transport.redis import PRIORITY_STEPS, Channel
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

#: Seconds that a monitor waits for Redis at most.
PATIENCE: Final = 1.0


def depths() -> dict[str, int] | None:
    """Tasks that no worker has taken yet, by queue; None if Redis does not answer."""
    queues = list(settings.CELERY_TASK_QUEUES)
    pipeline = _redis(settings.CELERY_BROKER_URL).pipeline(transaction=False)
    for queue in queues:
        for priority in PRIORITY_STEPS:
            # A list for each priority, as kombu names them.
            pipeline.llen(f"{queue}{Channel.sep}{priority}" if priority else queue)
    try:
        lengths: list[int] = pipeline.execute()
    except RedisError:
        return None
    each = len(PRIORITY_STEPS)
    return {queue: sum(lengths[at * each : (at + 1) * each]) for at, queue in enumerate(queues)}


@cache
def _redis(url: str) -> Any:
    return Redis.from_url(
        url,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
