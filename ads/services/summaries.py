"""What a brand or a campaign has spent, and what is left of its budgets."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypedDict

from django.db.models import QuerySet

from ads.models import Brand, Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import local_date, period_start
from ads.rules.money import is_used_up, remaining


@dataclass(frozen=True, slots=True)
class Figures:
    """One owner's figures of one period, in US dollars."""

    #: What was truly spent.
    amount: Decimal
    #: How much of it no longer counts.
    waived: Decimal
    budget: Decimal | None

    @property
    def effective(self) -> Decimal:
        return self.amount - self.waived

    @property
    def remaining(self) -> Decimal | None:
        """What may still be spent, at least zero; None without a budget."""
        return remaining(self.effective, self.budget)

    @property
    def is_available(self) -> bool:
        return not is_used_up(self.effective, self.budget)


class Summary(TypedDict):
    """The figures of a brand or a campaign; amounts in US dollars, None without a budget."""

    name: str
    timezone: str
    date: date
    daily_budget: Decimal | None
    daily_spend: Decimal
    daily_waived: Decimal
    daily_remaining: Decimal | None
    monthly_budget: Decimal | None
    monthly_spend: Decimal
    monthly_waived: Decimal
    monthly_remaining: Decimal | None
    is_budget_available: bool


class BrandSummary(Summary):
    """A brand's figures, and how many of its campaigns deliver."""

    active_campaigns: int
    campaigns: int


class CampaignSummary(Summary):
    """A campaign's figures, and its state."""

    state: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What was spent on one accounting day, and how much of it no longer counts; US dollars."""

    date: date
    amount: Decimal
    waived: Decimal


class InvalidSpan(ValueError):
    """Days that cannot be listed; the message says why and what to do."""


#: A year, whichever.
MOST_DAYS = 366


def by_day(owner: Brand | Campaign, first: date, last: date) -> list[DaySpend]:
    """Every day from ``first`` to ``last``, those without spend included; one query.

    Raises:
        InvalidSpan: they are more than :data:`MOST_DAYS`, or none.
    """
    if last < first:
        raise InvalidSpan(f"it is after the last day, {last}; give an earlier one.")
    if (last - first).days >= MOST_DAYS:
        raise InvalidSpan(
            f"from then to {last} are {(last - first).days + 1} days; "
            f"ask for at most {MOST_DAYS} at once."
        )
    totals = _of(owner).filter(period=Period.DAY, start__gte=first, start__lte=last)
    found = {
        start: DaySpend(start, amount, waived)
        for start, amount, waived in totals.order_by().values_list("start", "amount", "waived")
    }
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [found.get(day) or DaySpend(day, Decimal(0), Decimal(0)) for day in days]


def figures(owner: Brand | Campaign, period: Period, now: datetime) -> Figures:
    """What ``owner`` has spent in the period that ``now`` belongs to."""
    return _both(owner, now)[period]


def of_brand(brand: Brand, now: datetime) -> BrandSummary:
    """A brand's figures at ``now``, in its own day and month."""
    return {
        **_summary(brand, now),
        "active_campaigns": brand.campaigns.filter(is_active=True).count(),
        "campaigns": brand.campaigns.count(),
    }


def of_campaign(campaign: Campaign, now: datetime) -> CampaignSummary:
    """A campaign's figures at ``now``, in its brand's day and month."""
    fresh = campaign.fresh()
    return {**_summary(fresh, now), "state": fresh.state, "is_active": fresh.is_active}


def _summary(owner: Brand | Campaign, now: datetime) -> Summary:
    zone = _zone(owner)
    both = _both(owner, now)
    day, month = both[Period.DAY], both[Period.MONTH]
    return {
        "name": owner.name,
        "timezone": zone,
        "date": local_date(now, zone),
        "daily_budget": day.budget,
        "daily_spend": day.amount,
        "daily_waived": day.waived,
        "daily_remaining": day.remaining,
        "monthly_budget": month.budget,
        "monthly_spend": month.amount,
        "monthly_waived": month.waived,
        "monthly_remaining": month.remaining,
        "is_budget_available": day.is_available and month.is_available,
    }


def _zone(owner: Brand | Campaign) -> str:
    brand = owner if isinstance(owner, Brand) else owner.brand
    return str(brand.timezone)


def _of(owner: Brand | Campaign) -> QuerySet[SpendTotal]:
    if isinstance(owner, Brand):
        return SpendTotal.objects.filter(brand=owner, campaign=None)
    return SpendTotal.objects.filter(campaign=owner)


def _both(owner: Brand | Campaign, now: datetime) -> dict[Period, Figures]:
    """Both periods' figures; one query, and the budgets as ``owner`` carries them."""
    today = local_date(now, _zone(owner))
    starts = {period: period_start(period, today) for period in Period}
    totals = _of(owner).filter(start__in=starts.values())
    found = {
        (Period(period), start): (amount, waived)
        for period, start, amount, waived in totals.values_list(
            "period", "start", "amount", "waived"
        )
    }
    nothing = (Decimal(0), Decimal(0))
    budgets = {Period.DAY: owner.daily_budget, Period.MONTH: owner.monthly_budget}
    return {
        period: Figures(*found.get((period, starts[period]), nothing), budgets[period])
        for period in Period
    }
