"""THE definition of why a campaign may not deliver.

A campaign delivers exactly when none of the holds applies. Each hold is one condition in SQL, so
the same annotation answers for one campaign and for a million; the sweep, an explanation, a list's
columns and a filter all read it from here.

Time is awkward in SQL and cheap in Python: which local date a timezone has now, and which schedules
have a window open, is worked out beforehand (:class:`Moment`) and handed to SQL as constants.
"""

import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.db.models import Case, F, FilteredRelation, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule
from ads.models.campaign import Status
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules import calendar, dayparting

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class Moment:
    """What Python works out about one instant, once, for SQL to use as constants."""

    now: datetime
    #: The timezones of the brands by the local date they have now: at most three dates.
    dates: dict[date, list[str]]
    #: Schedules in force now by rank (see :func:`ads.rules.dayparting.rank`).
    ranks: dict[int, list[int]]

    @classmethod
    def at(cls, now: datetime) -> "Moment":
        """Read timezones and schedules as they stand, and work them out for ``now``.

        A timezone that cannot be read (written past every check) is logged; campaigns of such a
        brand have no local date, so nothing decides on them, and such a schedule counts as in force
        and closed: money is never spent on hours that nobody can read.
        """
        timezones = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
        grouped = calendar.group_by_local_date(timezones, now)
        if grouped.unreadable:
            logger.error("Brands in unknown timezones are left alone: %s", grouped.unreadable)
        ranks: dict[int, list[int]] = defaultdict(list)
        for schedule in schedules_as_rules(DaypartingSchedule.objects.all()):
            rank = _rank(schedule, now)
            if rank is not None:
                ranks[rank].append(schedule.id)
        return cls(now, grouped.by_date, dict(ranks))


def _rank(schedule: dayparting.Schedule, now: datetime) -> int | None:
    try:
        return dayparting.rank(schedule, now)
    except calendar.UnknownTimezone:
        logger.exception("Schedule %s counts as closed.", schedule.id)
        return schedule.priority * 2


def schedules_as_rules(schedules: QuerySet[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """Schedules with their windows, as the rules know them; two queries."""
    return [
        dayparting.Schedule(
            id=schedule.pk,
            timezone=schedule.timezone,
            priority=schedule.priority,
            is_active=schedule.is_active,
            valid_from=schedule.valid_from,
            valid_until=schedule.valid_until,
            windows=tuple(window.as_rule() for window in schedule.windows.all()),
        )
        for schedule in schedules.order_by().prefetch_related("windows")
    ]


def evaluate(campaigns: QuerySet[Campaign], moment: Moment) -> list[QuerySet[Campaign]]:
    """``campaigns`` annotated with their holds at ``moment``: one queryset per local date.

    Each row gains ``hold_bits`` (see :func:`from_bits`; 0: it may deliver) and the effective spend
    (Decimal, US dollars) of the four periods under the names in :data:`BUDGET_HOLDS`. One queryset
    per date, because totals joined on a constant date are what lets PostgreSQL read each just once.
    Campaigns of brands whose timezone nobody can read are in none of them.
    """
    closed = _closed(campaigns, moment)
    return [
        _annotated(campaigns.filter(brand__timezone__in=zones), day, closed)
        for day, zones in moment.dates.items()
    ]


def _annotated(
    campaigns: QuerySet[Campaign], local_date: date, closed: QuerySet[CampaignSchedule]
) -> QuerySet[Campaign]:
    for budget in BUDGET_HOLDS:
        totals = "brand__totals" if budget.of_brand else "totals"
        campaigns = campaigns.alias(
            **{
                budget.total: FilteredRelation(
                    totals,
                    condition=Q(
                        **{
                            f"{totals}__campaign__isnull": budget.of_brand,
                            f"{totals}__period": budget.period,
                            f"{totals}__start": calendar.period_start(budget.period, local_date),
                        }
                    ),
                )
            }
        ).annotate(
            **{
                budget.spend: Coalesce(
                    F(f"{budget.total}__amount") - F(f"{budget.total}__waived"),
                    Decimal(0),
                    output_field=MoneyField(),
                )
            }
        )
    conditions = _conditions(local_date, closed)
    bits = [
        Case(When(conditions[hold], then=Value(bit)), default=Value(0))
        for hold, bit in BITS.items()
    ]
    return campaigns.annotate(hold_bits=sum(bits[1:], start=bits[0]))


def _conditions(local_date: date, closed: QuerySet[CampaignSchedule]) -> dict[Hold, Q]:
    """When each hold applies. This is the rule; there is no other copy of it."""
    return {
        Hold.STATUS: ~Q(status=Status.ACTIVE),
        Hold.BRAND_INACTIVE: Q(brand__is_active=False),
        Hold.FLIGHT: Q(start_date__gt=local_date) | Q(end_date__lt=local_date),
        **{
            # No budget (NULL) compares as unknown, which holds nothing.
            budget.hold: Q(**{f"{budget.spend}__gte": F(budget.budget)})
            for budget in BUDGET_HOLDS
        },
        Hold.DAYPARTING: Q(is_dayparting_enabled=True, pk__in=closed),
    }


def _closed(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[CampaignSchedule]:
    """Ids of the campaigns whose deciding schedules have no window open.

    The schedules of the highest rank decide, and an even rank is closed. A campaign without a
    schedule is not among them.
    """
    attached = CampaignSchedule.objects.order_by()
    if campaigns.query.where:
        attached = attached.filter(campaign__in=campaigns.order_by().values("pk"))
    rank = Case(
        *(When(schedule__in=ids, then=Value(rank)) for rank, ids in moment.ranks.items()),
        default=Value(NOT_IN_FORCE),
    )
    return (
        attached.values("campaign")
        .annotate(highest=Max(rank))
        .filter(highest__in=[NOT_IN_FORCE, *(rank for rank in moment.ranks if rank % 2 == 0)])
        .values("campaign")
    )
