"""Why a brand's campaigns may run or not, and which of them need attention first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from ads.holds import Hold, with_holds
from ads.models import Brand, Campaign
from ads.models.campaign import STATES, State
from ads.models.spend import Period
from ads.moments import Moment
from ads.services.explain.conditions import Condition, budget_left
from ads.services.explain.explanation import budget_sentence
from ads.services.explain.outlook import next_begins
from ads.services.ledger import Figures, Month

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

    @property
    def holding(self) -> list[Condition]:
        """Those that stop every campaign of the brand."""
        return [condition for condition in self.conditions if condition.applies]

    @property
    def returns_at(self) -> datetime | None:
        """When they are expected to be gone (UTC); None: when someone acts, or now."""
        lifts = [condition.until for condition in self.holding]
        return None if None in lifts else max((at for at in lifts if at), default=None)


def explain(brand: Brand, month: Month, now: datetime) -> BrandExplanation:
    """What stops the campaigns of ``brand``, given its month's spend; no query.

    Raises:
        UnknownTimezone: its timezone is invalid.
    """
    switched = Condition(
        Hold.BRAND_INACTIVE,
        not brand.is_active,
        "Active" if brand.is_active else "Paused by a user",
        None,
    )
    return BrandExplanation(
        [switched, *(_budget(brand, period, month.figures[period], now) for period in Period)]
    )


def _budget(brand: Brand, period: Period, figures: Figures, now: datetime) -> Condition:
    hold, spent, budget = _BUDGETS[period], figures.effective, figures.budget
    if budget is None or figures.is_available:
        return Condition(
            hold, False, budget_left(hold, spent, budget, brand.currency, figures.waived), None
        )
    # With a budget of zero, nothing runs tomorrow either.
    lifts = next_begins(period, now, brand.timezone) if budget else None
    return Condition(hold, True, budget_sentence(hold, spent, budget, brand.currency), lifts)


def states(brand: Brand) -> dict[State, int]:
    """How many of its campaigns are in each state; one query."""
    counted = brand.campaigns.aggregate(
        **{state.value: Count("pk", filter=STATES[str(state.label)]) for state in ORDER}
    )
    return {state: counted[state.value] for state in ORDER if counted[state.value]}


def first_campaigns(brand: Brand, now: datetime, *, limit: int) -> list[Any]:
    """The first ``limit`` of its campaigns, evaluated, by :data:`ORDER` and today's spend."""
    campaigns = Campaign.objects.filter(brand=brand)
    rows: QuerySet[Any] = with_holds(campaigns, Moment.at(now, campaigns))
    return list(
        rows.annotate(
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
