"""THE definition of why a campaign may not deliver.

A campaign delivers exactly when none of the holds applies. Each hold is one condition in SQL, so
the same annotation answers for one campaign and for a million; the sweep, an explanation, a list's
columns and a filter all read it from here.

Time is awkward in SQL and cheap in Python: which local date a timezone has now, and which schedules
have a window open, is worked out beforehand (:class:`Moment`) and handed to SQL as constants.

"What if?" is the same conditions that read something else: see :class:`Supposing`.
"""

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, F, FilteredRelation, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from ads.models import Campaign, CampaignSchedule
from ads.models.campaign import Status
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.moments import Moment, Moments, attached_to, schedules_as_rules
from ads.supposing import NOTHING, Supposing

__all__ = [
    "BITS",
    "BUDGET_HOLDS",
    "LOCAL_DATE",
    "NOTHING",
    "NOT_IN_FORCE",
    "BudgetHold",
    "Hold",
    "Moment",
    "Moments",
    "Supposing",
    "ended",
    "evaluate",
    "from_bits",
    "held_by",
    "not_begun",
    "schedules_as_rules",
    "with_dates",
    "with_holds",
    "with_spend",
]


class Hold(models.TextChoices):
    """The reasons, in the order in which they are shown."""

    STATUS = "status", "Status"
    BRAND_INACTIVE = "brand_inactive", "Brand inactive"
    FLIGHT = "flight", "Flight"
    BRAND_DAILY_BUDGET = "brand_daily_budget", "Brand's daily budget"
    BRAND_MONTHLY_BUDGET = "brand_monthly_budget", "Brand's monthly budget"
    DAILY_BUDGET = "daily_budget", "Daily budget"
    MONTHLY_BUDGET = "monthly_budget", "Monthly budget"
    DAYPARTING = "dayparting", "Dayparting"


@dataclass(frozen=True, slots=True)
class BudgetHold:
    """One of the four budgets: whose it is, over which period, and where its figures are found."""

    hold: Hold
    period: Period
    of_brand: bool

    @property
    def budget(self) -> str:
        """Path from a campaign to the budget."""
        return f"{'brand__' if self.of_brand else ''}{self.period_word}_budget"

    @property
    def spend(self) -> str:
        """Name of the annotation with the effective spend, as on DeliveryChange."""
        return f"{'brand_' if self.of_brand else ''}{self.period_word}_spend"

    @property
    def period_word(self) -> str:
        return "daily" if self.period == Period.DAY else "monthly"

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

#: Below the rank of every schedule that is in force, and even: closed.
NOT_IN_FORCE = -(2**33)

BITS = {hold: 1 << position for position, hold in enumerate(Hold)}


def from_bits(bits: int) -> list[Hold]:
    """The holds in a bitmask, in the order in which they are shown."""
    return [hold for hold, bit in BITS.items() if bits & bit]


def evaluate(
    campaigns: QuerySet[Campaign], moment: Moment, supposing: Supposing = NOTHING
) -> QuerySet[Campaign]:
    """``campaigns`` annotated with whether they may deliver at ``moment``, and their holds.

    Each row gains ``may_deliver`` (bool), and what :func:`with_holds` gives it.
    """
    conditions = _conditions(campaigns, moment, supposing)
    # The same conditions again rather than ``hold_bits=0``: the first that applies settles it.
    return with_holds(campaigns, moment, supposing).annotate(
        may_deliver=Case(
            When(functools.reduce(operator.or_, conditions.values()), then=Value(False)),
            default=Value(True),
        ),
    )


def with_holds(
    campaigns: QuerySet[Campaign], moment: Moment | Moments, supposing: Supposing = NOTHING
) -> QuerySet[Campaign]:
    """``campaigns`` annotated with their holds at ``moment``, or each at an instant of its own.

    Each row gains ``hold_bits`` (see :func:`from_bits`; 0: it may deliver) and the effective spend
    (Decimal, US dollars) of the four periods under the names in :data:`BUDGET_HOLDS`. Campaigns of
    brands whose timezone nobody can read are left out.

    With ``supposing`` they are the holds that there would be, and the row can also be asked for
    what is supposed, under :meth:`Supposing.name`. Work out ``moment`` with the same.
    """
    conditions = _conditions(campaigns, moment, supposing)
    return with_spend(campaigns, moment, BUDGET_HOLDS, supposing).annotate(
        hold_bits=functools.reduce(
            operator.add,
            (
                Case(When(conditions[hold], then=Value(bit)), default=Value(0))
                for hold, bit in BITS.items()
            ),
        ),
    )


