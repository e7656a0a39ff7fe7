"""Two writers at once: find, lock, decide again, switch. Each step is shown to be needed.

Every test runs twice: once with the engine as it is, and once with the step in question taken out,
to show that the test would notice.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
import time_machine

from ads.models import Campaign
from ads.services import locks
from ads.services.delivery import allowances, decision, enforcement, preview_switches
from ads.services.ledger import crossings
from ads.tests.factories import CampaignFactory
from ads.tests.support import (
    NOON,
    Paused,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    held_open,
    let_run_on,
    spend,
    spend_in_sql,
    switches,
)

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
    """Takes step 3 out: the statement that decides is the one that waits for the locks."""

    def without_locks(ids: Iterable[int], *, skip_locked: bool = False) -> list[int]:
        return list(ids)

    monkeypatch.setattr(locks, "campaigns", without_locks)


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
    found: Any = Paused(enforcement._disagreeing, after=True)
    monkeypatch.setattr(enforcement, "_disagreeing", found)

    with at_once() as start:
        sweep = start(lambda: enforce_all(TOMORROW))
        found.await_reached()
        assert [one.is_active for one in preview_switches([due_back.pk], TOMORROW)] == [True]
        spend(due_back, 10, TOMORROW)
        if crippled:
            monkeypatch.setattr(decision, "switch", switch_what_was_found)
        found.let_go()
        sweep.result()

    assert delivers(due_back) is crippled


def switch_what_was_found(ids: Sequence[int], *_: Any, **__: Any) -> list[Any]:
    """Takes step 3 out: nothing is decided again."""
    Campaign.objects.filter(pk__in=ids).update(is_active=True)
    return []


@as_it_is_and_crippled
def test_spend_committed_between_locking_and_deciding_is_seen(
    due_back: Campaign, monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """Spend that is inserted behind the services' back takes no lock of the campaign."""
    locked: Any = Paused(locks.campaigns, after=True)
    monkeypatch.setattr(locks, "campaigns", locked)
    if crippled:
        monkeypatch.setattr(decision, "switch", switch_what_was_found)

    with at_once() as start:
        sweep = start(lambda: enforce_all(TOMORROW))
        locked.await_reached()
        spend_in_sql(due_back, "10", TOMORROW.date())
        locked.let_go()
        sweep.result()

    assert delivers(due_back) is crippled
    assert len(switches(due_back)) == 2


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
        without_lock_first(monkeypatch, crossings)

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


@as_it_is_and_crippled
def test_a_waiver_waits_for_a_sweep_that_is_about_to_commit_a_stop(
    monkeypatch: pytest.MonkeyPatch, *, crippled: bool
) -> None:
    """The sweep has switched the campaign off, but to the waiver it still seems to deliver."""
    campaign = CampaignFactory.create(daily_budget=10)
    spend_in_sql(campaign, "10", NOON.date())
    if crippled:
        without_lock_first(monkeypatch, allowances)

    with held_open(lambda: enforce_all(NOON)) as commit, at_once() as start:
        waiving = start(lambda: let_run_on(campaign, "day", now=NOON))
        if crippled:
            waiving.result(timeout=20)
        else:
            await_blocked()
        commit()

    assert delivers(campaign) is not crippled
