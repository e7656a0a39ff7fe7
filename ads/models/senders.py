"""Programs that send spend in: by API key, or by signed webhooks."""

import uuid
from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.brand import Brand
from ads.models.triggers import on_record


class Sender(TimestampedModel):
    """Who sends, under which source it is recorded, and for which brands.

    ``every_brand`` is said, not implied by an empty list: deleting the one brand that a sender is
    limited to must not open all others to it.
    """

    name = models.CharField(
        max_length=100,
        unique=True,
        help_text="What it is for; people know it by this name in lists and in the audit.",
    )
    source = models.CharField(
        max_length=100,
        help_text="What it sends stands in the ledger under this source. A source's external ids "
        "are its own: give each sender one, and its successor the same.",
    )
    every_brand = models.BooleanField(
        default=False,
        help_text="On: it may see and write every brand, also those that are added later.",
    )
    brands = models.ManyToManyField(
        Brand,
        blank=True,
        related_name="+",
        help_text="The brands that it may see and write; of others it learns nothing.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def _brands_on_record(sender: str, event: str, one: str, many: str) -> Any:
    """Have it on record which brands a sender is limited to; ``one`` and ``many`` such senders."""
    return pghistory.track(
        pghistory.InsertEvent("attached"),
        pghistory.DeleteEvent("detached"),
        fields=[sender, "brand"],
        meta=on_record(
            f"brand given to or taken from {one}", f"brands given to and taken from {many}"
        ),
        model_name=event,
    )


class Scope(models.TextChoices):
    """What a key may do."""

    SPEND_WRITE = "spend:write", "Send spend"
    READ = "read", "Read"
    CAMPAIGNS_ACT = "campaigns:act", "Activate and pause campaigns"


_KEY_FIELDS = ["name", "source", "every_brand", "scopes", "expires_at", "revoked_at"]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange(*_KEY_FIELDS)),
    pghistory.DeleteEvent(),
    fields=_KEY_FIELDS,
    meta=on_record("edit of an API key", "edits of API keys"),
    model_name="ApiKeyEvent",
)
class ApiKey(Sender):
    """A key of the HTTP API. What it opens is shown once, and kept as a hash alone."""

    Scope = Scope

    prefix = models.CharField(
        max_length=16, unique=True, editable=False, help_text="How the key begins."
    )
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=Scope.choices),
        help_text="Requests for anything that is not ticked are refused.",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="More in a minute are refused until the next. Empty: as many as the settings "
        "say.",
    )
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="From this instant on (UTC) it is refused. Empty: it does not expire.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="To the minute."
    )

    class Meta:
        verbose_name = "API key"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & ~Q(scopes__len=0),
                name="api_key_scopes_are_known",
                violation_error_message="scopes: choose at least one.",
            )
        ]


@_brands_on_record("apikey", "ApiKeyBrandEvent", "an API key", "API keys")
class ApiKeyBrand(ApiKey.brands.through):  # type: ignore[misc,name-defined]
    """A brand that a key may see and write."""

    class Meta:
        proxy = True
        verbose_name = "brand of an API key"
        verbose_name_plural = "brands of API keys"

    def __str__(self) -> str:
        return f"{self.brand} of {self.apikey}"


_ENDPOINT_FIELDS = ["name", "source", "every_brand", "is_active", "previous_expires_at"]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange(*_ENDPOINT_FIELDS)),
    pghistory.DeleteEvent(),
    fields=_ENDPOINT_FIELDS,
    meta=on_record("edit of a webhook endpoint", "edits of webhook endpoints"),
    model_name="WebhookEndpointEvent",
)
class WebhookEndpoint(Sender):
    """An address that one program sends signed webhooks to.

    Two secrets, so that it can be given a new one without a webhook being lost: the previous one
    is accepted until ``previous_expires_at``. Both are kept encrypted, for a signature can only be
    checked with the secret itself.
    """

    address = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Off: what is sent here is refused; the sender is to send it again later.",
    )
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_received_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]


@_brands_on_record(
    "webhookendpoint", "WebhookEndpointBrandEvent", "a webhook endpoint", "webhook endpoints"
)
class WebhookEndpointBrand(WebhookEndpoint.brands.through):  # type: ignore[misc,name-defined]
    """A brand that an endpoint's sender may write."""

    class Meta:
        proxy = True
        verbose_name = "brand of a webhook endpoint"
        verbose_name_plural = "brands of webhook endpoints"

    def __str__(self) -> str:
        return f"{self.brand} of {self.webhookendpoint}"


class WebhookDelivery(models.Model):
    """A webhook that was taken in; delivered again, it is answered as it was, and does nothing."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    webhook_id = models.CharField(max_length=255)
    received_at = models.DateTimeField(db_index=True)
    answer = models.JSONField()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "webhook_id"], name="webhook_is_taken_in_once"
            )
        ]

    def __str__(self) -> str:
        return self.webhook_id
