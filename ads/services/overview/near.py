"""Brands and campaigns that are close to a budget, or have used it up."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ads.models.spend import Period
from ads.services.pacing import Pace

#: How many are shown.
MOST: Final = 8
#: The share of a budget from which it counts as close.
NEAR: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Near:
    """A brand or campaign, and the limit of its own of which most is used.

    ``spent``, of ``limit`` (the budget and what is allowed beyond it), in ``currency``. ``brand``:
    of a campaign. ``state``: as screens name it. ``delivers``: of a brand, whether it is active.
    ``pace``: of a month, as last worked out. ``used_up_at``: when a day's is used up
    at the pace so far (UTC). None: it is not, or unknown.
    """

    id: int
    name: str
    brand: str
    timezone: str
    currency: str
    period: Period
    spent: Decimal
    limit: Decimal
    delivers: bool
    state: str
    pace: Pace | None
    used_up_at: datetime | None

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.limit