def held_by(
    campaigns: QuerySet[Campaign], moment: Moment, hold: Hold, *, of_many: bool = False
) -> QuerySet[Campaign]:
    """Those of ``campaigns`` that have this hold at ``moment``, whatever others they have.

    Reads nothing that the one hold does not rest on. ``of_many``: they are a good part of all, so
    it is read of all; filters on them are then not asked twice.
    """
    read = Campaign.objects.all() if of_many else campaigns
    applies = _conditions(read, moment, NOTHING)[hold]
    budgets = [budget for budget in BUDGET_HOLDS if budget.hold == hold]
    those = with_spend(campaigns, moment, budgets)
    if not of_many:
        return those.filter(applies)
    # As one value: PostgreSQL would take a condition on schedules for one that nearly none passes,
    # and look up the many that do pass it one by one.
    return those.filter(Case(When(applies, then=Value(True)), default=Value(False)))


def with_dates(campaigns: QuerySet[Campaign], moment: Moment | Moments) -> QuerySet[Campaign]:
    """``campaigns`` whose brand's local date is known, with it as the alias :data:`LOCAL_DATE`.

    And with the first of its month. What has them already, of the same moment, is left as it is;
    so is it with :func:`with_spend`.
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
    budgets: Iterable[BudgetHold],
    supposing: Supposing = NOTHING,
) -> QuerySet[Campaign]:
    """``campaigns`` whose brand's local date is known, with the effective spend of ``budgets``.

    Decimal, US dollars, under :attr:`BudgetHold.spend`. And with what is supposed of them.
    """
    campaigns = with_dates(campaigns, moment).alias(**supposing.aliases())
    for budget in budgets:
        if budget.spend in campaigns.query.annotations:
            continue
        totals = "brand__totals" if budget.of_brand else "totals"
        condition = Q(
            **{
                f"{totals}__period": budget.period,
                # The few dates there are let an index find them among years of others.
                f"{totals}__start__in": list(moment.period_starts(budget.period)),
                f"{totals}__start": F(_start(budget.period)),
            }
        )
        if budget.of_brand:
            condition &= Q(**{f"{totals}__campaign": None})
        spend: Any = Coalesce(
            F(f"{budget.total}__amount") - F(f"{budget.total}__waived"),
            Decimal(0),
            output_field=MoneyField(),
        )
        if budget.hold in supposing.waived:
            # Corrections of what had been waived leave less than nothing, which is not waived.
            spend = Least(spend, Decimal(0), output_field=MoneyField())
        campaigns = campaigns.alias(
            **{budget.total: FilteredRelation(totals, condition=condition)}
        ).annotate(**{budget.spend: spend})
    return campaigns


def _start(period: Period) -> str:
    """Name of the alias for the day or month that a campaign's brand is in."""
    return f"{period.value}_start"


#: Name of the alias for the date that it is in the brand's timezone.
LOCAL_DATE = _start(Period.DAY)


def _by_key(dates: dict[date, list[Any]], key: str) -> Case | Value:
    """The date of a campaign's brand, given which keys (its timezones, say) have it."""
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
    """That a flight has not begun, of campaigns :func:`with_dates`."""
    return Q(**{f"{supposing.name('start_date')}__gt": F(LOCAL_DATE)})


def ended(supposing: Supposing = NOTHING) -> Q:
    """That a flight has ended, of campaigns :func:`with_dates`."""
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
            budget.hold: Q(**{f"{budget.spend}__gte": F(name(budget.budget))})
            for budget in BUDGET_HOLDS
        },
        Hold.DAYPARTING: Q(**{name("is_dayparting_enabled"): True})
        & _closed(campaigns, moment, supposing),
    }


def _closed(campaigns: QuerySet[Campaign], moment: Moment | Moments, supposing: Supposing) -> Q:
    """That the deciding schedules of a campaign have no window open.

    The schedules of the highest rank decide, and an even rank is closed. A campaign without a
    schedule is not closed.
    """
    if isinstance(moment, Moments):
        return Q(pk__in=moment.closed)
    # What is supposed to be attached to each of them: to those without a schedule too.
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
    """Ids of the campaigns with schedules whose highest rank, at least ``least``, is odd or not."""
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
