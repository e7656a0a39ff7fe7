"""What becomes of a message that some have, that is not answered, or that nobody is to have."""

import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from ads.models import AlertDelivery, AlertMessage, Channel
from ads.services import alerts, messages
from ads.services.alerts.channels import ChannelIsOff, StillSending, outbox, sending, ways
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.alerts.support import (
    Receiver,
    another_rule,
    channel,
    evaluate,
    mail_server,
    receiver,
    rule,
)
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _local(settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def chained(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """The seconds after which another task was asked for."""
    asked: list[float | None] = []

    def send(_: str, *, countdown: float | None = None) -> bool:
        asked.append(countdown)
        return True

    monkeypatch.setattr(messages, "send", send)
    return asked


def send(at: Any = NOON) -> tuple[int, int]:
    """How many were sent, and failed."""
    done = alerts.channels.send_due(lambda: at)
    return done.sent, done.failed


def used(name: str = "Spring") -> None:
    """A campaign that has used up most of its budget raises an alert."""
    spend(CampaignFactory.create(name=name, brand__name=name, daily_budget=100), 80, NOON)
    evaluate(NOON)


def post(told: Channel) -> AlertMessage:
    """A message that is about no alert."""
    brand = BrandFactory.create()
    return alerts.channels.post(
        told, brand=brand, kind="report", subject="Report", lines=["1"], data={}, now=NOON,
        uid=uuid.uuid4(),
    )  # fmt: skip


def states() -> list[str]:
    return list(AlertMessage.objects.order_by("pk").values_list("state", flat=True))


def test_one_refused_recipient_holds_nothing_back_after_three_tries(
    settings: LazySettings,
) -> None:
    with mail_server() as (settings.MAIL_SERVER, got):
        told = channel("ann@example.com, nobody@example.com", "mail")
        rule("budget_used", told)
        used()
        assert send() == (0, 1)
        used("Summer")
        assert send(NOON + HOUR) == (0, 1)
        assert send(NOON + 2 * HOUR) == (1, 1)  # the third try, and then what waited

    assert [mail["To"] for mail in got] == ["ann@example.com"] * 2
    first, second = AlertMessage.objects.order_by("pk")
    assert (first.state, first.sent_at, first.next_at) == ("sent", NOON + 2 * HOUR, None)
    assert first.problem == "n…@example.com: It answered 550."
    assert second.state == "pending"
    told.refresh_from_db()
    assert told.problem == first.problem


def test_a_channel_that_works_for_some_does_not_fail_but_says_so(settings: LazySettings) -> None:
    with mail_server() as (settings.MAIL_SERVER, _):
        told = channel("ann@example.com, nobody@example.com", "mail")
        rule("budget_used", told)
        used()
        for hours in range(3):
            send(NOON + hours * HOUR)
    told.refresh_from_db()
    assert (told.failing_since, told.last_sent_at) == (None, NOON + 2 * HOUR)
    assert told.problem == "n…@example.com: It answered 550."


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ann@example.com, later@example.com", "one is only told to wait"),
        ("nobody@example.com", "nobody has it"),
    ],
)
def test_what_may_still_arrive_and_what_nobody_has_is_tried_on(
    settings: LazySettings, address: str, why: str
) -> None:
    with mail_server() as (settings.MAIL_SERVER, _):
        rule("budget_used", channel(address, "mail"))
        used()
        for hours in range(4):
            assert send(NOON + hours * HOUR) == (0, 1), why
    assert states() == ["pending"]


def test_who_has_a_mail_is_remembered_whatever_fails_later_and_not_in_the_clear(
    settings: LazySettings,
) -> None:
    with mail_server() as (settings.MAIL_SERVER, got):
        rule("budget_used", channel("ann@example.com, later@example.com", "mail"))
        used()
        send()
        sealed = Channel.objects.get().address
        Channel.objects.update(address="sealed with another key")
        send(NOON + HOUR)
        Channel.objects.update(address=sealed)
        assert send(NOON + 2 * HOUR) == (0, 1)
    assert [mail["To"] for mail in got] == ["ann@example.com"]
    message = AlertMessage.objects.get()
    assert message.attempts == 3
    assert "ann" not in str(message.received_by)


@pytest.mark.parametrize("way", ["webhook", "apprise"])
def test_a_receiver_that_drips_its_answer_is_cut_off_and_settled(
    monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(ways, "TOTAL", 0.5)
    with receiver(drips=0.05) as slow:
        told = channel(slow.url if way == "webhook" else slow.address, way)
        rule("budget_used", told)
        used()
        assert send() == (0, 1)
        assert slow.is_closed.wait(30)  # nobody listens any more
    message = AlertMessage.objects.get()
    assert (message.attempts, message.next_at) == (1, NOON + timedelta(seconds=10))
    assert message.problem == "It did not answer within 0.5 seconds."
    told.refresh_from_db()
    assert told.claimed_until is None


def test_a_receiver_that_says_200_has_it_however_slowly_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ways, "TOTAL", 1.5)  # time to say it on a busy machine
    with receiver(drips=0.05, begins=b"HTTP/1.1 200 OK\r\nX-Slow: ") as slow:
        rule("budget_used", channel(slow.url))
        used()
        assert send() == (1, 0)


def test_what_has_not_ended_when_the_task_must_is_settled_without_waiting(
    monkeypatch: pytest.MonkeyPatch, hook: Receiver
) -> None:
    monkeypatch.setattr(sending, "LONGEST", 0.5)
    with receiver(drips=0.05) as slow:
        rule("budget_used", channel(slow.url), channel(hook.url))
        used()
        assert send() == (1, 1)
        assert not slow.is_closed.is_set()
    problems = AlertMessage.objects.order_by("pk").values_list("state", "problem")
    assert list(problems) == [("pending", "It did not answer."), ("sent", "")]


