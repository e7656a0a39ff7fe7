"""Waiving: "let it run on today".

Spend so far in the period no longer counts against the budget; reports still show it. The audit
records who waived what.
"""

from collections.abc import Collection
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

    Returns what this call waived, in US dollars.
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
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    current = Q(pk__in=())
    for today, zones in group_by_local_date(timezones, now).by_date.items():
        current |= Q(brand__timezone__in=zones, start=period_start(period, today))
    return SpendTotal.objects.order_by().filter(
        current, campaign__in=locks.among(campaign_ids), period=period, amount__gt=F("waived")
    )
