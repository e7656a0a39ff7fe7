"""check_budgets: one enforcement of everything, told in a table."""

from typing import Any

import pytest
from django.core.management import CommandError

from ads.models import Campaign, DeliveryChange
from ads.services import locks
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, spend_in_sql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def campaign() -> Campaign:
    """Delivers, though it has spent its budget behind Django's back."""
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(brand=brand, name="Search", daily_budget=75)
    enforce_all(NOON)
    spend_in_sql(campaign, "75.40", NOON.date())
    return campaign


def test_it_switches_campaigns_and_says_which_and_why(campaign: Campaign) -> None:
    said = say("check_budgets")

    assert rows(said) == [
        ["campaign", "brand", "from → to", "why"],
        ["Search", "Acme", "delivers → paused", "Daily budget used up: $75.40 of $75.00"],
        ["1 campaign checked: 0 started, 1 paused."],
    ]
    assert not delivers(campaign)
    change = DeliveryChange.objects.latest("id")
    assert change.trigger == "check_campaign_budgets"
    assert change.actor.startswith("command: check_budgets")


def test_the_second_run_has_nothing_to_do(campaign: Campaign, noon: Any) -> None:
    say("check_budgets")
    noon.shift(1)

    assert say("check_budgets") == "1 campaign checked: 0 started, 0 paused.\n"


def test_a_dry_run_says_the_same_and_changes_nothing(campaign: Campaign) -> None:
    said = say("check_budgets", "--dry-run")

    assert "Daily budget used up: $75.40 of $75.00" in said
    assert "0 would be started, 1 would be paused." in said
    assert "Preview: nothing was changed." in said
    assert delivers(campaign)
    assert DeliveryChange.objects.count() == 1


def test_of_many_changes_the_first_hundred_are_shown_and_the_rest_counted() -> None:
    brand = BrandFactory.create()
    CampaignFactory.create_batch(103, brand=brand)
    Campaign.objects.update(is_active=False)

    said = say("check_budgets")

    assert said.count("paused → delivers") == 100
    assert "… and 3 more." in said
    assert "103 campaigns checked: 103 started, 0 paused." in said


def test_names_cannot_steer_the_terminal() -> None:
    CampaignFactory.create(name="[red]\x1b[2Jgone")
    Campaign.objects.update(is_active=False)

    said = say("check_budgets")

    assert "\x1b" not in said
    assert r"[red]\x1b[2Jgone" in said


def test_when_some_fail_it_says_so_and_fails(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = CampaignFactory.create(daily_budget=0)
    Campaign.objects.filter(pk=other.pk).update(is_active=True)
    real = locks.campaigns

    def fail_for_one(ids: Any, **given: Any) -> list[int]:
        if campaign.pk in ids:
            raise ValueError("broken")
        return real(ids, **given)

    monkeypatch.setattr("ads.services.locks.campaigns", fail_for_one)

    with pytest.raises(CommandError, match=f"1 campaign could not be switched .{campaign.pk}."):
        say("check_budgets")

    assert delivers(campaign)
    assert not delivers(other)
