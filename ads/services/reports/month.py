"""A brand's month for its client: budget, spend by campaign and day, pace, stops and receipts."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.apps import apps
from django.db.models import Count
from django.utils.text import slugify

from ads.holds import Hold, waived_at
from ads.models import Brand, Campaign, DeliveryChange, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import (
    InvalidDate,
    day_bounds,
    local_date,
    month_start,
    next_month,
    parse_date,
    previous_month,
)
from ads.rules.money import percent_used
from ads.rules.pacing import Pace
from ads.services import pacing, receipts
from ads.services.exports import Export
from ads.services.ledger import EARLIEST, summaries

_DAY: Final = timedelta(days=1)

_COLUMNS: Final = ("date", "brand", "campaign_id", "campaign", "spend", "currency")


class InvalidMonth(ValueError):
    """A month that has no report; carries ``value``."""

    def __init__(self, value: object, reason: str) -> None:
        super().__init__(value, reason)
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        return f"month: {self.value} cannot be used: {self.reason}"


@dataclass(frozen=True, slots=True)
class CampaignMonth:
    """One campaign's month, in the brand's currency."""

    name: str
    spent: Decimal
    #: The monthly budget, as it was in that month.
    budget: Decimal | None
    #: How often the system stopped it.
    stops: int


@dataclass(frozen=True, slots=True)
class Stops:
    """How often campaigns were stopped for one reason, and how many campaigns."""

    hold: Hold
    times: int
    campaigns: int


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A brand's month up to ``last``: its end, or the present day."""

    brand: Brand
    month: date
    last: date
    #: The monthly budget as it was then, and what was allowed beyond it; None: there was no budget.
    budget: Decimal | None
    allowed: Decimal
    spent: Decimal
    #: Those that have spent or were stopped, the greatest spend first.
    campaigns: tuple[CampaignMonth, ...]
    #: Up to ``last``, and those to come that have spend already.
    days: tuple[tuple[date, Decimal], ...]
    stops: tuple[Stops, ...]
    receipts: receipts.Report
    #: Of the present month; None: the month is over.
    pace: Pace | None

    @property
    def limit(self) -> Decimal | None:
        return None if self.budget is None else self.budget + self.allowed

    @property
    def percent(self) -> int | None:
        return percent_used(self.spent, self.limit)

    @property
    def most(self) -> Decimal:
        """The spend of the day with the greatest."""
        return max((amount for _, amount in self.days), default=Decimal(0))


def month_of(brand: Brand, text: str, now: datetime) -> date:
    """The month that is written YYYY-MM; empty: the last one that has ended.

    Raises:
        InvalidMonth: it is written otherwise, too early, or has not begun.
        UnknownTimezone: the brand's timezone is invalid.
    """
    today = local_date(now, brand.timezone)
    if not text:
        return previous_month(today)
    try:
        month = parse_date(f"{text}-01")
    except InvalidDate as error:
        raise InvalidMonth(text, "use YYYY-MM, such as 2026-11.") from error
    if not EARLIEST <= month <= today:
        raise InvalidMonth(text, f"use a month from {EARLIEST:%Y-%m} to {today:%Y-%m}.")
    return month


