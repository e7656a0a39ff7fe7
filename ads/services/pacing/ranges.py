"""How far projections are off: learned from a month that has ended, pooled over campaigns."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction

from ads.models import Campaign, ProjectionRange, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import month_start
from ads.rules.pacing import PROFILE_DAYS, RANGES, Range
from ads.services.pacing import measure

#: From at most so many campaigns: a sample is enough, and more take minutes.
MOST: Final = 400
#: Days after the end of a month in which most corrections of it come.
SETTLED_AFTER: Final = 3


def learned() -> Sequence[Range]:
    """What this installation's own months taught, else what generated spend did; one query."""
    rows = ProjectionRange.objects.order_by("days").values_list("days", "low", "high")
    return [Range(*row) for row in rows] or RANGES


def not_learned_from(month: date) -> Sequence[Range]:
    """The same, but not what this month taught."""
    is_own = ProjectionRange.objects.filter(month=month).exists()
    return RANGES if is_own else learned()


def learn(now: datetime) -> bool:
    """Learn from the month before, once it has settled; False: that is done, or it has too few."""
    month = month_start(
        month_start((now - timedelta(days=SETTLED_AFTER)).date()) - timedelta(days=1)
    )
    if ProjectionRange.objects.filter(month=month).exists():
        return False
    found = measure.learn(histories_of(month, MOST), month)
    if not found:
        return False
    with transaction.atomic():
        ProjectionRange.objects.all().delete()
        ProjectionRange.objects.bulk_create(
            ProjectionRange(
                days=one.days, low=one.low, high=one.high, projections=count, month=month
            )
            for one, count in found
        )
    return True


def histories_of(month: date, most: int) -> list[dict[date, Decimal]]:
    """What campaigns that spent in a month spent by day, from two months before; three queries.

    Of more than ``most``, every n-th.
    """
    spenders = SpendTotal.objects.filter(
        period=Period.MONTH, start=month, amount__gt=0, campaign__isnull=False
    )
    ids = sorted(spenders.order_by().values_list("campaign_id", flat=True))
    chosen = ids[:: -(-len(ids) // most) or 1]
    before = month_start(month - timedelta(days=PROFILE_DAYS))
    days = SpendTotal.objects.filter(
        campaign__in=Campaign.objects.filter(pk__in=chosen),
        period=Period.DAY,
        start__gte=before,
        start__lt=month + timedelta(days=31),
    )
    found: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for campaign, day, amount in days.order_by().values_list("campaign_id", "start", "amount"):
        if campaign is not None:
            found[campaign][day] = amount
    return list(found.values())
