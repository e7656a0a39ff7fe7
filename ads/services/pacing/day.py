"""When a day's budget is used up, of an owner that runs at all hours."""

from datetime import datetime, timedelta
from decimal import Decimal

from ads.rules.calendar import day_bounds, local_date
from ads.rules.pacing import UNIT, Budget, Calendar, pace_of


def used_up_at(
    spent: Decimal, limit: Decimal | None, timezone: str, now: datetime
) -> datetime | None:
    """When ``limit`` is used up today at the pace so far, in UTC; None: not today, or unknown."""
    today = local_date(now, timezone)
    begins, ends = day_bounds(today, timezone)
    second = timedelta(seconds=1)
    calendar = Calendar(
        today,
        elapsed=max((now - begins) // second, 0) * UNIT,
        weights={today: (ends - begins) // second * UNIT},
    )
    budget = Budget(today, today, spent, limit, {}, spent_today=spent, ran_before=True)
    pace = pace_of(budget, calendar, of_day=True)
    if pace.runs_out_on is None or pace.projected is None or limit is None:
        return None
    share = (limit - spent) / (pace.projected - spent)
    return now + timedelta(seconds=round(share * Decimal((ends - now) // second)))
