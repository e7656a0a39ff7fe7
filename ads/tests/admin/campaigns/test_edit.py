"""Campaigns are edited in the admin; what is wrong is said beside the field."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ads.models import Campaign, CampaignSchedule, DeliveryChange
from ads.services import BudgetService, restored
from ads.services.history.audit import event_model
from ads.tests.admin.pages import (
    add,
    change,
    errors,
    filled_in,
    formset_errors,
    said,
    save,
    undrawn,
)
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import NOON

#: Edits are enforced when the request's transaction commits, so these tests need real commits.
commits = pytest.mark.django_db(transaction=True)

USED_UP = "Daily budget used up: $10.00 of $10.00."


@commits
def test_a_new_campaign_delivers_as_soon_as_it_is_saved(admin: Client, operator: User) -> None:
    brand = BrandFactory.create()

    response = save(admin, add("ads_campaign"), name="Spring", brand=brand.pk, daily_budget="75.50")

    assert response.status_code == 302
    campaign = Campaign.objects.get()
    assert (campaign.brand, campaign.name) == (brand, "Spring")
    assert campaign.daily_budget == Decimal("75.5")
    assert campaign.state == "Active"
    assert DeliveryChange.objects.get().actor == operator.username


@commits
def test_raising_a_budget_brings_a_campaign_back_at_once_under_the_users_name(
    admin: Client, operator: User
) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10))
    BudgetService.record_spend(campaign, Decimal(10))
    assert campaign.fresh().state == "Paused by system"

    response = save(admin, change(campaign), daily_budget="10.000001")

    assert response.status_code == 302
    assert campaign.fresh().state == "Active"
    switched = DeliveryChange.objects.first()
    assert switched
    assert (switched.is_active, switched.actor) == (True, operator.username)
    event: Any = event_model("CampaignEvent")._default_manager.latest("pgh_id")
    assert event.pgh_context.metadata["actor"] == operator.username


@commits
def test_what_became_of_a_campaign_is_told_when_it_is_saved(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=Decimal(10))
    BudgetService.record_spend(campaign, Decimal(10))

    def told(**fields: Any) -> list[str]:
        save(admin, change(campaign), **fields)
        return said(admin.get(change(campaign)))[1:]  # the first: that it was changed

    assert told(name="Summer") == [f"Summer stays off: {USED_UP}"]
    assert told(daily_budget="11") == ["Summer now delivers."]
    assert told(name="Autumn") == []
    assert told(daily_budget="10") == [f"Autumn has stopped: {USED_UP}"]
    assert told(status="paused") == []
    restored.hold(NOON, NOON)
    (says,) = told(status="active", daily_budget="20")
    assert says.startswith("Autumn stays off: it starts once an operator resumes")
    assert told(status="completed", end_date="2024-05-10") == []
    assert told(end_date="2030-12-31") == [
        "Autumn stays completed, whatever its end date. Activate it to run it again."
    ]


@commits
def test_a_page_loaded_before_the_engine_paused_the_campaign_does_not_revive_it(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10))
    loaded = filled_in(admin, change(campaign))
    BudgetService.record_spend(campaign, Decimal(10))

    response = admin.post(change(campaign), {**loaded, "name": "Renamed", "is_active": "on"})

    assert response.status_code == 302
    campaign = campaign.fresh()
    assert (campaign.name, campaign.is_active) == ("Renamed", False)
    assert [(row.is_active, row.holds) for row in DeliveryChange.objects.all()] == [
        (False, ["daily_budget"]),
        (True, []),
    ]


@commits
def test_a_schedule_that_is_attached_closes_the_campaign(admin: Client) -> None:
    campaign = CampaignFactory.create()
    closed = ScheduleFactory.create(name="Closed")

    response = save(
        admin,
        change(campaign),
        is_dayparting_enabled="on",
        **{
            "campaignschedule_set-TOTAL_FORMS": 1,
            "campaignschedule_set-0-campaign": campaign.pk,
            "campaignschedule_set-0-schedule": closed.pk,
        },
    )

    assert response.status_code == 302
    assert list(campaign.dayparting_schedules.all()) == [closed]
    assert campaign.fresh().is_active is False


def test_a_schedule_cannot_be_attached_twice(admin: Client) -> None:
    campaign = CampaignFactory.create()
    schedule = ScheduleFactory.create()

    response = save(
        admin,
        change(campaign),
        **{
            "campaignschedule_set-TOTAL_FORMS": 2,
            "campaignschedule_set-0-campaign": campaign.pk,
            "campaignschedule_set-0-schedule": schedule.pk,
            "campaignschedule_set-1-campaign": campaign.pk,
            "campaignschedule_set-1-schedule": schedule.pk,
        },
    )

    assert any("duplicate" in message for message in formset_errors(response))
    assert not CampaignSchedule.objects.exists()


#: What is entered as a budget, and why that is none.
NO_AMOUNTS = {
    "-1": "may not be negative",
    "1.1234567": "more than 6 decimal places",
    "NaN": "not a finite number",
    "Infinity": "not a finite number",
    "1e5": "exponent",
    "1_000": "not a plain decimal number",
    "1,00": "not a plain decimal number",
    "１２": "not a plain decimal number",
    "ten": "not a plain decimal number",
    "1000000000000": "must be below",
}


def test_an_amount_that_is_none_is_refused_beside_its_field(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(5), monthly_budget=Decimal(5))
    opened = filled_in(admin, change(campaign))

    for amount, reason in NO_AMOUNTS.items():
        entered = {"daily_budget": amount, "monthly_budget": amount}
        with undrawn():
            found = errors(admin.post(change(campaign), {**opened, **entered}))

        assert list(found) == list(entered)
        assert [reason in text for (text,) in found.values()] == [True, True], found

    assert (campaign.fresh().daily_budget, campaign.fresh().monthly_budget) == (5, 5)


def test_a_budget_is_shown_without_the_zeros_of_its_column(admin: Client) -> None:
    campaign = CampaignFactory.create(
        daily_budget=Decimal("75.4"), monthly_budget=Decimal("0.004512")
    )

    fields = filled_in(admin, change(campaign))

    assert (fields["daily_budget"], fields["monthly_budget"]) == ("75.40", "0.004512")


def test_an_emptied_budget_is_no_limit(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(5))

    save(admin, change(campaign), daily_budget="")

    assert campaign.fresh().daily_budget is None


def test_a_flight_that_ends_before_it_starts_is_refused(admin: Client) -> None:
    campaign = CampaignFactory.create()

    response = save(admin, change(campaign), start_date="2026-05-02", end_date="2026-05-01")

    assert errors(response) == {"end_date": ["Must not be before “Start date”."]}
    assert campaign.fresh().start_date is None


@pytest.mark.parametrize("page", ["add", "change"])
def test_two_campaigns_of_a_brand_cannot_have_one_name(admin: Client, page: str) -> None:
    taken = CampaignFactory.create(name="Taken")
    other = CampaignFactory.create(brand=taken.brand, name="Other")
    url = add("ads_campaign") if page == "add" else change(other)

    response = save(admin, url, name="Taken", brand=taken.brand.pk)

    assert errors(response) == {"name": ["The brand already has a campaign of this name."]}
    assert sorted(Campaign.objects.values_list("name", flat=True)) == ["Other", "Taken"]


def test_two_brands_can_have_campaigns_of_one_name(admin: Client) -> None:
    CampaignFactory.create(name="Spring")

    response = save(admin, add("ads_campaign"), name="Spring", brand=BrandFactory.create().pk)

    assert response.status_code == 302


def test_a_campaign_stays_with_its_brand_whatever_is_sent(admin: Client) -> None:
    campaign = CampaignFactory.create()

    response = save(admin, change(campaign), name="Renamed", brand=BrandFactory.create().pk)

    assert response.status_code == 302
    moved = campaign.fresh()
    assert (moved.name, moved.brand) == ("Renamed", campaign.brand)


@pytest.mark.parametrize("fields", [{"name": ""}, {"status": "sleeping"}, {"brand": "999999"}])
def test_what_is_missing_or_unknown_is_said(admin: Client, fields: dict[str, Any]) -> None:
    response = save(
        admin, add("ads_campaign"), **{"name": "x", "brand": BrandFactory.create().pk, **fields}
    )

    assert list(errors(response)) == list(fields)
    assert not Campaign.objects.exists()


def test_the_page_says_why_it_is_held_and_until_when_on_the_brands_clock(admin: Client) -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo", name="Acme")
    campaign = CampaignFactory.create(brand=brand, daily_budget=Decimal(75))
    BudgetService.record_spend(campaign, Decimal("75.40"))

    page = admin.get(change(campaign)).content.decode()

    assert "Daily budget used up: $75.40 of $75.00" in page
    assert "00:00 Tokyo" in page


@commits
def test_of_two_people_who_take_one_name_at_once_the_second_is_told(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = CampaignFactory.create(name="Taken")
    other = CampaignFactory.create(brand=taken.brand, name="Other")
    # The form looked before the other's row was there.
    monkeypatch.setattr(Campaign, "validate_constraints", lambda *_, **__: None)

    response = save(admin, change(other), name="Taken")

    assert response.status_code == 302
    (message,) = said(admin.get(response.headers["Location"]))
    assert message.startswith("Nothing was saved")
    assert other.fresh().name == "Other"
