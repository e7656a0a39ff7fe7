"""Many campaigns changed by two at the same time, and what comes in between."""

import time

import pytest
from django.db.models import F

from ads.models import Campaign, SpendTotal
from ads.models.campaigns import Status
from ads.services import locks
from ads.services.bulk.actions import SetStatus
from ads.services.bulk.batches import Done
from ads.services.bulk.budget_changes import How
from ads.services.delivery import lifecycle
from ads.services.delivery.preview import preview_campaigns
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.bulk.test_bulk import change, do
from ads.tests.support import (
    NOON,
    PATIENCE,
    Paused,
    at_once,
    delivers,
    enforce_all,
    execute,
    held_open,
    let_run_on,
    running_on,
    spend,
    switches,
)

pytestmark = pytest.mark.django_db(transaction=True)


def await_waiting() -> None:
    """Until somebody waits for a lock."""
    for _ in range(PATIENCE * 20):
        if execute("SELECT 1 FROM pg_locks WHERE NOT granted"):
            return
        time.sleep(0.05)
    pytest.fail("Nobody waits.")


def test_two_people_confirm_at_once_and_each_sees_their_own_outcome() -> None:
    campaigns = CampaignFactory.create_batch(4)
    enforce_all(NOON)
    told: list[Done] = []

    with at_once() as start:
        for _ in range(2):
            start(lambda: told.append(do(SetStatus(Status.PAUSED), *campaigns)))

    assert sorted(done.changed for done in told) == [0, 4]
    assert sorted(done.outcome.stops.count for done in told) == [0, 4]
    for campaign in campaigns:
        assert switches(campaign) == [(True, []), (False, ["status"])]


def test_a_pause_between_looking_and_confirming_is_not_undone() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(NOON)
    spend(campaign, 10, NOON)
    action = change(How.RAISE_PERCENT, "10")
    forecast = preview_campaigns(Campaign.objects.all(), action.changes(), NOON)

    lifecycle.pause(campaign, now=NOON)
    done = do(action, campaign)

    assert forecast.starts.count == 1
    assert done.outcome.starts.count == 0
    assert dict(done.outcome.kept_off_by) == {Status.PAUSED: 1}
    assert not delivers(campaign)


def test_spend_in_flight_is_waited_for() -> None:
    campaign = CampaignFactory.create(status="paused", daily_budget=10)
    told: list[Done] = []
    insert = "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, 20, %s)"

    with (
        at_once() as start,
        held_open(lambda: execute(insert, [campaign.pk, NOON.date()])),
    ):
        start(lambda: told.append(do(SetStatus(Status.ACTIVE), campaign)))
        await_waiting()
    (done,) = told

    assert dict(done.outcome.kept_off_by) == {"daily_budget": 1}
    assert not delivers(campaign)


def test_enforcement_in_between_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    campaigns = CampaignFactory.create_batch(2)
    enforce_all(NOON)
    sweep = Paused(locks.campaigns, after=True)
    told: list[Done] = []
    with at_once() as start:
        monkeypatch.setattr("ads.services.bulk.batches.locks.campaigns", sweep)
        start(lambda: told.append(do(SetStatus(Status.PAUSED), *campaigns)))
        sweep.await_reached()
        monkeypatch.undo()
        start(lambda: enforce_all(NOON))
        sweep.let_go()

    assert told[0].outcome.stops.count == 2
    for campaign in campaigns:
        assert switches(campaign) == [(True, []), (False, ["status"])]


@pytest.mark.usefixtures("impatient")
def test_campaigns_kept_locked_are_left_alone_and_reported() -> None:
    stuck, other = CampaignFactory.create_batch(2)
    enforce_all(NOON)
    rename = "UPDATE ads_campaign SET name = name WHERE id = %s"
    with held_open(lambda: execute(rename, [stuck.pk])):
        done = do(SetStatus(Status.PAUSED), stuck, other)

    assert (done.locked, done.changed) == ((stuck.pk,), 1)
    assert (stuck.fresh().status, other.fresh().status) == ("active", "paused")


@pytest.mark.usefixtures("impatient")
def test_campaigns_with_locked_sums_are_left_alone_and_reported() -> None:
    campaign = CampaignFactory.create(daily_budget=5)
    spend(campaign, 5, NOON)
    with held_open(lambda: execute("UPDATE ads_spendtotal SET amount = amount")):
        done = do(running_on(NOON), campaign)

    assert (done.locked, done.changed, done.outcome.count) == ((campaign.pk,), 0, 0)
    assert not campaign.totals.filter(waived__gt=0).exists()


def test_a_waiver_and_a_reset_of_many_do_not_wait_for_each_other_in_a_circle() -> None:
    brand = BrandFactory.create()
    campaigns = CampaignFactory.create_batch(5, brand=brand)
    for campaign in campaigns:
        spend(campaign, 5, NOON)

    with at_once() as start:
        for _ in range(3):
            start(lambda: do(running_on(NOON), *campaigns))
            for campaign in reversed(campaigns):
                start(lambda one=campaign: let_run_on(one, "day", now=NOON))
                start(lambda one=campaign: spend(one, 1, NOON))

    of_brand = SpendTotal.objects.get(campaign=None, period="day", start=NOON.date())
    assert of_brand.amount == 5 * 5 + 3 * 5
    assert not SpendTotal.objects.filter(waived__gt=F("amount")).exists()
