"""Random operations on the whole, compared with a small independent model of it.

After every operation: the sums are those of the model; whoever the operation concerns delivers as
the model says; everybody else is as before, or as the model says; each switch has exactly one
change row, at that instant, with the model's holds. Ticks are left out at random, which makes no
difference once one is run; a second look at the same instant changes nothing.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from ads.models import (
    Allowance,
    Brand,
    BudgetGroup,
    Campaign,
    CampaignSchedule,
    DaypartingSchedule,
    DaypartingWindow,
    PlatformAccount,
)
from ads.services import (
    AllowanceOver,
    BudgetService,
    InvalidAllowance,
    SpendConflict,
    SpendEntry,
)
from ads.tests.model.naive import DAY, Window, local_date, overlap
from ads.tests.model.side_by_side import SideBySide
from ads.tests.model.strategies import (
    AMOUNTS,
    BUDGETS,
    FLIGHT,
    INDEX,
    OFFSETS,
    STATUSES,
    WAYS,
    WINDOWS,
    ZONES,
)
from ads.tests.support import execute


class Machine(SideBySide):
    """What may happen."""

    def __init__(self) -> None:
        super().__init__()
        #: In the order of the model's.
        self.given: list[Allowance] = []

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

    @rule(
        index=INDEX,
        period=st.sampled_from(["day", "month"]),
        of_brand=st.booleans(),
        amount=st.one_of(st.none(), AMOUNTS.filter(bool)),
        minutes=st.sampled_from([None, None, 30, 90, 300, 2000]),
    )
    def let_run_on(
        self,
        index: int,
        period: str,
        amount: Decimal | None,
        minutes: int | None,
        *,
        of_brand: bool,
    ) -> None:
        pk = self.brand(index) if of_brand else self.campaign(index)
        owner: Brand | Campaign = (
            Brand.objects.get(pk=pk) if of_brand else Campaign.objects.get(pk=pk)
        )
        until = None if minutes is None else self.now + timedelta(minutes=minutes)
        before = self.decisions()
        kind = "brand" if of_brand else "campaign"
        expected = self.world.allow((kind, pk), period, self.now, amount, until)
        with self.instant():
            try:
                given = BudgetService.let_run_on(
                    owner, amount, period=period, until=until, reason="model"
                )
                allowed: Decimal | None = given.amount if given else Decimal(0)
                self.given += [given] if given else []
            except InvalidAllowance:
                allowed = None
        assert allowed == expected
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    @rule(index=INDEX)
    def take_back(self, index: int) -> None:
        if not self.given:
            return
        number = index % len(self.given)
        before = self.decisions()
        expected = self.world.undo(number, self.now)
        with self.instant():
            try:
                BudgetService.undo_allowance(Allowance.objects.get(pk=self.given[number].pk))
                undone = True
            except AllowanceOver:
                undone = False
        assert undone is expected
        self.compare(self.changed_by(before), self.decisions())
        self.compare_sums()

    # --- ad platforms ---------------------------------------------------------------------------

    @rule(index=INDEX, ago=st.sampled_from([0, 0, 30, 90]))
    def a_platform_is_heard_of(self, index: int, ago: int) -> None:
        pk = sorted(self.world.heard)[index % len(self.world.heard)]
        self.world.heard[pk] = self.now - timedelta(minutes=ago)
        PlatformAccount.objects.filter(pk=pk).update(answered_at=self.world.heard[pk])
        self.compare((), self.decisions())

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
            rows.bulk_update([row], [name.removesuffix("_id") for name in changes])

    @rule(
        index=INDEX,
        way=WAYS,
        change=st.one_of(
            st.tuples(st.sampled_from(["daily_budget", "monthly_budget"]), BUDGETS),
            st.tuples(st.just("is_active"), st.booleans()),
            st.tuples(st.just("stops_when_stale"), st.booleans()),
            st.tuples(st.just("stale_after_minutes"), st.sampled_from([60, 12 * 60])),
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
            st.tuples(st.sampled_from(["daily_budget", "monthly_budget", "total_budget"]), BUDGETS),
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

    @rule(
        index=INDEX,
        way=WAYS,
        change=st.one_of(
            st.tuples(st.sampled_from(["daily_budget", "monthly_budget", "total_budget"]), BUDGETS),
            st.tuples(st.just("start_date"), FLIGHT),
        ),
    )
    def edit_group(self, index: int, way: str, change: tuple[str, Any]) -> None:
        pk = self.group(index)
        name, value = change
        if name == "start_date" and value is not None:
            zone = self.world.brands[self.world.groups[pk]["brand"]]["timezone"]
            value = local_date(self.now, zone) + value * DAY
        self.world.groups[pk][name] = value
        with self.instant():
            self.write(BudgetGroup, pk, way, {name: value})
        self.edited(self.members(pk))

    @rule(index=INDEX, way=WAYS, joins=st.booleans())
    def join_or_leave(self, index: int, way: str, *, joins: bool) -> None:
        pk = self.campaign(index)
        row = self.world.campaigns[pk]
        before = row["budget_group"]
        of_brand = (one for one, its in self.world.groups.items() if its["brand"] == row["brand"])
        row["budget_group"] = next(of_brand) if joins else None
        with self.instant():
            self.write(Campaign, pk, way, {"budget_group_id": row["budget_group"]})
        self.edited({pk, *self.members(before, row["budget_group"])})

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


@pytest.mark.django_db
def test_the_engine_does_what_the_model_says() -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            # Without shrinking, which takes minutes; drop this line to have a failure reduced.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
