"""Signed webhooks: who may send one, signed how, and with which secrets."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from ads.models import Campaign, Spend, WebhookEndpoint
from ads.services.history.audit import event_model, recent
from ads.services.senders import webhook_endpoints
from ads.tests.api.support import problem
from ads.tests.api.webhooks.support import Sender, entries, nothing_happened, refusal
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_is_refused_with_the_difference(
    sender: Sender, campaign: Campaign, minutes: int
) -> None:
    answer = sender.send(entries(campaign, "1"), at=NOON + timedelta(minutes=minutes))

    way = "behind" if minutes < 0 else "ahead of"
    detail = refusal(answer)
    assert f"webhook-timestamp is 10 minutes {way} the clock here" in detail
    assert "2024-05-15 12:00:00 UTC; at most 5 minutes are accepted" in detail


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-300, True), (300, True), (-301, False), (301, False)]
)
def test_five_minutes_either_way_are_taken(
    sender: Sender, campaign: Campaign, seconds: int, taken: bool
) -> None:
    answer = sender.send(entries(campaign, "1"), at=NOON + timedelta(seconds=seconds))

    if taken:
        assert answer.status_code == 200
    else:
        assert "5 minutes 1 second" in refusal(answer)


@pytest.mark.parametrize(
    "stamp", ["0", "99999999999", "1" * 12, "-5", "1.5", "soon", "1e9", "１７１５", "", " "]
)
def test_a_timestamp_that_is_none_is_refused(
    sender: Sender, campaign: Campaign, stamp: str
) -> None:
    answer = sender.send(entries(campaign, "1"), timestamp=stamp)

    assert "webhook-timestamp" in refusal(answer)


def test_a_signature_over_another_body_is_refused(sender: Sender, campaign: Campaign) -> None:
    other = sender.headers("msg_1", NOON, json.dumps(entries(campaign, "2")).encode())

    answer = sender.send(entries(campaign, "1"), signature=other["webhook-signature"])

    assert "byte for byte" in refusal(answer)


def test_a_signature_over_another_id_or_another_instant_is_refused(
    sender: Sender, campaign: Campaign
) -> None:
    body = json.dumps(entries(campaign, "1")).encode()
    signature = sender.headers("msg_1", NOON, body)["webhook-signature"]
    later = NOON + timedelta(seconds=1)

    refusal(sender.send(body=body, webhook_id="msg_2", signature=signature))
    refusal(sender.send(body=body, at=later, signature=signature))


@pytest.mark.parametrize("header", ["id", "timestamp", "signature"])
def test_a_missing_header_is_named(sender: Sender, campaign: Campaign, header: str) -> None:
    headers: dict[str, Any] = {header: None}

    answer = sender.send(entries(campaign, "1"), **headers)

    assert f"The header webhook-{header} is missing" in refusal(answer)


@pytest.mark.parametrize("webhook_id", ["a b", "x" * 181, "é", "a\tb"])
def test_an_id_that_cannot_be_kept_is_refused(
    sender: Sender, campaign: Campaign, webhook_id: str
) -> None:
    assert "webhook-id must be" in refusal(
        sender.send(entries(campaign, "1"), webhook_id=webhook_id)
    )


@pytest.mark.parametrize(
    "signature", ["v1,", "v1", ",", "v1,é", "v1,!!!", "v2,{}", "v1a,{}", "{}", "v1,{}x"]
)
def test_nonsense_for_a_signature_is_refused(
    sender: Sender, campaign: Campaign, signature: str
) -> None:
    body = json.dumps(entries(campaign, "1")).encode()
    right = sender.headers("msg_1", NOON, body)["webhook-signature"].removeprefix("v1,")

    refusal(sender.send(body=body, signature=signature.replace("{}", right)))


def test_one_good_signature_among_several_suffices(sender: Sender, campaign: Campaign) -> None:
    body = json.dumps(entries(campaign, "1")).encode()
    right = sender.headers("msg_1", NOON, body)["webhook-signature"]

    answer = sender.send(body=body, signature=f"v1a,abc v1,d3Jvbmc= {right}")

    assert answer.status_code == 200


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b" \r\n"])
def test_the_signature_is_over_the_very_bytes(
    sender: Sender, campaign: Campaign, prefix: bytes
) -> None:
    content = entries(campaign, "1", description="Größe – 広告 \U0001f4b8 \u2028")
    body = prefix + json.dumps(content, ensure_ascii=False, indent=3).encode()

    assert sender.send(body=body).status_code == 200
    assert Spend.objects.get().description == "Größe – 広告 \U0001f4b8 \u2028"


def test_a_body_that_is_no_text_is_not_signed_by_anybody(sender: Sender) -> None:
    signed = sender.headers("msg_1", NOON, b"{}")

    answer = Client().post(sender.path, b"\xff{}", content_type="application/json", headers=signed)

    refusal(answer)


def test_another_endpoints_secret_opens_nothing(sender: Sender, campaign: Campaign) -> None:
    other = Sender(name="Other", source="other")
    other.endpoint = sender.endpoint

    refusal(other.send(entries(campaign, "1")))


def test_both_secrets_are_accepted_until_the_chosen_time(
    sender: Sender, campaign: Campaign, noon: Any
) -> None:
    old = sender.secret
    until = NOON + timedelta(hours=1)
    new = webhook_endpoints.rotate(sender.endpoint, previous_until=until, now=NOON)

    def sent_with(secret: str) -> int:
        sender.secret = secret
        answer = sender.send(entries(campaign, "1"), webhook_id=uuid.uuid4().hex)
        status: int = answer.status_code
        return status

    assert (sent_with(old), sent_with(new)) == (200, 200)
    noon.move_to(until - timedelta(seconds=1))
    assert (sent_with(old), sent_with(new)) == (200, 200)
    noon.move_to(until)
    assert (sent_with(old), sent_with(new)) == (401, 200)


def test_a_secret_that_has_leaked_is_refused_at_once(sender: Sender, campaign: Campaign) -> None:
    new = webhook_endpoints.rotate(sender.endpoint, previous_until=NOON, now=NOON)

    refusal(sender.send(entries(campaign, "1")))
    sender.secret = new
    assert sender.send(entries(campaign, "1")).status_code == 200
    [entry] = recent(event_model("WebhookEndpointEvent")._default_manager.all(), limit=1)
    assert [(one.label, one.new) for one in entry.changes] == [
        ("previous expires at", "2024-05-15 12:00:00 UTC")
    ]


def test_a_third_secret_ends_the_first(sender: Sender, campaign: Campaign) -> None:
    first, until = sender.secret, NOON + timedelta(hours=1)
    second = webhook_endpoints.rotate(sender.endpoint, previous_until=until, now=NOON)
    webhook_endpoints.rotate(sender.endpoint, previous_until=until, now=NOON)

    sender.secret = first
    refusal(sender.send(entries(campaign, "1")))
    sender.secret = second
    assert sender.send(entries(campaign, "1")).status_code == 200


def test_secrets_are_sealed_and_a_new_secret_key_opens_them_while_the_old_one_is_named(
    sender: Sender, campaign: Campaign, settings: Any
) -> None:
    stored = WebhookEndpoint.objects.get().secret
    assert sender.secret not in stored
    assert sender.secret.removeprefix("whsec_") not in stored
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"  # noqa: S105  (a test's)

    assert sender.send(entries(campaign, "1")).status_code == 200


def test_an_unreadable_secret_asks_the_sender_to_retry_and_is_logged(
    sender: Sender, campaign: Campaign, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECRET_KEY = "another"  # noqa: S105  (a test's)

    answer = sender.send(entries(campaign, "1"))

    assert "SECRET" not in problem(answer, 503, "endpoint-off")["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert "Put the previous key into SECRET_KEY_FALLBACKS" in caplog.text
    assert nothing_happened()
