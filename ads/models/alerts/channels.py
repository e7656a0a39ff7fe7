"""Channels: where alerts and reports are sent, how and how often."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.fields import TimezoneField
from ads.models.triggers import tracked


class Frequency(models.TextChoices):
    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week, on Monday"


class Way(models.TextChoices):
    MAIL = "mail", "Mail"
    APPRISE = "apprise", "Slack, Teams or another service"
    WEBHOOK = "webhook", "Signed webhook"


_CHANNEL_FIELDS = [
    *("name", "way", "is_active", "frequency", "digest_at", "timezone", "shown"),
    "account_manager",
]


@tracked("channel change", "channel changes", _CHANNEL_FIELDS)
class Channel(TimestampedModel):
    """Where alerts are sent. Its address and secret are sealed: whoever has them may post."""

    Way = Way

    name = models.CharField(max_length=100, unique=True, help_text="Its name in lists.")
    way = models.CharField(
        "sends by",
        max_length=10,
        choices=Way.choices,
        help_text="The address below is of this kind.",
    )
    #: Sealed; see :mod:`ads.services.senders.encryption`.
    address = models.TextField(editable=False)
    secret = models.TextField(blank=True, default="", editable=False)
    shown = models.CharField(
        "sends to", max_length=200, editable=False, help_text="What of the address is no secret."
    )
    is_active = models.BooleanField(
        "active", default=True, help_text="Off: nothing is sent to it, and nothing waits for it."
    )
    frequency = models.CharField(
        max_length=10,
        choices=Frequency.choices,
        default=Frequency.AT_ONCE,
        help_text="At once: within seconds; alerts of one moment share a message. Otherwise they "
        "are gathered into one message.",
    )
    digest_at = models.TimeField(
        "time of the digest", default="08:00", help_text="If it is told once a day or once a week."
    )
    timezone = TimezoneField(help_text="Of that time, and of the times in its messages.")
    account_manager = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        # Without one it would be told of every brand.
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name="only the brands of",
        help_text="It is told only of brands that this account manager looks after and may see. "
        "Empty: of everything.",
    )
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    problem = models.TextField(blank=True, default="", editable=False)
    last_sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Until then a process is sending to it, and no other does.
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="channel_is_named",
                violation_error_message="name: give the channel a name.",
            ),
            models.CheckConstraint(
                condition=Q(way__in=Way.values) & Q(frequency__in=Frequency.values),
                name="channel_way_and_frequency_are_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
