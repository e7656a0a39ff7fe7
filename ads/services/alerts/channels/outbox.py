"""Messages that wait to be sent: made of the alerts that are due, tried, tried again, given up.

A channel is told one message at a time. While it does not work its alerts wait, and are then told
together. Whoever sends holds a claim on the channel, by the database's clock, which runs out if it
dies. What a failure would change is written with the claim, so that the same message is then sent
again under the same id, and no sooner than after any other failure.
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

#: A mail that others have, and that is refused for good, is tried no more often.
REFUSED_AFTER: Final = 3

#: Of a message with a brand, or of a rule, that the channel has not been told of since it was made.
_NOT_ALL: Final = (
    "The channel is no longer told of everything in it. What it is still told of is in a message "
    "of its own."
)

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


def is_due(now: datetime) -> bool:
    return _due(now).exists()


def next_due(now: datetime) -> datetime | None:
    """When something is to be tried again next; None: nothing waits for that."""
    waiting = AlertMessage.objects.filter(
        state=MessageState.PENDING, next_at__gt=now, channel__is_active=True
    )
    found: datetime | None = waiting.aggregate(due=Min("next_at"))["due"]
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
    channel = Channel.objects.select_related("account_manager").get(pk=pk)
    message = _pending(channel, now) or composing.compose(channel, now)
    outgoing = _begun(channel, message, now) if message else None
    if message is None or outgoing is None or channel.claimed_until is None:
        Channel.objects.filter(pk=pk).update(claimed_until=None)
        return None
    return Claimed(message, outgoing, channel.claimed_until)


def _pending(channel: Channel, now: datetime) -> AlertMessage | None:
    """The first message that is to be tried; those that nobody is to have any more end here."""
    due = channel.messages.filter(state=MessageState.PENDING, next_at__lte=now)
    for message in due.order_by("pk"):
        if not composing.is_still_told(channel, message):
            message.deliveries.update(message=None)
            give_up(channel.messages.filter(pk=message.pk), _NOT_ALL)
        elif _was_last(message):
            give_up(channel.messages.filter(pk=message.pk), "The last attempt did not end.")
        else:
            return message
    return None


def _begun(channel: Channel, message: AlertMessage, now: datetime) -> Outgoing | None:
    """Count the attempt, as if it failed; what is sent, None: the address cannot be read."""
    message.attempts += 1
    message.next_at = now + _wait(message)
    message.save(update_fields=["attempts", "next_at"])
    try:
        return outgoing_of(channel, message)
    except CannotUnseal as error:
        _settle(message, Outcome(str(error), message.received_by), now)
        return None


def _wait(message: AlertMessage) -> timedelta:
    return BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]


def _was_last(message: AlertMessage) -> bool:
    """Did the last attempt begin so late that the message was to be given up after it?"""
    until = message.created_at + GIVEN_UP_AFTER
    return bool(message.attempts and message.next_at and message.next_at - _wait(message) > until)


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
def settle(claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write down what became of a message, and let go of its channel; is it done with?"""
    is_received = _settle(claimed.message, outcome, now)
    Channel.objects.filter(
        pk=claimed.message.channel_id, claimed_until=claimed.claimed_until
    ).update(claimed_until=None)
    return is_received


def _settle(message: AlertMessage, outcome: Outcome, now: datetime) -> bool:
    """Write down what became of an attempt, unless the message was decided on meanwhile."""
    is_enough = outcome.is_rest_refused and message.attempts >= REFUSED_AFTER
    is_received = not outcome.problem or is_enough
    is_last = now - message.created_at > GIVEN_UP_AFTER
    pending = AlertMessage.objects.filter(pk=message.pk, state=MessageState.PENDING)
    if is_received:
        state, next_at = _received(outcome), None
    else:
        pending = pending.filter(attempts=message.attempts)  # a later attempt knows better
        state = MessageState.GIVEN_UP if is_last else MessageState.PENDING
        next_at = None if is_last else now + _wait(message)
    if pending.update(
        state=state,
        next_at=next_at,
        sent_at=now if is_received else None,
        problem=outcome.problem,
        received_by=outcome.received_by,
    ):
        _note(message.channel_id, outcome, now, is_received=is_received)
    return is_received


def _received(outcome: Outcome) -> MessageState:
    return MessageState.KEPT if outcome.is_kept else MessageState.SENT


def _note(pk: int, outcome: Outcome, now: datetime, *, is_received: bool) -> None:
    channel = Channel.objects.filter(pk=pk)
    if is_received:
        channel.update(failing_since=None, problem=outcome.problem, last_sent_at=now)
    else:
        failing_since = Coalesce(F("failing_since"), now.astimezone(UTC))
        channel.update(failing_since=failing_since, problem=outcome.problem)


def drop(channel: Channel) -> None:
    channel.deliveries.filter(message=None).delete()
    give_up(channel.messages.all(), "The channel was switched off.")


def write_anew(channel: Channel) -> None:
    """Have the alerts that wait for a channel written for people, as it is no webhook any more."""
    pending = channel.messages.filter(state=MessageState.PENDING, deliveries__isnull=False)
    waiting = channel.messages.filter(pk__in=list(pending.values_list("pk", flat=True)))
    AlertDelivery.objects.filter(message__in=waiting).update(message=None)
    give_up(waiting, "The channel is no webhook any more. Its alerts are in another message.")


def give_up(messages: QuerySet[AlertMessage], problem: str) -> None:
    messages.filter(state=MessageState.PENDING).update(
        state=MessageState.GIVEN_UP, next_at=None, problem=problem
    )


@transaction.atomic
def settle_test(message: AlertMessage, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a test, which is tried once and is never pending."""
    is_received = not outcome.problem
    AlertMessage.objects.filter(pk=message.pk).update(
        state=_received(outcome) if is_received else MessageState.GIVEN_UP,
        sent_at=now if is_received else None,
        problem=outcome.problem,
        attempts=1,
    )
    _note(message.channel_id, outcome, now, is_received=is_received)
