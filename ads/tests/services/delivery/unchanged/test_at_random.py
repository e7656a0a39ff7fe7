"""Anything happens between checks, in SQL, at any instant: leaving out changes no decision.

After each check, all campaigns are as the rule says that decides on everything. What happens is
committed, so rows have the transaction numbers that they have in production; one transaction is
open for a while, and other checks and changes come in between the steps of a check.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from ads.holds import Moment, evaluate
from ads.models import (
    Campaign,
    CampaignReference,
    PlatformAccount,
)
from ads.services import restored
from ads.services.delivery import allowances, check, enforce, enforcement, unchanged
from ads.tests.factories import (
    BrandFactory,
    BudgetGroupFactory,
    CampaignFactory,
    PlatformAccountFactory,
    ScheduleFactory,
)
from ads.tests.support import at, execute

STEPS: Final = 60

ZONES: Final = ("UTC", "Asia/Tokyo", "America/New_York", "Pacific/Auckland")

MINUTE: Final = timedelta(minutes=1)
#: How far apart checks are; the clock may go back.
LATER: Final = (
    *(n * MINUTE for n in (0, 1, 1, 1, 1, 1, 7, 7, 31, 180, 180, -20)),
    *(n * timedelta(days=1) for n in (1, 16, -1)),
)


class World:
    """A small world, and what can happen to it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = at("2024-05-15 12:00")
        self.open: Any = None
        self.brands, self.campaigns, self.groups = [], [], []
        schedules = [
            ScheduleFactory.create(timezone=zone, windows=[(day, "09:00", "17:00") for day in days])
            for zone, days in zip(ZONES, ((0, 1, 2), (2, 3), (), (0, 2, 4, 6)), strict=True)
        ]
        self.schedules = [schedule.pk for schedule in schedules]
        for zone, schedule in zip(ZONES, schedules, strict=True):
            brand = BrandFactory.create(timezone=zone, stale_after_minutes=60, daily_budget=100)
            self.brands.append(brand.pk)
            self.groups.append(BudgetGroupFactory.create(brand=brand).pk)
            account = PlatformAccountFactory.create(answered_at=self.now)
            for budget, attached in ((20, []), (60, [schedule]), (None, [])):
                campaign = CampaignFactory.create(
                    brand=brand,
                    daily_budget=budget,
                    is_dayparting_enabled=True,
                    schedules=attached,
                )
                self.campaigns.append(campaign.pk)
                CampaignReference.objects.create(
                    campaign=campaign,
                    platform=account.platform,
                    account=account.remote_id,
                    reference=f"{campaign.pk}",
                )

    # --- what can be chosen ---------------------------------------------------------------------

    def one(self, *of: Any) -> Any:
        return self.random.choice(of)

    def day(self) -> date:
        return self.now.date() + timedelta(days=self.one(-1, 0, 0, 0, 1, -20, -400))

    def amount(self) -> Any:
        return self.one(None, 0, 1, 5, 20, 100)

    # --- what can happen ------------------------------------------------------------------------

    def spend(self) -> None:
        self.insert_spend(self.one(1, 3, 10, 30), "entry")

    def correction(self) -> None:
        self.insert_spend(-self.one(1, 3, 10, 30), "correction")

    def insert_spend(self, amount: int, kind: str) -> None:
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
            " VALUES (%s, %s, %s, %s, 'test')",
            [self.one(*self.campaigns), amount, self.day(), kind],
        )

    def sum_put_right(self) -> None:
        execute(
            "UPDATE ads_spendtotal SET amount = amount + %s WHERE campaign_id = %s",
            [self.one(-10, 10), self.one(*self.campaigns)],
        )

    def campaign(self) -> None:
        column, value = self.one(
            ("daily_budget", self.amount()),
            ("monthly_budget", self.amount()),
            ("total_budget", self.amount()),
            ("status", self.one("active", "active", "paused")),
            ("start_date", self.one(None, self.day())),
            ("end_date", self.one(None, self.day())),
            ("is_dayparting_enabled", self.one(True, False)),
            ("is_active", self.one(True, False)),
            ("budget_group_id", None),
        )
        self.set("ads_campaign", column, value, self.campaigns)

    def brand(self) -> None:
        column, value = self.one(
            ("daily_budget", self.amount()),
            ("monthly_budget", self.amount()),
            ("is_active", self.one(True, True, False)),
            ("timezone", self.one(*ZONES)),
            ("stops_when_stale", self.one(True, False)),
            ("stale_after_minutes", self.one(30, 240)),
            ("stops_early", self.one(True, False, False, False)),
        )
        self.set("ads_brand", column, value, self.brands)

    def group(self) -> None:
        column, value = self.one(
            ("daily_budget", self.amount()),
            ("monthly_budget", self.amount()),
            ("total_budget", self.amount()),
            ("start_date", self.one(None, self.day())),
        )
        self.set("ads_budgetgroup", column, value, self.groups)

    def joins_group(self) -> None:
        execute(
            "UPDATE ads_campaign AS campaign SET budget_group_id = its.id"
            " FROM ads_budgetgroup AS its WHERE its.brand_id = campaign.brand_id"
            " AND campaign.id = %s",
            [self.one(*self.campaigns)],
        )

    def schedule(self) -> None:
        column, value = self.one(
            ("priority", self.one(0, 1)),
            ("is_active", self.one(True, True, False)),
            ("timezone", self.one(*ZONES)),
            ("valid_from", self.one(None, self.day())),
            ("valid_until", self.one(None, self.day())),
        )
        self.set("ads_daypartingschedule", column, value, self.schedules)

    def window(self) -> None:
        execute(
            "UPDATE ads_daypartingwindow SET start_time = %s WHERE schedule_id = %s",
            [self.one("08:00", "09:00", "12:00", "15:30"), self.one(*self.schedules)],
        )

    def attached(self) -> None:
        execute(
            "INSERT INTO ads_campaignschedule (campaign_id, schedule_id) VALUES (%s, %s)",
            [self.one(*self.campaigns), self.one(*self.schedules)],
        )

    def detached(self) -> None:
        execute(
            "DELETE FROM ads_campaignschedule WHERE campaign_id = %s", [self.one(*self.campaigns)]
        )

    def allowance(self) -> None:
        its = Campaign.objects.select_related("brand").get(pk=self.one(*self.campaigns))
        period = self.one("day", "month")
        day = self.now.date()
        execute(
            "INSERT INTO ads_allowance"
            " (brand_id, campaign_id, period, start, amount, until, reason, created_by, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'test', 'test', %s)",
            [
                its.brand_id,
                self.one(None, its.pk, its.pk),
                period,
                day if period == "day" else day.replace(day=1),
                self.one(5, 50),
                self.one(None, self.now + self.one(1, 20, 300) * MINUTE),
                self.now - MINUTE,
            ],
        )

    def allowance_over(self) -> None:
        column = self.one("undone_at", "ended_at")
        execute(
            f"UPDATE ads_allowance SET {column} = %s WHERE id ="
            " (SELECT min(id) FROM ads_allowance WHERE undone_at IS NULL AND ended_at IS NULL)",
            [self.now],
        )

    def heard(self) -> None:
        pk = self.one(*PlatformAccount.objects.values_list("pk", flat=True))
        execute(
            "UPDATE ads_platformaccount SET answered_at = %s WHERE id = %s",
            [self.now - self.one(0, 0, 45, 300) * MINUTE, pk],
        )

    def restore(self) -> None:
        if restored.is_held():
            restored.resume(self.now)
        else:
            restored.hold(self.now, self.now)

    def other_task(self) -> None:
        """It decides on some of them, perhaps by another clock."""
        those = Campaign.objects.filter(pk__in=self.random.sample(self.campaigns, 4))
        enforce(those, self.now + self.one(*LATER), "test")

    def new_and_gone(self) -> None:
        """Deletes what has no spend."""
        table, column = self.one(
            ("ads_campaignschedule", "schedule_id"), ("ads_daypartingwindow", "schedule_id")
        )
        execute(
            f"DELETE FROM {table} WHERE {column} = %s",
            [self.one(*self.schedules)],
        )
        campaign = CampaignFactory.create(brand_id=self.one(*self.brands), daily_budget=5)
        self.campaigns.append(campaign.pk)

    def transaction(self) -> None:
        """Somebody records spend within a savepoint, and commits some time later."""
        if self.open is not None:
            self.open.commit()
            self.open.close()
            self.open = None
            return
        self.open = connection.get_new_connection(connection.get_connection_params())
        with self.open.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'; SELECT pg_current_xact_id(); SAVEPOINT a")
            cursor.execute(
                "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, 30, %s)",
                [self.one(*self.campaigns), self.now.date()],
            )

    def set(self, table: str, column: str, value: Any, ids: list[int]) -> None:
        execute(
            f"UPDATE {table} SET {column} = %s WHERE id = %s",
            [value, self.one(*ids)],
        )

    def something_happens(self) -> None:
        what: Callable[[], None] = self.one(
            *[self.spend] * 8, self.correction, self.sum_put_right,
            self.campaign, self.campaign, self.campaign, self.brand, self.brand, self.group,
            self.joins_group, self.schedule, self.schedule, self.window, self.attached,
            self.attached, self.detached, self.allowance, self.allowance_over, self.heard,
            self.one(self.restore, self.spend, self.spend), self.other_task, self.new_and_gone,
            self.transaction,
        )  # fmt: skip
        # What the constraints refuse, and what somebody else has locked, does not happen.
        with suppress(DatabaseError), transaction.atomic():
            what()


