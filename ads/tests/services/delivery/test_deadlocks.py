"""Who waits for whom: nobody in a circle, nobody without need, and all end in agreement."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
import time_machine
from django.db import transaction

from ads.models import Brand, Campaign
from ads.services import locks
from ads.services.delivery import enforcement, lifecycle, rollover
from ads.services.ledger import verification
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import (
    NOON,
    at_once,
    await_blocked,
    delivers,
    enforce_all,
    execute,
    held_open,
    let_run_on,
    spend,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Edits are enforced with the clock at noon; what a test does later has its own instant."""
    with time_machine.travel(NOON, tick=False):
        yield


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


def test_mending_a_sum_waits_for_spend_in_flight_and_counts_it() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 1, NOON)
    execute("UPDATE ads_spendtotal SET amount = 5")

    with held_open(lambda: spend(campaign, 2, NOON)) as commit, at_once() as start:
        start(lambda: verification.verify(fix=True, now=NOON))
        await_blocked()
        commit()

    assert verification.find_drift() == []
    assert campaign.totals.get(period="day").amount == 3


@pytest.mark.parametrize("spender_first", [False, True])
def test_a_waiver_and_spend_at_once_end_in_agreement(*, spender_first: bool) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    spend(campaign, 10, NOON)
    works: list[Callable[[], object]] = [
        partial(let_run_on, campaign, "day", now=NOON),
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
