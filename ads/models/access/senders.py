"""Programs that send spend, by API key or by signed webhooks."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand
from ads.models.spend import OnOverlap
from ads.models.triggers import tracked


class LimitedToBrands(models.Model):
    """Somebody, or a program, that may see and change every brand, or some.

    ``every_brand`` is explicit, not implied by an empty list: deleting the only brand must not open
    all others.
    """

    every_brand = models.BooleanField(
        default=False,
        help_text="On: access to every brand, including those added later.",
    )
    brands = models.ManyToManyField(
        Brand,
        blank=True,
        related_name="+",
        help_text="Access to these brands alone, if not to every brand.",
    )

    class Meta:
        abstract = True


class Sender(LimitedToBrands, TimestampedModel):
    """A program that sends spend, its source in the ledger, and its brands."""

    name = models.CharField(
        max_length=100,
        unique=True,
        help_text="Its name in lists and in the change history.",
    )
    source = models.CharField(
        max_length=100,
        help_text="The source of its entries in the ledger. External IDs are unique within a "
        "source, so give each sender one of its own, and a replacement the same.",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Scope(models.TextChoices):
    SPEND_WRITE = "spend:write", "Send spend"
    READ = "read", "Read"
    CAMPAIGNS_ACT = "campaigns:act", "Activate and pause campaigns"


_KEY_FIELDS = [
    "name", "source", "every_brand", "scopes", "requests_per_minute", "expires_at", "revoked_at",
]  # fmt: skip


@tracked("API key change", "API key changes", _KEY_FIELDS)
class ApiKey(Sender):
    """A key of the HTTP API. The key itself is shown once; only its hash is kept."""

    Scope = Scope

    prefix = models.CharField(
        max_length=16, unique=True, editable=False, help_text="The beginning of the key."
    )
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(
        models.CharField(max_length=20, choices=Scope.choices),
        help_text="Requests for anything else are refused.",
    )
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="More requests are refused until the next minute. Empty: the limit in the "
        "settings.",
    )
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Refused from this time on (UTC). Empty: it does not expire.",
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


@tracked(
    "change of the brands of an API key",
    "changes of the brands of API keys",
    ["apikey", "brand"],
    links=True,
)
class ApiKeyBrand(ApiKey.brands.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        verbose_name = "brand of an API key"
        verbose_name_plural = "brands of API keys"

    def __str__(self) -> str:
        return f"{self.brand} of {self.apikey}"


_ENDPOINT_FIELDS = [
    "name", "source", "every_brand", "is_active", "on_overlap", "previous_expires_at"
]  # fmt: skip


@tracked("webhook endpoint change", "webhook endpoint changes", _ENDPOINT_FIELDS)
class WebhookEndpoint(Sender):
    """An address to which one program sends signed webhooks.

    The secret can be replaced without losing a webhook: the previous one is accepted until
    ``previous_expires_at``. Both are encrypted, not hashed: checking a signature needs the secret.
    """

    address = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    is_active = models.BooleanField(
        "active",
        default=True,
        help_text="Off: webhooks are refused, and the sender tries again later.",
    )
    on_overlap = models.CharField(
        max_length=10,
        choices=[("", "Refuse: the sender is told the figures"), *OnOverlap.choices],
        blank=True,
        default="",
        db_default="",
        help_text="What becomes of day totals of campaigns and days that another source has "
        "reported.",
    )
    secret = models.TextField(editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_received_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]


@tracked(
    "change of the brands of a webhook endpoint",
    "changes of the brands of webhook endpoints",
    ["webhookendpoint", "brand"],
    links=True,
)
class WebhookEndpointBrand(WebhookEndpoint.brands.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        verbose_name = "brand of a webhook endpoint"
        verbose_name_plural = "brands of webhook endpoints"

    def __str__(self) -> str:
        return f"{self.brand} of {self.webhookendpoint}"


class WebhookDelivery(models.Model):
    """A received webhook. A repeated delivery gets the same answer and changes nothing."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    webhook_id = models.CharField(max_length=255)
    received_at = models.DateTimeField(db_index=True)
    answer = models.JSONField()

    class Meta:
        verbose_name = "received webhook"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "webhook_id"], name="webhook_is_taken_in_once"
            )
        ]

    def __str__(self) -> str:
        return self.webhook_id
