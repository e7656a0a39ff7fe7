"""THE definition of why a campaign may not deliver.

A campaign delivers exactly when none of the holds applies. Each hold is one condition in SQL, so
the same annotation answers for one campaign and for a million; the sweep, an explanation, a list's
columns and a filter all read it from here.

Time is awkward in SQL and cheap in Python: which local date a timezone has now, and which schedules
have a window open, is worked out beforehand (:class:`Moment`) and handed to SQL as constants.
"""

import functools
import logging
import operator
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Case, F, FilteredRelation, Max, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, DaypartingWindow
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
    #: Ids of the schedules in force now, by rank (see :func:`ads.rules.dayparting.rank`).
    ranks: dict[int, list[int]]
    #: Timezones of brands that nobody can read.
    unreadable: tuple[str, ...] = ()

    @classmethod
    def at(cls, now: datetime, campaigns: QuerySet[Campaign]) -> "Moment":
        """Work out ``now`` for ``campaigns``, from their brands and schedules as they stand.

        A timezone that cannot be read (written past every check) is logged; campaigns of such a
        brand have no local date, so nothing decides on them, and such a schedule counts as in force
        and closed: money is never spent on hours that nobody can read.
        """
        brands = Brand.objects.all()
        schedules = DaypartingSchedule.objects.all()
        if not _is_everything(campaigns):
            brands = brands.filter(campaigns__in=_ids(campaigns))
            # Listed rather than nested: looked for in a subquery, those of some ten thousand
            # campaigns took PostgreSQL a second.
            attached = _attached(campaigns).values_list("schedule", flat=True).distinct()
            schedules = schedules.filter(pk__in=list(attached))
        timezones = brands.order_by().values_list("timezone", flat=True).distinct()
        return cls.of(now, timezones, schedules_as_rules(schedules))

    @classmethod
    def of(
        cls, now: datetime, timezones: Iterable[str], schedules: Iterable[dayparting.Schedule]
    ) -> "Moment":
        """The same from the brands' timezones and the schedules, for who has read them already."""
        grouped = calendar.group_by_local_date(timezones, now)
        if grouped.unreadable:
            logger.error("Brands in unknown timezones are left alone: %s", grouped.unreadable)
        ranks: dict[int, list[int]] = defaultdict(list)
        for schedule in schedules:
            rank = _rank(schedule, now)
            if rank is not None:
                ranks[rank].append(schedule.id)
        return cls(now, grouped.by_date, dict(ranks), tuple(grouped.unreadable))

    def period_starts(self, period: Period) -> dict[date, list[str]]:
        """The starts of the periods that the brands are in, and the timezones that are in them."""
        starts: dict[date, list[str]] = defaultdict(list)
        for day, zones in self.dates.items():
            starts[calendar.period_start(period, day)] += zones
        # Without brands no date matters, but the SQL needs one.
        return dict(starts) or {calendar.period_start(period, self.now.date()): []}


def _rank(schedule: dayparting.Schedule, now: datetime) -> int | None:
    try:
        return dayparting.rank(schedule, now)
    except calendar.UnknownTimezone:
        logger.exception("Schedule %s counts as closed.", schedule.id)
        return schedule.priority * 2


def schedules_as_rules(schedules: QuerySet[DaypartingSchedule]) -> list[dayparting.Schedule]:
    """Schedules with their windows, as the rules know them; two queries."""
    # Plain tuples: model instances of a few thousand windows would take longer than the rules do.
    rows = list(
        schedules.order_by().values_list(
            "pk", "timezone", "priority", "is_active", "valid_from", "valid_until"
        )
    )
    windows: dict[int, list[dayparting.Window]] = defaultdict(list)
    for schedule_id, day_of_week, start_time, end_time in (
        DaypartingWindow.objects.filter(schedule__in=[pk for pk, *_ in rows])
        .order_by()
        .values_list("schedule_id", "day_of_week", "start_time", "end_time")
    ):
        windows[schedule_id].append(dayparting.Window(day_of_week, start_time, end_time))
    return [
        dayparting.Schedule(
            id=pk,
            timezone=timezone,
            priority=priority,
            is_active=is_active,
            valid_from=valid_from,
            valid_until=valid_until,
            windows=tuple(windows[pk]),
        )
        for pk, timezone, priority, is_active, valid_from, valid_until in rows
    ]


def evaluate(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign]:
    """``campaigns`` annotated with whether they may deliver at ``moment``, and their holds.

    Each row gains ``may_deliver`` (bool), and what :func:`with_holds` gives it.
    """
    conditions = _all_conditions(campaigns, moment)
    # The same conditions again rather than ``hold_bits=0``: the first that applies settles it.
    return with_holds(campaigns, moment).annotate(
        may_deliver=Case(
            When(functools.reduce(operator.or_, conditions.values()), then=Value(False)),
            default=Value(True),
        ),
    )


