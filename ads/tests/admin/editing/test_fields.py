"""Two people edit one row: the second is told, and nothing is overwritten that nobody has seen."""

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


def test_the_second_is_told_who_changed_what_and_nothing_is_saved(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50, brand=BrandFactory.create(timezone="UTC"))
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    assert summary(response).startswith("Nothing was saved: somebody has changed the same")
    assert "Bob changed daily budget from $50.00 to $80.00 (you: $60.00), " in summary(response)
    assert f'href="{change(campaign)}">look at it as it is now</a>' in summary(response)
    (told,) = errors(response).pop("daily_budget")
    assert told.startswith("Bob changed it from $50.00 to $80.00, ")
    assert "(UTC). You entered $60.00: save again to put that in its place." in told
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


def test_what_the_second_entered_is_kept_and_saved_over_it_when_saved_again(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80", monthly_budget="900")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60", "name": "Spring"})

    again = as_it_is(told)
    response = admin.post(change(campaign), again)

    assert (again["daily_budget"], again["name"]) == ("60", "Spring")
    assert response.status_code == 302
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.monthly_budget, stored.name) == (60, 900, "Spring")


def test_a_third_change_before_it_is_saved_again_is_told_too(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")
    told = admin.post(change(campaign), {**opened, "daily_budget": "60"})
    save(bob, change(campaign), daily_budget="90")

    response = admin.post(change(campaign), as_it_is(told))

    assert "from $80.00 to $90.00" in errors(response)["daily_budget"][0]
    assert campaign.fresh().daily_budget == 90


def test_what_only_the_other_changed_is_kept_and_told(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50, name="Spring")
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80", start_date="2026-05-01", status="paused")

    response = admin.post(change(campaign), {**opened, "name": "Summer"})

    assert response.status_code == 302
    stored = campaign.fresh()
    assert (stored.name, stored.daily_budget, stored.status) == ("Summer", 80, "paused")
    assert f"{stored.start_date}" == "2026-05-01"
    told = said(admin.get(change(campaign)))[0]
    assert told.startswith("While you were editing: ")
    for words in (
        "Bob changed status from Active to Paused, ",
        "Bob changed daily budget from $50.00 to $80.00, ",
        "Bob changed start date from nothing to 2026-05-01, ",
        "That is kept.",
    ):
        assert words in told
    event = stored.pgh_event_model.objects.latest("pgh_id")  # type: ignore[attr-defined]
    assert (event.name, event.daily_budget, event.pgh_label) == ("Summer", 80, "update")


def test_two_who_agree_do_not_hear_of_it(admin: Client, bob: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), daily_budget="80")

    response = admin.post(change(campaign), {**opened, "daily_budget": "80.00"})

    assert response.status_code == 302
    assert [message for message in said(admin.get(change(campaign))) if "While" in message] == []


def test_a_mistake_of_the_second_does_not_hide_what_the_first_did(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create(daily_budget=50)
    wrong = admin.post(change(campaign), {**filled_in(admin, change(campaign)), "name": ""})
    save(bob, change(campaign), name="Bob's")

    response = admin.post(change(campaign), {**as_it_is(wrong), "name": "Mine"})

    assert "You entered Mine" in errors(response)["name"][0]
    assert campaign.fresh().name == "Bob's"


def test_one_person_in_two_windows_is_told_that_it_was_them(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=50)
    opened = filled_in(admin, change(brand))
    save(admin, change(brand), daily_budget="80")

    response = admin.post(change(brand), {**opened, "daily_budget": ""})

    (told,) = errors(response)["daily_budget"]
    assert told.startswith("You, in another window, changed it from $50.00 to $80.00")
    assert "You entered no limit" in told
    assert brand.fresh().daily_budget == 80


def test_what_is_together_wrong_is_refused_also_if_each_changed_one_half(
    admin: Client, bob: Client
) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    save(bob, change(campaign), end_date="2026-05-01")

    response = admin.post(change(campaign), {**opened, "start_date": "2026-05-02"})

    assert errors(response) == {"end_date": ["Must not be before start_date."]}
    assert campaign.fresh().start_date is None


def test_an_operators_pause_is_kept_by_who_edits_something_else(admin: Client) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    CampaignService.pause(campaign)

    admin.post(change(campaign), {**opened, "name": "Renamed"})

    stored = campaign.fresh()
    assert (stored.name, stored.status) == ("Renamed", "paused")


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
        assert not [message for message in said(admin.get(change(row))) if "While" in message]
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

    renamed = admin.post(change(key), {**opened, "name": "Nightly"})
    conflicting = admin.post(change(key), {**opened, "expires_at_0": "2032-01-01"})

    assert renamed.status_code == 302
    key.refresh_from_db()
    assert (key.name, key.expires_at and key.expires_at.year) == ("Nightly", 2031)
    assert set(key.brands.all()) == set(brands)
    (told,) = errors(conflicting)["expires_at"]
    assert "from 2030-01-01 12:00 UTC to 2031-01-01 12:00 UTC" in told


def test_groups_of_people_are_guarded_too(admin: Client, bob: Client) -> None:
    group = Group.objects.create(name="Night shift")
    view, edit = (Permission.objects.get(codename=f"{may}_brand") for may in ("view", "change"))
    opened = filled_in(admin, change(group))
    save(bob, change(group), permissions=[view.pk])

    response = admin.post(change(group), {**opened, "permissions": [edit.pk]})

    (told,) = errors(response)["permissions"]
    assert told.startswith("Bob changed it from nothing to ")
    assert list(group.permissions.all()) == [view]
