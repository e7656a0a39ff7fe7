"""THE definition of why a campaign may not deliver.

A campaign delivers exactly when no hold applies. Each hold is one SQL condition, the same for one
campaign and for a million, for sweeps, explanations, columns and filters.

Time is awkward in SQL and cheap in Python, so local dates and open schedules are computed first
(:class:`Moment`) and passed as constants. Previews replace columns: see :class:`Supposing`.
"""

import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import models
from django.db.models import (
    Case,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least

from ads.freshness import is_stale
from ads.holds.allowed import still_counted
from ads.holds.budget_sums import spent_in_all
from ads.holds.given import ids_of
from ads.holds.moments import Moment, Moments, attached_to, is_everything
from ads.holds.supposing import NOTHING, Supposing
from ads.models import Campaign, CampaignSchedule
from ads.models.campaigns import Status
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules import margins


class Hold(models.TextChoices):
    """The reasons, in the order in which they are shown."""

    STATUS = "status", "Status"
    BRAND_INACTIVE = "brand_inactive", "Brand inactive"
    FLIGHT = "flight", "Flight"
    BRAND_DAILY_BUDGET = "brand_daily_budget", "Brand's daily budget"
    BRAND_MONTHLY_BUDGET = "brand_monthly_budget", "Brand's monthly budget"
    DAILY_BUDGET = "daily_budget", "Daily budget"
    MONTHLY_BUDGET = "monthly_budget", "Monthly budget"
    TOTAL_BUDGET = "total_budget", "Total budget"
    GROUP_BUDGET = "group_budget", "Group's budget"
    STALE_SPEND = "stale_spend", "Spend too old"
    DAYPARTING = "dayparting", "Dayparting"


@dataclass(frozen=True, slots=True)
class BudgetHold:
    """A budget for a day or a month: its owner, its period, and where its figures are."""

    hold: Hold
    period: Period
    of_brand: bool

    @property
    def budget(self) -> str:
        """Path from a campaign to the budget."""
        return f"{'brand__' if self.of_brand else ''}{self.period.word}_budget"

    @property
    def spend(self) -> str:
        """Name of the annotation with the spend; a field of DeliveryChange too."""
        return f"{'brand_' if self.of_brand else ''}{self.period.word}_spend"

    @property
    def limit(self) -> str:
        """Name of the annotation with the limit: the budget and what is allowed beyond it."""
        return f"{'brand_' if self.of_brand else ''}{self.period.word}_limit"

    @property
    def limit_then(self) -> str:
        """Field of DeliveryChange with the limit at the time."""
        return self.budget.replace("__", "_")

    @property
    def margin(self) -> str:
        """Field of SpendMargin with the margin before the limit."""
        return f"brand_{self.period.word}" if self.of_brand else "own"

    @property
    def total(self) -> str:
        """Name of the join to the running sum."""
        return f"{self.hold.value}_total"


BUDGET_HOLDS = (
    BudgetHold(Hold.BRAND_DAILY_BUDGET, Period.DAY, of_brand=True),
    BudgetHold(Hold.BRAND_MONTHLY_BUDGET, Period.MONTH, of_brand=True),
    BudgetHold(Hold.DAILY_BUDGET, Period.DAY, of_brand=False),
    BudgetHold(Hold.MONTHLY_BUDGET, Period.MONTH, of_brand=False),
)


class OtherBudget(NamedTuple):
    """A budget that is for no period of its own, and where its figures are."""

    hold: Hold
    spend: str
    limit: str
    limit_then: str
    margin: str = "own"


#: For all that is spent since the flight began; nothing is allowed beyond it.
TOTAL_BUDGET = OtherBudget(Hold.TOTAL_BUDGET, "total_spend", "total_limit", "total_budget")
#: Figures are those of the group's leading budget: :class:`~ads.holds.budget_sums.GroupFigures`.
GROUP_BUDGET = OtherBudget(Hold.GROUP_BUDGET, "group_spend", "group_limit", "group_budget")

AnyBudget = BudgetHold | OtherBudget

#: The budgets of a campaign and its brand, with their figures in SQL.
LIMITS: Final[Sequence[AnyBudget]] = (*BUDGET_HOLDS, TOTAL_BUDGET)
#: By budget, the name of the annotation with what is still spent before a stop takes effect.
ON_ITS_WAY: Final[Mapping[AnyBudget, str]] = {
    budget: f"{budget.spend}_on_its_way" for budget in LIMITS
}
#: Every budget.
ALL_BUDGETS: Final[Sequence[AnyBudget]] = (*LIMITS, GROUP_BUDGET)

#: By hold.
LIMIT_OF: Final[Mapping[str, AnyBudget]] = {budget.hold: budget for budget in LIMITS}
#: Those for a day or a month, by hold.
BUDGET_OF: Final[Mapping[str, BudgetHold]] = {budget.hold: budget for budget in BUDGET_HOLDS}

#: Below the rank of every schedule in force; even, so closed.
NOT_IN_FORCE = -(2**33)

BITS = {hold: 1 << position for position, hold in enumerate(Hold)}


def from_bits(bits: int) -> list[Hold]:
    """The holds in a bitmask, in display order."""
    return [hold for hold, bit in BITS.items() if bits & bit]


def evaluate(
    campaigns: QuerySet[Campaign], moment: Moment, supposing: Supposing = NOTHING
) -> QuerySet[Campaign]:
    """:func:`with_holds`, and ``may_deliver`` (bool)."""
    conditions = _conditions(campaigns, moment, supposing)
    return with_spend(campaigns, moment, LIMITS, supposing).annotate(
        hold_bits=_bits(conditions),
        # Not ``hold_bits=0``: here the first condition that applies settles it. The total comes
        # last: it is the only one that adds sums up.
        may_deliver=Case(
            When(functools.reduce(operator.or_, _cheapest_first(conditions)), then=Value(False)),
            default=Value(True),
        ),
    )


def _cheapest_first(conditions: dict[Hold, Q]) -> list[Q]:
    return [conditions[hold] for hold in Hold if hold != Hold.TOTAL_BUDGET] + [
        conditions[Hold.TOTAL_BUDGET]
    ]


def with_holds(
    campaigns: QuerySet[Campaign],
    moment: Moment | Moments,
    supposing: Supposing = NOTHING,
    *,
    of_many: bool = False,
) -> QuerySet[Campaign]:
    """``campaigns`` with their holds at ``moment``, or each at an instant of its own.

    Adds ``hold_bits`` (see :func:`from_bits`; 0: it may deliver), and the spend and limit (Decimal)
    of the budgets in :data:`LIMITS`. Leaves out campaigns of brands
    with an invalid timezone. Create ``moment`` with the same ``supposing``; supposed values are in
    the row under :meth:`Supposing.name`. ``of_many``: see :func:`held_by`.
    """
    read = Campaign.objects.all() if of_many else campaigns
    conditions = _conditions(read, moment, supposing)
    return with_spend(campaigns, moment, LIMITS, supposing).annotate(hold_bits=_bits(conditions))


def _bits(conditions: dict[Hold, Q]) -> Any:
    return functools.reduce(
        operator.add,
        (
            Case(When(conditions[hold], then=Value(bit)), default=Value(0))
            for hold, bit in BITS.items()
        ),
    )


def held_by(
    campaigns: QuerySet[Campaign], moment: Moment, hold: Hold, *, of_many: bool = False
) -> QuerySet[Campaign]:
    """Those of ``campaigns`` that have this hold at ``moment``, among others or not.

    ``of_many``: they are a good part of all campaigns, so schedules are read for all.
    """
    read = Campaign.objects.all() if of_many else campaigns
    applies = _conditions(read, moment, NOTHING)[hold]
    budgets = [budget for budget in LIMITS if budget.hold == hold]
    those = with_spend(campaigns, moment, budgets)
    if not of_many:
        return those.filter(applies)
    # As one value: PostgreSQL underestimates a condition on schedules and would look up the many
    # that pass it one by one.
    return those.filter(Case(When(applies, then=Value(True)), default=Value(False)))


def over_budget(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign]:
    """Those of ``campaigns``, a good part of all, with a budget that is used up at ``moment``."""
    conditions = _conditions(Campaign.objects.all(), moment, NOTHING)
    applies = functools.reduce(operator.or_, (conditions[budget.hold] for budget in ALL_BUDGETS))
    return with_spend(campaigns, moment, LIMITS).filter(applies)


def with_dates(campaigns: QuerySet[Campaign], moment: Moment | Moments) -> QuerySet[Campaign]:
    """``campaigns`` with the brand's local date (:data:`LOCAL_DATE`) and the first of its month.

    Left as they are if they have these, or their spend, already.
    """
    if LOCAL_DATE in campaigns.query.annotations:
        return campaigns
    known = [one for those in moment.dates.values() for one in those]
    return campaigns.filter(**{f"{moment.key}__in": known}).alias(
        **{_start(period): _by_key(moment.period_starts(period), moment.key) for period in Period},
    )


def with_spend(
    campaigns: QuerySet[Campaign],
    moment: Moment | Moments,
    budgets: Iterable[AnyBudget],
    supposing: Supposing = NOTHING,
) -> QuerySet[Campaign]:
    """``campaigns`` with the spend and the limit of ``budgets`` (Decimal).

    The limit is NULL without a budget. If any brand stops early, with what is still spent before a
    stop takes effect too (:data:`ON_ITS_WAY`).
    """
    ids = ids_of(campaigns)
    campaigns = with_dates(campaigns, moment)
    budgets = [budget for budget in budgets if budget.spend not in campaigns.query.annotations]
    until = moment.allowances_end
    aliases = supposing.aliases() if until is None else {**supposing.aliases(), _UNTIL: until}
    found: dict[str, Any] = {}
    for budget in budgets:
        if isinstance(budget, OtherBudget):
            found |= _in_all(moment, supposing)
            found |= _on_its_way(budget, found[budget.limit], moment, supposing)
            continue
        totals = "brand__totals" if budget.of_brand else "totals"
        condition = Q(
            **{
                f"{totals}__period": budget.period,
                # The few dates let the index be used.
                f"{totals}__start__in": list(moment.period_starts(budget.period)),
                f"{totals}__start__one_day": F(_start(budget.period)),
            }
        )
        if budget.of_brand:
            condition &= Q(**{f"{totals}__campaign": None})
        elif ids is not None:  # else PostgreSQL reads everybody's sums for thousands of campaigns
            # As a Value: of text that is for a relation, Django looks at each character.
            condition &= Q(**{f"{totals}__campaign__any_of": Value(ids)})
        aliases[budget.total] = FilteredRelation(totals, condition=condition)
        spend = _or_zero(F(f"{budget.total}__amount"))
        allowed = _or_zero(F(f"{budget.total}__waived"))
        if until is not None:
            owner = {"campaign": None, "brand": OuterRef("brand")}
            if not budget.of_brand:
                owner = {"campaign": OuterRef("pk")}
            span = {"period": budget.period, "start": OuterRef(_start(budget.period))}
            allowed = allowed - still_counted(OuterRef(_UNTIL), **owner, **span)
        allowed = supposing.allowance(budget.hold, spend, allowed)
        found[budget.spend] = spend
        found[budget.limit] = ExpressionWrapper(
            F(supposing.name(budget.budget)) + allowed, output_field=MoneyField()
        )
        found |= _on_its_way(budget, found[budget.limit], moment, supposing)
    # Each once for all budgets: every call copies the query.
    return campaigns.alias(**aliases).annotate(**found)


def _in_all(moment: Moment | Moments, supposing: Supposing) -> dict[str, Any]:
    """The spend and the limit of the total budget; the spend is 0 without one."""
    money, budget = MoneyField(), supposing.name("total_budget")
    if not moment.totals:
        nothing = {TOTAL_BUDGET.spend: Decimal(0), TOTAL_BUDGET.limit: None}
        return {name: Value(value, output_field=money) for name, value in nothing.items()}
    return {
        TOTAL_BUDGET.spend: spent_in_all(supposing),
        TOTAL_BUDGET.limit: ExpressionWrapper(F(budget), output_field=money),
    }


def _on_its_way(
    budget: AnyBudget, limit: Any, moment: Moment | Moments, supposing: Supposing
) -> dict[str, Any]:
    """The margin before a limit, of brands that stop early; not even read where none has any."""
    if not moment.margins:
        return {}
    margin = Least(
        _or_zero(F(f"spend_margin__{budget.margin}")),
        ExpressionWrapper(limit * Value(margins.SHARE), output_field=MoneyField()),
    )
    stops_early = When(**{supposing.name("brand__stops_early"): True}, then=margin)
    its = Case(stops_early, default=Decimal(0), output_field=MoneyField())
    return {ON_ITS_WAY[budget]: its}


def _or_zero(amount: F) -> Any:
    return Coalesce(amount, Decimal(0), output_field=MoneyField())


#: Alias of the instant up to which allowances have ended.
_UNTIL: Final = "allowances_end"


def _start(period: Period) -> str:
    """Alias of the start of the brand's current day or month."""
    return f"{period.value}_start"


#: Alias of the local date of the brand.
LOCAL_DATE = _start(Period.DAY)


def _by_key(dates: dict[date, list[Any]], key: str) -> Case | Value:
    """The date of a campaign's brand, by its key, such as its timezone."""
    *others, usual = sorted(dates, key=lambda day: len(dates[day]))
    default = Value(usual, output_field=models.DateField())
    if not others:
        return default
    return Case(
        *(When(**{f"{key}__in": dates[day]}, then=Value(day)) for day in others),
        default=default,
        output_field=models.DateField(),
    )


def not_begun(supposing: Supposing = NOTHING) -> Q:
    """The flight has not begun; for campaigns :func:`with_dates`."""
    return Q(**{f"{supposing.name('start_date')}__gt": F(LOCAL_DATE)})


def ended(supposing: Supposing = NOTHING) -> Q:
    """The flight has ended; for campaigns :func:`with_dates`."""
    return Q(**{f"{supposing.name('end_date')}__lt": F(LOCAL_DATE)})


def _conditions(
    campaigns: QuerySet[Campaign], moment: Moment | Moments, supposing: Supposing
) -> dict[Hold, Q]:
    """When each hold applies. This is the rule; there is no other copy of it."""
    name = supposing.name
    return {
        Hold.STATUS: ~Q(**{name("status"): Status.ACTIVE}),
        Hold.BRAND_INACTIVE: Q(**{name("brand__is_active"): False}),
        Hold.FLIGHT: not_begun(supposing) | ended(supposing),
        **{
            # No budget (NULL) compares as unknown, which holds nothing.
            budget.hold: Q(**{f"{budget.spend}__gte": _stops_at(budget, moment)})
            for budget in BUDGET_HOLDS
        },
        # Not even asked where none has one.
        Hold.TOTAL_BUDGET: _total_used_up(moment),
        Hold.GROUP_BUDGET: _held_by_group(moment, supposing),
        Hold.STALE_SPEND: _stale(campaigns, moment),
        Hold.DAYPARTING: Q(**{name("is_dayparting_enabled"): True})
        & _closed(campaigns, moment, supposing),
    }


def _total_used_up(moment: Moment | Moments) -> Q:
    if not moment.totals:
        return Q(pk__in=[])
    at = _stops_at(TOTAL_BUDGET, moment)
    reached = moment.reached_totals
    if reached is None:
        return Q(total_spend__gte=at)
    return Q(pk__in=reached) & Q(total_spend__gte=at) if moment.margins else Q(pk__in=reached)


def _stops_at(budget: AnyBudget, moment: Moment | Moments) -> Any:
    limit = F(budget.limit)
    return limit - F(ON_ITS_WAY[budget]) if moment.margins else limit


def _held_by_group(moment: Moment | Moments, supposing: Supposing) -> Q:
    """One of the budgets of its group is used up."""
    if isinstance(moment, Moments):
        return Q(pk__in=moment.held_by_groups)
    return Q(**{f"{supposing.name('budget_group')}__in": moment.held_groups})


def _stale(campaigns: QuerySet[Campaign], moment: Moment | Moments) -> Q:
    """A source of spend is too old. That is known of now, not of instants to come."""
    if isinstance(moment, Moments) or not moment.stale:
        return Q(pk__in=[])
    return is_stale(None if is_everything(campaigns) else campaigns, moment.now)


def _closed(campaigns: QuerySet[Campaign], moment: Moment | Moments, supposing: Supposing) -> Q:
    """The schedules of the highest rank have no window open: the rank is even.

    A campaign without a schedule is not closed.
    """
    if isinstance(moment, Moments):
        return Q(pk__in=moment.closed)
    # Supposed to be attached to every campaign, also to those without a schedule.
    attached = [
        rank for rank, ids in moment.ranks.items() if not set(supposing.attached).isdisjoint(ids)
    ]
    if not supposing.attached:
        return Q(pk__in=_decided(campaigns, moment, supposing, NOT_IN_FORCE, odd=0))
    least = max(attached, default=NOT_IN_FORCE)
    if least & 1:
        return Q(pk__in=_decided(campaigns, moment, supposing, least, odd=0))
    return ~Q(pk__in=_decided(campaigns, moment, supposing, least, odd=1))


def _decided(
    campaigns: QuerySet[Campaign], moment: Moment, supposing: Supposing, least: int, *, odd: int
) -> QuerySet[CampaignSchedule, Any]:
    """Ids of campaigns with schedules whose highest rank, ``least`` at least, is odd or even."""
    rank = Case(
        *(When(schedule__in=ids, then=Value(rank)) for rank, ids in moment.ranks.items()),
        default=Value(NOT_IN_FORCE),
        output_field=models.BigIntegerField(),
    )
    schedules = attached_to(campaigns)
    if supposing.detached:
        schedules = schedules.exclude(schedule__in=supposing.detached)
    highest: Any = Max(rank)
    if least != NOT_IN_FORCE:
        highest = Greatest(highest, Value(least, output_field=models.BigIntegerField()))
    return (
        schedules.values("campaign")
        # Not ``IN`` the even ranks: inside an IN, PostgreSQL looks schedules up one by one.
        .annotate(highest=highest, odd=F("highest").bitand(1))
        .filter(odd=odd)
        .values("campaign")
    )