def wrong(now: datetime) -> list[tuple[int, bool]]:
    """Campaigns that are not as the rule says, and whether they should deliver."""
    everything = Campaign.objects.all()
    evaluated: Any = evaluate(everything, Moment.at(now, everything))
    found = evaluated.exclude(is_active=F("may_deliver")).values_list("pk", "may_deliver")
    return [(pk, may) for pk, may in found if not may or not restored.is_held()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(2))
def test_leaving_out_what_is_unchanged_changes_no_decision(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed)
    execute("SET lock_timeout = '100ms'")
    # However long ago the last check was.
    monkeypatch.setattr(unchanged, "TRUSTED_FOR", timedelta.max)
    looks: list[unchanged.Look] = []
    look = unchanged.look

    def looked(now: datetime, **given: Any) -> unchanged.Look:
        looks.append(look(now, **given))
        return looks[-1]

    monkeypatch.setattr(unchanged, "look", looked)
    steps = {name: getattr(enforcement, name) for name in ("_disagreeing", "_in_batches")}

    for _ in range(STEPS):
        for _ in range(world.one(0, 1, 1, 2)):
            world.something_happens()
        world.now += world.one(*LATER)
        if world.one(True, True, True, False):
            allowances.expire(world.now)  # as the tasks do, though not always in time
        if world.one(*[False] * 5, True):
            # Slowly: something happens between the steps, perhaps another check.
            with monkeypatch.context() as slow:
                for name, step in steps.items():
                    slow.setattr(enforcement, name, _meanwhile(world, step, slow, steps))
                check(world.now)
        check(world.now)

        assert wrong(world.now) == []

    if world.open:
        world.open.close()
    ids = [one.campaign_ids for one in looks]
    assert any(each is None for each in ids)
    left_out = sum(len(world.campaigns) - len(each) for each in ids if each is not None)
    assert left_out > STEPS * len(world.campaigns) // 5, "or nothing was tried"


def _meanwhile(
    world: World, step: Callable[..., Any], slow: pytest.MonkeyPatch, steps: dict[str, Any]
) -> Callable[..., Any]:
    def stepped(*given: Any, **named: Any) -> Any:
        done = step(*given, **named)
        for _ in range(world.one(0, 1, 2)):
            world.something_happens()
        if world.one(False, False, True):
            for name, real in steps.items():
                slow.setattr(enforcement, name, real)
            check(world.now + world.one(*LATER))
        return done

    return stepped
