"""What a window is called, and what it says when a page was too old to be sent."""

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import Campaign, CampaignReference
from ads.tests.admin.pages import change, changelist, context_of, filled_in
from ads.tests.factories import CampaignFactory


@pytest.mark.parametrize(
    ("model", "title"),
    [
        ("ads_campaign", "Campaigns | Budget Manager"),
        ("ads_deliverychange", "Delivery changes | Budget Manager"),
        ("django_celery_beat_periodictask", "Periodic tasks | Budget Manager"),
    ],
)
def test_a_list_is_called_what_it_lists(admin: Client, model: str, title: str) -> None:
    page = unescape(admin.get(changelist(model)).content.decode())

    called = page.partition("<title>")[2].partition("</title>")[0]
    assert " ".join(called.split()) == title


def test_a_list_of_another_name_is_called_so_all_over_its_page(admin: Client) -> None:
    page = " ".join(admin.get(changelist("ads_scheduledchange")).content.decode().split())

    assert "> Planned budgets </a>" in page
    assert "No planned budgets yet" in page
    assert "Scheduled changes" not in page


def test_the_calendar_is_called_calendar(admin: Client) -> None:
    page = admin.get(reverse("admin:ads_scheduledchange_calendar")).content.decode()

    assert "Scheduled changes" not in page


def test_a_page_from_before_another_login_says_that_nothing_was_saved(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    data = {**filled_in(admin, change(campaign)), "name": "Summer"}
    admin.handler.enforce_csrf_checks = True

    response = admin.post(change(campaign), data)

    assert response.status_code == 403
    assert "Nothing was saved" in response.content.decode()
    assert "Go back: your entries are still there." in response.content.decode()
    assert Campaign.objects.get(pk=campaign.pk).name == "Spring"


@pytest.mark.parametrize("model", ["ads_campaign", "ads_brand", "ads_campaignreference"])
def test_deletion_is_the_last_action_of_a_list(admin: Client, model: str) -> None:
    campaign = CampaignFactory.create()
    CampaignReference.objects.create(campaign=campaign, platform="google_ads", reference="1")

    form = context_of(admin, changelist(model))["action_form"]

    assert form.fields["action"].choices[-1][0] == "delete_selected"
