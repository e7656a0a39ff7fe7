"""The manual reset of whole brands: "let it run on"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, QuerySet

from ads.models import Brand, Campaign, SpendTotal
from ads.rules.calendar import group_by_local_date, period_start
from ads.services.delivery import waive


@dataclass(frozen=True, slots=True)
class Waived:
    """What was, or would be, waived of one owner in one period; ``amount`` in US dollars."""

    owner: Brand | Campaign
    brand: Brand
    period: str
    amount: Decimal


def waivable(brands: QuerySet[Brand], periods: Sequence[str], *, now: datetime) -> list[Waived]:
    """What still counts of the brands' own sums and their campaigns', brands first."""
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    found: list[Waived] = []
    for today, zones in group_by_local_date(timezones, now).by_date.items():
        for period in periods:
            totals = SpendTotal.objects.filter(
                brand__in=brands.order_by().values("pk"),
                brand__timezone__in=zones,
                period=period,
                start=period_start(period, today),
                amount__gt=F("waived"),
            ).select_related("brand", "campaign")
            found += [
                Waived(
                    total.campaign or total.brand, total.brand, period, total.amount - total.waived
                )
                for total in totals
            ]
    return sorted(
        found, key=lambda item: (item.brand.name, isinstance(item.owner, Campaign), item.owner.name)
    )


def waive_all(offered: Iterable[Waived], *, now: datetime) -> list[Waived]:
    """Waive what :func:`waivable` found; what was waived, spend since then included.

    Each in a transaction of its own: together they would take locks out of their order.
    """
    done = []
    for item in offered:
        owner = item.owner
        if isinstance(owner, Campaign):
            owner.brand = item.brand
        amount = waive(owner, item.period, now=now)
        if amount:
            done.append(Waived(owner, item.brand, item.period, amount))
    return done
