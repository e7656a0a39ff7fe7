"""What becomes of a form that is sent after its sender was logged out."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from ads.models import Campaign
from ads.tests.admin.pages import change, filled_in, said
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
NOTHING = "Nothing was saved: you were no longer logged in."
ORIGIN = "http://testserver"


@pytest.fixture
def campaign() -> Campaign:
    return CampaignFactory.create(name="Spring", daily_budget=50)


def log_in(client: Client, asked: Any) -> Any:
    """Log in on the page that the client was led to, as olivia."""
    olivia = User.objects.get(username="olivia")
    olivia.set_password("of-olivia")
    olivia.save()
    address = asked.redirect_chain[-1][0]
    return client.post(address, {"username": "olivia", "password": "of-olivia"}, follow=True)


@pytest.mark.parametrize("how", ["logged out", "without cookie"])
def test_an_edit_is_said_not_to_be_saved_and_logging_in_leads_back(
    admin: Client, campaign: Campaign, how: str
) -> None:
    page = change(campaign)
    data = {**filled_in(admin, page), "daily_budget": "60"}
    if how == "logged out":
        admin.post("/admin/logout/")
    else:
        del admin.cookies[settings.SESSION_COOKIE_NAME]

    asked = admin.post(page, data, headers={"Referer": f"{ORIGIN}{page}"}, follow=True)
    back = log_in(admin, asked)

    assert [message[: len(NOTHING)] for message in said(asked)] == [NOTHING]
    assert NOTHING in asked.content.decode()
    assert back.redirect_chain[-1] == (f"{ORIGIN}{page}", 302)
    assert back.status_code == 200
    assert campaign.fresh().daily_budget == 50


def test_from_what_is_only_posted_to_it_leads_back_to_the_page_before(
    admin: Client, campaign: Campaign
) -> None:
    data = {"ids": campaign.pk, "back": "/admin/ads/campaign/?q=Spring", "do": "1"}
    admin.logout()

    asked = admin.post("/admin/ads/campaign/act/pause/", urlencode(data), FORM, follow=True)
    back = log_in(admin, asked)

    assert NOTHING in asked.content.decode()
    assert back.redirect_chain[-1] == ("/admin/ads/campaign/?q=Spring", 302)
    assert campaign.fresh().status == "active"


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:1"])
def test_it_leads_nowhere_else(admin: Client, campaign: Campaign, elsewhere: str) -> None:
    admin.logout()

    data = urlencode({"back": elsewhere})
    asked = admin.post(change(campaign), data, FORM, headers={"Referer": elsewhere}, follow=True)

    assert asked.redirect_chain == [("/admin/login/?next=/admin/", 302)]


def test_a_file_that_is_sent_by_nobody_is_not_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[HttpRequest] = []
    monkeypatch.setattr(HttpRequest, "parse_file_upload", lambda request, *_: read.append(request))
    file = SimpleUploadedFile("spend.csv", b"campaign,date,amount\n")

    answer = client.post(reverse("admin:ads_spendimport_add"), {"file": file, "back": "/admin/"})

    assert answer.status_code == 302
    assert read == []


def test_who_may_not_come_in_though_logged_in_is_not_told_so(
    staff: Callable[..., Client], campaign: Campaign
) -> None:
    someone = staff("change_campaign", "view_campaign")
    User.objects.update(is_staff=False)

    asked = someone.post(change(campaign), {"daily_budget": "60"}, follow=True)

    assert asked.redirect_chain
    assert said(asked) == []


def test_who_only_looked_logged_out_or_sent_nothing_is_told_nothing(
    admin: Client, campaign: Campaign
) -> None:
    admin.logout()

    answers = [
        admin.get(change(campaign), follow=True),
        admin.post("/admin/logout/", follow=True),
        admin.post("/admin/login/", {"username": "olivia", "password": "wrong"}),
        admin.post(  # a script's own
            "/admin/ads/daypartingschedule/preview/",
            headers={"Sec-Fetch-Mode": "cors"},
            follow=True,
        ),
    ]

    assert [said(answer) for answer in answers] == [[], [], [], []]
