"""Two people edit one row: the second sees what the first changed before anything is saved."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from ads.models import ApiKey
from ads.services import BudgetService, CampaignService
from ads.services.delivery import rollover
from ads.tests.admin.editing.support import commits
from ads.tests.admin.pages import as_it_is, change, errors, filled_in, said, save
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON


def summary(response: Any) -> str:
    """The one message of an edit that was refused."""
    assert response.status_code == 200
    (message,) = said(response)
    return message


def test_the_second_sees_who_changed_what_and_nothing_is_saved(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50, brand=BrandFactory.create(timezone="UTC"))
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    assert summary(response).startswith("Nothing was saved: bob changed this page while you were")
    assert f'href="{change(campaign)}">discard them</a>' in summary(response)
    found = errors(response)
    (told,) = found.pop("daily_budget")
    assert told.startswith("Bob changed this from $50.00 to $80.00, ")
    assert told.endswith(" UTC.")
    assert found == {}
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.name) == (80, campaign.name)


@pytest.mark.parametrize("budget", ["60", "nonsense"])
def test_what_was_not_saved_is_not_what_the_page_is_called(
    admin: Client, bob: Client, budget: str
) -> None:
    campaign = CampaignFactory.create(daily_budget=50, name="Spring")
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": budget, "name": "Autumn"})

    page = response.content.decode()
    heading, title = page[: page.index('id="content-main"')], page[: page.index("</title>")]
    assert "Spring" in title
    assert "Spring" in heading
    assert "Autumn" not in heading
    assert as_it_is(response)["name"] == "Autumn"


def test_what_the_second_entered_is_kept_and_the_rest_shows_what_the_first_saved(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80", monthly_budget="900", start_date="2026-05-01")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    again = as_it_is(told)
    response = admin.post(change(campaign), again)

    assert set(errors(told)) == {"daily_budget", "monthly_budget", "start_date"}
    assert (again["daily_budget"], again["monthly_budget"], again["name"]) == (
        "60", "900.00", "Spring",
    )  # fmt: skip
    assert response.status_code == 302
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.monthly_budget, stored.name) == (60, 900, "Spring")
    assert f"{stored.start_date}" == "2026-05-01"


def test_nothing_is_merged_that_the_second_has_not_seen(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50, name="Spring")
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "name": "Summer"})

    assert list(errors(response)) == ["daily_budget"]
    assert campaign.fresh().name == "Spring"
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    stored = campaign.fresh()
    assert (stored.name, stored.daily_budget) == ("Summer", 80)


def test_a_third_change_before_it_is_saved_again_is_told_too(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60"})
    save(bob, change(campaign), daily_budget="90")

    response = admin.post(change(campaign), as_it_is(told))

    assert "from $80.00 to $90.00" in errors(response)["daily_budget"][0]
    assert campaign.fresh().daily_budget == 90


def test_who_sends_what_is_there_already_is_not_stopped(admin: Client) -> None:
    """As with a double click on the button."""
    campaign = CampaignFactory.create(daily_budget=50)
    mine = {**filled_in(admin, change(campaign)), "daily_budget": "80.00"}

    assert admin.post(change(campaign), mine).status_code == 302
    assert admin.post(change(campaign), mine).status_code == 302
    assert campaign.fresh().daily_budget == 80


def test_a_mistake_of_the_second_does_not_hide_what_the_first_did(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    wrong = admin.post(change(campaign), {**filled_in(admin, change(campaign)), "name": ""})
    save(bob, change(campaign), name="Bob's")

    response = admin.post(change(campaign), {**as_it_is(wrong), "name": "Mine"})

    assert "to Bob's, " in errors(response)["name"][0]
    assert as_it_is(response)["name"] == "Mine"
    assert campaign.fresh().name == "Bob's"


def test_one_person_in_two_windows_is_told_that_it_was_them(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=50)
    opened = filled_in(admin, change(brand))
    save(admin, change(brand), daily_budget="80")

    response = admin.post(change(brand), {**opened, "daily_budget": ""})

    (told,) = errors(response)["daily_budget"]
    assert told.startswith("You, in another window, changed this from $50.00 to $80.00, ")
    assert "Nothing was saved: you, in another window, changed this page" in said(response)[-1]
    assert as_it_is(response)["daily_budget"] == ""
    assert brand.fresh().daily_budget == 80


def test_what_is_together_wrong_is_refused_also_if_each_changed_one_half(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), end_date="2026-05-01")

    told = admin.post(change(campaign), {**opened, "start_date": "2026-05-02"})
    response = admin.post(change(campaign), as_it_is(told))

    assert errors(response) == {"end_date": ["Must not be before “Start date”."]}
    assert campaign.fresh().start_date is None


def test_an_operators_pause_is_seen_by_who_edits_something_else(admin: Client) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    CampaignService.pause(campaign)

    response = admin.post(change(campaign), {**opened, "name": "Renamed"})

    assert "changed this from Active to Paused" in errors(response)["status"][0]
    assert as_it_is(response)["status"] == "paused"


@commits
def test_what_the_system_does_in_between_is_no_conflict(admin: Client) -> None:
    brand = BrandFactory.create()
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    pages = [(row, filled_in(admin, change(row))) for row in (campaign, brand)]
    BudgetService.record_spend(campaign, Decimal(10))
    BudgetService.reset_daily_spend(campaign)
    BudgetService.record_spend(campaign, Decimal(10))
    rollover.roll_over_days(NOON)

    for row, opened in pages:
        response = admin.post(change(row), {**opened, "name": "Renamed"})

        assert response.status_code == 302
        assert row.fresh().name == "Renamed"
    assert campaign.fresh().is_active is False


def test_choices_of_several_and_instants_are_compared_too(admin: Client, bob: Client) -> None:
    brands = [BrandFactory.create(name=name) for name in ("Acme", "Zeta")]
    key = ApiKey.objects.create(
        name="ETL", source="etl", prefix="bm_x", secret_hash="0" * 64, scopes=["read"],
        expires_at=datetime(2030, 1, 1, 12, 0, 0, 123, tzinfo=UTC),
    )  # fmt: skip
    key.brands.set(brands[:1])
    opened = filled_in(admin, change(key))
    save(bob, change(key), brands=[brand.pk for brand in brands], expires_at_0="2031-01-01")

    told = admin.post(change(key), {**opened, "expires_at_0": "2032-01-01", "name": "Nightly"})

    assert (
        "from 2030-01-01 12:00:00 UTC to 2031-01-01 12:00:00 UTC" in (errors(told)["expires_at"][0])
    )
    assert admin.post(change(key), as_it_is(told)).status_code == 302
    key.refresh_from_db()
    assert (key.name, key.expires_at and key.expires_at.year) == ("Nightly", 2032)


def test_pages_that_are_not_audited_are_guarded_too(admin: Client, bob: Client) -> None:
    group = Group.objects.create(name="Night shift")
    view, edit = (Permission.objects.get(codename=f"{may}_brand") for may in ("view", "change"))
    opened = filled_in(admin, change(group))
    save(bob, change(group), permissions=[view.pk])

    response = admin.post(change(group), {**opened, "permissions": [edit.pk]})

    (told,) = errors(response)["__all__"]
    assert told.startswith("Bob changed Permissions, ")
    assert list(group.permissions.all()) == [view]


def test_a_change_that_nothing_recorded_is_refused_too(admin: Client) -> None:
    group = Group.objects.create(name="Night shift")
    opened = filled_in(admin, change(group))
    Group.objects.filter(pk=group.pk).update(name="Day shift")

    response = admin.post(change(group), {**opened, "name": "Evening shift"})

    assert errors(response)["__all__"] == ["Someone changed this page while you were editing it."]
    assert admin.post(change(group), as_it_is(response)).status_code == 302
    assert Group.objects.get(pk=group.pk).name == "Evening shift"
