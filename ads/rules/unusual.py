"""Whether a day's spend is out of the ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final

#: Days before, at least, of which a usual day can be told; and at most.
LEAST_DAYS: Final = 7
MOST_DAYS: Final = 28

#: Spend may differ from the usual by so many median deviations (three standard deviations, if days
#: are spread normally), and by half of the usual.
DEVIATIONS: Final = Decimal("4.45")
LEAST_SHARE: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Usual:
    """A usual day: its spend, and the bounds outside of which a day is out of the ordinary."""

    amount: Decimal
    low: Decimal
    high: Decimal


def usual(days: Sequence[Decimal]) -> Usual | None:
    """Return what is usual after these days, of which a single odd one changes little.

    None: they are too few, or on most of them nothing was spent.
    """
    if len(days) < LEAST_DAYS:
        return None
    middle = median(days)
    if middle <= 0:
        return None
    deviation = median(abs(day - middle) for day in days)
    tolerance = max(DEVIATIONS * deviation, LEAST_SHARE * middle)
    return Usual(middle, middle - tolerance, middle + tolerance)
