"""Alert rules: what makes an alert, and which channels are told."""

from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from ads.models.alerts.channels import Channel
from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand
from ads.models.spend import Period
from ads.models.triggers import tracked


class AlertKind(models.TextChoices):
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
    REPORT_WAITS = "report_waits", "A scheduled report waits"


class Owner(models.TextChoices):
    BRAND = "brand", "Brands"
    CAMPAIGN = "campaign", "Campaigns"
    GROUP = "group", "Budget groups"
    ALL = "", "All"


#: Percents of a budget that make sense.
MOST_PERCENT: Final = 1000

#: Of budgets that a rule watches; "total" is :data:`ads.holds.budget_sums.TOTAL`.
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
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "channel of a rule"
        verbose_name_plural = "channels of rules"

    def __str__(self) -> str:
        return f"{self.channel} of {self.alertrule}"
