"""What the system records about its own operation."""

from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ads.models.base import TimestampedModel
from ads.models.campaigns import Campaign
from ads.models.fields import MoneyField
from ads.rules.calendar import format_instant


class Heartbeat(TimestampedModel):
    """When a periodic task last succeeded, so that a failure is noticed."""

    task = models.CharField(max_length=100, unique=True)
    last_run_at = models.DateTimeField(
        null=True, blank=True, help_text="Last run, with or without errors."
    )
    last_success_at = models.DateTimeField(
        null=True, blank=True, help_text="Last run without errors."
    )
    last_duration = models.DurationField(
        null=True, blank=True, help_text="Duration of the last completed run."
    )
    last_changed = models.PositiveIntegerField(
        default=0, help_text="Campaigns that the last run switched on or off."
    )
    last_failure_at = models.DateTimeField(null=True, blank=True, help_text="Last run with errors.")
    last_error = models.TextField(
        blank=True,
        default="",
        help_text="The errors of the last run, one a line; empty after a run without errors.",
    )
    runs = models.BigIntegerField(
        default=0, db_default=0, help_text="Runs, with or without errors."
    )
    failures = models.BigIntegerField(default=0, db_default=0, help_text="Runs with errors.")
    total_duration = models.DurationField(
        default=timedelta(0), db_default=timedelta(0), help_text="Duration of all runs together."
    )

    class Meta:
        ordering = ["task"]

    def __str__(self) -> str:
        return self.task


class CountedTable(models.Model):
    """Up to which row a table has been counted for the metrics, each row once.

    Those up to ``pending_id`` follow when the transactions ``pending_writers`` have ended: see
    :mod:`ads.services.monitoring.counting`.
    """

    table = models.CharField(max_length=63, unique=True)
    last_id = models.BigIntegerField()
    pending_id = models.BigIntegerField()
    pending_writers = ArrayField(models.TextField(), default=list)

    class Meta:
        ordering = ["table"]

    def __str__(self) -> str:
        return f"{self.table} to {self.last_id}"


class MetricCounter(models.Model):
    """A counter of the metrics, with the values of its labels; it only ever grows."""

    name = models.CharField(max_length=50)
    labels = ArrayField(models.TextField(), default=list)
    value = models.DecimalField(max_digits=40, decimal_places=6, default=0)

    class Meta:
        ordering = ["name", "labels"]
        constraints = [
            models.UniqueConstraint(fields=["name", "labels"], name="metric_counter_is_one")
        ]

    def __str__(self) -> str:
        return f"{self.name} {', '.join(self.labels)}: {self.value}"


class SimulatedSwitch(models.Model):
    """The memory of the simulated ad platform: when a campaign was switched on or off there."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="simulated_switches", db_index=False
    )
    at = models.DateTimeField()
    is_on = models.BooleanField()
    pace = MoneyField(
        default=0,
        help_text="What it then spends a day. Stored, because later edits of the budget must not "
        "change what has been spent.",
    )

    class Meta:
        verbose_name = "simulated platform switch"
        verbose_name_plural = "simulated platform switches"
        ordering = ["campaign", "at", "id"]
        indexes = [models.Index(fields=["campaign", "at"], name="simulated_switch_by_campaign")]

    def __str__(self) -> str:
        return f"{'on' if self.is_on else 'off'} at {format_instant(self.at, seconds=True)}"
