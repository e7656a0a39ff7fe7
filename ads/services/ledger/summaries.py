"""Spend and remaining budgets of brands and campaigns."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, TypedDict

from django.db.models import Q, QuerySet

from ads.holds import waived_at
from ads.models import Brand, Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, next_month, period_start
from ads.rules.money import is_used_up, remaining
from ads.services.ledger.validation import LATEST


@dataclass(frozen=True, slots=True)
class Figures:
    """One owner's figures of one period, in its currency."""

    amount: Decimal
    #: What is allowed beyond the budget.
    waived: Decimal
    budget: Decimal | None

    @property
    def limit(self) -> Decimal | None:
        """The budget and what is allowed beyond it; None without a budget."""
        return None if self.budget is None else self.budget + self.waived

    @property
    def remaining(self) -> Decimal | None:
        """What may still be spent, at least zero; None without a budget."""
        return remaining(self.amount, self.limit)

    @property
    def is_available(self) -> bool:
        return not is_used_up(self.amount, self.limit)


class Summary(TypedDict):
    """The figures of a brand or a campaign; amounts in ``currency``, None without a budget.

    Limits are budgets with what is allowed beyond them (waived).
    """

    name: str
    timezone: str
    currency: str
    date: date
    daily_budget: Decimal | None
    daily_spend: Decimal
    daily_waived: Decimal
    daily_limit: Decimal | None
    daily_remaining: Decimal | None
    monthly_budget: Decimal | None
    monthly_spend: Decimal
    monthly_waived: Decimal
    monthly_limit: Decimal | None
    monthly_remaining: Decimal | None
    is_budget_available: bool


class BrandSummary(Summary):
    active_campaigns: int
    campaigns: int


class CampaignSummary(Summary):
    state: str
    is_active: bool


class DaySpend(NamedTuple):
    """The spend of one accounting day, and what was allowed beyond its budget."""

    date: date
    amount: Decimal = Decimal(0)
    waived: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Month:
    """An owner's accounting month: every day of it, and the figures of today and of the month.

    ``ahead``: what is spent, less what is allowed, in days and months to come, by their first day.
    """

    days: list[DaySpend]
    figures: dict[Period, Figures]
    currency: str
    ahead: dict[Period, dict[date, Decimal]]


class InvalidSpan(ValueError):
    """Days that cannot be listed; the message says why and what to do."""


#: A year, whichever.
MOST_DAYS = 366


def check_span(first: date, last: date) -> int:
    """How many days there are from ``first`` to ``last``.

    Raises:
        InvalidSpan: they are more than :data:`MOST_DAYS`, or none.
    """
    if last < first:
        raise InvalidSpan(f"it is after the last day, {last}; give an earlier one.")
    count = (last - first).days + 1
    if count > MOST_DAYS:
        raise InvalidSpan(
            f"from then to {last} are {count} days; ask for at most {MOST_DAYS} at once."
        )
    return count


def by_day(owner: Brand | Campaign, first: date, last: date, now: datetime) -> list[DaySpend]:
    """Every day from ``first`` to ``last`` at ``now``, those without spend included; one query.

    Raises:
        InvalidSpan: they are more than :data:`MOST_DAYS`, or none.
    """
    count = check_span(first, last)
    totals = _of(owner).filter(period=Period.DAY, start__gte=first, start__lte=last).order_by()
    columns = totals.values_list("start", "amount", waived_at(now))
    found = {row[0]: DaySpend(*row) for row in columns}
    days = (first + timedelta(days=number) for number in range(count))
    return [found.get(day) or DaySpend(day) for day in days]


def month(owner: Brand | Campaign, now: datetime) -> Month:
    """The brand's month at ``now``, and what was spent ahead of it; one query.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    today = local_date(now, _zone(owner))
    first = period_start(Period.MONTH, today)
    dates = [first + timedelta(days=n) for n in range((next_month(first) - first).days)]
    # One lookup per date, for the index: a brand's own sums stand among those of all brands.
    sums = _sums([owner], dates, now, since=next_month(first))
    days = [DaySpend(day, *sums.get((owner.pk, Period.DAY, day), _ZERO)) for day in dates]
    ahead: dict[Period, dict[date, Decimal]] = {period: {} for period in Period}
    for (_, period, start), (spent, waived) in sums.items():
        if start > today:
            ahead[period][start] = spent - waived
    return Month(days, _both(owner, today, sums), _brand(owner).currency, ahead)


def figures(owner: Brand | Campaign, period: Period, now: datetime) -> Figures:
    today = local_date(now, _zone(owner))
    return _both(owner, today, _sums([owner], [today], now))[period]


def of_brand(brand: Brand, now: datetime) -> BrandSummary:
    """A brand's figures at ``now``, in its own day and month."""
    return {
        **_of_one(brand, now),
        "active_campaigns": brand.campaigns.filter(is_active=True).count(),
        "campaigns": brand.campaigns.count(),
    }


