"""How long one waits for a lock that somebody else holds, and whose it is.

No session waits longer than the ``lock_timeout`` of the settings, unless it asks for more.
"""

import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import OperationalError, connection, transaction

#: PostgreSQL's codes for a lock that was not granted in time, and for a deadlock.
_IN_THE_WAY: Final = ("55P03", "40P01")

#: How long one waits for the locks of a brand through which nobody of this process got for
#: ``LOCK_TIMEOUT``, though somebody tried.
HURRIED: Final = "250ms"


@dataclass(slots=True)
class _Line:
    """Those of this process's threads that move one brand's sums, which its locks let through."""

    #: When the first of them came, or the last got through; on the monotonic clock.
    since: float
    length: int = 0

    def is_stuck(self, at: float, after: float | None = None) -> bool:
        return at - self.since > (settings.LOCK_TIMEOUT if after is None else after)


_lines: Final[dict[int, _Line]] = {}
_guard: Final = threading.Lock()


def is_stuck(brand_id: int, after: float | None = None) -> bool:
    """Has nobody of this process got through the locks of this brand for long, though some try?

    ``after``: the seconds that are long; left out, ``LOCK_TIMEOUT``.
    """
    with _guard:
        line = _lines.get(brand_id)
        return line is not None and line.is_stuck(time.monotonic(), after)


@contextmanager
def in_line(brand_ids: Collection[int]) -> Iterator[None]:
    """Inside, in a transaction, the sums of these brands are moved.

    Each brand has one row that all of its spend moves. If somebody keeps it locked, those who run
    into it would take up all threads of a web process, again and again; so after the first they
    fail soon, and the threads are left to the other brands.
    """
    began = time.monotonic()
    with _guard:
        lines = [_lines.setdefault(pk, _Line(began)) for pk in brand_ids]
        for line in lines:
            line.length += 1
        hurries = any(line.is_stuck(began) for line in lines)
    try:
        if hurries:
            wait_up_to(HURRIED)
        yield
        got_through = time.monotonic()
        for line in lines:
            line.since = got_through
    finally:
        with _guard:
            for pk, line in zip(brand_ids, lines, strict=True):
                line.length -= 1
                if not line.length:
                    del _lines[pk]


def wait_up_to(limit: str) -> None:
    """Until the transaction ends, wait so long for each lock, as where nobody waits for an answer.

    ``limit``: such as "30s".
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])


def wait_as_ever() -> None:
    """Until the transaction ends, wait again as long as the settings say."""
    wait_up_to(f"{settings.LOCK_TIMEOUT}s")


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
