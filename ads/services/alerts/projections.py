"""Monthly budgets that are projected to be exceeded or left over, as last worked out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from django.db.models import F

from ads.models import AlertRule, Brand, Campaign
from ads.models.alerts import Owner
from ads.models.campaigns import Status
from ads.rules.calendar import local_date, month_start, next_month_begins
from ads.services import pacing
from ads.services.alerts.raising import Case
from ads.services.pacing import PACE, Paced

#: What is told of, and never both.
CHOICES: Final = (Paced.EXCEEDS, Paced.LEFT_OVER)

_FIGURES: Final = (
    *("spent", "budget", "projected", "low", "high", "runs_out_on", "recommended_daily"),
)


def cases(
    rules: Sequence[AlertRule], now: datetime, among: Sequence[int] | None = None
) -> Iterator[Case]:
    """What is projected now; two queries for brands, two for campaigns.

    ``among``: only of these brands.
    """
    for owner in (Owner.BRAND, Owner.CAMPAIGN):
        mine = [rule for rule in rules if rule.owners in (Owner.ALL, owner)]
        if mine:
            only = {rule.brand_id for rule in mine}
            brands = None if None in only else only
            if among is not None:
                brands = set(among) if brands is None else brands.intersection(among)
            yield from _of(owner, mine, brands, now)


def _of(
    owner: Owner, rules: Sequence[AlertRule], brands: set[int | None] | None, now: datetime
) -> Iterator[Case]:
    is_brand = owner == Owner.BRAND
    path = "" if is_brand else "brand__"
    rows: Any = (
        Brand.objects.filter(is_active=True)
        if is_brand
        else Campaign.objects.filter(status=Status.ACTIVE, brand__is_active=True)
    )
    if brands is not None:
        rows = rows.filter(**{f"{path}pk__in": brands})
    for choice in CHOICES:
        found = pacing.paced(rows, choice, now).values_list(
            *("pk", f"{path}pk", f"{path}timezone"),
            *(F(f"{PACE}__{name}") for name in _FIGURES),
        )
        for pk, brand, zone, *figures in found.iterator():
            month, ends = month_start(local_date(now, zone)), next_month_begins(now, zone)
            said = {
                name: None if value is None else str(value)
                for name, value in zip(_FIGURES, figures, strict=True)
            }
            for rule in rules:
                if rule.brand_id in (None, brand):
                    yield Case(
                        rule.pk,
                        f"{owner.value} {pk}",
                        f"month {month} {choice.value}",
                        {**said, "choice": choice.value, "month": str(month)},
                        brand,
                        None if is_brand else pk,
                        ends,
                    )
