"""Signed webhooks: checked, taken in once, all or nothing."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from ads.models import (
    Campaign,
    CampaignReference,
    DeliveryChange,
    Spend,
    WaitingSpend,
    WebhookDelivery,
    WebhookEndpoint,
)
from ads.services import webhook_endpoints, webhooks
from ads.services.enforcement import Trigger, enforce
from ads.services.intake import taking
from ads.tests.api.support import problem
from ads.tests.engine.support import (
    NOON,
    Paused,
    at_once,
    await_blocked,
    delivers,
    execute,
    held_open,
)
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def campaign() -> Campaign:
    """One that delivers, with $75 a day."""
    campaign = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    enforce(Campaign.objects.all(), NOON, Trigger.EDIT)
    return campaign


class Sender:
    """A program that sends webhooks as the library of Standard Webhooks signs them."""

    def __init__(self, **terms: Any) -> None:
        given: dict[str, Any] = {"name": "Hook", "source": "hook"}
        self.endpoint, self.secret = webhook_endpoints.create(
            every_brand="brands" not in terms, **(given | terms)
        )

    @property
    def path(self) -> str:
        return webhook_endpoints.path(self.endpoint)

    def headers(self, webhook_id: str, at: datetime, body: bytes) -> dict[str, str]:
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.secret).sign(webhook_id, at, body.decode()),
        }

    def send(
        self,
        content: Any = None,
        *,
        webhook_id: str = "msg_1",
        at: datetime | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        **headers: str | None,
    ) -> Any:
        """Sign ``content`` (or ``body``) and send it; ``headers`` replace those of the library."""
        sent = json.dumps(content).encode() if body is None else body
        signed = self.headers(webhook_id, at or timezone.now(), sent)
        signed |= {f"webhook-{name}": value for name, value in headers.items() if value is not None}
        for name, value in headers.items():
            if value is None:
                del signed[f"webhook-{name}"]
        return Client().post(self.path, sent, content_type=content_type, headers=signed)


@pytest.fixture
def sender() -> Sender:
    return Sender()


def entries(campaign: Campaign, *amounts: str, **more: Any) -> dict[str, Any]:
    rows = [{"campaign": campaign.pk, "amount": amount, **more} for amount in amounts]
    return {"type": "spend.entries", "timestamp": "2024-05-15T12:00:00Z", "data": {"entries": rows}}


def ledger() -> list[tuple[Any, ...]]:
    """(amount, source, external id, kind) of each entry, in order."""
    return list(Spend.objects.order_by("pk").values_list("amount", "source", "external_id", "kind"))


def nothing_happened() -> bool:
    return not (
        Spend.objects.exists()
        or WebhookDelivery.objects.exists()
        or WaitingSpend.objects.exists()
        or WebhookEndpoint.objects.exclude(last_received_at=None).exists()
    )


# --- what it brings ------------------------------------------------------------------------------


def test_spend_is_recorded_and_has_stopped_the_campaign_when_it_is_answered(
    sender: Sender, campaign: Campaign
) -> None:
    answer = sender.send(entries(campaign, "70", "5.5"), webhook_id="msg_7")

    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "type": "spend.entries",
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
        "recorded": 1,
        "unchanged": 0,
        "older": 0,
        "waiting": 0,
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


# --- refused: nothing is left of it --------------------------------------------------------------


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
        (b'{"type": "spend.entry", "type": "spend.entry"}', "comes twice"),
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


# --- the signature -------------------------------------------------------------------------------


def refusal(response: Any) -> str:
    """What is wrong with the signature; nothing was noted."""
    detail: str = problem(response, 401, "not-signed")["detail"]
    assert response.headers["WWW-Authenticate"] == "Standard-Webhooks"
    assert nothing_happened()
    return detail


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_ten_minutes_off_is_refused_and_told_by_how_much(
    sender: Sender, campaign: Campaign, minutes: int
) -> None:
    answer = sender.send(entries(campaign, "1"), at=NOON + timedelta(minutes=minutes))

    way = "behind" if minutes < 0 else "ahead of"
    detail = refusal(answer)
    assert f"webhook-timestamp is 10 minutes {way} the clock here" in detail
    assert "2024-05-15 12:00:00 UTC; at most 5 minutes are taken" in detail


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


# --- secrets -------------------------------------------------------------------------------------


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


def test_a_secret_that_cannot_be_read_asks_the_sender_to_try_again_and_tells_the_operator(
    sender: Sender, campaign: Campaign, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SECRET_KEY = "another"  # noqa: S105  (a test's)

    answer = sender.send(entries(campaign, "1"))

    assert "SECRET" not in problem(answer, 503, "endpoint-off")["detail"]
    assert int(answer.headers["Retry-After"]) > 0
    assert "Put that one into SECRET_KEY_FALLBACKS" in caplog.text
    assert nothing_happened()


# --- where it is sent ----------------------------------------------------------------------------


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


def test_too_many_webhooks_are_told_to_wait(
    sender: Sender, campaign: Campaign, settings: Any
) -> None:
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


# --- delivered again -----------------------------------------------------------------------------


def test_delivered_again_it_is_answered_as_it_was_and_nothing_happens(
    sender: Sender, campaign: Campaign, noon: Any
) -> None:
    first = sender.send(entries(campaign, "5"))
    noon.move_to(NOON + timedelta(hours=3))

    again = sender.send(entries(campaign, "5"))
    changed = sender.send(entries(campaign, "6"))

    assert again.json() == changed.json() == first.json()
    assert first.json()["recorded"] == 1
    assert [row[0] for row in ledger()] == [Decimal(5)]
    assert WebhookDelivery.objects.get().received_at == NOON


def test_two_endpoints_may_send_one_id(sender: Sender, campaign: Campaign) -> None:
    other = Sender(name="Other", source="other")

    assert sender.send(entries(campaign, "1")).json()["recorded"] == 1
    assert other.send(entries(campaign, "1")).json()["recorded"] == 1
    assert len(ledger()) == 2


def test_deliveries_are_forgotten_after_thirty_days(
    sender: Sender, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "AT_ONCE", 2)
    for number in range(5):
        sender.send(entries(campaign, "1"), webhook_id=f"msg_{number}")
    WebhookDelivery.objects.filter(webhook_id="msg_4").update(received_at=NOON + timedelta(hours=1))

    assert webhooks.prune(NOON + timedelta(days=30)) == 0
    assert webhooks.prune(NOON + timedelta(days=30, seconds=1)) == 4
    assert WebhookDelivery.objects.get().webhook_id == "msg_4"
    again = sender.send(entries(campaign, "1"), webhook_id="msg_0")
    assert (again.json()["recorded"], again.json()["duplicates"]) == (0, 1)


def in_threads(*sends: Callable[[], Any]) -> list[Any]:
    answers: list[Any] = []
    with at_once() as start:
        for send in sends:
            start(lambda send=send: answers.append(send()))
    return answers


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_at_once_waits_and_is_answered_as_the_first(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender()
    real, paused = taking._Batch.take, Paused(lambda: None)

    def waits(batch: Any) -> Any:
        paused()
        return real(batch)

    monkeypatch.setattr(taking._Batch, "take", waits)
    answers: list[Any] = []

    def send() -> None:
        answers.append(sender.send(entries(campaign, "5")))

    with at_once() as start:
        start(send)
        paused.await_reached()
        start(send)
        await_blocked()
        assert not answers
        paused.let_go()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["recorded"] == 1
    assert [row[0] for row in ledger()] == [Decimal(5)]


@pytest.mark.django_db(transaction=True)
def test_the_second_is_taken_in_if_the_first_fails(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender()
    real, paused, calls = taking._Batch.take, Paused(lambda: None), threading.Semaphore(1)

    def fails_first(batch: Any) -> Any:
        if calls.acquire(blocking=False):
            paused()
            raise RuntimeError("the first fails")
        return real(batch)

    monkeypatch.setattr(taking._Batch, "take", fails_first)
    statuses: dict[str, int] = {}

    def send(name: str) -> None:
        statuses[name] = sender.send(entries(campaign, "5")).status_code

    with at_once() as start:
        start(lambda: send("first"))
        paused.await_reached()
        start(lambda: send("second"))
        await_blocked()
        paused.let_go()

    assert statuses == {"first": 500, "second": 200}
    assert [row[0] for row in ledger()] == [Decimal(5)]


@pytest.mark.django_db(transaction=True)
def test_twelve_deliveries_at_once_are_one(campaign: Campaign) -> None:
    sender = Sender()

    answers = in_threads(*[lambda: sender.send(entries(campaign, "5", "6"))] * 12)

    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert [row[0] for row in ledger()] == [Decimal(5), Decimal(6)]
    assert WebhookDelivery.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_to_note_when_the_endpoint_last_received(campaign: Campaign) -> None:
    sender = Sender()
    lock = "SELECT FROM ads_webhookendpoint WHERE id = %s FOR NO KEY UPDATE"
    with held_open(lambda: execute(lock, [sender.endpoint.pk])):
        began = time.perf_counter()
        answer = sender.send(entries(campaign, "1"))
        took = time.perf_counter() - began

    assert answer.status_code == 200
    assert took < 1
    assert WebhookEndpoint.objects.get().last_received_at is None
