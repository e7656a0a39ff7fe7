"""Alerts: the rules that make them, the channels that tell them, and what is still to be told."""

import uuid
from typing import Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand, Campaign
from ads.models.fields import TimezoneField
from ads.models.spend import Period
from ads.models.triggers import tracked


class AlertKind(models.TextChoices):
    """What a rule watches."""

    BUDGET_USED = "budget_used", "Budget used"
    PROJECTED = "projected", "Monthly budget projected to be exceeded or left over"
    PAUSED = "paused", "Campaign paused by the system"
    RESUMED = "resumed", "Campaign brought back by the system"
    SPEND_LATE = "spend_late", "Spend is late"
    UNMATCHED = "unmatched", "Spend waits unmatched"
    UNUSUAL_SPEND = "unusual_spend", "Spend is out of the ordinary"
    SWITCH_REFUSED = "switch_refused", "A platform refused a switch"
    TASK_LATE = "task_late", "A periodic task is late"
    CHANNEL_FAILING = "channel_failing", "A channel does not work"


class Owner(models.TextChoices):
    """Whose budgets or spend."""

    BRAND = "brand", "Brands"
    CAMPAIGN = "campaign", "Campaigns"
    GROUP = "group", "Budget groups"
    ALL = "", "All"


class Frequency(models.TextChoices):
    """How often a channel is told."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week, on Monday"


class Way(models.TextChoices):
    """How a channel is told."""

    MAIL = "mail", "Mail"
    APPRISE = "apprise", "Slack, Teams or another service"
    WEBHOOK = "webhook", "Signed webhook"


#: Percents of a budget that make sense.
MOST_PERCENT: Final = 1000

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


#: Of budgets that a rule watches; "total" is :data:`ads.budget_sums.TOTAL`.
_PERIODS: Final = [*Period.choices, ("total", "Total"), ("", "All")]

_RULE_FIELDS = [
    *("name", "kind", "is_active", "brand", "owners", "period", "thresholds"),
    *("quiet_from", "quiet_until", "timezone"),
]


@tracked("alert rule change", "alert rule changes", _RULE_FIELDS)
class AlertRule(TimestampedModel):
    """What makes an alert, for all brands or one, and which channels are told."""

    Kind = AlertKind

    name = models.CharField(
        max_length=100, unique=True, help_text="Its name in lists and in messages."
    )
    kind = models.CharField(
        "watches", max_length=20, choices=AlertKind.choices, help_text="What raises its alerts."
    )
    is_active = models.BooleanField("active", default=True, help_text="Off: it makes no alerts.")
    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alert_rules",
        help_text="This brand and its campaigns alone. Empty: every brand.",
    )
    owners = models.CharField(
        "whose",
        max_length=10,
        choices=Owner.choices,
        blank=True,
        default=Owner.ALL,
        help_text="Whose budgets, where the rule watches budgets.",
    )
    period = models.CharField(
        "which budgets",
        max_length=5,
        choices=_PERIODS,
        blank=True,
        default="",
        help_text="Where the rule watches budgets used; projections are of the month. Campaigns "
        "and budget groups have total budgets.",
    )
    thresholds = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name="percents",
        blank=True,
        default=list,
        help_text="Percents of the budget, such as 50, 80, 90, 100, where the rule watches budgets "
        "used. Each makes one alert in a period; if several are passed at once, only the highest.",
    )
    quiet_from = models.TimeField(
        "quiet from", null=True, blank=True, help_text="Nothing is sent from this time"
    )
    quiet_until = models.TimeField(
        "quiet until", null=True, blank=True, help_text="… until this time, which may be tomorrow."
    )
    timezone = models.CharField(
        "timezone of the quiet hours",
        max_length=64,
        blank=True,
        default="",
        help_text="Empty: the brand's, or UTC for what is of no brand.",
    )
    channels = models.ManyToManyField(
        Channel,
        blank=True,
        related_name="rules",
        help_text="None: its alerts are shown under the bell only.",
    )

    class Meta:
        verbose_name = "alert rule"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="alert_rule_is_named",
                violation_error_message="name: give the rule a name.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AlertKind.values)
                & Q(owners__in=Owner.values)
                & Q(period__in=[code for code, _ in _PERIODS]),
                name="alert_rule_kind_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(kind=AlertKind.BUDGET_USED) | ~Q(thresholds=[]),
                name="alert_rule_has_thresholds",
                violation_error_message="thresholds: give at least one percent, such as 80.",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False)
                & ~Q(quiet_from=F("quiet_until")),
                name="alert_rule_quiet_hours_begin_and_end",
                violation_error_message="quiet_until: give both times of the quiet hours, "
                "different ones, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked("channel of a rule", "channels of rules", ["alertrule", "channel"], links=True)
class AlertRuleChannel(AlertRule.channels.through):  # type: ignore[misc,name-defined]
    """A channel that a rule tells."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "channel of a rule"
        verbose_name_plural = "channels of rules"

    def __str__(self) -> str:
        return f"{self.channel} of {self.alertrule}"


class Alert(models.Model):
    """Something that people want to hear of: once for a rule, an owner and a period."""

    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=AlertKind.choices)
    #: Such as "campaign 42"; what else is watched has no column.
    owner = models.CharField(max_length=200)
    period = models.CharField(
        max_length=60, help_text="The day, the month and the percent, or when it began."
    )
    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    figures = models.JSONField(default=dict, help_text="As they were when it was raised.")
    at = models.DateTimeField("since", help_text="When it was raised.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="When its period is over.")
    resolved_at = models.DateTimeField("over since", null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "owner", "period"], name="alert_is_one_per_rule_owner_and_period"
            )
        ]
        indexes = [
            models.Index(
                fields=["kind", "owner"],
                condition=Q(resolved_at__isnull=True),
                name="alert_open",
            ),
            models.Index(fields=["at"], name="alert_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.owner}"


class MessageState(models.TextChoices):
    """What became of a message."""

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


class AlertProgress(models.Model):
    """Up to where alerts were looked for: one row."""

    #: The last delivery change that was looked at, in the order of its feed.
    followed_at = models.DateTimeField()
    followed_id = models.BigIntegerField(default=0)
    #: Brands whose sums have moved since are looked at; NULL: all.
    looked_at = models.DateTimeField(null=True)
    looked_at_all = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="alert_progress_is_one")]

    def __str__(self) -> str:
        return f"up to {self.followed_at}"
