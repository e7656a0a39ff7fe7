"""Rate limits: how many requests a key may make per minute.

Counted in Redis for all processes together. While Redis is down each process counts for itself and
retries Redis only every few seconds, so no request waits for it.
"""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import structlog
from django.conf import settings
from limits.storage import MemoryStorage
from redis import ConnectionPool, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from ads.api.frame.problems import Kind, Problem
from ads.services.people import network
from ads.services.senders import Caller

logger = structlog.stdlib.get_logger(__name__)

WINDOW: Final = 60  # seconds; windows start on the minute
POLICY: Final = "default"
_PREFIX: Final = "api-requests"

#: Seconds that a request waits for Redis at most, and for which Redis is then left alone.
PATIENCE: Final = 0.2
PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much of its quota a key has used in this window."""

    quota: int
    #: Requests in this window, including this one.
    used: int
    #: Seconds until the next window.
    resets_in: int

    @property
    def remaining(self) -> int:
        return max(self.quota - self.used, 0)


def quota_of(caller: Caller) -> int:
    """How many requests the key may make per window."""
    own = caller.requests_per_minute
    return settings.API_REQUESTS_PER_MINUTE if own is None else own


def count(caller: Caller, now: datetime) -> Allowance:
    """Count this request of a key."""
    return _count(str(caller.key_id), quota_of(caller), now)


def count_webhook(endpoint_id: int, now: datetime) -> Allowance:
    """Count a webhook sent to an endpoint."""
    return _count(f"webhook/{endpoint_id}", settings.API_REQUESTS_PER_MINUTE, now)


def count_failure(address: str, now: datetime) -> None:
    """Count a request with an invalid key. A valid one is never counted, nor asked about here.

    Raises:
        Problem: 429, with the seconds to wait: there were too many from the address.
    """
    quota = settings.API_FAILURES_PER_MINUTE
    failures = _count(f"failed/{network(address)}", quota, now)
    if failures.used > quota:
        raise Problem(
            Kind.TOO_MANY,
            f"More than {quota} requests a minute with invalid keys came from your address. Wait "
            f"{failures.resets_in} seconds, and check the key. Valid keys keep working meanwhile.",
            headers={"Retry-After": str(failures.resets_in)},
        )


def _count(counted: str, quota: int, now: datetime) -> Allowance:
    window, second = divmod(int(now.timestamp()), WINDOW)
    used = _counter(settings.REDIS_URL).increment(f"{counted}/{window}")
    return Allowance(quota, used, WINDOW - second)


def check(allowance: Allowance) -> None:
    """Refuse a request over the quota.

    Raises:
        Problem: 429, with the seconds to wait.
    """
    if allowance.used > allowance.quota:
        raise Problem(
            Kind.TOO_MANY,
            f"At most {allowance.quota} requests a minute are allowed. Wait "
            f"{allowance.resets_in} seconds, and send more rows in one request.",
            headers={"Retry-After": str(allowance.resets_in)},
        )


def headers_of(allowance: Allowance | None) -> dict[str, str]:
    """The headers of draft-ietf-httpapi-ratelimit-headers; none before a key was read."""
    if allowance is None:
        return {}
    return {
        "RateLimit-Policy": f'"{POLICY}";q={allowance.quota};w={WINDOW}',
        "RateLimit": f'"{POLICY}";r={allowance.remaining};t={allowance.resets_in}',
    }


class Counter:
    """Counts in Redis while it answers, otherwise in this process."""

    def __init__(self, redis_url: str) -> None:
        self._pool = ConnectionPool.from_url(
            redis_url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self._mine = threading.local()
        self._own = MemoryStorage()
        #: When to ask Redis again, on the monotonic clock; None while it answers.
        self._resume_at: float | None = None

    def increment(self, key: str) -> int:
        """Count one and return the new count. Counts expire with their window."""
        clock = time.monotonic()
        answered = self._resume_at is None
        if self._resume_at is not None:
            if clock < self._resume_at:
                return self._own.incr(key, WINDOW)
            # One thread retries Redis; the others keep counting here.
            self._resume_at = clock + PAUSE
        try:
            used = self._count(key)
        except RedisError as error:
            self._resume_at = time.monotonic() + PAUSE
            if answered:
                logger.warning("Redis does not answer; counting requests here", error=str(error))
            return self._own.incr(key, WINDOW)
        self._resume_at = None
        return used

    def _count(self, key: str) -> int:
        """Over a connection of this thread: a client that lends them takes longer than Redis."""
        connection: Any = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._pool.make_connection()
        name = f"{_PREFIX}:{key}"
        try:
            connection.connect()
            if _has_ended(connection):
                connection.disconnect()
            connection.send_packed_command(
                connection.pack_commands([("INCR", name), ("EXPIRE", name, WINDOW)])
            )
            used = connection.read_response()
            connection.read_response()
        except BaseException:  # the next answer would be that to another question
            connection.disconnect()
            raise
        return int(used)


def _has_ended(connection: Any) -> bool:
    """Has Redis ended it since the last answer, such as by starting again?"""
    try:
        return bool(connection.can_read())
    except RedisError:
        return True


@cache
def _counter(redis_url: str) -> Counter:
    return Counter(redis_url)
