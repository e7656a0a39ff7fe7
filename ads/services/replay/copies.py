"""A copy of a brand for the real engine to work on, in a transaction that is rolled back."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from ads.models import (
    Brand,
    BudgetGroup,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    DeliveryChange,
    Spend,
    SpendMargin,
)
from ads.models.campaigns import Status
from ads.models.spend import Kind
from ads.rules.money import estimate
from ads.services import locks, margins
from ads.services.delivery import Trigger, enforce
from ads.services.replay.history import MILLION
from ads.services.replay.scenario import Budgets, InvalidScenario, Scenario

_NAME: Final = 150

_OF_GROUPS: Final = ("name", "daily_budget", "monthly_budget", "total_budget", "start_date")
_OF_SCHEDULES: Final = ("timezone", "is_active", "priority", "valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class Switch:
    """A campaign that the engine switched, by its place among the copies."""

    index: int
    is_active: bool
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copies:
    """The copied brand and its campaigns, in the order of the originals."""

    brand: Brand
    campaigns: Sequence[Campaign]
    groups: Sequence[BudgetGroup]

    def spend(self, amounts: Sequence[tuple[int, date, int]], at: datetime) -> None:
        """Record amounts (campaign's place, accounting day, millionths), known at an instant."""
        self.spend_timed([(index, day, amount, at) for index, day, amount in amounts])

    def spend_timed(self, amounts: Sequence[tuple[int, date, int, datetime]]) -> None:
        """The same, each with the instant at which it is known."""
        Spend.objects.bulk_create(
            [
                Spend(
                    campaign=self.campaigns[index],
                    date=day,
                    occurred_at=at,
                    amount=Decimal(amount) / MILLION,
                    source="replay",
                    kind=Kind.ENTRY if amount > 0 else Kind.CORRECTION,
                )
                for index, day, amount, at in amounts
                if amount
            ]
        )

    def refresh_margins(self, running: Sequence[int], now: datetime, lag: timedelta) -> None:
        """Work out anew how early these campaigns stop, whatever was worked out before.

        The margin of one that is off stays, as it does between checks.
        """
        self.forget_margins(running)
        margins.refresh([self.brand.pk], now, lag=lag)

    def forget_margins(self, running: Sequence[int]) -> None:
        ids = [self.campaigns[index].pk for index in running]
        SpendMargin.objects.filter(campaign__in=ids).delete()

    def enforce(self, indexes: Sequence[int], now: datetime) -> list[Switch]:
        """Have the engine decide on campaigns at ``now``; those that it switched."""
        places = {self.campaigns[index].pk: index for index in indexes}
        those = Campaign.objects.filter(pk__in=places)
        latest = DeliveryChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        if not enforce(those, now, Trigger.CHECK_CAMPAIGN_BUDGETS, lock_first=True).switched:
            return []
        made = DeliveryChange.objects.filter(pk__gt=latest, campaign__in=places).order_by("pk")
        return [
            Switch(places[pk], is_active, tuple(holds))
            for pk, is_active, holds in made.values_list("campaign", "is_active", "holds")
        ]


@contextmanager
def copied(
    brand: Brand,
    campaigns: Sequence[Campaign],
    scenario: Scenario,
    *,
    others: Sequence[Campaign] = (),
) -> Iterator[Copies]:
    """The brand and these campaigns with the scenario's budgets and hours; gone at the end.

    ``others``: that never run, and whose spend counts; after the campaigns.

    Raises:
        InvalidScenario: somebody else replays: each takes a processor for a while.
    """
    with transaction.atomic():
        if not locks.is_alone(locks.Only.REPLAYING):
            reason = "another replay is running; try again when it has ended."
            raise InvalidScenario("brand", brand.name, reason)
        copy = Brand.objects.create(
            name=f"{brand.name[:_NAME]} (replay {uuid.uuid4()})",
            timezone=brand.timezone,
            currency=brand.currency,
            stops_early=stops_early(brand, scenario),
            **_budgets(scenario.brand or Budgets(brand.daily_budget, brand.monthly_budget)),
        )
        groups = _groups(copy, [*campaigns, *others])
        # When people had campaigns off, they spend nothing: see ``demand``.
        made = Campaign.objects.bulk_create(
            [
                _copy(campaign, status, copy, groups, scenario)
                for status, those in ((Status.ACTIVE, campaigns), (Status.PAUSED, others))
                for campaign in those
            ]
        )
        CampaignSchedule.objects.bulk_create(_attached(campaigns, made, scenario))
        yield Copies(copy, made, list(groups.values()))
        transaction.set_rollback(True)


def stops_early(brand: Brand, scenario: Scenario) -> bool:
    return brand.stops_early if scenario.stops_early is None else scenario.stops_early


def _groups(brand: Brand, campaigns: Sequence[Campaign]) -> dict[int | None, BudgetGroup]:
    """Copies of the campaigns' budget groups, by the originals' ids."""
    originals = {one.budget_group_id: one.budget_group for one in campaigns if one.budget_group}
    copies = BudgetGroup.objects.bulk_create(
        BudgetGroup(brand=brand, **{name: getattr(one, name) for name in _OF_GROUPS})
        for one in originals.values()
    )
    return dict(zip(originals, copies, strict=True))


def _copy(
    campaign: Campaign,
    status: Status,
    brand: Brand,
    groups: Mapping[int | None, BudgetGroup],
    scenario: Scenario,
) -> Campaign:
    budgets = scenario.campaigns.get(campaign.pk) or Budgets(
        _share(campaign.daily_budget, scenario.percent, brand.currency),
        _share(campaign.monthly_budget, scenario.percent, brand.currency),
    )
    return Campaign(
        brand=brand,
        name=campaign.name,
        status=status,
        total_budget=_share(campaign.total_budget, scenario.percent, brand.currency),
        budget_group=groups.get(campaign.budget_group_id),
        priority=campaign.priority,
        start_date=campaign.start_date,
        end_date=campaign.end_date,
        is_dayparting_enabled=(
            campaign.is_dayparting_enabled
            if scenario.schedules is None
            else bool(scenario.schedules)
        ),
        **_budgets(budgets),
    )


def _attached(
    campaigns: Sequence[Campaign], copies: Sequence[Campaign], scenario: Scenario
) -> list[CampaignSchedule]:
    copy_of = {one.pk: copy for one, copy in zip(campaigns, copies, strict=False)}
    pairs: list[tuple[int, int]]
    if scenario.schedules is not None:
        pairs = [(pk, one) for pk in copy_of for one in scenario.schedules]
    else:
        attached = CampaignSchedule.objects.filter(campaign__in=copy_of).order_by("pk")
        pairs = list(attached.values_list("campaign", "schedule"))
    schedules = _schedules({schedule for _, schedule in pairs})
    return [
        CampaignSchedule(campaign=copy_of[campaign], schedule=schedules[schedule])
        for campaign, schedule in pairs
    ]


def _schedules(ids: Collection[int]) -> dict[int, DaypartingSchedule]:
    """Copies of schedules, by the originals' ids, which thus stay unlocked."""
    originals = list(DaypartingSchedule.objects.filter(pk__in=ids).order_by("pk"))
    copies = DaypartingSchedule.objects.bulk_create(
        DaypartingSchedule(
            name=f"{one.name[:_NAME]} (replay {uuid.uuid4()})",
            **{name: getattr(one, name) for name in _OF_SCHEDULES},
        )
        for one in originals
    )
    copy_of = {one.pk: copy for one, copy in zip(originals, copies, strict=True)}
    DaypartingWindow.objects.bulk_create(
        DaypartingWindow(
            schedule=copy_of[one.schedule_id],
            day_of_week=one.day_of_week,
            start_time=one.start_time,
            end_time=one.end_time,
        )
        for one in DaypartingWindow.objects.filter(schedule__in=ids).order_by("pk")
    )
    return copy_of


def _budgets(budgets: Budgets) -> dict[str, Any]:
    return {"daily_budget": budgets.daily, "monthly_budget": budgets.monthly}


def _share(budget: Decimal | None, percent: Decimal, currency: str) -> Decimal | None:
    if budget is None or percent == 100:  # noqa: PLR2004
        return budget
    return estimate(budget * percent / 100, currency)
