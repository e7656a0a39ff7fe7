"""When a budget would be used up, if it went on as it has so far."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

#: Of the period; before that, a pace says nothing.
LEAST_SEEN: Final = Decimal("0.05")


def used_up_at(
    *, spent: Decimal, left: Decimal, begins: datetime, now: datetime, ends: datetime
) -> datetime | None:
    """Return the instant at which ``left`` is spent at the pace at which ``spent`` was.

    The pace is that from ``begins`` to ``now``, of a period that lasts until ``ends``; amounts in
    US dollars. None: not within the period, or nobody can tell: nothing was spent, nothing is left,
    or too little of the period is over.
    """
    elapsed, lasts = now - begins, ends - begins
    if spent <= 0 or left <= 0 or lasts <= timedelta(0):
        return None
    seconds = Decimal(elapsed / timedelta(seconds=1))
    if seconds < LEAST_SEEN * Decimal(lasts / timedelta(seconds=1)):
        return None
    needed = seconds * left / spent
    if needed >= Decimal((ends - now) / timedelta(seconds=1)):
        return None
    return now + timedelta(seconds=float(needed))
