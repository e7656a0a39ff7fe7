"""Planned budgets by two at once, some that fail, and more than there is time for."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pghistory
import pytest
import time_machine
from django.db import transaction

from ads.models import Brand, Campaign, ScheduledChange
from ads.services import locks, plans
from ads.services.bulk import BudgetChange, How
from ads.services.history import audit
from ads.services.plans import Applied, applying, by_month
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import (
    Paused,
    at,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    impatient,
)

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2024, 11, 20)
NOW = at("2024-11-20 12:00")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon."""
    with time_machine.travel(NOW, tick=False):
        yield


def due(campaign: Campaign, amount: int = 0) -> ScheduledChange:
    """A daily budget that begins today."""
    return ScheduledChange.objects.create(
        brand=campaign.brand,
        campaign=campaign,
        field="daily_budget",
        starts_on=TODAY,
        amount=amount,
        created_by="olivia",
    )


def applied() -> int:
    events: Any = audit.event_model("ScheduledChangeEvent")._default_manager
    return int(events.filter(pgh_label="applied").count())


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
def test_who_finds_another_applying_leaves_it_at_that(
    monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """Crippled: without the lock of those who apply, the second waits for the first's brand."""
    campaign = CampaignFactory.create(daily_budget=100)
    enforce_all(NOW)
    due(campaign)
    if crippled:
        monkeypatch.setattr(locks, "is_alone", lambda _what: True)
    paused = Paused(applying.write_due)
    monkeypatch.setattr(applying, "write_due", paused)

    with at_once() as start:
        start(lambda: plans.apply_due(NOW))
        paused.await_reached()
        with impatient():
            second = plans.apply_due(NOW)
        paused.let_go()

    assert second == Applied(failed=(campaign.brand_id,) if crippled else ())
    assert (delivers(campaign), applied()) == (False, 1)


@pytest.mark.parametrize("crippled", [False, True], ids=["as it is", "crippled"])
def test_what_was_cancelled_while_it_was_looked_for_is_not_applied(
    monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """Crippled: without the locks, what is cancelled but not committed yet is applied."""
    campaign = CampaignFactory.create(daily_budget=100)
    change = due(campaign)
    if crippled:
        monkeypatch.setattr(locks, "budgets", lambda *_: None)
        monkeypatch.setattr(applying, "_write_changes", lambda _: None)  # would wait for its row

    with (
        held_open(lambda: plans.cancel([change], now=NOW)) as commit,
        at_once() as start,
    ):
        applier = start(lambda: plans.apply_due(NOW))
        if crippled:
            applier.result(timeout=20)
        else:
            await_blocked()
        commit()

    assert campaign.fresh().daily_budget == (0 if crippled else 100)
    assert applied() == 0


def test_cancelling_takes_the_locks_in_order_and_decides_after() -> None:
    """Neither waits for the other in a circle, though it was not applied when it was chosen."""
    campaign = CampaignFactory.create(daily_budget=100)
    change = due(campaign)
    plans.apply_due(NOW)
    change.applied_at = None  # as it was read before
    reached = Paused(locks.brands)

    def in_order() -> None:
        locks.totals_of_brands([campaign.pk], NOW)
        locks.campaigns([campaign.pk])
        reached([campaign.brand_id])

    with at_once() as start:
        start(lambda: _in_transaction(in_order))
        reached.await_reached()
        cancelled = start(lambda: plans.cancel([change], now=NOW))
        await_blocked()
        reached.let_go()
        cancelled.result(timeout=20)

    assert (campaign.fresh().daily_budget, delivers(campaign)) == (100, True)


def test_saving_a_plan_waits_for_no_other_campaign() -> None:
    brand = BrandFactory.create()
    other, mine = CampaignFactory.create_batch(2, brand=brand)
    due(other)
    november = {date(2024, 11, 1): Decimal(5)}

    with held_open(lambda: locks.campaigns([other.pk])), impatient():
        by_month.save(mine, november, "nothing", NOW)

    assert (mine.fresh().monthly_budget, other.fresh().daily_budget) == (5, None)


def test_of_two_who_plan_at_once_the_last_is_the_one_that_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = CampaignFactory.create()
    december, january = date(2024, 12, 1), date(2025, 1, 1)
    reached = Paused(locks.budgets)

    def save(amounts: dict[date, Decimal | None]) -> None:
        with pghistory.context(), transaction.atomic():
            execute("SELECT now()")  # its transaction begins
            by_month.save(campaign, amounts, "nothing", NOW)

    save({december: Decimal(1)})
    with at_once() as start:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(locks, "budgets", reached)
            start(lambda: save({january: Decimal(3)}))
            reached.await_reached()
        save({december: Decimal(2)})
        reached.let_go()

    before = by_month.before_last_edit(campaign, NOW)
    assert before is not None
    assert {month: amount for month, amount in before[0].items() if amount} == {december: 2}


def test_two_who_schedule_the_same_for_a_brand_schedule_it_once() -> None:
    brand = BrandFactory.create(daily_budget=10)
    action = plans.ScheduleBudgets(
        BudgetChange(How.SET, Decimal(20)), None, of_brands=True, starts_on=date(2024, 12, 1)
    )
    with held_open(lambda: action.write_brands([brand.pk], NOW)) as commit, at_once() as start:
        start(lambda: action.write_brands([brand.pk], NOW))
        await_blocked()
        commit()

    assert ScheduledChange.objects.get().amount == 20


def test_a_brand_that_fails_or_is_locked_is_named_and_the_others_go_on() -> None:
    bad, locked, good = CampaignFactory.create_batch(3, daily_budget=100)
    due(bad, 13)
    due(locked, 13)
    due(good, 12)
    execute(
        "ALTER TABLE ads_campaign ADD CONSTRAINT not_thirteen"
        f" CHECK (id <> {bad.pk} OR daily_budget <> 13)"
    )
    try:
        with held_open(lambda: locks.campaigns([locked.pk])), impatient():
            done = plans.apply_due(NOW)
    finally:
        execute("ALTER TABLE ads_campaign DROP CONSTRAINT not_thirteen")

    assert done.failed == (bad.brand_id, locked.brand_id)
    assert [one.fresh().daily_budget for one in (bad, locked, good)] == [100, 100, 12]
    assert plans.apply_due(NOW).failed == ()
    assert [one.fresh().daily_budget for one in (bad, locked, good)] == [13, 13, 12]


def test_once_its_time_is_up_it_leaves_the_rest_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(applying, "BATCH", 1)
    monkeypatch.setattr(applying, "SECONDS", -1)
    brand = BrandFactory.create(daily_budget=100)
    first, second = CampaignFactory.create_batch(2, brand=brand)
    third = CampaignFactory.create()
    for campaign in (first, second, third):
        due(campaign, 7)

    counts = []
    for _ in range(4):
        assert plans.apply_due(NOW).failed == ()
        counts.append(Campaign.objects.filter(daily_budget=7).count())

    assert counts == [1, 2, 3, 3]
    assert Brand.objects.get(pk=brand.pk).daily_budget == 100


def _in_transaction(work: Any) -> None:
    with transaction.atomic():
        work()