def of_campaign(campaign: Campaign, now: datetime) -> CampaignSummary:
    """A campaign's figures at ``now``, in its brand's day and month."""
    fresh = campaign.fresh()
    return {**_of_one(fresh, now), "state": fresh.state, "is_active": fresh.is_active}


def of_many(
    owners: Sequence[Brand] | Sequence[Campaign], now: datetime
) -> Iterator[Summary | None]:
    """The figures of brands, or of campaigns whose brands are loaded, in order; one query.

    None: the brand's timezone is invalid, so its day is not known.
    """
    days: dict[str, date] = {}
    for zone in {_zone(owner) for owner in owners}:
        with suppress(UnknownTimezone):
            days[zone] = local_date(now, zone)
    sums = _sums(owners, set(days.values()), now)
    for owner in owners:
        today = days.get(_zone(owner))
        yield None if today is None else _summary(owner, today, sums)


#: Spent, and allowed beyond the budget, by the owner's id, the period and its start.
_Sums = dict[tuple[int, Period, date], tuple[Decimal, Decimal]]

_ZERO = (Decimal(0), Decimal(0))


def _of_one(owner: Brand | Campaign, now: datetime) -> Summary:
    today = local_date(now, _zone(owner))
    return _summary(owner, today, _sums([owner], [today], now))


def _summary(owner: Brand | Campaign, today: date, sums: _Sums) -> Summary:
    both = _both(owner, today, sums)
    day, month = both[Period.DAY], both[Period.MONTH]
    return {
        "name": owner.name,
        "timezone": _zone(owner),
        "currency": _brand(owner).currency,
        "date": today,
        "daily_budget": day.budget,
        "daily_spend": day.amount,
        "daily_waived": day.waived,
        "daily_limit": day.limit,
        "daily_remaining": day.remaining,
        "monthly_budget": month.budget,
        "monthly_spend": month.amount,
        "monthly_waived": month.waived,
        "monthly_limit": month.limit,
        "monthly_remaining": month.remaining,
        "is_budget_available": day.is_available and month.is_available,
    }


def _zone(owner: Brand | Campaign) -> str:
    return str(_brand(owner).timezone)


def _brand(owner: Brand | Campaign) -> Brand:
    return owner if isinstance(owner, Brand) else owner.brand


def _of(*owners: Brand | Campaign) -> QuerySet[SpendTotal]:
    """The sums of brands, or of campaigns."""
    ids = [owner.pk for owner in owners]
    if owners and isinstance(owners[0], Brand):
        return SpendTotal.objects.filter(brand__in=ids, campaign=None)
    return SpendTotal.objects.filter(campaign__in=ids)


def _sums(
    owners: Sequence[Brand | Campaign],
    days: Collection[date],
    now: datetime,
    *,
    since: date | None = None,
) -> _Sums:
    """Of the days, and of their months, as of ``now``; one query. And of all ``since`` a day."""
    of_brands = bool(owners) and isinstance(owners[0], Brand)
    starts = {period_start(period, day) for day in days for period in Period}
    those = Q(start__in=starts)
    if since is not None:
        those |= Q(start__gte=since, start__lt=LATEST)
    sums = _of(*owners).filter(those, period__in=Period.values).order_by()
    columns = ("brand_id" if of_brands else "campaign_id", "period", "start", "amount")
    waived = waived_at(now, of_brands=of_brands)
    return {
        (owner, Period(period), start): (amount, allowed)
        for owner, period, start, amount, allowed in sums.values_list(*columns, waived)
    }


def _both(owner: Brand | Campaign, today: date, sums: _Sums) -> dict[Period, Figures]:
    """Both periods' figures, with the budgets of ``owner`` as loaded."""
    budgets = {Period.DAY: owner.daily_budget, Period.MONTH: owner.monthly_budget}
    return {
        period: Figures(*sums.get((owner.pk, period, period_start(period, today)), _ZERO), budget)
        for period, budget in budgets.items()
    }
