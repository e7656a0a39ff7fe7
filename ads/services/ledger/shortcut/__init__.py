"""Recording one entry in one statement, which commits by itself.

Step by step the brand's sums stay locked for three round trips, and all of its spend waits. But
most entries change nothing but sums. Only these are recorded here, by a function of the database
(:mod:`.function`); of any other nothing is, and :mod:`ads.services.ledger.batch` goes step by step.
"""

from datetime import datetime
from typing import Any
from weakref import WeakSet

import structlog
from django.db import DatabaseError, connection

from ads.models.spend import Kind
from ads.services import lock_waits, messages, new_batch
from ads.services.ledger import entries
from ads.services.ledger.crossings import moved_sums
from ads.services.ledger.rows import Placed
from ads.services.ledger.shortcut.function import (
    CALL,
    MISSING,
    NAME,
    TAKES_BACK,
    is_installed,
    keep,
)

__all__ = ["NAME", "NotTaken", "is_installed", "keep", "record"]

logger = structlog.stdlib.get_logger(__name__)

#: Sessions of databases without the function; those that begin later ask again.
_without: WeakSet[Any] = WeakSet()


class NotTaken(Exception):
    """The entry has to be recorded step by step; nothing was recorded."""


def record(placed: Placed, *, source: str, now: datetime, kind: Kind) -> int:
    """Record the entry and commit; its id.

    Raises:
        NotTaken: a transaction is open; the amount is zero; the external ID was recorded before; a
            budget is crossed, or has to be looked at more closely; the brand is locked for long; or
            the function is missing.
    """
    row, owner, day, occurred_at = placed
    if not row.amount or connection.in_atomic_block or not connection.get_autocommit():
        raise NotTaken
    if connection.connection in _without or lock_waits.is_stuck(owner.brand_id):
        raise NotTaken
    moved = moved_sums({(owner, day): row.amount}, now)
    if not moved:
        raise NotTaken
    entry = (owner.campaign_id, row.amount, day, occurred_at, row.description, row.external_id)
    of_all = (source, kind.value, entries.recorder(kind), now, new_batch.current())
    try:
        with lock_waits.in_line([owner.brand_id]):
            pk = _call((*entry, *of_all, *moved[0]))
    except DatabaseError as error:
        code = getattr(error.__cause__, "pgcode", None)
        if code == MISSING:
            _without.add(connection.connection)
            logger.warning(
                "A function of the database is missing, so recording spend takes longer; run "
                "./manage.py migrate",
                function=NAME,
            )
        elif code != TAKES_BACK:
            raise
        raise NotTaken from error
    messages.check_alerts_soon()
    return pk


def _call(parameters: tuple[Any, ...]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(CALL, parameters)
        (pk,) = cursor.fetchone()
    if pk is None:
        raise NotTaken
    return int(pk)
