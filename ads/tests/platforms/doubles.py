"""Platforms that fail or say what they are told to, and updating spend from platforms."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from ads.models import Campaign, SpendTotal
from ads.platforms import Account, KnownAs, ObservedTotal, SimulatedPlatform
from ads.services.delivery.enforcement import Trigger, enforce
from ads.services.platforms.updates import SpendUpdate, update_spend

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
TODAY = NOON.date()
SIMULATED = SimulatedPlatform(seed=1)


@dataclass(frozen=True, slots=True)
class FaultyPlatform(SimulatedPlatform):
    """A platform of which parts do not answer."""

    fails: str = ""

    def accounts(self) -> Sequence[Account]:
        if self.fails == "accounts":
            raise ConnectionError("the platform is down")
        return SimulatedPlatform.accounts(self)

    def day_totals(
        self,
        account: Account,
        campaigns: QuerySet[Campaign],
        days: Collection[date],
        *,
        now: datetime,
    ) -> Iterable[ObservedTotal]:
        for total in SimulatedPlatform.day_totals(self, account, campaigns, days, now=now):
            yield total
            if account.name == self.fails:
                raise TimeoutError("no answer after 5 s")

    def switch(self, campaign_ids: Collection[int], *, is_on: bool, now: datetime) -> None:
        if self.fails == "switch":
            raise ConnectionError("the platform is down")
        SimulatedPlatform.switch(self, campaign_ids, is_on=is_on, now=now)


@dataclass(frozen=True, slots=True)
class ScriptedPlatform(SimulatedPlatform):
    """A platform that reports what it was told to."""

    source: str = "scripted"
    totals: tuple[ObservedTotal, ...] = ()
    #: By the names of its accounts, the days that it was last asked for.
    asked: dict[str, list[date]] = field(default_factory=dict)

    def day_totals(
        self,
        account: Account,
        campaigns: QuerySet[Campaign],
        days: Collection[date],
        *,
        now: datetime,  # noqa: ARG002
    ) -> Iterable[ObservedTotal]:
        self.asked[account.name] = sorted(days)
        known = set(campaigns.values_list("pk", flat=True))
        return [
            total
            for total in self.totals
            if (
                total.campaign.account == account.name
                if isinstance(total.campaign, KnownAs)
                else total.campaign in known
            )
        ]


def enforced(now: datetime = NOON) -> None:
    enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)


def update(now: datetime, *platforms: SimulatedPlatform) -> SpendUpdate:
    return update_spend(now, platforms=platforms or (SIMULATED,))


def spent(campaign: Campaign, day: date = TODAY) -> Decimal:
    totals = SpendTotal.objects.filter(campaign=campaign, period="day", start=day)
    return sum(totals.values_list("amount", flat=True), start=Decimal(0))
