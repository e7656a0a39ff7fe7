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

#: SQL for the ids of those in ``owner`` that have used most of one of their own budgets; what is
#: used up comes last. Shares are worked out of few.
NEAREST: Final = f"""
    SELECT id
      FROM (SELECT id,
                   CASE WHEN day_limit > 0 THEN day_spend / day_limit END AS of_day,
                   CASE WHEN month_limit > 0 THEN month_spend / month_limit END AS of_month
              FROM owner
             WHERE (day_limit > 0 AND day_spend >= day_limit * {NEAR})
                OR (month_limit > 0 AND month_spend >= month_limit * {NEAR})) AS used
     ORDER BY greatest(of_day, of_month) >= 1, greatest(of_day, of_month) DESC, id
     LIMIT {MOST}
"""  # noqa: S608


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