def with_holds(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[Campaign]:
    """``campaigns`` annotated with their holds at ``moment``.

    Each row gains ``hold_bits`` (see :func:`from_bits`; 0: it may deliver) and the effective spend
    (Decimal, US dollars) of the four periods under the names in :data:`BUDGET_HOLDS`. Campaigns of
    brands whose timezone nobody can read are left out.
    """
    conditions = _all_conditions(campaigns, moment)
    return _with_spend(campaigns, moment, BUDGET_HOLDS).annotate(
        hold_bits=functools.reduce(
            operator.add,
            (
                Case(When(conditions[hold], then=Value(bit)), default=Value(0))
                for hold, bit in BITS.items()
            ),
        ),
    )


def held_by(campaigns: QuerySet[Campaign], moment: Moment, hold: Hold) -> QuerySet[Campaign]:
    """Those of ``campaigns`` that have this hold at ``moment``, whatever others they have.

    Reads nothing that the one hold does not rest on.
    """
    conditions = _all_conditions(campaigns, moment)
    budgets = [budget for budget in BUDGET_HOLDS if budget.hold == hold]
    return _with_spend(campaigns, moment, budgets).filter(conditions[hold])


def _with_spend(
    campaigns: QuerySet[Campaign], moment: Moment, budgets: Iterable[BudgetHold]
) -> QuerySet[Campaign]:
    """``campaigns`` whose brand's local date is known, with the effective spend of ``budgets``."""
    starts = {period: moment.period_starts(period) for period in Period}
    campaigns = campaigns.filter(
        brand__timezone__in=[zone for zones in moment.dates.values() for zone in zones]
    ).alias(**{_start(period): _by_timezone(dates) for period, dates in starts.items()})
    for budget in budgets:
        totals = "brand__totals" if budget.of_brand else "totals"
        condition = Q(
            **{
                f"{totals}__period": budget.period,
                # The few dates there are let an index find them among years of others.
                f"{totals}__start__in": list(starts[budget.period]),
                f"{totals}__start": F(_start(budget.period)),
            }
        )
        if budget.of_brand:
            condition &= Q(**{f"{totals}__campaign": None})
        campaigns = campaigns.alias(
            **{budget.total: FilteredRelation(totals, condition=condition)}
        ).annotate(
            **{
                budget.spend: Coalesce(
                    F(f"{budget.total}__amount") - F(f"{budget.total}__waived"),
                    Decimal(0),
                    output_field=MoneyField(),
                )
            }
        )
    return campaigns


def _start(period: Period) -> str:
    """Name of the alias for the day or month that a campaign's brand is in."""
    return f"{period.value}_start"


def _by_timezone(dates: dict[date, list[str]]) -> Case | Value:
    """The date of a campaign's brand, given the timezones that have it."""
    *others, usual = sorted(dates, key=lambda day: len(dates[day]))
    default = Value(usual, output_field=models.DateField())
    if not others:
        return default
    return Case(
        *(When(brand__timezone__in=dates[day], then=Value(day)) for day in others),
        default=default,
        output_field=models.DateField(),
    )


def _all_conditions(campaigns: QuerySet[Campaign], moment: Moment) -> dict[Hold, Q]:
    return _conditions(F(_start(Period.DAY)), _closed(campaigns, moment))


def _conditions(local_date: F, closed: QuerySet[CampaignSchedule, Any]) -> dict[Hold, Q]:
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


def _closed(campaigns: QuerySet[Campaign], moment: Moment) -> QuerySet[CampaignSchedule, Any]:
    """Ids of the campaigns whose deciding schedules have no window open.

    The schedules of the highest rank decide, and an even rank is closed. A campaign without a
    schedule is not among them.
    """
    rank = Case(
        *(When(schedule__in=ids, then=Value(rank)) for rank, ids in moment.ranks.items()),
        default=Value(NOT_IN_FORCE),
        output_field=models.BigIntegerField(),
    )
    return (
        _attached(campaigns)
        .values("campaign")
        # Not ``IN`` the even ranks: inside an IN, PostgreSQL looks schedules up one by one.
        .annotate(highest=Max(rank), odd=F("highest").bitand(1))
        .filter(odd=0)
        .values("campaign")
    )


def _attached(campaigns: QuerySet[Campaign]) -> QuerySet[CampaignSchedule]:
    attached = CampaignSchedule.objects.order_by()
    if _is_everything(campaigns):
        return attached
    return attached.filter(campaign__in=_ids(campaigns))


def _ids(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return rows.order_by().values("pk")


def _is_everything(campaigns: QuerySet[Campaign]) -> bool:
    """Is it every campaign? Then narrowing schedules down to theirs is a join for nothing."""
    return not campaigns.query.where and not campaigns.query.is_sliced
