"""The month of one brand or campaign, day by day, for its page."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any, Final

from ads.holds import BUDGET_OF, LIMITS, TOTAL, AnyBudget, BudgetHold, Hold, budget_sums
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import local_date, month_start, next_month
from ads.rules.currencies import MINOR_UNITS
from ads.rules.dayparting import Schedule
from ads.rules.pacing import Bounds, Budget, Course, Pace, Step, course_of, pace_of
from ads.services.explain import limits
from ads.services.ledger import Figures, Month, summaries
from ads.services.pacing import ranges
from ads.services.pacing.calendars import Events, Key, Span, calendar_of
from ads.services.planned import course

#: Planned budgets by their path from the owner: from which day on they are what, by day.
Plan = Mapping[str, Sequence[tuple[date, Decimal | None]]]
#: The planned budgets of one day, by path; and of the end of each month that is paced.
Then = Mapping[str, Decimal | None]
Months = Sequence[Then]
NOTHING_PLANNED: Final[Then] = {}


@dataclass(frozen=True, slots=True)
class MonthPace:
    pace: Pace
    course: Course


def month_of(
    owner: Brand | Campaign,
    month: Month,
    now: datetime,
    schedules: Sequence[Schedule] = (),
    *,
    planned: Mapping[str, course.Course] | None = None,
) -> MonthPace:
    """The pace of an owner with its ``month``; ``schedules``: those in whose hours it runs.

    A campaign is evaluated: what its other budgets let through, and what is planned of all of them,
    is read from it. ``planned``: of a brand's budgets, if it is known. By the rule itself; five
    queries at most.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    events = Events.around(now)
    own = brand.pk if brand.pk in events.brands else 0
    key = Key(brand.timezone, tuple(one.id for one in schedules), own)
    calendar = calendar_of(key, schedules, Period.MONTH, events, now)
    if isinstance(owner, Campaign):
        planned = limits.planned_of(owner)
    elif planned is None:
        planned = course.ahead([owner.pk], [], now).get((owner.pk, None), {})
    budget = _budget(owner, brand, month, plan_of(planned, brand.timezone), now)
    pace = pace_of(budget, calendar, ranges.learned())
    return MonthPace(pace, course_of(budget, calendar, pace))