def test_apprise_tries_once_whatever_its_address_says(hook: Receiver) -> None:
    hook.status = 500
    told = channel(f"{hook.address}?retry=3&wait=0.01&optional=yes", "apprise")
    rule("budget_used", told)
    used()
    assert send() == (0, 1)
    assert len(hook.requests) == 1


def free() -> None:
    """Let the claims of processes that died run out."""
    Channel.objects.update(claimed_until=NOON)


def test_whoever_dies_while_sending_leaves_a_message_that_backs_off(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url))
    used()
    waits = []
    now = NOON
    for _ in range(3):
        [claimed] = outbox.claim(now, at_most=9)  # whoever did so dies
        free()
        due = AlertMessage.objects.get().next_at
        assert due is not None
        assert outbox.claim(due - timedelta(seconds=1), at_most=9) == []
        waits.append(due - now)
        now = due
    assert waits == list(outbox.BACK_OFF[:3])
    assert send(now) == (1, 0)
    sent = AlertMessage.objects.get()
    assert (sent.pk, sent.attempts) == (claimed.message.pk, 4)


def test_a_message_that_kills_whoever_sends_it_is_given_up(hook: Receiver) -> None:
    rule("budget_used", channel(hook.url))
    used()
    for at in (NOON, NOON + 4 * DAY):
        assert len(outbox.claim(at, at_most=9)) == 1
        free()
    assert outbox.claim(NOON + 5 * DAY, at_most=9) == []
    assert states() == ["given_up"]
    assert hook.requests == []


def test_a_report_does_not_have_a_failing_message_tried_at_once(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    used()
    hook.status = 500
    send()
    post(told)
    assert send(NOON + timedelta(seconds=5)) == (0, 1)  # the report alone
    assert list(AlertMessage.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1]


def test_nothing_is_chained_for_what_waits_for_a_channel_that_is_off(
    hook: Receiver, chained: list[float | None]
) -> None:
    told = channel(hook.url)
    post(told)
    Channel.objects.update(is_active=False)
    assert send(NOON + HOUR) == (0, 0)
    assert chained == []


def test_what_is_tried_again_soon_is_chained_once_for_its_time(
    hook: Receiver, chained: list[float | None]
) -> None:
    hook.status = 500
    rule("budget_used", channel(hook.url))
    used()
    send()
    assert chained == [10]


def test_a_channel_that_is_switched_off_while_it_is_told_stays_given_up(hook: Receiver) -> None:
    told = channel(hook.url)
    rule("budget_used", told)
    used()
    [claimed] = outbox.claim(NOON, at_most=9)
    alerts.channels.update(told, now=NOON, is_active=False)
    outbox.settle(claimed, ways.Outcome("It answered 500."), NOON)
    message = AlertMessage.objects.get()
    assert (message.state, message.problem) == ("given_up", "The channel was switched off.")
    told.refresh_from_db()
    assert (told.failing_since, told.claimed_until) == (None, None)


@pytest.mark.parametrize(
    "what",
    [post, lambda told: alerts.channels.send_test(told, lambda: NOON, uid=uuid.uuid4())],
    ids=["report", "test"],
)
def test_nothing_is_sent_by_hand_to_a_channel_that_is_off(
    hook: Receiver, what: Callable[[Channel], object]
) -> None:
    told = channel(hook.url, name="Ops", is_active=False)
    with pytest.raises(ChannelIsOff, match="Ops is off; switch it on, then send again"):
        what(told)
    assert (states(), hook.requests) == ([], [])


def test_a_test_is_sent_once_however_often_it_is_asked_for(hook: Receiver) -> None:
    told, uid = channel(hook.url), uuid.uuid4()
    looks = iter([False, True, False])

    def clock() -> datetime:
        if next(looks, False):  # while the test is under way, the task looks, and somebody asks
            assert send(NOON + MINUTE) == (0, 0)
            with pytest.raises(StillSending):
                alerts.channels.send_test(told, lambda: NOON, uid=uid)
        return NOON

    assert alerts.channels.send_test(told, clock, uid=uid) == ""
    assert alerts.channels.send_test(told, clock, uid=uid) == ""
    assert len(hook.requests) == 1
    assert states() == ["sent"]


def test_a_test_to_an_address_that_cannot_be_read_says_so_and_is_not_tried_again(
    hook: Receiver,
) -> None:
    told = channel(hook.url)
    told.address = "sealed with another key"
    told.save(update_fields=["address"])
    problem = alerts.channels.send_test(told, lambda: NOON, uid=uuid.uuid4())
    assert problem
    assert list(AlertMessage.objects.values_list("state", "problem")) == [("given_up", problem)]


def test_a_dead_channels_mail_addresses_are_not_told_elsewhere(
    settings: LazySettings, hook: Receiver
) -> None:
    with mail_server() as (settings.MAIL_SERVER, _):
        dead = channel("nobody@example.com", "mail")
        rule("budget_used", dead)
        another_rule("channel_failing", channel(hook.url))
        used()
        send()
        evaluate(NOON + HOUR)
        send(NOON + HOUR)
    [(*_, body)] = hook.requests
    assert b"It answered 550." in body
    assert b"nobody" not in body
    assert AlertDelivery.objects.filter(message=None).count() == 0
