"""The month of one brand or campaign, day by day, for its page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any

from ads.holds import BUDGET_OF, LIMITS, TOTAL, AnyBudget, BudgetHold, Hold
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import month_start
from ads.rules.currencies import MINOR_UNITS
from ads.rules.dayparting import Schedule
from ads.rules.pacing import Bounds, Budget, Course, Pace, course_of, pace_of
from ads.services.explain import limits
from ads.services.ledger import Figures, Month, summaries
from ads.services.pacing import ranges
from ads.services.pacing.calendars import Events, Key, Span, calendar_of


@dataclass(frozen=True, slots=True)
class MonthPace:
    """The pace of an owner's month, and its course day by day."""

    pace: Pace
    course: Course


def month_of(
    owner: Brand | Campaign, month: Month, now: datetime, schedules: Sequence[Schedule] = ()
) -> MonthPace:
    """The pace of an owner with its ``month``; ``schedules``: those in whose hours it runs.

    A campaign is evaluated: what its other budgets let through is read from it.
    By the rule itself; four queries at most.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    events = Events.around(now)
    own = brand.pk if brand.pk in events.brands else 0
    key = Key(brand.timezone, tuple(one.id for one in schedules), own)
    calendar = calendar_of(key, schedules, Period.MONTH, events, now)
    budget = _budget(owner, brand, month, Span.of(Period.MONTH, calendar.today), calendar.today)
    pace = pace_of(budget, calendar, ranges.learned())
    return MonthPace(pace, course_of(budget, calendar, pace))


def _budget(owner: Brand | Campaign, brand: Brand, month: Month, span: Span, today: date) -> Budget:
    before = month_start(span.first - timedelta(days=1))
    earlier = summaries.by_day(owner, before, span.first - timedelta(days=1))
    of_month, of_day = (month.figures[period] for period in (Period.MONTH, Period.DAY))
    return Budget(
        first=span.first,
        last=span.last,
        spent=of_month.amount,
        limit=of_month.limit,
        by_day={day.date: day.amount for day in (*earlier, *month.days) if day.date < today},
        spent_today=of_day.amount,
        bounds=_bounds_of_day(owner, of_day)
        if isinstance(owner, Brand)
        else bounds_of(owner, BUDGET_OF[Hold.MONTHLY_BUDGET]),
        ran_before=sum((day.amount for day in earlier), Decimal(0)) > 0,
        runs=_runs(owner, brand),
        start=None if isinstance(owner, Brand) else owner.start_date,
        end=None if isinstance(owner, Brand) else owner.end_date,
        places=MINOR_UNITS.get(brand.currency, 2),
    )


def _bounds_of_day(brand: Brand, of_day: Figures) -> Bounds:
    if of_day.limit is None or brand.daily_budget is None:
        return Bounds()
    return Bounds.of(Period.DAY, brand.daily_budget, of_day.limit - of_day.amount)


def bounds_of(campaign: Any, besides: AnyBudget, *, later_months: int = 0) -> Bounds:
    """What the budgets of an evaluated campaign let through, ``besides`` the one that is paced:
    its own, its brand's and its group's. ``later_months``: see :meth:`Bounds.of`.
    """
    each = (
        Bounds.of(period, budget, left, later_months=later_months)
        for period, budget, left in _budgets_of(campaign, besides)
    )
    return reduce(Bounds.within, each, Bounds())


def _budgets_of(campaign: Any, besides: AnyBudget) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Period, budget and what is left of it."""
    for budget in LIMITS:
        limit = limits.limit_of(budget, campaign)
        if budget == besides or limit is None:
            continue
        period, own = TOTAL, limit
        if isinstance(budget, BudgetHold):
            period, own = budget.period, limits.budget_of(budget, campaign) or Decimal(0)
        yield period, own, limit - getattr(campaign, budget.spend)
    figures = limits.group_of(campaign)
    for one in figures.budgets if figures else ():
        yield one.period, one.budget, one.budget - one.spent


def _runs(owner: Brand | Campaign, brand: Brand) -> bool:
    if not brand.is_active:
        return False
    if isinstance(owner, Brand):
        return owner.campaigns.filter(status=Status.ACTIVE).exists()
    return owner.status == Status.ACTIVE
