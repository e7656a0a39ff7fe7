"""Brands and campaigns that are near a limit, or at it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from ads.holds import Hold
from ads.models.spend import Period
from ads.rules import calendar, pacing

#: How many are shown.
MOST: Final = 8
#: Of a budget; who has used less is not near it.
NEAR: Final = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Near:
    """A brand or campaign, and that of its own budgets of which most is used.

    ``spent``: what counts, of ``budget``, in US dollars. ``holds``: why it does not deliver now;
    empty for what delivers, and for brands. ``delivers``: of a brand, whether it is switched on.
    ``used_up_at``: when, at the pace so far, it is used up within the period (UTC); None: not, or
    nobody can tell.
    """

    id: int
    name: str
    brand: str
    timezone: str
    period: Period
    spent: Decimal
    budget: Decimal
    delivers: bool
    holds: list[Hold]
    used_up_at: datetime | None

    @property
    def is_used_up(self) -> bool:
        return self.spent >= self.budget


def at_this_pace(
    period: Period, timezone: str, *, amount: Decimal, left: Decimal, now: datetime
) -> datetime | None:
    """When ``left`` is used up, if it goes on as ``amount`` was spent in the period so far."""
    today = calendar.local_date(now, timezone)
    if period == Period.DAY:
        ends = calendar.next_day_begins(now, timezone)
    else:
        ends = calendar.next_month_begins(now, timezone)
    begins = calendar.day_begins(calendar.period_start(period, today), timezone)
    return pacing.used_up_at(spent=amount, left=left, begins=begins, now=now, ends=ends)
