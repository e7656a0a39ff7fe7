"""Two writers at once: find, lock, decide again, switch. Each step is shown to be needed.

Every test runs twice: once with the engine as it is, and once with the step in question taken out,
to show that the test would notice.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.db.models import QuerySet

from ads.models import Brand, Campaign
from ads.services import enforcement, ledger, lifecycle, locks, rollover, totals, waivers
from ads.services.enforcement import Decision
from ads.tests.engine.support import (
    NOON,
    Paused,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    spend,
    spend_in_sql,
    switches,
)
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)

TOMORROW = NOON + timedelta(days=1)

as_it_is_and_crippled = pytest.mark.parametrize(
    "crippled", [False, True], ids=["as it is", "crippled"]
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon; what a test does later has its own instant."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def due_back() -> Campaign:
    """Stopped by yesterday's budget; today it has 10 dollars again."""
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)
    assert not delivers(campaign)
    return campaign


def decide_before_locking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes step 3 out: what is switched is what was decided before the locks were granted."""
    decide, lock = enforcement.preview, locks.campaigns
    taken: list[Decision] = []

    def decide_and_lock(ids: Iterable[int]) -> list[int]:
        ids = list(ids)
        taken[:] = decide(Campaign.objects.filter(pk__in=ids), TOMORROW)
        return lock(ids)

    def as_decided(campaigns: QuerySet[Campaign], now: datetime) -> Iterator[Decision]:
        return iter(taken)

    monkeypatch.setattr(locks, "campaigns", decide_and_lock)
    monkeypatch.setattr(enforcement, "preview", as_decided)


@as_it_is_and_crippled
def test_a_sweep_that_began_before_spend_was_committed_does_not_revive(
    due_back: Campaign, monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """The sweep finds the campaign due and waits for its lock, held with spend not yet committed.

    That spend uses up today's budget. What the sweep saw when it began is no longer true when it
    gets the lock.
    """

    def spend_it_all() -> None:
        locks_of_the_spender([due_back.pk])
        spend(due_back, 10, TOMORROW)

    locks_of_the_spender = locks.campaigns
    with held_open(spend_it_all) as commit, at_once() as start:
        if crippled:
            decide_before_locking(monkeypatch)
        start(lambda: enforce_all(TOMORROW))
        await_blocked()
        commit()

    assert delivers(due_back) is crippled
    assert (len(switches(due_back)) == 2) is not crippled


@as_it_is_and_crippled
def test_spend_committed_between_finding_and_locking_is_seen(
    due_back: Campaign, monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    find, decide = enforcement._disagreeing, enforcement.preview
    found: Any = Paused(find, after=True)
    monkeypatch.setattr(enforcement, "_disagreeing", found)

    with at_once() as start:
        sweep = start(lambda: enforce_all(TOMORROW))
        found.await_reached()
        decided = list(decide(Campaign.objects.all(), TOMORROW))
        assert [decision.is_active for decision in decided] == [True]
        spend(due_back, 10, TOMORROW)
        if crippled:
            monkeypatch.setattr(enforcement, "preview", lambda *_: iter(decided))
        found.let_go()
        sweep.result()

    assert delivers(due_back) is crippled


def without_lock_first(monkeypatch: pytest.MonkeyPatch, service: ModuleType) -> None:
    """The service leaves out campaigns which seem to agree already."""
    real = enforcement.enforce

    def find_first(campaigns: Any, now: datetime, trigger: str, **_: Any) -> object:
        return real(campaigns, now, trigger, lock_first=False)

    monkeypatch.setattr(service, "enforce", find_first)


@as_it_is_and_crippled
def test_spend_waits_for_a_sweep_that_is_about_to_commit_a_start(
    due_back: Campaign, monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """A sweep has switched the campaign on, but nobody can see that yet when spend crosses."""
    if crippled:
        without_lock_first(monkeypatch, ledger)

    with held_open(lambda: enforce_all(TOMORROW)) as commit, at_once() as start:
        spending = start(lambda: spend(due_back, 10, TOMORROW))
        if crippled:
            spending.result(timeout=20)
        else:
            await_blocked()
        commit()

    assert delivers(due_back) is crippled
    if not crippled:
        assert switches(due_back)[2:] == [(True, []), (False, ["daily_budget"])]


@as_it_is_and_crippled
@pytest.mark.parametrize("of_brand", [False, True], ids=["its own", "the brand's"])
def test_a_budget_lowered_while_spend_is_in_flight_holds(
    monkeypatch: pytest.MonkeyPatch, *, of_brand: bool, crippled: bool
) -> None:
    """The spend has read the old budget and crosses nothing; the edit cannot see the spend yet."""
    campaign = CampaignFactory.create(daily_budget=100, brand__daily_budget=100)
    edited: Any = campaign.brand if of_brand else campaign
    if crippled:
        monkeypatch.setattr(locks, "totals_of_brands", lambda *_: None)

    def lower() -> None:
        edited.daily_budget = 50
        edited.save()

    with held_open(lambda: spend(campaign, 60, NOON)) as commit, at_once() as start:
        editing = start(lower)
        if crippled:
            editing.result(timeout=20)
        else:
            await_blocked()
        commit()

    assert delivers(campaign) is crippled


@pytest.mark.parametrize("already_spent", [False, True])
def test_spend_that_begins_after_a_budget_was_lowered_waits_and_sees_it(
    *, already_spent: bool
) -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    if already_spent:
        spend(campaign, 1, NOON)

    def lower() -> None:
        Campaign.objects.filter(pk=campaign.pk).update(daily_budget=50)
        enforcement.after_edit(Campaign.objects.values_list("pk", flat=True), NOON, "edit")

    with held_open(lower) as commit, at_once() as start:
        start(lambda: spend(campaign, 60, NOON))
        await_blocked()
        commit()

    assert not delivers(campaign)


def test_a_budget_raised_while_spend_is_in_flight_ends_in_agreement() -> None:
    campaign = CampaignFactory.create(daily_budget=50)

    with held_open(lambda: spend(campaign, 60, NOON)) as commit, at_once() as start:
        start(lambda: Campaign.objects.filter(pk=campaign.pk).update(daily_budget=100))
        await_blocked()
        commit()

    assert delivers(campaign)


def test_a_campaign_being_switched_on_by_a_person_is_waited_for_when_spend_crosses() -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=10)

    with (
        held_open(lambda: lifecycle.activate(campaign, now=NOON)) as commit,
        at_once() as start,
    ):
        start(lambda: spend(campaign, 10, NOON))
        await_blocked()
        commit()

    assert not delivers(campaign)


def test_two_spends_that_cross_only_together_stop_the_campaign() -> None:
    brand = BrandFactory.create(daily_budget=10)
    one, two = CampaignFactory.create_batch(2, brand=brand)

    with held_open(lambda: spend(one, 6, NOON)) as commit, at_once() as start:
        start(lambda: spend(two, 6, NOON))
        await_blocked()
        commit()

    assert not delivers(one)
    assert not delivers(two)


@as_it_is_and_crippled
def test_a_waiver_waits_for_a_sweep_that_is_about_to_commit_a_stop(
    monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """The sweep has switched the campaign off, but to the waiver it still seems to deliver."""
    campaign = CampaignFactory.create(daily_budget=10)
    spend_in_sql(campaign, "10", NOON.date())
    if crippled:
        without_lock_first(monkeypatch, waivers)

    with held_open(lambda: enforce_all(NOON)) as commit, at_once() as start:
        waiving = start(lambda: waivers.waive(campaign, "day", now=NOON))
        if crippled:
            waiving.result(timeout=20)
        else:
            await_blocked()
        commit()

    assert delivers(campaign) is not crippled


def test_mending_a_sum_waits_for_spend_in_flight_and_counts_it() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 1, NOON)
    execute("UPDATE ads_spendtotal SET amount = 5")

    with held_open(lambda: spend(campaign, 2, NOON)) as commit, at_once() as start:
        start(lambda: totals.verify(fix=True, now=NOON))
        await_blocked()
        commit()

    assert totals.find_drift() == []
    assert campaign.totals.get(period="day").amount == 3


@pytest.mark.parametrize("spender_first", [False, True])
def test_a_waiver_and_spend_at_once_end_in_agreement(*, spender_first: bool) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)
    works: list[Callable[[], object]] = [
        partial(waivers.waive, campaign, "day", now=NOON),
        partial(spend, campaign, 10, NOON),
    ]
    first, second = reversed(works) if spender_first else works

    with held_open(first) as commit, at_once() as start:
        start(second)
        await_blocked()
        commit()

    assert delivers(campaign) is spender_first
    total = campaign.totals.get(period="day")
    assert (total.amount, total.waived) == (20, 20 if spender_first else 10)


def test_a_sweep_does_not_wait_for_spend_that_crosses_nothing() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    held = CampaignFactory.create(brand=campaign.brand)
    with transaction.atomic():
        Campaign.objects.filter(pk=held.pk).update(is_active=False)

    with held_open(lambda: spend(campaign, 1, NOON)) as commit:
        assert enforce_all(NOON).started == 1
        commit()

    assert delivers(campaign)
    assert delivers(held)


def test_a_sweep_locks_only_those_that_disagree() -> None:
    agreeing, due = CampaignFactory.create(), CampaignFactory.create()
    Campaign.objects.filter(pk=due.pk).update(is_active=False)

    with held_open(lambda: locks.campaigns([agreeing.pk])) as commit:
        assert enforce_all(NOON).started == 1
        commit()


def test_inserting_spend_does_not_wait_for_a_campaign_s_lock() -> None:
    campaign = CampaignFactory.create(daily_budget=10)

    with held_open(lambda: locks.campaigns([campaign.pk])) as commit:
        spend(campaign, 1, NOON)
        commit()

    assert campaign.totals.get(period="day").amount == 1


def test_an_update_of_many_rows_and_enforcement_do_not_wait_in_a_circle() -> None:
    """PostgreSQL comes by the second campaign before the first, in the table and in its index."""
    brand = BrandFactory.create(daily_budget=10)
    first = CampaignFactory.create(brand=brand, name="B")
    second = CampaignFactory.create(brand=brand, name="A")
    execute("UPDATE ads_campaign SET updated_at = now() WHERE id = %s", [first.pk])

    with held_open(lambda: locks.campaigns([second.pk])) as commit, at_once() as start:
        start(lambda: Campaign.objects.filter(brand=brand).update(monthly_budget=1000))
        await_blocked(1)
        start(lambda: spend(first, 10, NOON))
        await_blocked(2)
        commit()

    assert not delivers(first)
    assert not delivers(second)


def test_the_rollover_and_an_update_of_many_brands_do_not_wait_in_a_circle() -> None:
    first, second = BrandFactory.create(name="B"), BrandFactory.create(name="A")
    execute("UPDATE ads_brand SET updated_at = now() WHERE id = %s", [first.pk])

    with held_open(lambda: locks.brands([second.pk])) as commit, at_once() as start:
        start(lambda: rollover.roll_over_days(NOON))
        await_blocked(1)
        start(lambda: Brand.objects.order_by("name").update(daily_budget=10))
        await_blocked(2)
        commit()

    assert not rollover.due_for_day(NOON).exists()
    assert not Brand.objects.filter(daily_budget=None).exists()
