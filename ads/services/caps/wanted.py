"""What each campaign's daily budget on its platforms is to be, of brands that want caps."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from ads.holds import (
    BUDGET_HOLDS,
    LIMITS,
    BudgetHold,
    Clock,
    Moment,
    budget_sums,
    has_ended,
    with_spend,
)
from ads.models import BudgetGroup, Campaign, PlatformCampaign, PlatformCaps
from ads.models.campaigns import Status
from ads.models.platforms import MATCHED
from ads.models.spend import Period
from ads.platforms import UnknownPlatform, platform
from ads.rules import caps
from ads.rules.caps import Limit
from ads.services import locks, orders

#: Campaigns that may run sooner or later.
STATUSES: Final = (Status.ACTIVE, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one campaign on a platform is to have."""

    campaign_id: int | None
    place: PlatformCampaign
    #: None: there is no limit. 0: nothing may be spent, so it is stopped and its cap stays.
    cap: Decimal | None
    #: Why it cannot be capped: a code and a sentence; "": it can.
    code: str = ""
    problem: str = ""


def capped_campaigns() -> list[int]:
    campaigns = Campaign.objects.filter(status__in=STATUSES)
    wanting = campaigns.exclude(brand__platform_caps=PlatformCaps.NONE)
    return list(wanting.order_by("pk").values_list("pk", flat=True))


def wanted(campaign_ids: Collection[int], now: datetime) -> dict[int, Wanted]:
    """What these campaigns are to have, by :class:`PlatformCampaign`; five queries."""
    campaigns = Campaign.objects.filter(pk__in=locks.among(campaign_ids))
    limits = _limits(campaigns, now)
    where = _places(list(limits))
    accounts = orders.may_switch().select_related("connection").in_bulk()
    places = PlatformCampaign.objects.filter(pk__in=locks.among(where), gone_at=None)
    there = list(places.select_related("account"))
    # Once each, also where two connections know the account: it was connected again, say.
    shared_by = Counter(
        campaign
        for campaign, *_ in {
            (where[one.pk], one.account.platform, one.account.remote_id, one.remote_id)
            for one in there
        }
    )
    found = {}
    for place in there:
        if place.account_id not in accounts:
            continue
        place.account = accounts[place.account_id]
        one = _wanted(place, limits[where[place.pk]], shared_by[where[place.pk]])
        if one is not None:
            found[place.pk] = one
    return found


@dataclass(frozen=True, slots=True)
class _Limited:
    campaign_id: int
    limit: Decimal | None
    currency: str
    is_strict: bool


def _limits(campaigns: QuerySet[Campaign], now: datetime) -> dict[int, _Limited]:
    timezones = campaigns.order_by().values_list("brand__timezone", flat=True).distinct()
    clock = Clock.of(now, timezones, [])
    moment = Moment.of(clock, allowances_end=has_ended(now), stale=False, margins=False)
    if not moment.dates:
        return {}
    rows = with_spend(campaigns, moment, LIMITS).values(
        "pk",
        "budget_group",
        "brand__currency",
        "brand__platform_caps",
        *(name for budget in LIMITS for name in (budget.spend, budget.limit)),
    )
    shared = _shared_limits(campaigns, now)
    return {
        row["pk"]: _Limited(
            row["pk"],
            caps.day_limit((*_own_limits(row), *shared.get(row["budget_group"], ()))),
            row["brand__currency"],
            row["brand__platform_caps"] == PlatformCaps.STRICT,
        )
        for row in rows
    }


def _own_limits(row: Mapping[str, Any]) -> Iterator[Limit]:
    for budget in LIMITS:
        if row[budget.limit] is not None:
            of_brand = isinstance(budget, BudgetHold) and budget.of_brand
            today = next(
                one for one in BUDGET_HOLDS if one.period == Period.DAY and one.of_brand is of_brand
            )
            yield Limit(row[budget.limit], row[budget.spend], row[today.spend])


def _shared_limits(campaigns: QuerySet[Campaign], now: datetime) -> dict[int, list[Limit]]:
    """Those of their budget groups, by the group's ID; four queries, one without groups."""
    groups = BudgetGroup.objects.filter(campaigns__in=campaigns).distinct()
    keys = budget_sums.today(groups, now)
    if not keys:
        return {}
    spent = budget_sums.later_sums([pk for pk, _ in keys], min(day for _, day in keys))
    return {
        pk: [
            Limit(its.budget, its.spent, spent.get((pk, Period.DAY, day), Decimal(0)))
            for its in figures.budgets
        ]
        for (pk, day), figures in budget_sums.of_groups(keys).items()
    }


def _places(campaign_ids: list[int]) -> dict[int, int]:
    """On which places these campaigns are: the campaign's ID by that of the place."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [campaign_ids])
        return dict(cursor.fetchall())


_PLACES: Final = f"""
    SELECT matched.there_id, ours.id
      FROM unnest(%s::bigint[]) AS ours (id)
     CROSS JOIN LATERAL (
            SELECT there_id FROM {MATCHED} WHERE matched.campaign_id = ours.id OFFSET 0
           ) AS matched
"""  # noqa: S608  (nothing in it comes from outside)


def _wanted(place: PlatformCampaign, limited: _Limited, places: int) -> Wanted | None:
    account = place.account
    try:
        overspend = platform(account.connection.platform).overspend
    except UnknownPlatform:
        return None
    if overspend is None:
        return None
    cap = limited.limit
    if cap is not None and cap > 0:
        cap = caps.cap(
            cap,
            limited.currency,
            is_strict=limited.is_strict,
            overspend=overspend,
            places=places,
        )
    code, problem = ("", "") if cap is None else _problem(place, account.currency, limited)
    return Wanted(limited.campaign_id, place, cap, code, problem)


_SHARED: Final = (
    "The campaign spends from a budget that it shares with others, which a cap would limit too. "
    "Give it a budget of its own on the platform."
)
_NO_BUDGET: Final = (
    "The campaign has no daily budget of its own on the platform. Give it one there."
)


def _problem(place: PlatformCampaign, currency: str, limited: Any) -> tuple[str, str]:
    """Why the campaign cannot be capped, which its platform would say too."""
    if place.is_budget_shared:
        return "shared_budget", _SHARED
    if place.daily_budget is None:
        return "no_daily_budget", _NO_BUDGET
    if currency and currency != limited.currency:
        return (
            "currency",
            f"The account's budgets are in {currency}, and the brand's are in {limited.currency}.",
        )
    return "", ""
