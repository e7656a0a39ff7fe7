"""What all brands have spent, against which budgets, and which of them are close to a budget."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, QuerySet

from ads import brand_figures
from ads.brand_figures import LIMIT, SPEND
from ads.models import Brand, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import group_by_local_date
from ads.rules.currencies import DEFAULT
from ads.services import pacing, visible
from ads.services.overview.near import Near
from ads.services.overview.statements import NEAREST, run
from ads.services.pacing import Pace

#: Days that are shown, today included.
DAYS: Final = 30
#: Brands that are shown apart; the others are added up.
APART: Final = 6
#: Brands whose month is shown.
MONTHS: Final = 8


@dataclass(frozen=True, slots=True)
class PeriodSpend:
    """What all brands of one currency together spent, each in its own day or month.

    ``limited`` of the ``amount`` was spent by the ``with_budget`` brands with a budget, which is
    ``budget`` in all (with what is allowed beyond it), and ``unlimited`` by ``without_budget``
    others.
    """

    currency: str
    amount: Decimal = Decimal(0)
    limited: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)
    with_budget: int = 0
    unlimited: Decimal = Decimal(0)
    without_budget: int = 0


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
    that of ``by_day``; with the figures of :mod:`ads.brand_figures`.
    """

    today: list[PeriodSpend]
    month: list[PeriodSpend]
    currency: str
    near: list[Near]
    months: list[Any]
    by_day: DaysOfSpend


def money(now: datetime, currency: str = "") -> Money:
    """Add up what all brands spent as of ``now``; five queries.

    ``currency``: of the brands that are compared with each other; "" or one that no brand has: the
    one of most brands.
    """
    seen = visible.rows(Brand.objects.order_by())
    kinds = list(seen.values_list("currency", "timezone").annotate(n=Count("pk")))
    counted: Counter[str] = Counter()
    for code, _, number in kinds:
        counted[code] += number
    currencies = sorted(counted, key=lambda code: (-counted[code], code)) or [DEFAULT]
    if currency not in currencies:
        currency = currencies[0]
    dates = group_by_local_date({zone for _, zone, _ in kinds}, now).by_date
    brands = brand_figures.with_money_on(seen, now, dates).filter(day_start__isnull=False)
    summed = _summed(brands, currency)
    read = brands.annotate(**_FIGURES).in_bulk([*summed.nearest, *summed.most])
    # Without the condition where it makes no difference, which costs a join.
    only = currency if len(currencies) > 1 else None
    return Money(
        today=[summed.of.get((code, Period.DAY), PeriodSpend(code)) for code in currencies],
        month=[summed.of.get((code, Period.MONTH), PeriodSpend(code)) for code in currencies],
        currency=currency,
        # Between the two queries a brand can be deleted.
        near=_near([read[pk] for pk in summed.nearest if pk in read], now),
        months=[read[pk] for pk in summed.most if pk in read],
        by_day=_by_day(max(dates, default=now.date()), only),
    )


@dataclass(frozen=True, slots=True)
class _Summed:
    """What all brands spent, by currency and period, and the ids of those that are shown."""

    of: dict[tuple[str, str], PeriodSpend]
    nearest: Sequence[int] = ()
    most: Sequence[int] = ()


_FIGURES: Final = {name: F(name) for names in (SPEND, LIMIT) for name in names.values()}

#: By currency and period, as :class:`PeriodSpend`; and the ids of the brands nearest a budget, and
#: of those of one currency that spent most this month. Few of many brands leave the database.
_SUMMED: Final = f"""
    WITH owner (id, currency, {", ".join(_FIGURES)}) AS MATERIALIZED ({{rows}}),
         spent (currency, period, amount, most) AS (
             SELECT currency, 'day', day_spend, day_limit FROM owner
              UNION ALL
             SELECT currency, 'month', month_spend, month_limit FROM owner)
    SELECT ARRAY({NEAREST}),
           ARRAY(SELECT id FROM owner WHERE currency = %s AND month_spend > 0
                  ORDER BY month_spend DESC, id LIMIT {MONTHS}),
           period, currency, sum(amount),
           coalesce(sum(amount) FILTER (WHERE most IS NOT NULL), 0), coalesce(sum(most), 0),
           count(most), coalesce(sum(amount) FILTER (WHERE most IS NULL), 0),
           count(*) FILTER (WHERE most IS NULL AND amount <> 0)
      FROM spent GROUP BY period, currency
"""  # noqa: S608


def _summed(brands: QuerySet[Any], currency: str) -> _Summed:
    read = brands.values_list("pk", "currency", *_FIGURES.values())
    found = run(_SUMMED, read, currency)
    if not found:
        return _Summed({})
    nearest, most, *_ = found[0]
    together = {(sums[0], period): PeriodSpend(*sums) for _, _, period, *sums in found}
    return _Summed(together, nearest, most)


def _near(brands: Sequence[Any], now: datetime) -> list[Near]:
    """The closest to a budget first, from half of it on; what is used up comes last."""
    paces = pacing.stored_of(brands, now)
    near = [_as_near(brand, paces.get(brand.pk), now) for brand in brands]
    near.sort(key=lambda each: (each.is_used_up, -each.spent / each.limit, each.id))
    return near


def _as_near(brand: Any, pace: Pace | None, now: datetime) -> Near:
    figures = {
        period: (getattr(brand, SPEND[period]), limit)
        for period in Period
        if (limit := getattr(brand, LIMIT[period]))
    }
    period = max(figures, key=lambda each: figures[each][0] / figures[each][1])
    spent, limit = figures[period]
    return Near(
        id=brand.pk,
        name=brand.name,
        brand="",
        timezone=brand.timezone,
        currency=brand.currency,
        period=period,
        spent=spent,
        limit=limit,
        delivers=brand.is_active,
        state="Active" if brand.is_active else "Paused by user",
        pace=pace if period == Period.MONTH else None,
        used_up_at=pacing.used_up_at(spent, limit, brand.timezone, now)
        if brand.is_active and period == Period.DAY
        else None,
    )


#: The days of those that spent most, each with its sum, and of all others as brand 0. The sums lie
#: all over their table, so they are read once.
_APART: Final = f"""
    WITH total (brand, start, amount) AS MATERIALIZED ({{rows}}),
         most AS (
             SELECT brand, sum(amount) AS spent FROM total
              GROUP BY brand HAVING sum(amount) > 0 ORDER BY spent DESC, brand LIMIT {APART})
    SELECT coalesce(most.brand, 0), name, start, sum(amount)
      FROM total LEFT JOIN most USING (brand) LEFT JOIN ads_brand ON ads_brand.id = most.brand
     GROUP BY most.brand, name, most.spent, start ORDER BY most.spent DESC, most.brand
"""  # noqa: S608


def _by_day(last: date, currency: str | None) -> DaysOfSpend:
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
    names: dict[int, str] = {}
    spent: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for brand, name, day, amount in run(_APART, totals.values_list("brand_id", "start", "amount")):
        names[brand] = name
        spent[brand][day] = amount
    others = spent.pop(0, {})

    def of(amounts: Mapping[date, Decimal]) -> list[Decimal]:
        return [amounts.get(day, Decimal(0)) for day in days]

    return DaysOfSpend(days, [(pk, names[pk], of(its)) for pk, its in spent.items()], of(others))
