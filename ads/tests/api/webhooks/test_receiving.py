"""Signed webhooks: what they bring is recorded, all or nothing."""

import json
import uuid
from decimal import Decimal
from typing import Any

import pytest

from ads.models import (
    Campaign,
    CampaignReference,
    DeliveryChange,
    Spend,
    SpendBatch,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.tests.api.support import problem
from ads.tests.api.webhooks.support import Sender, entries, ledger
from ads.tests.factories import CampaignFactory
from ads.tests.support import NOON, delivers

pytestmark = pytest.mark.django_db


def test_spend_is_recorded_and_has_stopped_the_campaign_when_it_is_answered(
    sender: Sender, campaign: Campaign
) -> None:
    answer = sender.send(entries(campaign, "70", "5.5"), webhook_id="msg_7")

    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "type": "spend.entries",
        "batch": SpendBatch.objects.earliest("pk").pk,
        "recorded": 2,
        "duplicates": 0,
        "waiting": 0,
        "conflicts": 0,
        "refused": 0,
    }
    assert ledger() == [
        (Decimal(70), "hook", "msg_7/0", "entry"),
        (Decimal("5.5"), "hook", "msg_7/1", "entry"),
    ]
    assert not delivers(campaign)
    assert DeliveryChange.objects.latest("pk").actor == "webhook: Hook"
    assert WebhookEndpoint.objects.get().last_received_at == NOON


def test_one_event_can_be_one_entry(sender: Sender, campaign: Campaign) -> None:
    row = {"campaign": campaign.pk, "amount": "1", "external_id": "click-1"}

    answer = sender.send({"type": "spend.entry", "data": row})

    assert answer.json()["recorded"] == 1
    assert ledger() == [(Decimal(1), "hook", "click-1", "entry")]


def test_day_totals_and_corrections_come_the_same_way(sender: Sender, campaign: Campaign) -> None:
    total = {
        "campaign": campaign.pk,
        "date": "2024-05-15",
        "amount": "20",
        "observed_at": "2024-05-15T11:00:00Z",
    }
    correction = {
        "campaign": campaign.pk,
        "date": "2024-05-15",
        "amount": "-2.5",
        "description": "Invalid clicks",
    }

    first = sender.send({"type": "spend.day_totals", "data": {"day_totals": [total]}})
    second = sender.send(
        {"type": "spend.corrections", "data": {"corrections": [correction]}}, webhook_id="msg_2"
    )

    assert first.json() == {
        "type": "spend.day_totals",
        "batch": SpendBatch.objects.earliest("pk").pk,
        "recorded": 1,
        "unchanged": 0,
        "older": 0,
        "skipped": 0,
        "waiting": 0,
        "overlaps": 0,
        "refused": 0,
    }
    assert second.json()["recorded"] == 1
    assert ledger() == [
        (Decimal(20), "hook", None, "day_total"),
        (Decimal("-2.5"), "hook", "msg_2/0", "correction"),
    ]


def test_spend_of_an_unknown_reference_waits(sender: Sender) -> None:
    row = {"campaign": {"platform": "google_ads", "id": "1"}, "amount": "1"}

    answer = sender.send({"type": "spend.entries", "data": {"entries": [row]}})

    assert answer.json()["waiting"] == 1
    assert WaitingSpend.objects.get().external_id == "msg_1/0"


def test_one_bad_row_refuses_the_webhook_and_it_can_be_delivered_again_once_mended(
    sender: Sender, campaign: Campaign
) -> None:
    sent = entries(campaign, "5", "-1")

    refused = problem(sender.send(sent), 422, "invalid")

    assert refused["errors"][0]["row"] == 1
    assert refused["errors"][0]["field"] == "amount"
    assert not ledger()
    assert not WebhookDelivery.objects.exists()

    assert sender.send(entries(campaign, "5", "1")).json()["recorded"] == 2


def test_what_was_missing_here_can_be_mended_here(sender: Sender, campaign: Campaign) -> None:
    sent = {
        "type": "spend.entry",
        "data": {"campaign": {"brand": "Acme", "name": "Later"}, "amount": "1"},
    }
    problem(sender.send(sent), 422, "invalid")

    CampaignFactory.create(brand=campaign.brand, name="Later")

    assert sender.send(sent).json()["recorded"] == 1


def test_a_conflict_is_refused_and_changes_nothing(sender: Sender, campaign: Campaign) -> None:
    sender.send(entries(campaign, "5", external_id="x"), webhook_id="msg_1")

    refused = sender.send(entries(campaign, "6", external_id="x"), webhook_id="msg_2")

    assert problem(refused, 409, "conflict")["errors"][0]["field"] == "amount"
    assert [row[0] for row in ledger()] == [Decimal(5)]
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "field", "says"),
    [
        ([], "body", 'give {"type"'),
        ("text", "body", 'give {"type"'),
        ({"data": {}}, "type", "spend.entry, spend.entries, spend.day_totals, spend.corrections"),
        ({"type": "spend.entires", "data": {}}, "type", "give one of"),
        ({"type": ["spend.entries"], "data": {}}, "type", "give one of"),
        ({"type": "spend.entries"}, "data", "it is missing"),
        ({"type": "spend.entries", "data": None}, "row", "give an object"),
        ({"type": "spend.entries", "data": {"entries": 5}}, "entries", "give a list"),
        ({"type": "spend.day_totals", "data": {"entries": []}}, "entries", "no such field"),
    ],
)
def test_a_body_that_is_none_of_ours_says_what_is_missing(
    sender: Sender, content: Any, field: str, says: str
) -> None:
    refused = problem(sender.send(content), 422, "invalid")

    assert refused["errors"][0]["field"] == field
    assert says in refused["errors"][0]["reason"]
    assert not WebhookDelivery.objects.exists()
    assert not ledger()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b" ", "The body is empty"),
        (b"{", "It is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"type": "spend.entry", "type": "spend.entry"}', "appears twice"),
    ],
)
def test_a_body_that_is_not_json_is_refused(sender: Sender, body: bytes, says: str) -> None:
    assert says in problem(sender.send(body=body), 400, "malformed")["detail"]
    assert not WebhookDelivery.objects.exists()


def test_limits_of_the_body_are_the_apis(sender: Sender, campaign: Campaign) -> None:
    rows = entries(campaign, *["0.01"] * 10_001)
    large = b'{"type": "' + b" " * 10 * 1024 * 1024 + b'"}'

    assert "10,000" in problem(sender.send(rows), 413, "too-large")["detail"]
    assert "10,485,760" in problem(sender.send(body=large), 413, "too-large")["detail"]
    assert problem(sender.send(rows, content_type="text/csv"), 415, "media-type")
    assert not ledger()


def test_a_foreign_campaign_does_not_exist_and_its_reference_is_unknown(campaign: Campaign) -> None:
    foreign = CampaignFactory.create()
    CampaignReference.objects.create(campaign=foreign, platform="x", reference="known")
    limited = Sender(brands=[campaign.brand])

    def answered(given: Any) -> Any:
        content = {"type": "spend.entry", "data": {"campaign": given, "amount": "1"}}
        answer = limited.send(content, webhook_id=uuid.uuid4().hex)
        said = json.loads(answer.content)
        shown = json.dumps([said.get("errors"), said.get("waiting"), said.get("detail")])
        return answer.status_code, shown.replace(str(given), "…")

    assert answered(foreign.pk) == answered(foreign.pk + 1000)
    known, unknown = (answered({"platform": "x", "id": name}) for name in ("known", "unheard"))
    assert known == unknown
    assert known[0] == 200
    assert not Spend.objects.exists()
