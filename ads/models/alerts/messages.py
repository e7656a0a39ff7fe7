"""What channels are told, and what is still to be told."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from ads.models.alerts.alerts import Alert
from ads.models.alerts.channels import Channel
from ads.models.campaigns import Brand


class MessageState(models.TextChoices):
    PENDING = "pending", "To be sent"
    SENT = "sent", "Sent"
    KEPT = "kept", "Kept here"
    GIVEN_UP = "given_up", "Given up"


class AlertMessage(models.Model):
    """What one channel is told, about one alert or many. It is sent at least once.

    ``uid`` is the same for each attempt, so a receiver can drop repeats.
    """

    State = MessageState

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    #: That it is about, if it is about no alerts: a report's.
    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True, default="")
    count = models.PositiveIntegerField("alerts", default=0)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(
        max_length=10, choices=MessageState.choices, default=MessageState.PENDING
    )
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True, help_text="Tried again from then on.")
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True, default="")
    #: Of mail to several: those who have it already, by their fingerprints.
    received_by = ArrayField(models.CharField(max_length=320), default=list, editable=False)

    class Meta:
        verbose_name = "message"
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["channel", "-id"], name="alert_message_by_channel"),
            models.Index(
                fields=["channel", "id"], condition=Q(state="pending"), name="alert_message_pending"
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class AlertDelivery(models.Model):
    """An alert that a channel is to be told of; written with the alert."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    due_at = models.DateTimeField(help_text="Not before: after quiet hours, or with the digest.")
    message = models.ForeignKey(
        AlertMessage, on_delete=models.CASCADE, null=True, blank=True, related_name="deliveries"
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel"], name="alert_delivery_is_one")
        ]
        indexes = [
            models.Index(
                fields=["channel", "due_at"],
                condition=Q(message__isnull=True),
                name="alert_delivery_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.alert} to {self.channel}"
