"""Signed webhooks: delivered again, or twice at once, they are recorded once."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, WebhookDelivery, WebhookEndpoint
from ads.services.ledger import batch
from ads.services.senders import webhooks
from ads.tests.api.webhooks.support import Sender, entries, ledger
from ads.tests.support import NOON, Paused, at_once, await_blocked, execute, held_open

pytestmark = pytest.mark.django_db


def in_threads(*sends: Callable[[], Any]) -> list[Any]:
    answers: list[Any] = []
    with at_once() as start:
        for send in sends:
            start(lambda send=send: answers.append(send()))
    return answers


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


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_at_once_waits_and_is_answered_as_the_first(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender()
    real, paused = batch._Batch.record, Paused(lambda: None)

    def waits(*args: Any, **how: Any) -> Any:
        paused()
        return real(*args, **how)

    monkeypatch.setattr(batch._Batch, "record", waits)
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
def test_the_second_is_recorded_if_the_first_fails(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = Sender()
    real, paused, calls = batch._Batch.record, Paused(lambda: None), threading.Semaphore(1)

    def fails_first(*args: Any, **how: Any) -> Any:
        if calls.acquire(blocking=False):
            paused()
            raise RuntimeError("the first fails")
        return real(*args, **how)

    monkeypatch.setattr(batch._Batch, "record", fails_first)
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
