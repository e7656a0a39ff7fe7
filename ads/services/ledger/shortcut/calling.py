"""Calling the function of the database with one entry or several."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from weakref import WeakSet

import structlog
from django.db import DatabaseError, connection

from ads.services.campaign_lookup import Owner
from ads.services.ledger.crossings import MOVED, moved_sums
from ads.services.ledger.shortcut.function import (
    CALL_ONE,
    CALL_SEVERAL,
    MISSING,
    NAMES,
    TAKES_BACK,
)

logger = structlog.stdlib.get_logger(__name__)

#: Sessions of databases without the function; those that begin later ask again.
_without: WeakSet[Any] = WeakSet()

#: The id of an entry, and of the batch that was made of it.
Made = tuple[int, int | None]


class NotTaken(Exception):
    """The entry has to be recorded step by step; nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Single:
    """An entry: its columns as the function takes them, and what it moves."""

    columns: tuple[Any, ...]
    owner: Owner
    day: date
    amount: Decimal
    now: datetime
    #: By which several are put in order: source and external ID.
    key: tuple[str, str]


def can_call() -> bool:
    """Is the function there, as far as this session knows?"""
    return connection.connection not in _without


def call(singles: Sequence[Single], patience: str | None = None) -> list[Made | None]:
    """Record these entries and commit; None for one that has to go step by step.

    Several must each make a batch. The budgets are asked about as of the latest of them.
    ``patience``: how long it waits for each lock, if not as long as the session does.

    Raises:
        NotTaken: nothing was recorded, because a budget is crossed or the function is missing.
    """
    moved: dict[tuple[Owner, date], Decimal] = defaultdict(Decimal)
    for single in singles:
        moved[single.owner, single.day] += single.amount
    rows = moved_sums(moved, max(single.now for single in singles))
    try:
        if len(singles) == 1:
            nobody = (None,) * len(MOVED)
            found = _made(CALL_ONE, (*singles[0].columns, *(rows[0] if rows else nobody), patience))
            return [None if found is None else (found[0], found[1])]
        columns = [*zip(*(single.columns for single in singles), strict=True)]
        columns += [*zip(*rows, strict=True)] or [()] * len(MOVED)
        found = _made(CALL_SEVERAL, (*map(list, columns), patience))
        return [(pk, made) if pk else None for pk, made in zip(*found, strict=True)]
    except DatabaseError as error:
        code = getattr(error.__cause__, "pgcode", None)
        if code == MISSING:
            _without.add(connection.connection)
            logger.warning(
                "A function of the database is missing, so recording spend takes longer; run "
                "./manage.py migrate",
                functions=sorted(NAMES),
            )
        elif code != TAKES_BACK:
            raise
        raise NotTaken from error


def _made(sql: str, parameters: tuple[Any, ...]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]
