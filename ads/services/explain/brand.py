"""Why a brand lets its campaigns run or not, and which of them most need to be looked at."""

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

#: Of a brand's budgets, the hold whose words they are told in.
_BUDGETS: Final = {Period.DAY: Hold.DAILY_BUDGET, Period.MONTH: Hold.MONTHLY_BUDGET}

#: States in the order in which a brand's campaigns are looked at: what may need somebody first.
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
    """Whether a brand lets campaigns run: its switch and its two budgets, in that order."""

    conditions: list[Condition]

    @property
    def holding(self) -> list[Condition]:
        """Those that keep every campaign of the brand from running."""
        return [condition for condition in self.conditions if condition.applies]

    @property
    def returns_at(self) -> datetime | None:
        """When they are expected to be gone (UTC); None: not before somebody acts, or now."""
        lifts = [condition.until for condition in self.holding]
        return None if None in lifts else max((at for at in lifts if at), default=None)


def explain(brand: Brand, month: Month, now: datetime) -> BrandExplanation:
    """Work out what keeps the campaigns of ``brand`` from running; no query.

    ``month``: what it has spent.

    Raises:
        UnknownTimezone: its timezone cannot be read.
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
        return Condition(hold, False, budget_left(hold, spent, budget, figures.waived), None)
    # A budget of zero lets nothing through tomorrow either.
    lifts = next_begins(period, now, brand.timezone) if budget else None
    return Condition(hold, True, budget_sentence(hold, spent, budget), lifts)


def states(brand: Brand) -> dict[State, int]:
    """How many of its campaigns are in which state, those that none is in left out; one query."""
    counted = brand.campaigns.aggregate(
        **{state.value: Count("pk", filter=STATES[str(state.label)]) for state in ORDER}
    )
    return {state: counted[state.value] for state in ORDER if counted[state.value]}


def campaigns_to_look_at(brand: Brand, now: datetime, *, limit: int) -> list[Any]:
    """The first ``limit`` of its campaigns, evaluated at ``now``; as many queries for any number.

    In the order of :data:`ORDER`, and of what they have spent today; those whose brand is in a
    timezone nobody can read are left out.
    """
    campaigns = Campaign.objects.filter(brand=brand)
    rows: QuerySet[Any] = with_holds(campaigns, Moment.at(now, campaigns))
    return list(
        rows.annotate(
            looked_at=Case(
                *(When(STATES[str(state.label)], then=Value(n)) for n, state in enumerate(ORDER)),
                default=Value(len(ORDER)),
                output_field=IntegerField(),
            )
        )
        .select_related("brand")
        .prefetch_related("dayparting_schedules")
        .order_by("looked_at", "-daily_spend", "name")[:limit]
    )