def months_of(brand: Brand, now: datetime) -> list[date]:
    """The months there are reports of, the newest first: the present one, the last one, and those
    with spend.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    present = month_start(local_date(now, brand.timezone))
    totals = SpendTotal.objects.filter(
        brand=brand, campaign=None, period=Period.MONTH, start__lt=present
    )
    spent = totals.values_list("start", flat=True)
    return sorted({present, previous_month(present), *spent}, reverse=True)


def brand_month(brand: Brand, month: date, now: datetime) -> MonthReport:
    """The report of ``brand`` for the month that begins on ``month``.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    today = local_date(now, brand.timezone)
    # A brand that moves west on the first of a month is back in the month before.
    last = max(month, min(next_month(month) - _DAY, today))
    begins, ends = day_bounds(month, brand.timezone)[0], day_bounds(last, brand.timezone)[1]
    stops = DeliveryChange.objects.filter(
        campaign__brand=brand, is_active=False, at__gte=begins, at__lt=ends
    ).exclude(holds__overlap=[Hold.STATUS, Hold.BRAND_INACTIVE])
    totals = SpendTotal.objects.filter(brand=brand, campaign=None, period=Period.MONTH, start=month)
    sums = totals.values_list("amount", waived_at(now)).first()
    spent, allowed = sums or (Decimal(0), Decimal(0))
    at = min(ends, now)
    return MonthReport(
        brand=brand,
        month=month,
        last=last,
        budget=_budgets("BrandEvent", [brand.pk], at).get(brand.pk, brand.monthly_budget),
        allowed=allowed,
        spent=spent,
        campaigns=tuple(_campaigns(brand, month, stops, at)),
        days=tuple(
            (day.date, day.amount)
            for day in summaries.by_day(brand, month, next_month(month) - _DAY, now)
            if day.date <= last or day.amount
        ),
        stops=tuple(_stops(stops)),
        receipts=receipts.report(brand, month, last),
        pace=pacing.month_of(brand, summaries.month(brand, now), now).pace
        if last == today
        else None,
    )


def spend_by_day(brand: Brand, month: date) -> Export:
    def rows() -> Iterator[Sequence[object]]:
        found = SpendTotal.objects.filter(
            brand=brand,
            campaign__isnull=False,
            period=Period.DAY,
            start__gte=month,
            start__lt=next_month(month),
        ).order_by("start", "campaign__name", "campaign")
        for row in found.values_list("start", "campaign", "campaign__name", "amount").iterator():
            day, campaign, name, amount = row
            yield day, brand.name, campaign, name, amount, brand.currency

    return Export(name_of(brand, month), _COLUMNS, rows)


def name_of(brand: Brand, month: date) -> str:
    """What a file with the report is called, without its ending: "acme-2026-11"."""
    return f"{slugify(brand.name) or 'report'}-{month:%Y-%m}"


def _budgets(event: str, ids: Collection[int], at: datetime) -> dict[int, Decimal | None]:
    """The monthly budgets at an instant, by the audit; the first on record, if it begins later."""
    events = apps.get_model("ads", event)._default_manager.filter(pgh_obj_id__in=ids)
    first = events.order_by("pgh_obj_id", "pgh_created_at", "pgh_id")
    then = events.filter(pgh_created_at__lt=at).order_by("pgh_obj_id", "-pgh_created_at", "-pgh_id")
    budgets: dict[int, Decimal | None] = {}
    for found in (first, then):
        budgets |= found.distinct("pgh_obj_id").values_list("pgh_obj_id", "monthly_budget")
    return budgets


def _campaigns(brand: Brand, month: date, stops: Any, at: datetime) -> Iterator[CampaignMonth]:
    stopped = dict(stops.order_by().values_list("campaign").annotate(times=Count("pk")))
    totals = SpendTotal.objects.filter(
        brand=brand, campaign__isnull=False, period=Period.MONTH, start=month
    )
    spent = dict(totals.order_by().values_list("campaign", "amount"))
    ids = spent.keys() | stopped.keys()
    budgets = _budgets("CampaignEvent", ids, at)
    rows = [
        CampaignMonth(name, spent.get(pk, Decimal(0)), budgets.get(pk, budget), stopped.get(pk, 0))
        for pk, name, budget in Campaign.objects.filter(pk__in=ids).values_list(
            "pk", "name", "monthly_budget"
        )
    ]
    yield from sorted(rows, key=lambda row: (-row.spent, row.name))


def _stops(stops: Any) -> Iterator[Stops]:
    """By the leading hold, the most frequent first."""
    times: Counter[str] = Counter()
    campaigns: dict[str, set[int]] = {}
    for campaign, holds in stops.order_by().values_list("campaign", "holds").iterator():
        leading = min(holds, key=list(Hold.values).index, default="")
        if leading:
            times[leading] += 1
            campaigns.setdefault(leading, set()).add(campaign)
    for hold, count in times.most_common():
        yield Stops(Hold(hold), count, len(campaigns[hold]))
