"""Whose budgets will be exceeded, and whose will be left over: for the overview."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Max, Q
from django.db.models.functions import NullIf

from ads.models import BudgetPace
from ads.models.spend import Period
from ads.rules.pacing import Pace
from ads.services import visible
from ads.services.pacing.stored import Paced, as_pace, condition, month_begins

#: How many of each are shown.
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Projected:
    """A brand or campaign with its pace; ``brand``: of a campaign, else empty."""

    id: int
    name: str
    brand: str
    currency: str
    pace: Pace


@dataclass(frozen=True, slots=True)
class Outlook:
    """The month as projected ``as_of`` some minutes ago: how many, and the most extreme.

    ``counts``: campaigns and brands, by what is projected of them.
    """

    as_of: datetime
    counts: dict[Paced, tuple[int, int]]
    exceeding: list[Projected]
    left_over: list[Projected]


def outlook(now: datetime) -> Outlook | None:
    """None: nothing of this month has been worked out yet. Four queries."""
    of_month = BudgetPace.objects.filter(
        period=Period.MONTH, as_of__gte=month_begins("brand__timezone", now)
    )
    paces: Any = visible.rows(of_month).order_by()
    wanted = (Paced.EXCEEDS, Paced.LEFT_OVER, Paced.OVER, Paced.UNDER)
    counted = paces.aggregate(
        as_of=Max("as_of"),
        **{
            f"{choice.value}_{of}": Count(
                "pk", filter=condition(choice) & Q(campaign__isnull=brand)
            )
            for choice in wanted
            for of, brand in (("campaigns", False), ("brands", True))
        },
    )
    if counted["as_of"] is None:
        return None
    share: Any = F("projected") / NullIf(F("budget"), Decimal(0))
    ranked = paces.annotate(share=share).filter(share__isnull=False)
    most = ranked.filter(condition(Paced.EXCEEDS)).order_by("-share", "pk")[:MOST]
    least = ranked.filter(condition(Paced.LEFT_OVER)).order_by("share", "pk")[:MOST]
    # Found by their ids: PostgreSQL would join all paces with their campaigns before it sorts them.
    ids = list(most.values_list("pk").union(least.values_list("pk"), all=True))
    rows = ranked.filter(pk__in=[pk for (pk,) in ids]).select_related("brand", "campaign")
    extremes = [_projected(row) for row in sorted(rows, key=lambda row: (row.share, row.pk))]
    return Outlook(
        counted["as_of"],
        {
            one: (counted[f"{one.value}_campaigns"], counted[f"{one.value}_brands"])
            for one in wanted
        },
        exceeding=[one for one in reversed(extremes) if one.pace.will_exceed],
        left_over=[one for one in extremes if not one.pace.will_exceed],
    )


def _projected(row: BudgetPace) -> Projected:
    return Projected(
        id=row.campaign.pk if row.campaign else row.brand.pk,
        name=row.campaign.name if row.campaign else row.brand.name,
        brand=row.brand.name if row.campaign else "",
        currency=row.brand.currency,
        pace=as_pace(row),
    )
