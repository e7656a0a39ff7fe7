"""When a budget runs out at its current pace."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

#: The share of the period before which a pace means nothing.
LEAST_SEEN: Final = Decimal("0.05")


def used_up_at(
    *, spent: Decimal, left: Decimal, begins: datetime, now: datetime, ends: datetime
) -> datetime | None:
    """Return the instant at which ``left`` runs out at the pace from ``begins`` to ``now``.

    Amounts are in one currency; the period lasts until ``ends``. None: not within the period, or
    unknown: nothing was spent, nothing is left, or too little of the period has passed.
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
