"""What brands have spent and how many campaigns deliver, in SQL, for sorting and filtering."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ads.holds import waived_at
from ads.models import Brand, Campaign, SpendTotal
from ads.models.campaigns import STATES, State
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules.calendar import group_by_local_date, period_start

#: Names of the aliases: spend.
SPEND: Final = {Period.DAY: "day_spend", Period.MONTH: "month_spend"}
#: Share of the limit that is used, in percent: below zero without a budget.
SHARE: Final = {Period.DAY: "day_share", Period.MONTH: "month_share"}
BUDGET: Final = {Period.DAY: "daily_budget", Period.MONTH: "monthly_budget"}
#: The limit: the budget and what is allowed beyond it.
LIMIT: Final = {Period.DAY: "day_limit", Period.MONTH: "month_limit"}

#: The share of a used up limit of zero, which is more than any other; and without a budget.
_ALL: Final = Decimal(10**12)
_NONE: Final = Decimal(-1)


def with_figures(brands: QuerySet[Brand], now: datetime) -> QuerySet[Any]:
    """:func:`with_money`, and the aliases of :data:`SHARE`, ``delivering`` and ``held``.

    The last two count campaigns: those that run, and those that the system has paused.
    """
    counts = {
        "delivering": _count(Q(is_active=True)),
        "held": _count(STATES[State.PAUSED_BY_SYSTEM.label]),
    }
    shares = {SHARE[period]: _share(period) for period in Period}
    found: QuerySet[Any] = with_money(brands, now).alias(**counts, **shares)
    return found


def with_money(brands: QuerySet[Brand], now: datetime) -> QuerySet[Any]:
    """``brands`` with the aliases of :data:`SPEND` and :data:`LIMIT`.

    One query, for the timezones; a brand with an invalid timezone has spent nothing.
    """
    zones = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    return with_money_on(brands, now, group_by_local_date(zones, now).by_date)


def with_money_on(
    brands: QuerySet[Brand], now: datetime, dates: Mapping[date, Sequence[str]]
) -> QuerySet[Any]:
    """The same without a query; ``dates``: the timezones by the date that they have ``now``."""
    money: dict[str, Any] = {
        SPEND[period]: Coalesce(_sum(period, F("amount")), Decimal(0), output_field=MoneyField())
        for period in Period
    }
    allowed = waived_at(now, of_brands=True)
    money |= {
        LIMIT[period]: F(BUDGET[period])
        + Coalesce(_sum(period, allowed), Decimal(0), output_field=MoneyField())
        for period in Period
    }
    starts = {f"{period.value}_start": _start(period, dates) for period in Period}
    found: QuerySet[Any] = brands.alias(**starts).alias(**money)
    return found


def used(brands: QuerySet[Any], percent: int) -> QuerySet[Any]:
    """The ``brands`` (with figures) that have used at least ``percent`` of one of their budgets."""
    reached = {f"{SHARE[period]}__gte": percent for period in Period}
    return brands.filter(Q(**reached, _connector=Q.OR))


def _start(period: Period, dates: Mapping[date, Sequence[str]]) -> Case:
    return Case(
        *(
            When(timezone__in=zones, then=Value(period_start(period, day)))
            for day, zones in dates.items()
        ),
        default=None,
        output_field=DateField(),
    )


def _sum(period: Period, column: Any) -> Subquery:
    totals = SpendTotal.objects.filter(
        brand=OuterRef("pk"),
        campaign=None,
        period=period,
        start=OuterRef(f"{period.value}_start"),
    )
    return Subquery(totals.values_list(column)[:1], output_field=MoneyField())


def _share(period: Period) -> Case:
    limit = LIMIT[period]
    return Case(
        When(**{f"{BUDGET[period]}__isnull": True}, then=Value(_NONE)),
        When(**{limit: 0, f"{SPEND[period]}__gte": 0}, then=Value(_ALL)),
        # Corrections can leave less than nothing.
        When(**{limit: 0}, then=Value(Decimal(0))),
        default=F(SPEND[period]) * 100 / F(limit),
        output_field=MoneyField(),
    )


def _count(which: Q) -> Coalesce:
    counted = (
        Campaign.objects.filter(which, brand=OuterRef("pk"))
        .order_by()
        .values("brand")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
