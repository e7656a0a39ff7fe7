"""Somebody's open session keeps a campaign locked: the others are stopped all the same."""

from datetime import timedelta

import pytest

from ads.models import Campaign
from ads.services import BudgetService
from ads.services.delivery.enforcement import Enforced, after_edit, enforce
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, delivers, execute, held_open

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("impatient")]


def spend_unseen(campaign: Campaign, amount: int) -> None:
    """Spend that a job of its own writes straight into the ledger."""
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)",
        [campaign.pk, amount, NOON.date()],
    )


@pytest.fixture
def over_budget() -> list[Campaign]:
    campaigns = [CampaignFactory.create(daily_budget=10) for _ in range(2)]
    enforce(Campaign.objects.all(), NOON, "check")
    for campaign in campaigns:
        spend_unseen(campaign, 20)
    return campaigns


def test_a_sweep_goes_on_without_the_one_that_is_locked_and_says_so(
    over_budget: list[Campaign],
) -> None:
    stuck, other = over_budget
    rename = "UPDATE ads_campaign SET name = name WHERE id = %s"
    with held_open(lambda: execute(rename, [stuck.pk])):
        enforced = enforce(Campaign.objects.all(), NOON, "check")

        assert enforced == Enforced(stopped=1, failed=(stuck.pk,))
        assert not delivers(other)
        assert delivers(stuck)

    assert enforce(Campaign.objects.all(), NOON, "check") == Enforced(stopped=1)
    assert not delivers(stuck)


def test_an_edit_does_not_wait_for_a_long_import(over_budget: list[Campaign]) -> None:
    edited, _ = over_budget
    with held_open(lambda: spend_unseen(edited, 1)):
        after_edit([edited.pk], NOON, "edit")

        assert not delivers(edited)


def test_spend_that_finds_its_campaign_locked_is_recorded_all_the_same() -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    assert delivers(campaign)
    lock = "SELECT FROM ads_campaign WHERE id = %s FOR NO KEY UPDATE"
    with held_open(lambda: execute(lock, [campaign.pk])):
        entry = BudgetService.record_spend(campaign, 11)

    assert entry.pk is not None
    assert delivers(campaign), "nobody could stop it yet"
    enforce(Campaign.objects.all(), entry.created_at + timedelta(seconds=1), "check")
    assert not delivers(campaign)
