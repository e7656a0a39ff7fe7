"""Brands and channels that are handed over, and rules that are changed, while alerts wait."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from ads.models import AlertMessage, AlertRule, Brand, Channel
from ads.services import alerts
from ads.services.alerts.channels import outbox
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.alerts.support import (
    Receiver,
    another_rule,
    channel,
    evaluate,
    receiver,
    rule,
)
from ads.tests.support import NOON, spend

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _local(settings: LazySettings) -> None:
    settings.ALERTS_TO_PRIVATE_ADDRESSES = True
    settings.MAIL_SERVER = ""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver(status=500) as made:
        yield made


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", is_staff=True)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", is_staff=True)


def used(brand: str, manager: User) -> Brand:
    """A brand with an alert."""
    campaign = CampaignFactory.create(
        name=brand, brand__name=brand, daily_budget=100, brand__account_manager=manager
    )
    spend(campaign, 80, NOON)
    evaluate(NOON)
    return campaign.brand


def send(at: datetime = NOON) -> tuple[int, int]:
    """How many were sent, and failed."""
    done = alerts.channels.send_due(lambda: at)
    return done.sent, done.failed


def told() -> list[tuple[str, str, list[str]]]:
    """Each message: its channel, what became of it, and the brands of its alerts."""
    found = AlertMessage.objects.select_related("channel").order_by("pk")
    brands = [one.deliveries.values_list("alert__brand__name", flat=True) for one in found]
    return [
        (one.channel.name, one.state, sorted(its)) for one, its in zip(found, brands, strict=True)
    ]


def test_an_alert_of_a_brand_that_is_handed_over_is_in_the_digest_of_the_new_manager(
    ann: User, bob: User
) -> None:
    daily = {"way": "mail", "frequency": "daily"}
    of_ann = channel("ann@example.com", name="Ann", account_manager=ann, **daily)
    of_bob = channel("bob@example.com", name="Bob", account_manager=bob, **daily)
    rule("budget_used", of_ann, of_bob)
    brand = used("Acme", ann)
    Brand.objects.filter(pk=brand.pk).update(account_manager=bob)

    assert send(NOON + DAY) == (1, 0)

    assert told() == [("Bob", "kept", ["Acme"])]
    assert not of_ann.deliveries.exists()


def test_a_channel_that_is_handed_over_tells_the_new_manager_of_their_brands_alone(
    ann: User, bob: User
) -> None:
    theirs = channel(
        "team@example.com", "mail", name="Ours", account_manager=ann, frequency="daily"
    )
    rule("budget_used", theirs)
    used("Acme", ann)
    used("Byte", bob)
    alerts.channels.update(theirs, now=NOON, account_manager=bob)

    assert send(NOON + DAY) == (1, 0)

    assert told() == [("Ours", "kept", ["Byte"])]


def test_a_message_that_waits_is_made_anew_for_the_new_manager(
    ann: User, bob: User, hook: Receiver
) -> None:
    theirs = channel(hook.url, name="Ours", account_manager=ann)
    rule("budget_used", theirs)
    handed_over = used("Acme", ann)
    used("Byte", ann)
    assert send() == (0, 1)
    hook.status = 200
    Brand.objects.filter(pk=handed_over.pk).update(account_manager=bob)
    alerts.channels.update(theirs, now=NOON, account_manager=bob)

    assert send(NOON + HOUR) == (1, 0)

    assert told() == [("Ours", "given_up", []), ("Ours", "sent", ["Acme"])]
    assert b"Byte" in hook.requests[0][2]
    assert b"Byte" not in hook.requests[1][2]


def test_a_channel_with_nothing_left_to_tell_is_free_at_once(
    ann: User, bob: User, hook: Receiver
) -> None:
    rule("budget_used", channel(hook.url, account_manager=ann))
    brand = used("Acme", ann)
    Brand.objects.filter(pk=brand.pk).update(account_manager=bob)

    assert outbox.claim(NOON, at_most=9) == []

    free = Channel.objects.get()
    assert free.claimed_until is None
    assert not free.deliveries.exists()


def no_channel(mine: AlertRule) -> None:
    mine.channels.clear()


def inactive(mine: AlertRule) -> None:
    AlertRule.objects.filter(pk=mine.pk).update(is_active=False)


def another_brands(mine: AlertRule) -> None:
    AlertRule.objects.filter(pk=mine.pk).update(brand=BrandFactory.create())


def of_another_kind(mine: AlertRule) -> None:
    AlertRule.objects.filter(pk=mine.pk).update(kind="paused")


def deleted(mine: AlertRule) -> None:
    mine.delete()


@pytest.mark.parametrize("change", [no_channel, inactive, another_brands, of_another_kind, deleted])
def test_a_channel_is_not_sent_what_waits_of_a_rule_that_tells_it_no_more(
    ann: User, hook: Receiver, change: Callable[[AlertRule], None]
) -> None:
    now, later = channel(hook.url), channel("a@example.com", "mail", frequency="daily")
    mine = rule("budget_used", now, later)
    another_rule("budget_used", now, later, thresholds=[70], name="Kept")
    used("Acme", ann)
    assert send() == (0, 1)
    hook.status = 200

    change(mine)

    assert send(NOON + DAY) == (2, 0)
    sent = AlertMessage.objects.filter(state__in=["sent", "kept"])
    rules = [list(one.deliveries.values_list("alert__rule__name", flat=True)) for one in sent]
    assert rules == [["Kept"], ["Kept"]]
    given_up = AlertMessage.objects.get(state="given_up")
    assert given_up.problem.startswith("The channel is no longer told of everything in it.")
