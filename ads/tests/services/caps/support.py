"""Campaigns with daily budgets on a platform, looks at them, and what is told."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from ads.models import (
    BudgetCap,
    Campaign,
    PlatformAccount,
    PlatformCampaign,
    SwitchOrder,
)
from ads.platforms.interface import (
    RemoteCampaign,
)
from ads.services import caps, platforms
from ads.services.platforms.campaigns import keep
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms.doubles import NOON, known_as

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OWN = Decimal(200)
#: Of a campaign that a look does not find.
GONE = object()


def capped(its: PlatformAccount, remote_id: str = "7", **given: Any) -> Campaign:
    """A campaign of a brand that wants caps, with a daily budget of 200 on the platform."""
    how = given.pop("how", "limit")
    there = {"daily_budget": OWN, **given.pop("there", {})}
    brand = given.pop("brand", None) or BrandFactory.create(platform_caps=how)
    campaign = CampaignFactory.create(brand=brand, **{"daily_budget": 75, **given})
    known_as(campaign, remote_id, account=its.remote_id)
    PlatformCampaign.objects.create(
        account=its, remote_id=remote_id, is_on=True, seen_at=NOON - DAY, **there
    )
    return campaign


def tick(now: Any = NOON) -> None:
    """What the two tasks do, in one process."""
    caps.agree(now)
    for pk in caps.due_accounts(now):
        platforms.cap(pk, lambda: now)


def look(now: Any, **budgets: Any) -> None:
    """A look that began at ``now`` finds these budgets, of c7 say, and all else as it was."""
    for its in PlatformAccount.objects.all():
        found = [
            RemoteCampaign(
                id=place.remote_id,
                name=place.name,
                is_on=place.is_on,
                daily_budget=budgets.get(f"c{place.remote_id}", place.daily_budget),
                is_budget_shared=place.is_budget_shared,
            )
            for place in its.campaigns.all()
            if budgets.get(f"c{place.remote_id}", 0) is not GONE
        ]
        keep(its, found, now)


def let_switch_be_confirmed(campaign: Campaign, its: PlatformAccount, now: Any) -> None:
    """Its platform is told to stop it, and does."""
    SwitchOrder.objects.create(
        campaign=campaign, account=its, remote_id="7", is_on=False, written_at=now, next_at=now
    )
    assert platforms.tell(its.pk, lambda: now).stopped == 1


def rows() -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    found = BudgetCap.objects.order_by("pk")
    return list(found.values_list("place__remote_id", "state", "amount", "original"))
