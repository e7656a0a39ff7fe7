"""Brands and campaigns that are close to a budget, or have used it up."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ads.holds import Hold
from ads.models.spend import Period
from ads.rules import calendar, pacing

#: How many are shown.
MOST: Final = 8
#: The share of a budget from which it counts as close.
NEAR: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Near:
    """A brand or campaign, and the limit of its own of which most is used.

    ``spent``, of ``limit`` (the budget and what is allowed beyond it), in ``currency``. ``brand``:
    of a campaign. ``holds``: why a campaign does not deliver now. ``delivers``: of a brand, whether
    it is active. ``used_up_at``: when, at the pace so far, it is used up within the period (UTC);
    None: not, or unknown.
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
    holds: list[Hold]
    used_up_at: datetime | None

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.limit


def at_this_pace(
    period: Period, timezone: str, *, amount: Decimal, left: Decimal, now: datetime
) -> datetime | None:
    """When ``left`` is used up at the pace at which ``amount`` was spent in the period so far."""
    today = calendar.local_date(now, timezone)
    ends = calendar.next_period_begins(period, now, timezone)
    begins = calendar.day_begins(calendar.period_start(period, today), timezone)
    return pacing.used_up_at(spent=amount, left=left, begins=begins, now=now, ends=ends)
