"""What all brands have spent, against which budgets, and which of them are close to a budget."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from ads.holds import waived_at
from ads.models import Brand, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.rules.currencies import DEFAULT
from ads.services import pacing, visible
from ads.services.ledger import Figures
from ads.services.overview.near import MOST, NEAR, Near
from ads.services.pacing import Pace

#: Days that are shown, today included.
DAYS: Final = 30
#: Brands that are shown apart; the others are added up.
APART: Final = 6
#: Brands whose month is shown.
MONTHS: Final = 8


@dataclass(frozen=True, slots=True)
class BrandFigures:
    """A brand with its own figures of its current day and month, in its currency."""

    id: int
    name: str
    timezone: str
    currency: str
    is_active: bool
    figures: dict[Period, Figures]


@dataclass(frozen=True, slots=True)
class PeriodSpend:
    """What all brands of one currency together spent, each in its own day or month.

    ``limited`` of the ``amount`` was spent by the ``with_budget`` brands with a budget, which is
    ``budget`` in all (with what is allowed beyond it), and ``unlimited`` by ``without_budget``
    others.
    """

    currency: str
    amount: Decimal
    limited: Decimal
    budget: Decimal
    with_budget: int
    unlimited: Decimal
    without_budget: int


@dataclass(frozen=True, slots=True)
class DaysOfSpend:
    """What was spent on each accounting day by the brands that spent most, of one currency.

    ``brands``: id, name and one amount for each of ``days``; ``others`` the rest together. The last
    day is today in the timezone furthest ahead.
    """

    days: list[date]
    brands: list[tuple[int, str, list[Decimal]]]
    others: list[Decimal]


@dataclass(frozen=True, slots=True)
class Money:
    """Spend and budgets at one instant, without brands whose timezone is invalid.

    ``today`` and ``month``: for each currency, the one of most brands first; nothing is added up
    across them. ``months``: the brands that spent most this month in ``currency``, which is also
    that of ``by_day``.
    """

    today: list[PeriodSpend]
    month: list[PeriodSpend]
    currency: str
    near: list[Near]
    months: list[BrandFigures]
    by_day: DaysOfSpend


def money(now: datetime, currency: str = "") -> Money:
    """Add up what all brands spent as of ``now``; four queries.

    ``currency``: of the brands that are compared with each other; "" or one that no brand has: the
    one of most brands.
    """
    rows = list(
        visible.rows(Brand.objects.order_by("name")).values_list(
            "pk", "name", "timezone", "currency", "is_active", "daily_budget", "monthly_budget"
        )
    )
    days = {}
    for timezone in {row[2] for row in rows}:
        with suppress(UnknownTimezone):
            days[timezone] = local_date(now, timezone)
    sums = _sums(days.values(), now)
    nothing = (Decimal(0), Decimal(0))
    brands = []
    for pk, name, timezone, code, is_active, daily, monthly in rows:
        if timezone not in days:
            continue
        figures = {
            period: Figures(
                *sums.get((pk, period, period_start(period, days[timezone])), nothing), budget
            )
            for period, budget in ((Period.DAY, daily), (Period.MONTH, monthly))
        }
        brands.append(BrandFigures(pk, name, timezone, code, is_active, figures))
    counted = Counter(row[3] for row in rows)
    currencies = sorted(counted, key=lambda code: (-counted[code], code)) or [DEFAULT]
    if currency not in currencies:
        currency = currencies[0]
    compared = [brand for brand in brands if brand.currency == currency]
    spenders = sorted(compared, key=lambda brand: -brand.figures[Period.MONTH].amount)
    # Without the condition where it makes no difference, which costs a join.
    only = currency if len(currencies) > 1 else None
    names = {row[0]: row[1] for row in rows}
    return Money(
        today=[_together(brands, Period.DAY, code) for code in currencies],
        month=[_together(brands, Period.MONTH, code) for code in currencies],
        currency=currency,
        near=_near(brands, now),
        months=[brand for brand in spenders if brand.figures[Period.MONTH].amount > 0][:MONTHS],
        by_day=_by_day(max(days.values(), default=now.date()), names, only),
    )


def _sums(
    days: Iterable[date], now: datetime
) -> dict[tuple[int, Period, date], tuple[Decimal, Decimal]]:
    """The amount and what is allowed beyond the budget, of every brand that spent anything."""
    starts = {period_start(period, day) for day in set(days) for period in Period}
    totals = visible.rows(
        SpendTotal.objects.filter(campaign=None, period__in=Period.values, start__in=starts)
    )
    return {
        (brand, Period(period), start): (amount, allowed)
        for brand, period, start, amount, allowed in totals.order_by().values_list(
            "brand_id", "period", "start", "amount", waived_at(now, of_brands=True)
        )
    }


def _together(brands: Sequence[BrandFigures], period: Period, currency: str) -> PeriodSpend:
    figures = [brand.figures[period] for brand in brands if brand.currency == currency]
    limited = [(each.amount, each.limit) for each in figures if each.limit is not None]
    unlimited = [each.amount for each in figures if each.budget is None]
    zero = Decimal(0)
    return PeriodSpend(
        currency=currency,
        amount=sum((each.amount for each in figures), zero),
        limited=sum((amount for amount, _ in limited), zero),
        budget=sum((budget for _, budget in limited), zero),
        with_budget=len(limited),
        unlimited=sum(unlimited, zero),
        without_budget=sum(amount != 0 for amount in unlimited),
    )


def _near(brands: Sequence[BrandFigures], now: datetime) -> list[Near]:
    """The closest to a budget first, from half of it on; what is used up comes last."""
    ranked = []
    for brand in brands:
        shares = {
            period: each.amount / each.limit for period, each in brand.figures.items() if each.limit
        }
        if shares:
            period = max(shares, key=lambda each: shares[each])
            if shares[period] >= NEAR:
                ranked.append((shares[period] >= 1, -shares[period], brand.name, brand, period))
    ranked.sort(key=lambda each: each[:3])
    shown = ranked[:MOST]
    paces = pacing.stored_of([Brand(pk=brand.id) for *_, brand, _ in shown])
    return [_as_near(brand, period, paces.get(brand.id), now) for *_, brand, period in shown]


def _as_near(brand: BrandFigures, period: Period, pace: Pace | None, now: datetime) -> Near:
    figures = brand.figures[period]
    limit = figures.limit or Decimal(0)
    return Near(
        id=brand.id,
        name=brand.name,
        brand="",
        timezone=brand.timezone,
        currency=brand.currency,
        period=period,
        spent=figures.amount,
        limit=limit,
        delivers=brand.is_active,
        state="Active" if brand.is_active else "Paused by user",
        pace=pace if period == Period.MONTH else None,
        used_up_at=pacing.used_up_at(figures.amount, limit, brand.timezone, now)
        if brand.is_active and period == Period.DAY
        else None,
    )


#: The days of those that spent most, each with its sum, and of all others as brand 0. The sums lie
#: all over their table, so they are read once.
_APART: Final = """
    WITH total (brand, start, amount) AS MATERIALIZED ({totals}),
         most AS (
             SELECT brand, sum(amount) AS spent FROM total
              GROUP BY brand HAVING sum(amount) > 0 ORDER BY spent DESC, brand LIMIT %s)
    SELECT coalesce(most.brand, 0), most.spent, start, sum(amount)
      FROM total LEFT JOIN most USING (brand) GROUP BY most.brand, most.spent, start
