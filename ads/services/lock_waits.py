"""How long one waits for a lock that somebody else holds, and whose it is.

No session waits longer than the ``lock_timeout`` of the settings, and of the threads of one process
only some wait that long.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection, transaction

#: PostgreSQL's codes for a lock that was not granted in time, and for a deadlock.
_IN_THE_WAY: Final = ("55P03", "40P01")

#: Threads of one process that wait for locks as long as ``lock_timeout`` of the settings; those
#: that come then wait :data:`HURRIED`. So somebody's open session, however many run into its locks,
#: leaves threads for all others. A web process has twice as many threads (gunicorn.conf.py).
PATIENT: Final = 4
HURRIED: Final = "150ms"


class _Mine(threading.local):
    is_queued = False


_mine = _Mine()
_patient: Final = threading.Semaphore(PATIENT)


@contextmanager
def queued() -> Iterator[None]:
    """Everything that may wait for a lock happens in here, inside a transaction.

    Waiting longer than the session's ``lock_timeout`` raises an error that :func:`is_in_the_way`
    knows.
    """
    if _mine.is_queued:
        yield
        return
    is_patient = _patient.acquire(blocking=False)
    _mine.is_queued = True
    try:
        if not is_patient:
            wait_up_to(HURRIED)
        yield
    finally:
        _mine.is_queued = False
        if is_patient:
            _patient.release()


def wait_up_to(limit: str) -> None:
    """Until the transaction ends, wait so long for each lock, as where nobody waits for an answer.

    ``limit``: such as "30s".
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])


def wait_as_ever() -> None:
    """Until the transaction ends, wait again as long as the settings say."""
    wait_up_to(settings.DATABASE_SESSION["lock_timeout"])


def is_in_the_way(error: BaseException) -> bool:
    """Did it fail because somebody else held a lock?"""
    return getattr(error.__cause__, "pgcode", None) in _IN_THE_WAY


class Locked(OperationalError):
    """Another session keeps sums locked that spend moves; nothing was recorded.

    ``brands``: the names of the brands whose own sums they are; none if it holds only campaigns'.
    """

    def __init__(self, brands: Sequence[str]) -> None:
        self.brands = tuple(brands)
        whose = f"spend of {' and '.join(map(str, brands))}" if brands else "what this changes"
        super().__init__(f"Another session of the database keeps {whose} locked.")


def locked_brands(ids: Collection[int]) -> list[str]:
    """The names of those of these brands whose own sums another session keeps locked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCKED_BRANDS, {"ids": list(ids)})
        return [name for (name,) in cursor.fetchall()]


_LOCKED_BRANDS: Final = """
    WITH own AS (
        SELECT id, brand_id FROM ads_spendtotal
         WHERE brand_id = ANY(%(ids)s::bigint[]) AND campaign_id IS NULL
    ), free AS MATERIALIZED (
        SELECT id FROM ads_spendtotal WHERE id IN (SELECT id FROM own)
           FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT name FROM ads_brand
     WHERE id IN (SELECT brand_id FROM own WHERE id NOT IN (SELECT id FROM free))
     ORDER BY name
"""
