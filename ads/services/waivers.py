"""Waiving: "let it run on today".

What has been spent so far in the period no longer counts against the budget. The amount itself, and
so every report, stays true. Who waived what is on record: see :mod:`ads.services.audit`.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from ads.models import Brand, Campaign
from ads.rules.calendar import local_date, period_start
from ads.services import locks
from ads.services.enforcement import Trigger, enforce


@transaction.atomic
def waive(owner: Brand | Campaign, period: str, *, now: datetime) -> Decimal:
    """Waive what ``owner`` has spent so far in its current ``period`` (``day`` or ``month``).

    Returns:
        What was waived by this call, in US dollars; zero when nothing was left to waive.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    start = period_start(period, local_date(now, brand.timezone))
    total = locks.totals_of_owner(owner, period, start)
    waived: Decimal = total.amount - total.waived
    if waived <= 0:
        return Decimal(0)
    total.waived = total.amount
    total.save(update_fields=["waived", "updated_at"])
    enforce(_campaigns_of(owner), now, Trigger.RESET, lock_first=True)
    return waived


def _campaigns_of(owner: Brand | Campaign) -> QuerySet[Campaign]:
    if isinstance(owner, Brand):
        return Campaign.objects.filter(brand=owner)
    return Campaign.objects.filter(pk=owner.pk)
