"""Webhook endpoints: made, given a new secret, switched off and on.

A secret is shown once and stored encrypted, because signatures can only be verified with the secret
itself.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from ads.models import Brand, WebhookEndpoint
from ads.rules.calendar import format_instant
from ads.services import locks
from ads.services.senders import rights as senders
from ads.services.senders.encryption import new_secret, seal, seal_anew
from ads.services.senders.rights import InvalidSender

#: How long the previous secret is accepted beside a new one, by default.
PREVIOUS_ACCEPTED: Final = timedelta(hours=24)
#: And at most.
LONGEST_ACCEPTED: Final = timedelta(days=30)


def path(endpoint: WebhookEndpoint) -> str:
    return f"/api/v1/webhooks/{endpoint.address}"


def create(
    *,
    name: str,
    source: str,
    brands: Collection[Brand] = (),
    every_brand: bool = False,
    is_active: bool = True,
    on_overlap: str = "",
) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; its row, and its secret, which is not shown again.

    ``on_overlap``: an OnOverlap, or "" to refuse overlaps.

    Raises:
        InvalidSender: with the field, the value and the remedy.
    """
    rights = senders.rights(source, brands=brands, every_brand=every_brand)
    secret = new_secret()
    with transaction.atomic():
        senders.check(WebhookEndpoint, name, rights)
        endpoint = WebhookEndpoint.objects.create(
            name=name,
            source=source,
            every_brand=every_brand,
            is_active=is_active,
            on_overlap=on_overlap,
            secret=seal(secret),
        )
        endpoint.brands.set(brands)
    return endpoint, secret


def rotate(endpoint: WebhookEndpoint, *, previous_until: datetime, now: datetime) -> str:
    """Make a new secret and return it; the present one is accepted until ``previous_until``.

    If that is now, the present secret is refused at once. An older one is dropped.

    Raises:
        InvalidSender: ``previous_until`` is too far ahead, or has passed.
    """
    if not now <= previous_until <= now + LONGEST_ACCEPTED:
        raise InvalidSender(
            "previous_until",
            format_instant(previous_until),
            f"give at most {LONGEST_ACCEPTED.days} days; 0 hours ends it now.",
        )
    secret = new_secret()
    with transaction.atomic():
        locks.one_at_a_time(locks.Only.SAVING_SENDERS)
        present = WebhookEndpoint.objects.get(pk=endpoint.pk)
        present.previous_secret = present.secret if previous_until > now else ""
        present.previous_expires_at = previous_until
        present.secret = seal(secret)
        present.save(
            update_fields=["secret", "previous_secret", "previous_expires_at", "updated_at"]
        )
    return secret


def switch(endpoint: WebhookEndpoint, *, is_active: bool, now: datetime) -> bool:
    """Accept or refuse webhooks; False when it did so already."""
    switched = (
        WebhookEndpoint.objects.filter(pk=endpoint.pk)
        .exclude(is_active=is_active)
        .update(is_active=is_active, updated_at=now)
    )
    return switched == 1


def seal_all_anew() -> int:
    """Seal every secret with the present SECRET_KEY; how many endpoints.

    Afterwards SECRET_KEY_FALLBACKS is no longer needed.

    Raises:
        CannotUnseal: a secret was sealed with another key.
    """
    with transaction.atomic():
        locks.one_at_a_time(locks.Only.SAVING_SENDERS)
        endpoints = list(WebhookEndpoint.objects.all())
        for endpoint in endpoints:
            endpoint.secret = seal_anew(endpoint.secret)
            if endpoint.previous_secret:
                endpoint.previous_secret = seal_anew(endpoint.previous_secret)
            endpoint.save(update_fields=["secret", "previous_secret"])
    return len(endpoints)
