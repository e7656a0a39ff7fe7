"""Signed webhooks: where they are sent, and how often they may be."""

from typing import Any

import pytest
from django.test import Client

from ads.models import Campaign
from ads.services.senders import webhook_endpoints
from ads.tests.api.support import problem
from ads.tests.api.webhooks.support import Sender, entries, ledger, nothing_happened, refusal
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["0b5e3f0e-5d4c-4a41-9d0c-1f2c4f7a9f11", "1", "", "%00"])
def test_there_is_nothing_at_other_addresses(sender: Sender, address: str) -> None:
    sender.endpoint.address = address

    problem(sender.send({}), 404, "not-found")


def test_an_endpoint_that_is_off_is_sent_to_again_later(sender: Sender, campaign: Campaign) -> None:
    webhook_endpoints.switch(sender.endpoint, is_active=False, now=NOON)

    answer = sender.send(entries(campaign, "1"))

    assert "send it again later" in problem(answer, 503, "endpoint-off")["detail"]
    assert answer.headers["Retry-After"] == "300"
    assert nothing_happened()
    webhook_endpoints.switch(sender.endpoint, is_active=True, now=NOON)
    assert sender.send(entries(campaign, "1")).json()["recorded"] == 1


def test_only_post_is_taken(sender: Sender) -> None:
    assert problem(Client().get(sender.path), 405, "wrong-method")


def test_too_many_webhooks_must_wait(sender: Sender, campaign: Campaign, settings: Any) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    answers = [
        sender.send(entries(campaign, "1"), webhook_id=f"msg_{number}") for number in range(3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], 429, "too-many")
    assert answers[2].headers["Retry-After"] == "60"
    assert len(ledger()) == 2


def test_who_cannot_sign_uses_up_nobodys_limit(
    sender: Sender, campaign: Campaign, settings: Any
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    for _ in range(3):
        refusal(sender.send(entries(campaign, "1"), signature="v1,x"))

    assert sender.send(entries(campaign, "1")).status_code == 200
