"""The engine and the model side by side: making the world, running what happens, comparing."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.db import connection, models, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ads.models import (
    Allowance,
    Campaign,
    CampaignReference,
    Connection,
    DaypartingWindow,
    DeliveryChange,
    PlatformAccount,
    SpendTotal,
)
from ads.services.delivery import allowances, check, rollover
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.ledger.verification import find_drift
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    ScheduleFactory,
)
from ads.tests.model.naive import DAY, Owner, Window, World, local_date, overlap
from ads.tests.model.strategies import BEGINNINGS, BUDGETS, STEPS, WINDOWS, ZONES
from ads.tests.support import at


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


class SideBySide(RuleBasedStateMachine):
    """The engine and the model, side by side; all of it in a transaction that is rolled back."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.world = World()
        self.now = at("2024-05-15 12:00")
        self.active: dict[int, bool] = {}
        self.last_change = DeliveryChange.objects.aggregate(last=models.Max("id"))["last"] or 0

    def teardown(self) -> None:
        try:
            if self.world.campaigns:
                self.everything_runs()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # --- running and comparing ------------------------------------------------------------------

    @contextmanager
    def instant(self) -> Iterator[None]:
        """What happens inside happens now, and is committed."""
        with time_machine.travel(self.now, tick=False):
            yield
            # The surrounding transaction never commits: what waits for that is done here.
            waiting, connection.run_on_commit = connection.run_on_commit, []
            for waits in waiting:
                waits[1]()

    def decisions(self) -> dict[int, list[str]]:
        return {pk: self.world.holds(pk, self.now) for pk in self.world.campaigns}

    def compare(self, concerned: Collection[int], holds: dict[int, list[str]]) -> None:
        """``concerned`` have to be as the model says, which gives ``holds`` as the reasons."""
        actual = dict(Campaign.objects.values_list("pk", "is_active"))
        rows = list(DeliveryChange.objects.filter(pk__gt=self.last_change).order_by("pk"))
        if rows:
            self.last_change = rows[-1].pk
        for pk, was in self.active.items():
            if pk in concerned or actual[pk] is not was:
                assert actual[pk] is (not holds[pk]), (pk, holds[pk])
            mine = [row for row in rows if row.campaign_id == pk]
            assert len(mine) == (actual[pk] is not was), "one change row for each switch"
            for row in mine:
                assert (row.is_active, row.at) == (actual[pk], self.now)
                assert row.holds == holds[pk]
        self.active = actual

    def compare_sums(self) -> None:
        kept: dict[tuple[Owner, str, date], Decimal] = {}
        for total in SpendTotal.objects.all():
            campaign = total.campaign_id
            owner = ("brand", total.brand_id) if campaign is None else ("campaign", campaign)
            kept[owner, total.period, total.start] = total.amount
            key = owner, total.period, total.start
            # What has ended stays in it until the clock takes it out.
            assert self.world.allowed(*key, self.now) <= total.waived
            assert total.waived <= self.world.allowed(*key, None)
        expected = self.world.totals()
        assert {key: kept[key] for key in expected} == expected
        assert all(kept[key] == 0 for key in kept.keys() - expected.keys())

    def changed_by(self, before: dict[int, list[str]]) -> list[int]:
        """Campaigns about which the model has changed its mind."""
        after = self.decisions()
        return [pk for pk in after if bool(after[pk]) != bool(before[pk])]

    def edited(self, concerned: Collection[int]) -> None:
        self.compare(concerned, self.decisions())

    def campaign(self, index: int) -> int:
        return sorted(self.world.campaigns)[index % len(self.world.campaigns)]

    def brand(self, index: int) -> int:
        return sorted(self.world.brands)[index % len(self.world.brands)]

    def group(self, index: int) -> int:
        return sorted(self.world.groups)[index % len(self.world.groups)]

    def members(self, *groups: int | None) -> list[int]:
        rows = self.world.campaigns.items()
        return [pk for pk, row in rows if row["budget_group"] in {*groups} - {None}]

    def schedule(self, index: int) -> int:
        return sorted(self.world.schedules)[index % len(self.world.schedules)]

    def of_brand(self, brand: int) -> list[int]:
        return [pk for pk, row in self.world.campaigns.items() if row["brand"] == brand]

    def of_account(self, account: PlatformAccount) -> list[int]:
        return [pk for pk, its in self.world.accounts.items() if account.pk in its]

    def with_schedule(self, schedule: int) -> list[int]:
        return [pk for pk, attached in self.world.attached.items() if schedule in attached]

    def day(self, campaign: int, offset: int) -> date:
        brand = self.world.brands[self.world.campaigns[campaign]["brand"]]
        return local_date(self.now, brand["timezone"]) + offset * DAY

    # --- the beginning --------------------------------------------------------------------------

    @initialize(
        beginning=BEGINNINGS,
        zones=st.tuples(ZONES, ZONES),
        budgets=st.lists(BUDGETS, min_size=12, max_size=12),
        windows=st.tuples(WINDOWS, WINDOWS),
    )
    def begin(
        self,
        beginning: str,
        zones: tuple[str, str],
        budgets: list[Decimal | None],
        windows: tuple[list[Window], list[Window]],
    ) -> None:
        self.now = at(beginning)
        with self.instant():
            for number, zone in enumerate(zones):
                self.make_brand(zone, budgets[number * 6 : number * 6 + 6])
            for zone, given in zip(zones, windows, strict=True):
                self.make_schedule(zone, [] if overlap(given) else given)
        self.active = dict.fromkeys(self.world.campaigns, False)
        self.edited(self.world.campaigns)

    def make_brand(self, zone: str, budgets: list[Decimal | None]) -> None:
        limits = dict(zip(("daily_budget", "monthly_budget"), budgets[:2], strict=True))
        stale = {"stale_after_minutes": 60, "stops_when_stale": False}
        brand = BrandFactory.create(timezone=zone, **limits, **stale)
        resets = {"last_daily_reset": None, "last_monthly_reset": None}
        self.world.brands[brand.pk] = {
            "timezone": zone, "is_active": True, **limits, **resets, **stale,
        }  # fmt: skip
        platform, _ = Connection.objects.get_or_create(
            name="Model", defaults={"platform": "model", "source": "model"}
        )
        account = PlatformAccount.objects.create(
            connection=platform,
            platform="model",
            source="model",
            remote_id=str(brand.pk),
            answered_at=self.now,
        )
        self.world.heard[account.pk] = self.now
        group = BudgetGroupFactory.create(brand=brand)
        self.world.groups[group.pk] = {
            "brand": brand.pk,
            **dict.fromkeys(("daily_budget", "monthly_budget", "total_budget", "start_date")),
        }
        for pair in (budgets[2:4], budgets[4:6]):
            row: dict[str, Any] = {
                "status": "active",
                "daily_budget": pair[0],
                "monthly_budget": pair[1],
                "start_date": None,
                "end_date": None,
                "is_dayparting_enabled": False,
                "total_budget": None,
            }
            campaign = CampaignFactory.create(brand=brand, **row)
            self.world.campaigns[campaign.pk] = {
                "brand": brand.pk,
                "budget_group": None,
                **row,
            }
            self.world.attached[campaign.pk] = set()
            # The second campaign of a brand is on no platform.
            self.world.accounts[campaign.pk] = set()
            if pair == budgets[2:4] and not self.of_account(account):
                CampaignReference.objects.create(
                    campaign=campaign,
                    platform="model",
                    account=str(brand.pk),
                    reference=str(campaign.pk),
                )
                self.world.accounts[campaign.pk] = {account.pk}

    def make_schedule(self, zone: str, windows: list[Window]) -> None:
        row: dict[str, Any] = {
            "timezone": zone,
            "priority": 0,
            "is_active": True,
            "valid_from": None,
            "valid_until": None,
        }
        schedule = ScheduleFactory.create(**row)
        self.write_windows(schedule.pk, windows)
        self.world.schedules[schedule.pk] = {"windows": windows, **row}

    def write_windows(self, schedule: int, windows: list[Window]) -> None:
        DaypartingWindow.objects.bulk_create(
            DaypartingWindow(
                schedule_id=schedule,
                day_of_week=day,
                start_time=clock(start),
                end_time=clock(end),
            )
            for day, start, end in windows
        )

    # --- time -----------------------------------------------------------------------------------

    @rule(step=STEPS, ticks=st.sampled_from(["none", "none", "hours", "sweep", "day", "month"]))
    def time_passes(self, step: timedelta, ticks: str) -> None:
        self.now += step
        if ticks == "hours":
            self.hours_tick()
        elif ticks == "sweep":
            self.sweep_ticks()
        elif ticks != "none":
            self.rollover_ticks(ticks)

    def hours_tick(self) -> None:
        ended = list(Allowance.objects.ended(self.now))
        with self.instant():
            allowances.expire(self.now)
            enforce(
                Campaign.objects.filter(is_dayparting_enabled=True),
                self.now,
                Trigger.ENFORCE_DAYPARTING,
            )
        rows = self.world.campaigns
        brands = {one.brand_id for one in ended if one.campaign_id is None}
        its = {one.campaign_id for one in ended}
        self.edited(
            [
                pk
                for pk, row in rows.items()
                if row["is_dayparting_enabled"] or pk in its or row["brand"] in brands
            ]
        )
        self.compare_sums()
        for total in SpendTotal.objects.all():
            campaign = total.campaign_id
            owner = ("brand", total.brand_id) if campaign is None else ("campaign", campaign)
            in_force = self.world.allowed(owner, total.period, total.start, self.now)
            assert total.waived == in_force

    def sweep_ticks(self) -> None:
        with self.instant():
            check(self.now)
        self.edited(self.world.campaigns)

    def rollover_ticks(self, period: str) -> None:
        name = "last_daily_reset" if period == "day" else "last_monthly_reset"
        run = rollover.roll_over_days if period == "day" else rollover.roll_over_months
        due = self.world.due(name, self.now)
        holds = self.decisions()
        self.world.roll_over(name, self.now)
        with self.instant():
            assert run(self.now).brands == len(due)
        self.compare([pk for brand in due for pk in self.of_brand(brand)], holds)
        rows = Campaign.objects.values_list("pk", "status")
        assert dict(rows) == {pk: row["status"] for pk, row in self.world.campaigns.items()}

    @rule()
    def everything_runs(self) -> None:
        """However many ticks were left out: from here on the world is as if none had been."""
        self.rollover_ticks("day")
        self.rollover_ticks("month")
        self.sweep_ticks()
        with self.instant():
            again = enforce(Campaign.objects.all(), self.now, Trigger.CHECK_CAMPAIGN_BUDGETS)
        assert again == Enforced()
        self.edited(self.world.campaigns)
        assert find_drift() == []
