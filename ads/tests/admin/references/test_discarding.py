"""Unmatched campaigns in the admin: discarded, and who may do what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Campaign, CampaignReference, Spend, WaitingSpend
from ads.tests.admin.pages import act, said
from ads.tests.admin.references.support import ACTIONS, LIST, listed, page_of, text_of, waiting
from ads.tests.services.ledger.support import entry, google, kept, take

pytestmark = pytest.mark.django_db


def test_discarding_asks_why_and_keeps_who_said_so(
    admin: Client, operator: User, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), entry(google("7"), 6), now=now)
    address = page_of(waiting(), "discard")

    assert "2 rows ($11.00 in all) will never be recorded" in text_of(admin.get(address))
    assert "This field is required." in text_of(admin.post(address, {"because": " "}))
    assert WaitingSpend.objects.filter(discarded_at=None).count() == 2
    response = admin.post(address, {"because": "A test account."}, follow=True)

    assert said(response) == ["2 rows discarded."]
    rows = WaitingSpend.objects.values_list("discarded_by", "discarded_because")
    assert set(rows) == {(operator.username, "A test account.")}
    assert listed(admin) == []
    (row,) = listed(admin, "waits=discarded")
    assert row.waits.discarded == 2
    assert "Discarded by olivia: A test account." in text_of(admin.get(page_of(row)))


def test_several_are_discarded_for_one_reason(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("1"), 5), entry(google("2"), 6), entry(google("3"), 7), now=now)
    rows = [waiting("1"), waiting("2")]

    asked = act(admin, "ads_unknownreference", "discard_selected", rows)
    hidden = {"action": "discard_selected", "_selected_action": [row.pk for row in rows]}
    response = admin.post(LIST, {**hidden, "because": "Not ours."}, follow=True)

    assert "2 rows ($11.00 in all)" in text_of(asked)
    assert said(response) == ["2 rows discarded."]
    assert kept() == [("3", 7, None)]


def test_who_may_only_look_is_offered_nothing_and_may_do_nothing(
    staff: Callable[..., Client], campaign: Campaign, now: Any
) -> None:
    take(entry(google("7", name="Spring"), 5), now=now)
    client = staff("view_unknownreference")
    unknown = waiting()

    page = text_of(client.get(page_of(unknown)))
    for action in ACTIONS:
        assert page_of(unknown, action) not in page
        assert client.get(page_of(unknown, action)).status_code == 403
        form = {"campaign": campaign.pk, "because": "x"}
        assert client.post(page_of(unknown, action), form).status_code == 403
    assert client.get(page_of(unknown, "candidates")).status_code == 403
    by_name = reverse("admin:ads_unknownreference_match_by_name")
    assert client.post(by_name, {"pair": [f"{unknown.pk}:{campaign.pk}"]}).status_code == 403
    for action in ("match_selected", "discard_selected"):
        act(client, "ads_unknownreference", action, [unknown])

    assert kept() == [("7", 5, None)]
    assert not CampaignReference.objects.exists()


def test_who_may_give_references_may_match_but_make_no_campaign(
    staff: Callable[..., Client], campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), 5), now=now)
    client = staff("view_unknownreference", "add_campaignreference")
    unknown = waiting()

    assert client.get(page_of(unknown, "match_new")).status_code == 403
    assert client.get(page_of(unknown, "discard")).status_code == 403
    response = client.post(page_of(unknown, "match_campaign"), {"campaign": campaign.pk})

    assert response.status_code == 302
    assert Spend.objects.get().campaign == campaign
