"""Alerts that were raised, and up to where they were looked for."""

from django.db import models
from django.db.models import Q

from ads.models.alerts.rules import AlertKind, AlertRule
from ads.models.campaigns import Brand, Campaign


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