"""


def _rows(totals: QuerySet[SpendTotal]) -> list[tuple[int, Decimal | None, date, Decimal]]:
    read = totals.values_list("brand_id", "start", "amount")
    try:
        sql, parameters = read.query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_APART.format(totals=sql), [*parameters, APART])
        rows: list[tuple[int, Decimal | None, date, Decimal]] = cursor.fetchall()
    return rows


def _by_day(last: date, names: dict[int, str], currency: str | None) -> DaysOfSpend:
    """Of the brands in one currency; None: all have the same."""
    first = last - timedelta(days=DAYS - 1)
    days = [first + timedelta(days=number) for number in range(DAYS)]
    totals = visible.rows(
        SpendTotal.objects.filter(
            campaign=None, period=Period.DAY, start__gte=first, start__lte=last
        )
    ).order_by()
    if currency is not None:
        totals = totals.filter(brand__currency=currency)
    rows = _rows(totals)
    sums = {brand: in_all for brand, in_all, *_ in rows if in_all is not None}
    most = sorted(sums, key=lambda brand: (-sums[brand], brand))
    spent: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for brand, _, day, amount in rows if most else []:
        spent[brand][day] = amount

    def of(brand: int) -> list[Decimal]:
        return [spent[brand].get(day, Decimal(0)) for day in days]

    # A brand that was added since the names were read has its name the next time.
    return DaysOfSpend(days, [(pk, names.get(pk, f"Brand {pk}"), of(pk)) for pk in most], of(0))
