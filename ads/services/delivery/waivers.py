"""Waiving: "let it run on today".

Spend so far in the period no longer counts against the budget; reports still show it. The audit
records who waived what.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ads.models import Brand, Campaign, SpendTotal
from ads.rules.calendar import group_by_local_date, local_date, period_start
from ads.services import locks
from ads.services.delivery.enforcement import Trigger, enforce


@transaction.atomic
def waive(owner: Brand | Campaign, period: str, *, now: datetime) -> Decimal:
    """Waive what ``owner`` has spent so far in its current ``period`` (``day`` or ``month``).

    Returns what this call waived.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    start = period_start(period, local_date(now, brand.timezone))
    total = locks.totals_of_owner(owner, period, start)
    waived: Decimal = total.amount - total.waived
    if waived <= 0:
        return Decimal(0)
    total.waived = total.amount
    total.save(update_fields=["waived", "updated_at"])
    mine = {"brand": owner} if owner is brand else {"pk": owner.pk}
    enforce(Campaign.objects.filter(**mine), now, Trigger.RESET, lock_first=True)
    return waived


def still_counting(
    campaign_ids: Collection[int], period: str, now: datetime
) -> QuerySet[SpendTotal]:
    """The campaigns' totals of their current ``period`` that can be waived."""
    brands = Brand.objects.filter(campaigns__in=locks.among(campaign_ids))
    return _still_counting(brands, [period], now).filter(campaign__in=locks.among(campaign_ids))


@dataclass(frozen=True, slots=True)
class Waived:
    """What was, or would be, waived of one owner in one period."""

    owner: Brand | Campaign
    brand: Brand
    period: str
    amount: Decimal


def waivable(brands: QuerySet[Brand], periods: Sequence[str], *, now: datetime) -> list[Waived]:
    """What still counts of the brands' own sums and their campaigns', brands first."""
    totals = _still_counting(brands, periods, now).filter(brand__in=brands.order_by().values("pk"))
    return sorted(
        (
            Waived(total.campaign or total.brand, total.brand, total.period, total.counting)
            for total in totals.annotate(counting=F("amount") - F("waived")).select_related(
                "brand", "campaign__brand"
            )
        ),
        key=lambda one: (one.brand.name, one.owner != one.brand, one.owner.name, one.period),
    )


def waive_all(offered: Iterable[Waived], *, now: datetime) -> list[Waived]:
    """Waive what :func:`waivable` found; what was waived, spend since then included.

    Each in a transaction of its own: together they would take locks out of their order.
    """
    done = [replace(one, amount=waive(one.owner, one.period, now=now)) for one in offered]
    return [one for one in done if one.amount]


def _still_counting(
    brands: QuerySet[Brand], periods: Sequence[str], now: datetime
) -> QuerySet[SpendTotal]:
    """Sums of brands' timezones, of their current periods, of which something can be waived."""
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    current = Q(pk__in=())
    for today, zones in group_by_local_date(timezones, now).by_date.items():
        for period in periods:
            start = period_start(period, today)
            current |= Q(brand__timezone__in=zones, period=period, start=start)
    return SpendTotal.objects.order_by().filter(current, amount__gt=F("waived"))
