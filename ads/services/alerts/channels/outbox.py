"""Messages that wait to be sent: made of the alerts that are due, tried, tried again, given up.

A channel is told one message at a time. While it does not work its alerts wait, and are then told
together. Whoever sends holds a claim on the channel, by the database's clock, which runs out if it
dies: then the same message is sent again under the same id.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from ads.models import AlertDelivery, AlertMessage, Channel
from ads.models.alerts import MessageState
from ads.services.alerts.channels import composing
from ads.services.alerts.channels.ways import Outcome, Outgoing
from ads.services.senders import CannotUnseal, encryption

#: When a message that was not received is tried again, by how often it was tried.
BACK_OFF: Final = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
)

#: A message that was never received is given up after this time.
GIVEN_UP_AFTER: Final = timedelta(days=3)

#: How long a claim lasts: more than sending takes.
CLAIM: Final = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message to be sent now, and by whom nobody else sends."""

    message: AlertMessage
    outgoing: Outgoing
    claimed_until: datetime


def claim(now: datetime, *, at_most: int) -> list[Claimed]:
    """The messages that are to be sent now, each of a channel that nobody else is telling."""
    due = _due(now).values_list("pk", flat=True)[:at_most]
    return [claimed for pk in due if (claimed := _claim(pk, now))]


def next_due() -> datetime | None:
    """When something is to be sent next that has been tried; None: nothing waits."""
    found: datetime | None = AlertMessage.objects.filter(state=MessageState.PENDING).aggregate(
        due=Min("next_at")
    )["due"]
    return found


def _due(now: datetime) -> QuerySet[Channel]:
    pending = AlertMessage.objects.filter(channel=OuterRef("pk"), state=MessageState.PENDING)
    waiting = AlertDelivery.objects.filter(channel=OuterRef("pk"), message=None, due_at__lte=now)
    free = Q(claimed_until=None) | Q(claimed_until__lt=Now())
    return Channel.objects.filter(
        free,
        Exists(pending.filter(next_at__lte=now)) | ~Exists(pending) & Exists(waiting),
        is_active=True,
    ).order_by("pk")


@transaction.atomic
def _claim(pk: int, now: datetime) -> Claimed | None:
    if not _due(now).filter(pk=pk).update(claimed_until=Now() + CLAIM):
        return None
    channel = Channel.objects.get(pk=pk)
    message = channel.messages.filter(state=MessageState.PENDING).order_by("pk").first()
    message = message or composing.compose(channel, now)
    if message is None or channel.claimed_until is None:
        return None
    try:
        outgoing = outgoing_of(channel, message)
    except CannotUnseal as error:
        _settle(message, Outcome(str(error)), now)
        return None
    return Claimed(message, outgoing, channel.claimed_until)


def outgoing_of(channel: Channel, message: AlertMessage) -> Outgoing:
    """What sending needs to know.

    Raises:
        CannotUnseal: the address was sealed with another SECRET_KEY.
    """
    return Outgoing(
        way=channel.way,
        address=encryption.unseal(channel.address),
        secret=encryption.unseal(channel.secret) if channel.secret else "",
        uid=message.uid,
        subject=message.subject,
        text=message.text,
        html=message.html,
        received_by=tuple(message.received_by),
    )


@transaction.atomic
def settle(claimed: Claimed, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a message, and let go of its channel."""
    _settle(claimed.message, outcome, now)
    Channel.objects.filter(
        pk=claimed.message.channel_id, claimed_until=claimed.claimed_until
    ).update(claimed_until=None)


def _settle(message: AlertMessage, outcome: Outcome, now: datetime) -> None:
    message.attempts += 1
    message.received_by = outcome.received_by
    message.problem = outcome.problem
    channel = Channel.objects.filter(pk=message.channel_id)
    if not outcome.problem:
        message.state = MessageState.KEPT if outcome.is_kept else MessageState.SENT
        message.sent_at, message.next_at = now, None
        channel.update(failing_since=None, problem="", last_sent_at=now)
    else:
        wait = BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
        message.next_at = now + wait
        if now - message.created_at > GIVEN_UP_AFTER:
            message.state, message.next_at = MessageState.GIVEN_UP, None
        channel.update(
            failing_since=Coalesce(F("failing_since"), now.astimezone(UTC)),
            problem=outcome.problem,
        )
    message.save(
        update_fields=["attempts", "received_by", "problem", "state", "sent_at", "next_at"]
    )


def drop(channel: Channel) -> None:
    """Forget what waits for a channel that is switched off."""
    channel.deliveries.filter(message=None).delete()
    channel.messages.filter(state=MessageState.PENDING).update(
        state=MessageState.GIVEN_UP, next_at=None, problem="The channel was switched off."
    )


def settle_test(message: AlertMessage, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a test, which is tried once."""
    _settle(message, outcome, now)
    if outcome.problem:
        AlertMessage.objects.filter(pk=message.pk).update(state=MessageState.GIVEN_UP, next_at=None)
