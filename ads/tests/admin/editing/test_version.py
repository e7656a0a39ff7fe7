"""A page carries the version it shows; one that does not, or whose row is gone, saves nothing."""

from collections.abc import Callable

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from ads.admin.base.model_admin import ReadOnlyAdmin
from ads.admin.editing.guard import GuardsEdits
from ads.admin.editing.version import VERSION
from ads.models import Campaign
from ads.tests.admin.pages import add, as_it_is, change, errors, filled_in, said, save
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory


@pytest.mark.parametrize("what", ["missing", "made up", "another row's", "another model's"])
def test_a_page_without_its_version_saves_nothing(admin: Client, what: str) -> None:
    campaign, other = CampaignFactory.create_batch(2)
    opened = filled_in(admin, change(campaign))
    forged = {
        "missing": None,
        "made up": opened[VERSION][:-3] + "AAA",
        "another row's": filled_in(admin, change(other))[VERSION],
        "another model's": filled_in(admin, change(campaign.brand))[VERSION],
    }[what]

    response = save(admin, change(campaign), name="Renamed", **{VERSION: forged})

    (told,) = errors(response)["__all__"]
    assert told.startswith("Nothing was saved: the page did not say which version it showed.")
    assert campaign.fresh().name == campaign.name
    assert admin.post(change(campaign), as_it_is(response)).status_code == 302
    assert campaign.fresh().name == "Renamed"


def test_a_field_that_was_not_sent_stays_as_it_is(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=50)

    response = save(admin, change(campaign), daily_budget=None, name="Renamed")

    assert response.status_code == 302
    assert (campaign.fresh().daily_budget, campaign.fresh().name) == (50, "Renamed")


def test_a_field_that_was_not_on_the_page_stays_as_it_is(staff: Callable[..., Client]) -> None:
    viewer = staff("view_campaign", "view_campaignschedule", "view_campaignreference")
    campaign = CampaignFactory.create(schedules=[ScheduleFactory.create()])

    response = viewer.get(change(campaign))

    assert VERSION not in response.context
    assert viewer.post(change(campaign), {"name": "x"}).status_code == 403
    assert campaign.fresh().name == campaign.name


def test_every_page_on_which_something_is_changed_is_guarded() -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True)

    assert [
        model
        for model, pages in django_admin.site._registry.items()
        if pages.has_change_permission(request)
        and not isinstance(pages, GuardsEdits | ReadOnlyAdmin)
    ] == []


def test_who_is_gone_is_gone(admin: Client) -> None:
    campaign = CampaignFactory.create()
    opened = filled_in(admin, change(campaign))
    campaign.delete()

    response = admin.post(change(campaign), opened, follow=True)

    assert "doesn’t exist. Perhaps it was deleted?" in said(response)[0]
    assert not Campaign.objects.exists()


def test_an_add_form_that_is_sent_twice_makes_one_row(admin: Client) -> None:
    brand = BrandFactory.create()
    opened = {**filled_in(admin, add("ads_campaign")), "name": "Spring", "brand": brand.pk}

    first = admin.post(add("ads_campaign"), opened)
    second = admin.post(add("ads_campaign"), opened)

    assert VERSION not in opened
    assert first.status_code == 302
    assert errors(second) == {"name": ["The brand already has a campaign of this name."]}
    assert Campaign.objects.count() == 1
