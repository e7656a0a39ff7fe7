"""Random operations on the whole, compared with a small independent model of it.

After every operation: the sums are those of the model; whoever the operation concerns delivers as
the model says; everybody else is as before, or as the model says; each switch has exactly one
change row, at that instant, with the model's holds. Ticks are left out at random, which makes no
difference once one is run; a second look at the same instant changes nothing.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, models, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from ads.models import (
    Brand,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    DeliveryChange,
    SpendTotal,
)
from ads.services import BudgetService, SpendConflict, SpendEntry, rollover
from ads.services.enforcement import Enforced, Trigger, enforce
from ads.services.totals import find_drift
from ads.services.waivers import waive
from ads.tests.engine.naive import DAY, Owner, Window, World, local_date, overlap
from ads.tests.engine.support import at, execute
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

ZONES = st.sampled_from(
    (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
    )
)
#: Shortly before clocks change, months end, and on an ordinary day.
BEGINNINGS = st.sampled_from(
    (
        "2024-05-15 12:00",
        "2024-02-28 23:59",
        "2024-03-09 20:00",
        "2024-03-30 22:30",
        "2024-04-06 13:00",
        "2024-10-26 21:30",
        "2024-11-02 23:00",
        "2024-12-31 09:00",
    )
)
STEPS = st.sampled_from(
    [1, 14, 29, 60, 60, 90, 180, 6 * 60, 12 * 60, 24 * 60, 24 * 60, 3 * 24 * 60, 31 * 24 * 60]
).map(lambda minutes: timedelta(minutes=minutes))
BUDGETS = st.sampled_from([None, None, "0", "5", "10", "10", "25.5", "100"]).map(
    lambda text: text and Decimal(text)
)
AMOUNTS = st.sampled_from(["0", "0.000001", "1", "2.5", "4.999999", "5", "10", "60"]).map(Decimal)
OFFSETS = st.sampled_from([0, 0, 0, 0, 1, -1, -2, -31])
HALF_HOURS = st.integers(0, 47).map(lambda number: number * 30)
WINDOWS = st.lists(st.tuples(st.integers(0, 6), HALF_HOURS, HALF_HOURS), max_size=3) | st.just(
    [(day, 8 * 60, 20 * 60) for day in range(7)]
)
INDEX = st.integers(0, 5)
STATUSES = st.sampled_from(["active", "active", "active", "paused", "draft", "completed"])
FLIGHT = st.sampled_from([None, None, -1, 0, 1, 2])
WAYS = st.sampled_from(["save", "update", "bulk_update"])


def clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


class Machine(RuleBasedStateMachine):
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
            waived = self.world.waived.get((owner, total.period, total.start), Decimal(0))
            assert total.waived == waived
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

    def schedule(self, index: int) -> int:
        return sorted(self.world.schedules)[index % len(self.world.schedules)]

    def of_brand(self, brand: int) -> list[int]:
        return [pk for pk, row in self.world.campaigns.items() if row["brand"] == brand]

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
        brand = BrandFactory.create(timezone=zone, **limits)
        resets = {"last_daily_reset": None, "last_monthly_reset": None}
        self.world.brands[brand.pk] = {"timezone": zone, "is_active": True, **limits, **resets}
        for pair in (budgets[2:4], budgets[4:6]):
            row: dict[str, Any] = {
                "status": "active",
                "daily_budget": pair[0],
                "monthly_budget": pair[1],
                "start_date": None,
                "end_date": None,
                "is_dayparting_enabled": False,
            }
            campaign = CampaignFactory.create(brand=brand, **row)
            self.world.campaigns[campaign.pk] = {"brand": brand.pk, **row}
            self.world.attached[campaign.pk] = set()

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

    # --- money ----------------------------------------------------------------------------------

    @rule(
        index=INDEX,
        amount=AMOUNTS,
        offset=OFFSETS,
        known_as=st.sampled_from([None, None, "a", "b", "c"]),
    )
    def spend(self, index: int, amount: Decimal, offset: int, known_as: str | None) -> None:
        pk = self.campaign(index)
        day = self.day(pk, offset)
        before = self.decisions()
        expected = self.world.record(pk, day, amount, known_as)
        with self.instant():
            entry = SpendEntry(pk, amount, "spend", day, external_id=known_as)
            try:
                (recorded,) = BudgetService.record_batch([entry], source="model")
                outcome = recorded.outcome
            except SpendConflict:
                outcome = "conflict"
        assert outcome == expected
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    @rule(entries=st.lists(st.tuples(INDEX, AMOUNTS, OFFSETS), min_size=2, max_size=4))
    def spend_at_once(self, entries: list[tuple[int, Decimal, int]]) -> None:
        before = self.decisions()
        batch = []
        for index, amount, offset in entries:
            pk = self.campaign(index)
            batch.append(SpendEntry(pk, amount, date=self.day(pk, offset)))
            self.world.record(pk, self.day(pk, offset), amount, None)
        with self.instant():
            BudgetService.record_batch(batch, source="model")
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    @rule(index=INDEX, amount=AMOUNTS, offset=OFFSETS)
    def spend_behind_its_back(self, index: int, amount: Decimal, offset: int) -> None:
        pk = self.campaign(index)
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)",
            [pk, amount, self.day(pk, offset)],
        )
        self.world.ledger.append((pk, self.day(pk, offset), amount))
        self.compare((), self.decisions())
        self.compare_sums()

    @rule(index=INDEX, amount=AMOUNTS, offset=OFFSETS, ago=st.sampled_from([0, 0, 1, 90, 3000]))
    def report(self, index: int, amount: Decimal, offset: int, ago: int) -> None:
        pk = self.campaign(index)
        day, seen = self.day(pk, offset), self.now - timedelta(minutes=ago)
        before = self.decisions()
        expected = self.world.report(pk, day, amount, seen)
        with self.instant():
            outcome = BudgetService.report_day_total(
                Campaign.objects.get(pk=pk), day, amount, source="platform", observed_at=seen
            )
        assert outcome.outcome == expected
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    @rule(index=INDEX, amount=AMOUNTS.filter(bool), offset=OFFSETS)
    def correct(self, index: int, amount: Decimal, offset: int) -> None:
        pk = self.campaign(index)
        before = self.decisions()
        self.world.ledger.append((pk, self.day(pk, offset), -amount))
        with self.instant():
            BudgetService.record_correction(
                Campaign.objects.get(pk=pk), -amount, "refund", date=self.day(pk, offset)
            )
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    @rule(index=INDEX, period=st.sampled_from(["day", "month"]), of_brand=st.booleans())
    def reset_by_hand(self, index: int, period: str, *, of_brand: bool) -> None:
        pk = self.brand(index) if of_brand else self.campaign(index)
        owner: Brand | Campaign = (
            Brand.objects.get(pk=pk) if of_brand else Campaign.objects.get(pk=pk)
        )
        before = self.decisions()
        expected = self.world.waive(("brand" if of_brand else "campaign", pk), period, self.now)
        with self.instant():
            assert waive(owner, period, now=self.now) == expected
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    # --- edits ----------------------------------------------------------------------------------

    def write(self, model: type[models.Model], pk: int, way: str, changes: dict[str, Any]) -> None:
        rows = model._default_manager
        if way == "update":
            rows.filter(pk=pk).update(**changes)
            return
        row = rows.get(pk=pk)
        for name, value in changes.items():
            setattr(row, name, value)
        if way == "save":
            row.save()
        else:
            rows.bulk_update([row], list(changes))

    @rule(
        index=INDEX,
        way=WAYS,
        change=st.one_of(
            st.tuples(st.sampled_from(["daily_budget", "monthly_budget"]), BUDGETS),
            st.tuples(st.just("is_active"), st.booleans()),
            st.tuples(st.just("timezone"), ZONES),
        ),
    )
    def edit_brand(self, index: int, way: str, change: tuple[str, Any]) -> None:
        pk = self.brand(index)
        self.world.brands[pk] |= dict([change])
        with self.instant():
            self.write(Brand, pk, way, dict([change]))
        self.edited(self.of_brand(pk))

    @rule(
        index=INDEX,
        way=WAYS,
        change=st.one_of(
            st.tuples(st.sampled_from(["daily_budget", "monthly_budget"]), BUDGETS),
            st.tuples(st.just("status"), STATUSES),
            st.tuples(st.just("is_dayparting_enabled"), st.booleans()),
        ),
    )
    def edit_campaign(self, index: int, way: str, change: tuple[str, Any]) -> None:
        pk = self.campaign(index)
        self.world.campaigns[pk] |= dict([change])
        with self.instant():
            self.write(Campaign, pk, way, dict([change]))
        self.edited([pk])

    @rule(index=INDEX, way=WAYS, start=FLIGHT, length=FLIGHT)
    def edit_flight(self, index: int, way: str, start: int | None, length: int | None) -> None:
        pk = self.campaign(index)
        first = None if start is None else self.day(pk, start)
        last = None if length is None else (first or self.day(pk, 0)) + abs(length) * DAY
        if first is None and length == -1:
            last = self.day(pk, -1)
        changes = {"start_date": first, "end_date": last}
        self.world.campaigns[pk] |= changes
        with self.instant():
            self.write(Campaign, pk, way, changes)
        self.edited([pk])

    @rule(
        index=INDEX,
        way=WAYS,
        change=st.one_of(
            st.tuples(st.just("is_active"), st.booleans()),
            st.tuples(st.just("timezone"), ZONES),
            st.tuples(st.just("priority"), st.integers(-2, 2)),
            st.tuples(st.sampled_from(["valid_from", "valid_until"]), FLIGHT),
        ),
    )
    def edit_schedule(self, index: int, way: str, change: tuple[str, Any]) -> None:
        pk = self.schedule(index)
        name, value = change
        changes: dict[str, Any] = {name: value}
        if name.startswith("valid"):
            changes = {"valid_from": None, "valid_until": None}
            changes[name] = None if value is None else self.now.date() + value * DAY
        self.world.schedules[pk] |= changes
        with self.instant():
            self.write(DaypartingSchedule, pk, way, changes)
        self.edited(self.with_schedule(pk))

    @rule(index=INDEX, windows=WINDOWS)
    def edit_windows(self, index: int, windows: list[Window]) -> None:
        pk = self.schedule(index)
        refused = False
        with self.instant():
            try:
                with transaction.atomic():
                    DaypartingWindow.objects.filter(schedule=pk).delete()
                    self.write_windows(pk, windows)
                    execute("SET CONSTRAINTS ALL IMMEDIATE")
            except IntegrityError:
                refused = True
            execute("SET CONSTRAINTS ALL DEFERRED")
        assert refused is overlap(windows)
        if not refused:
            self.world.schedules[pk]["windows"] = windows
        self.edited([] if refused else self.with_schedule(pk))

    @rule(index=INDEX, number=INDEX, how=st.integers(0, 3))
    def attach_or_take_off(self, index: int, number: int, how: int) -> None:
        pk, schedule = self.campaign(index), self.schedule(number)
        campaign = Campaign.objects.get(pk=pk)
        attached = self.world.attached[pk]
        with self.instant():
            if how == 0 and schedule not in attached:
                CampaignSchedule.objects.create(campaign=campaign, schedule_id=schedule)
                attached.add(schedule)
            elif how == 1:
                DaypartingSchedule.objects.get(pk=schedule).campaigns.remove(campaign)
                attached.discard(schedule)
            elif how == 2:
                campaign.dayparting_schedules.set([schedule])
                self.world.attached[pk] = {schedule}
            else:
                campaign.dayparting_schedules.add(schedule)
                attached.add(schedule)
            Campaign.objects.filter(pk=pk).update(is_dayparting_enabled=True)
        self.world.campaigns[pk]["is_dayparting_enabled"] = True
        self.edited([pk])

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
        with self.instant():
            enforce(
                Campaign.objects.filter(is_dayparting_enabled=True),
                self.now,
                Trigger.ENFORCE_DAYPARTING,
            )
        rows = self.world.campaigns
        self.edited([pk for pk in rows if rows[pk]["is_dayparting_enabled"]])

    def sweep_ticks(self) -> None:
        with self.instant():
            enforce(Campaign.objects.all(), self.now, Trigger.CHECK_CAMPAIGN_BUDGETS)
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


@pytest.mark.django_db
def test_the_engine_does_what_the_model_says() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            # Without shrinking, which takes minutes; drop this line to have a failure reduced.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