def _budget(
    owner: Brand | Campaign, brand: Brand, month: Month, plan: Plan, now: datetime
) -> Budget:
    today = local_date(now, brand.timezone)
    span = Span.of(Period.MONTH, today)
    before = month_start(span.first - timedelta(days=1))
    earlier = summaries.by_day(owner, before, span.first - timedelta(days=1), now)
    of_month, of_day = (month.figures[period] for period in (Period.MONTH, Period.DAY))
    if isinstance(owner, Brand):
        bounds = _bounds_of_day(owner, of_day)
        steps = steps_of_brand(
            owner.monthly_budget, of_month.waived, owner.daily_budget, plan, today
        )
    else:
        own = BUDGET_OF[Hold.MONTHLY_BUDGET]
        row = _with_total(owner, plan)
        bounds, steps = bounds_of(owner, own), steps_of_campaign(row, own, plan, span, today)
    return Budget(
        first=span.first,
        last=span.last,
        spent=of_month.amount,
        limit=of_month.limit,
        by_day={day.date: day.amount for day in (*earlier, *month.days) if day.date < today},
        spent_today=of_day.amount,
        bounds=bounds,
        steps=steps,
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


def _with_total(row: Any, plan: Plan) -> Any:
    """With all that it has spent, which nobody adds up before there is a total budget."""
    if "total_budget" not in plan or row.total_budget is not None:
        return row
    row = copy(row)
    those = Campaign.objects.filter(pk=row.pk).annotate(
        in_all=budget_sums.spent_since("start_date")
    )
    row.total_spend = those.values_list("in_all", flat=True).get()
    return row


def steps_of_campaign(
    row: Any, besides: AnyBudget, plan: Plan, span: Span, today: date, months: Months = ()
) -> list[Step]:
    """What is planned for later days of ``span``, of an evaluated campaign's budget that is paced
    and of the others: see :func:`bounds_of`. Its ``total_spend`` is known if a total is planned.
    """
    return [
        Step(day, _limit_then(besides, row, then), bounds_of(row, besides, then, months=months))
        for day, then in _to_come(plan, today, min(span.last, row.end_date or span.last))
    ]


def steps_of_brand(
    monthly: Decimal | None, waived: Decimal, daily: Decimal | None, plan: Plan, today: date
) -> list[Step]:
    """The same of the month of a brand with these budgets; ``waived``: allowed beyond the first."""
    steps = []
    for day, then in _to_come(plan, today, next_month(today) - timedelta(days=1)):
        month = then.get("monthly_budget", monthly)
        limit = None if month is None else month + waived
        steps.append(Step(day, limit, Bounds(daily=then.get("daily_budget", daily))))
    return steps


def _to_come(plan: Plan, today: date, last: date) -> list[tuple[date, Then]]:
    days = {day for steps in plan.values() for day, _ in steps if today < day <= last}
    return [(day, on(plan, day)) for day in sorted(days)]


def plan_of(ahead: Mapping[str, course.Course], timezone: str) -> Plan:
    """By local day."""
    return {
        path: [(local_date(at, timezone), amount) for at, amount in steps]
        for path, steps in ahead.items()
    }


def on(plan: Plan, day: date) -> Then:
    """What each planned budget is on a day; without those that are not changed by then."""
    return {
        path: amounts[-1]
        for path, steps in plan.items()
        if (amounts := [amount for begins, amount in steps if begins <= day])
    }


def bounds_of(
    owner: Any, besides: AnyBudget, then: Then = NOTHING_PLANNED, *, months: Months = ()
) -> Bounds:
    """What the budgets of an evaluated campaign let through, ``besides`` the one that is paced:
    its own, its brand's and its group's. ``then``: planned budgets, in place of the present ones.

    ``months``: the same of this month and of each later one, if more than this one is paced.
    """
    each = (Bounds.of(*one) for one in _budgets_of(owner, besides, then, months or [then]))
    return reduce(Bounds.within, each, Bounds())


def _budgets_of(
    owner: Any, besides: AnyBudget, then: Then, months: Months
) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Period, budget and what is left of it."""
    for budget in LIMITS:
        if budget == besides:
            continue
        spent = getattr(owner, budget.spend)
        if budget in (BUDGET_OF[Hold.MONTHLY_BUDGET], BUDGET_OF[Hold.BRAND_MONTHLY_BUDGET]):
            limit = _limit_then(budget, owner, months[0])
            later = [_budget_then(budget, owner, month) for month in months[1:]]
            if limit is not None and None not in later:
                of_later = sum((amount for amount in later if amount is not None), Decimal(0))
                yield Period.MONTH, limit, limit - spent + of_later
        elif (limit := _limit_then(budget, owner, then)) is not None:
            own = _budget_then(budget, owner, then) or Decimal(0)
            yield budget.period if isinstance(budget, BudgetHold) else TOTAL, own, limit - spent
    figures = limits.group_of(owner)
    for one in figures.budgets if figures else ():
        later_months = len(months) - 1 if one.period == Period.MONTH else 0
        yield one.period, one.budget, one.budget * (1 + later_months) - one.spent


def _limit_then(budget: AnyBudget, owner: Any, then: Then) -> Decimal | None:
    """The limit with a planned budget, and what is allowed beyond it now."""
    limit = limits.limit_of(budget, owner)
    if _path(budget) not in then:
        return limit
    planned, own = then[_path(budget)], _budget_then(budget, owner, NOTHING_PLANNED)
    if planned is None or limit is None or own is None:
        return planned
    return planned + limit - own


def _budget_then(budget: AnyBudget, owner: Any, then: Then) -> Decimal | None:
    if _path(budget) in then:
        return then[_path(budget)]
    if isinstance(budget, BudgetHold):
        return limits.budget_of(budget, owner)
    return limits.limit_of(budget, owner)


def _path(budget: AnyBudget) -> str:
    return budget.budget if isinstance(budget, BudgetHold) else budget.limit_then


def _runs(owner: Brand | Campaign, brand: Brand) -> bool:
    if not brand.is_active:
        return False
    if isinstance(owner, Brand):
        return owner.campaigns.filter(status=Status.ACTIVE).exists()
    return owner.status == Status.ACTIVE
