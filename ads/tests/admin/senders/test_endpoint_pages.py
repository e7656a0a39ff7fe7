"""Webhook endpoints in the admin: the secret shown once, renewed, switched off; what came in."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from ads.models import WebhookDelivery, WebhookEndpoint
from ads.services.history.audit import event_model, recent
from ads.services.senders import webhook_endpoints, webhooks
from ads.services.senders.encryption import unseal
from ads.tests.admin.pages import add, change, changelist, context_of, errors, save
from ads.tests.factories import BrandFactory

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")

pytestmark = pytest.mark.django_db


def made(name: str = "Hook", **terms: Any) -> tuple[WebhookEndpoint, str]:
    return webhook_endpoints.create(
        **{"name": name, "source": name, "every_brand": "brands" not in terms, **terms}
    )


def rotation(endpoint: WebhookEndpoint) -> str:
    return f"/admin/ads/webhookendpoint/{endpoint.pk}/rotate/"


def shown_secret(page: Any) -> str:
    """The one secret on a page that nobody may keep."""
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    (secret,) = set(SECRET.findall(page.content.decode()))
    return str(secret)


def kept(secret: str) -> bool:
    """Is the secret anywhere that the pages write to?"""
    places: list[Any] = [session.get_decoded() for session in Session.objects.all()]
    places += [vars(entry) for entry in LogEntry.objects.all()]
    places += list(WebhookEndpoint.objects.values())
    places += list(event_model("WebhookEndpointEvent")._default_manager.values())
    return any(secret in str(place) for place in places)


def test_the_secret_is_shown_in_the_answer_itself_with_the_whole_address(admin: Client) -> None:
    brand = BrandFactory.create()
    fields = {"name": "Hook", "source": "hook", "is_active": "on", "brands": [brand.pk]}

    page = admin.post(add("ads_webhookendpoint"), fields | {"on_overlap": "skip"})

    secret = shown_secret(page)
    endpoint = WebhookEndpoint.objects.get()
    assert unseal(endpoint.secret) == secret
    assert list(endpoint.brands.all()) == [brand]
    assert endpoint.on_overlap == "skip"
    assert f"http://testserver/api/v1/webhooks/{endpoint.address}" in page.content.decode()
    assert not kept(secret)
    for url in (changelist("ads_webhookendpoint"), change(endpoint)):
        assert not SECRET.search(admin.get(url).content.decode())
    entry = recent(event_model("WebhookEndpointEvent")._default_manager.all())[0]
    assert (entry.actor, entry.what) == ("olivia", "created")


def test_its_page_says_where_to_send_and_what_happens(admin: Client) -> None:
    endpoint, _ = made()

    page = admin.get(change(endpoint)).content.decode()

    assert f"http://testserver/api/v1/webhooks/{endpoint.address}" in page
    assert "Standard Webhooks" in page
    for kind in ("spend.entry", "spend.entries", "spend.day_totals", "spend.corrections"):
        assert kind in page


def test_an_endpoint_that_makes_no_sense_is_refused_beside_the_field(admin: Client) -> None:
    made("Taken", source="shared")
    brand = BrandFactory.create()
    url = add("ads_webhookendpoint")

    nothing = errors(admin.post(url, {"name": "Hook", "source": "hook"}))
    shared = errors(admin.post(url, {"name": "Hook", "source": "shared", "brands": [brand.pk]}))

    assert list(nothing) == ["brands"]
    assert "Taken, which is for other brands" in shared["source"][0]
    assert WebhookEndpoint.objects.count() == 1


def test_a_new_secret_is_asked_for_and_shown_once(admin: Client) -> None:
    endpoint, first = made()

    asked = admin.get(rotation(endpoint)).content.decode()
    assert 'value="24"' in asked
    endpoint.refresh_from_db()
    assert unseal(endpoint.secret) == first

    before = timezone.now()
    secret = shown_secret(admin.post(rotation(endpoint), {"confirmed": "yes", "hours": "48"}))

    endpoint.refresh_from_db()
    assert unseal(endpoint.secret) == secret != first
    assert unseal(endpoint.previous_secret) == first
    assert endpoint.previous_expires_at is not None
    assert timedelta() <= endpoint.previous_expires_at - before - 2 * timedelta(days=1)
    assert not kept(secret)
    entry = recent(event_model("WebhookEndpointEvent")._default_manager.all())[0]
    assert (entry.actor, entry.changes[0].label) == ("olivia", "previous expires at")


@pytest.mark.parametrize("hours", ["", "-1", "721", "1.5", "x"])
def test_a_time_that_makes_no_sense_changes_nothing(admin: Client, hours: str) -> None:
    endpoint, first = made()

    page = admin.post(rotation(endpoint), {"confirmed": "yes", "hours": hours})

    assert not SECRET.search(page.content.decode())
    assert page.context["form"].errors
    endpoint.refresh_from_db()
    assert unseal(endpoint.secret) == first


def test_it_is_switched_off_on_its_page_while_a_new_secret_is_made(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = made()
    from ads.admin.senders.base import SenderForm

    real, new = SenderForm.check, []

    def rotated_meanwhile(form: SenderForm) -> None:
        now = timezone.now()
        new.append(webhook_endpoints.rotate(endpoint, previous_until=now, now=now))
        real(form)

    monkeypatch.setattr(SenderForm, "check", rotated_meanwhile)
    save(admin, change(endpoint), is_active=None)

    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert [unseal(endpoint.secret)] == new, "the edit must not bring the old secret back"


def test_who_may_only_look_changes_nothing(staff: Callable[..., Client]) -> None:
    endpoint, secret = made()
    looks = staff("view_webhookendpoint", "view_webhookdelivery")

    page = looks.get(change(endpoint))
    assert page.status_code == 200
    assert "/rotate/" not in page.content.decode()
    answers = [
        looks.post(add("ads_webhookendpoint"), {"name": "x", "source": "x", "every_brand": "on"}),
        looks.post(change(endpoint), {"name": "x"}),
        looks.get(rotation(endpoint)),
        looks.post(rotation(endpoint), {"confirmed": "yes", "hours": "0"}),
        looks.post(change(endpoint).replace("/change/", "/delete/"), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert unseal(WebhookEndpoint.objects.get().secret) == secret


def test_endpoints_are_not_deleted(admin: Client) -> None:
    endpoint, _ = made()

    answer = admin.post(change(endpoint).replace("/change/", "/delete/"), {"post": "yes"})

    assert answer.status_code == 403
    assert WebhookEndpoint.objects.exists()
    assert admin.get("/admin/ads/webhookendpoint/999999/rotate/").status_code == 404


def test_what_was_taken_in_is_shown_and_changed_by_nobody(admin: Client) -> None:
    endpoint, _ = made()
    answer = {"type": "spend.entries", "recorded": 1200, "duplicates": 0, "waiting": 3}
    webhooks.receive_once(endpoint, "msg_<1>", lambda: answer, now=timezone.now())
    delivery = WebhookDelivery.objects.get()

    for url in (change(endpoint), changelist("ads_webhookdelivery"), change(delivery)):
        page = admin.get(url).content.decode()
        assert "msg_&lt;1&gt;" in page
        assert "spend.entries: 3 waiting, 1,200 recorded" in page
    assert admin.post(change(delivery), {"webhook_id": "x"}).status_code == 403
    assert context_of(admin, changelist("ads_webhookdelivery"), {"q": "msg_<1>"})["cl"].result_count
