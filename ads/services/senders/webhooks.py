"""Receiving signed webhooks: checked as Standard Webhooks says, each recorded once.

::

    the endpoint           unknown, or switched off: refused
    the signature          over id, timestamp and body, by one of the endpoint's secrets
    in one transaction:    note the delivery        -- the same id at the same time waits here
                           record what it brings    -- refused: nothing is noted, either
                           note the answer
    delivered again        the same answer, and nothing happens
"""

import hmac
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from standardwebhooks import Webhook

from ads.models import WebhookDelivery, WebhookEndpoint
from ads.rules.calendar import format_instant
from ads.services.senders import rights
from ads.services.senders.encryption import unseal

#: How far the sender's clock may be from ours, either way.
TOLERANCE: Final = timedelta(minutes=5)

#: How long a delivery is remembered. Senders try for days, not for weeks.
REMEMBERED: Final = timedelta(days=30)

#: Rows that are deleted in one transaction.
AT_ONCE: Final = 10_000

#: What a webhook is signed with.
HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")

#: An id: what a header can hold, short enough to be part of the ids of the rows that it brings.
_ID: Final = re.compile(r"[!-~]{1,180}")
_SECONDS: Final = re.compile(r"[0-9]{1,11}")


class UnknownEndpoint(Exception):
    """There is no endpoint at this address."""


class EndpointOff(Exception):
    """The endpoint is switched off; send the webhook again later."""


class NotSigned(Exception):
    """The webhook is not signed as it must be; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """An endpoint, and the ids of the brands that its sender may write to; None: every brand."""

    endpoint: WebhookEndpoint
    brand_ids: frozenset[int] | None


def receiver_at(address: uuid.UUID) -> Receiver:
    """The endpoint at an address; one query.

    Raises:
        UnknownEndpoint: there is none.
        EndpointOff: it is switched off.
    """
    found = (
        WebhookEndpoint.objects.filter(address=address)
        .annotate(brand_ids=rights.brand_ids_of(WebhookEndpoint))
        .first()
    )
    if found is None:
        raise UnknownEndpoint("There is no webhook endpoint at this address.")
    if not found.is_active:
        raise EndpointOff(
            "The endpoint is switched off for now. Nothing was recorded: send it again later."
        )
    return Receiver(found, None if found.every_brand else frozenset(found.brand_ids))


def verify(
    endpoint: WebhookEndpoint, headers: Mapping[str, str], body: bytes, now: datetime
) -> str:
    """The id of a webhook whose signature is good; its arrival is noted.

    The library's own check reads the clock, so only its signing is used.

    Raises:
        NotSigned: it is not signed, or not by this endpoint's sender, or too long ago.
        CannotUnseal: the endpoint's secret cannot be read.
    """
    for name in HEADERS:
        if not headers.get(name):
            raise NotSigned(f"The header {name} is missing; sign as Standard Webhooks says.")
    webhook_id, timestamp, signature = (headers[name] for name in HEADERS)
    if not _ID.fullmatch(webhook_id):
        raise NotSigned("webhook-id must be 1 to 180 printable ASCII characters without spaces.")
    signed_at = _instant(timestamp, now)
    if not any(
        _is_by(secret, webhook_id, signed_at, body, signature) for secret in _secrets(endpoint, now)
    ):
        raise NotSigned(
            "No signature in webhook-signature matches this id, timestamp and body with this "
            "endpoint's secret. Check that the sender has the current secret, and that the body "
            "is sent byte for byte as it was signed."
        )
    rights.note(endpoint, "last_received_at", now)
    return webhook_id


def receive_once(
    endpoint: WebhookEndpoint, webhook_id: str, work: Callable[[], dict[str, Any]], *, now: datetime
) -> dict[str, Any]:
    """Do ``work`` unless this webhook was received before; its answer, then and now.

    One transaction. If ``work`` raises, nothing is left of it, so that the webhook can be delivered
    again. Two deliveries at once: the second waits for the first.

    Args:
        work: records what the webhook brings; returns the answer, which JSON can hold.
    """
    delivery = WebhookDelivery.objects.filter(endpoint=endpoint, webhook_id=webhook_id)
    with transaction.atomic():
        if not _is_first(endpoint, webhook_id, now):
            answer: dict[str, Any] = delivery.get().answer
            return answer
        answer = work()
        delivery.update(answer=answer)
        return answer


def prune(now: datetime) -> int:
    """Forget deliveries of more than :data:`REMEMBERED` ago; how many."""
    forgotten = 0
    while True:
        old = WebhookDelivery.objects.filter(received_at__lt=now - REMEMBERED).order_by("pk")
        deleted, _ = WebhookDelivery.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[:AT_ONCE])
        ).delete()
        forgotten += deleted
        if deleted < AT_ONCE:
            return forgotten


def _instant(text: str, now: datetime) -> datetime:
    """When it was signed; within :data:`TOLERANCE`."""
    if not _SECONDS.fullmatch(text):
        raise NotSigned("webhook-timestamp must be the whole seconds since 1970 in UTC.")
    seconds = int(text)
    off = timedelta(seconds=seconds) - (now - datetime.fromtimestamp(0, UTC))
    if abs(off) > TOLERANCE:
        way = "ahead of" if off > timedelta() else "behind"
        raise NotSigned(
            f"webhook-timestamp is {_span(abs(off))} {way} the clock here, which shows "
            f"{format_instant(now, seconds=True)}; at most {_span(TOLERANCE)} are accepted. Check "
            "the sender's clock, and sign it again each time it is sent."
        )
    return datetime.fromtimestamp(seconds, UTC)


def _span(length: timedelta) -> str:
    """ "10 minutes", "1 minute 5 seconds", "3 days"."""
    seconds = round(length.total_seconds())
    parts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number:,} {unit}{'' if number == 1 else 's'}")
    return " ".join(parts[:2])


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    """The secrets that are accepted, the current one first."""
    sealed = [endpoint.secret]
    if endpoint.previous_expires_at is not None and endpoint.previous_expires_at > now:
        sealed.append(endpoint.previous_secret)
    return [unseal(one) for one in sealed]


def _is_by(secret: str, webhook_id: str, signed_at: datetime, body: bytes, given: str) -> bool:
    """Is one of the signatures given over all of this, by this secret?"""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    expected = Webhook(secret).sign(webhook_id, signed_at, text).encode()
    return any(hmac.compare_digest(expected, one.encode()) for one in given.split())


def _is_first(endpoint: WebhookEndpoint, webhook_id: str, now: datetime) -> bool:
    """Note the delivery; False if it was received before, after waiting for whoever receives it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ads_webhookdelivery (endpoint_id, webhook_id, received_at, answer)
            VALUES (%s, %s, %s, %s) ON CONFLICT (endpoint_id, webhook_id) DO NOTHING
            """,
            [endpoint.pk, webhook_id, now, json.dumps({})],
        )
        return bool(cursor.rowcount == 1)
