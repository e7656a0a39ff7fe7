"""Why a brand's campaigns may run or not, and which of them need attention first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from ads.holds import Hold, Moment, with_holds
from ads.models import Brand, Campaign
from ads.models.campaigns import STATES, State
from ads.models.spend import Period
from ads.rules.allowances import Limit, limit_words, periods_ahead
from ads.services import freshness
from ads.services.delivery import allowances
from ads.services.explain.conditions import Condition, budget_left
from ads.services.explain.explanation import budget_sentence
from ads.services.explain.limits import with_allowances, with_groups
from ads.services.ledger import Figures, Month
from ads.services.planned import course

#: The holds that name a brand's budgets on its own page.
_BUDGETS: Final = {Period.DAY: Hold.DAILY_BUDGET, Period.MONTH: Hold.MONTHLY_BUDGET}

#: States in the order of a brand's campaigns: what may need attention comes first.
ORDER: Final = (
    State.PAUSED_BY_SYSTEM,
    State.ACTIVE,
    State.PAUSED_BY_USER,
    State.DRAFT,
    State.COMPLETED,
    State.ARCHIVED,
)


@dataclass(frozen=True, slots=True)
class BrandExplanation:
    """Whether a brand lets its campaigns run: its own switch and its two budgets."""

    conditions: list[Condition]
    #: What a raised limit is made of.
    made_of: Mapping[Period, str]
    #: When nothing stops them any more (UTC); None: when someone acts, or now.
    returns_at: datetime | None
    #: What is planned of its budgets, by field.
    planned: Mapping[str, course.Course]

    @property
    def holding(self) -> list[Condition]:
        """Those that stop every campaign of the brand."""
        return [condition for condition in self.conditions if condition.applies]


def explain(brand: Brand, month: Month, now: datetime) -> BrandExplanation:
    """What stops the campaigns of ``brand``, given its month's spend; a query for what is planned,
    and one for a raised limit.

    Raises:
        UnknownTimezone: its timezone is invalid.
    """
    switched = Condition(
        Hold.BRAND_INACTIVE,
        not brand.is_active,
        "Active" if brand.is_active else "Paused by a user",
        None,
    )
    raised = any(figures.waived for figures in month.figures.values())
    given = allowances.in_force(brand, now=now) if raised else []
    planned = course.ahead([brand.pk], [], now).get((brand.pk, None), {})
    conditions, made_of, limits = [switched], {}, {}
    for period, figures in month.figures.items():
        those = [one for one in given if one.period == period]
        made_of[period] = limit_words(
            figures.budget or Decimal(0), figures.waived, those, now, brand.timezone, brand.currency
        )
        its = planned.get(f"{period.word}_budget", ())
        ahead = periods_ahead(period, month.ahead[period], now, brand.timezone)
        limits[period] = Limit(figures.budget, its, those, ahead)
        conditions.append(_budget(brand, period, figures, limits[period], made_of[period], now))
    is_used_up = any(condition.applies for condition in conditions[1:])
    returns_at = _returns_at(month, limits, now) if brand.is_active and is_used_up else None
    return BrandExplanation(conditions, made_of, returns_at, planned)


def _returns_at(month: Month, limits: Mapping[Period, Limit], now: datetime) -> datetime | None:
    """The first instant at which no budget is used up, also by what was spent ahead of time."""
    at: datetime | None = now
    while at is not None:
        used_up = [
            (limit, month.figures[period].amount)
            for period, limit in limits.items()
            if limit.is_used_up(month.figures[period].amount, at)
        ]
        if not used_up:
            return at
        lifts = [next(limit.turns(spent, at, used_up=False), None) for limit, spent in used_up]
        at = None if None in lifts else max(lift for lift in lifts if lift is not None)
    return None


def _budget(
    brand: Brand,
    period: Period,
    figures: Figures,
    its: Limit,
    made_of: str,
    now: datetime,
) -> Condition:
    hold, spent, limit = _BUDGETS[period], figures.amount, figures.limit
    applies = limit is not None and not figures.is_available
    until = next(its.turns(spent, now, used_up=not applies), None)
    if limit is None or not applies:
        left = budget_left(hold, spent, limit, brand.currency, made_of)
        return Condition(hold, False, left, until)
    used_up = budget_sentence(hold, spent, limit, brand.currency, made_of)
    return Condition(hold, True, used_up, until)


def states(brand: Brand) -> dict[State, int]:
    """How many of its campaigns are in each state; one query."""
    counted = brand.campaigns.aggregate(
        **{state.value: Count("pk", filter=STATES[str(state.label)]) for state in ORDER}
    )
    return {state: counted[state.value] for state in ORDER if counted[state.value]}


def first_campaigns(campaigns: QuerySet[Campaign], now: datetime, *, limit: int) -> list[Any]:
    """The first ``limit`` of these campaigns, evaluated, by :data:`ORDER` and today's spend."""
    moment = Moment.at(now, campaigns)
    evaluated: QuerySet[Any] = with_holds(campaigns, moment)
    rows = list(
        evaluated.annotate(
            place=Case(
                *(When(STATES[str(state.label)], then=Value(n)) for n, state in enumerate(ORDER)),
                default=Value(len(ORDER)),
                output_field=IntegerField(),
            )
        )
        .select_related("brand")
        .prefetch_related("dayparting_schedules")
        .order_by("place", "-daily_spend", "name")[:limit]
    )
    with_allowances(rows, now)
    with_groups(rows, moment.groups)
    freshness.with_sources(rows)
    return rows
