"""explain: why a campaign delivers or not, until when, and its figures."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError

from ads.models import Campaign
from ads.services import BudgetService
from ads.tests.commands.support import rows, say
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import at, enforce_all, spend, spend_in_sql

pytestmark = pytest.mark.django_db

#: A Wednesday, 9 in the morning in New York.
MORNING = at("2024-05-15 09:00", "America/New_York")


@pytest.fixture(autouse=True)
def morning() -> Any:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def campaign() -> Campaign:
    brand = BrandFactory.create(name="Acme", timezone="America/New_York", monthly_budget=1000)
    schedule = ScheduleFactory.create(
        name="Office hours",
        timezone="America/New_York",
        windows=[(day, "08:00", "18:00") for day in range(5)],
    )
    campaign = CampaignFactory.create(
        brand=brand, name="Search", daily_budget=75, schedules=[schedule]
    )
    enforce_all(MORNING)
    return campaign


def test_a_delivering_campaign_is_explained_with_its_figures_and_hours(campaign: Campaign) -> None:
    spend(campaign, "12.50", MORNING)

    said = say("explain", "Search")

    assert f"Acme/Search (id {campaign.pk})" in said
    assert "State: Active. It delivers." in said
    assert "Nothing is stopping it." in said
    assert ["campaign", "today", "$12.50", "$75.00", "$0.00", "$62.50"] in rows(said)
    assert ["campaign", "this month", "$12.50", "no limit", "$0.00", "no limit"] in rows(said)
    assert ["brand", "this month", "$12.50", "$1,000.00", "$0.00", "$987.50"] in rows(said)
    assert [
        "Dayparting",
        "no",
        "Hours: open now (Office hours)",
        "2024-05-15 18:00 New York (2024-05-15 22:00 UTC)",
    ] in rows(said)
    assert "next check" not in said


def test_each_hold_has_its_sentence_and_until_and_the_return_is_when_all_are_gone(
    campaign: Campaign,
) -> None:
    spend(campaign, "75.40", MORNING)

    said = say("explain", str(campaign.pk))

    assert "State: Budget used up (paused by system). It does not deliver." in said
    assert [
        "Daily budget",
        "yes",
        "Daily budget used up: $75.40 of $75.00",
        "2024-05-16 00:00 New York (2024-05-16 04:00 UTC)",
    ] in rows(said)
    # The budget is back at midnight, the window only at eight.
    assert "Expected return: 2024-05-16 08:00 New York (2024-05-16 12:00 UTC)" in said
    assert any(
        row[1:3] == ["Switched off", "Daily budget used up: $75.40 of $75.00"]
        for row in rows(said)
        if len(row) > 2
    )


def test_what_is_waived_is_shown_beside_what_was_spent(campaign: Campaign) -> None:
    spend(campaign, 80, MORNING)
    BudgetService.reset_daily_spend(campaign)

    assert ["campaign", "today", "$80.00", "$75.00", "$80.00", "$75.00"] in rows(
        say("explain", "Acme/Search")
    )


def test_a_pause_ends_when_somebody_acts(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    enforce_all(MORNING)

    said = say("explain", "Search")

    assert "State: Paused by user." in said
    assert ["Status", "yes", "Paused by a user", "someone acts"] in rows(said)
    assert "Expected return: none scheduled" in said


def test_it_says_so_when_the_next_check_will_switch_it(campaign: Campaign, morning: Any) -> None:
    spend_in_sql(campaign, "80", MORNING.date())
    assert "It will stop at the next check." in say("explain", "Search")

    enforce_all(MORNING)
    morning.move_to(MORNING + timedelta(days=1))
    assert "It will start at the next check." in say("explain", "Search")


def test_closed_hours_tell_the_next_opening(campaign: Campaign, morning: Any) -> None:
    morning.move_to(at("2024-05-17 19:00", "America/New_York"))

    said = say("explain", "Search")

    assert "Outside hours (Office hours)" in said
    assert "2024-05-20 08:00 New York" in said


def test_changes_of_configuration_show_old_and_new_values(campaign: Campaign) -> None:
    campaign.daily_budget = 90
    campaign.save()

    assert any(
        row[1:3] == ["Daily budget changed", "daily budget: $75.00 → $90.00"]
        for row in rows(say("explain", "Search"))
        if len(row) > 2
    )


def test_a_name_that_fits_several_lists_them(campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=BrandFactory.create(name="Bolt"), name="Search")
    numbered = CampaignFactory.create(brand=other.brand, name=str(campaign.pk))

    with pytest.raises(CommandError) as error:
        say("explain", "Search")
    assert f"Acme/Search (id {campaign.pk})" in str(error.value)
    assert f"Bolt/Search (id {other.pk})" in str(error.value)
    with pytest.raises(CommandError, match="fits several"):
        say("explain", str(campaign.pk))
    assert f"Bolt/Search (id {other.pk})" in say("explain", "Bolt/Search")
    assert f"(id {numbered.pk})" in say("explain", f"Bolt/{campaign.pk}")


@pytest.mark.parametrize("name", ["sear", "Acme/sear", "99999999999999999999", "", "a\x00b"])
def test_an_unknown_campaign_is_refused_in_a_sentence(campaign: Campaign, name: str) -> None:
    with pytest.raises(CommandError, match="There is no campaign") as error:
        say("explain", name)
    assert ("Acme/Search" in str(error.value)) == ("sear" in name)


def test_slashes_in_names_are_no_trouble(campaign: Campaign) -> None:
    brand = BrandFactory.create(name="A/B")
    other = CampaignFactory.create(brand=brand, name="C/D")

    assert f"(id {other.pk})" in say("explain", "A/B/C/D")
