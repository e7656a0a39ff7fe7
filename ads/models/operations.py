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


class ChangedBrand(models.Model):
    """Something that decisions rest on has changed in a brand since the last check.

    Written by the database in the transaction of the change, and deleted by the check that has
    decided on the brand. One row for each statement, never one that several share: nobody waits for
    another's, and a check deletes what it has seen alone.
    """

    # No foreign key: that the brand is gone is a change too.
    brand_id = models.BigIntegerField(null=True, help_text="Empty: in any.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"brand {self.brand_id}"


class LastCheck(models.Model):
    """What the last check of all campaigns has seen: see :mod:`ads.services.delivery.unchanged`."""

    number = models.BigIntegerField(default=0, help_text="Each check stores the next.")
    everything_at = models.DateTimeField(help_text="When everything was decided on last.")
    oldest_writer = models.BigIntegerField(
        default=0,
        help_text="Number of the oldest transaction whose changes it has perhaps not seen.",
    )
    sums_from = models.DateField(
        null=True, help_text="First month of the sums it looked at; earlier spend marks its brand."
    )
    #: Sums written since then that it has seen all the same: by their ids, who wrote them.
    seen = models.JSONField(default=dict)
    database = models.TextField(
        default="", help_text="Which one: each numbers its transactions itself."
    )
    rule = models.CharField(
        max_length=64, default="", help_text="Hash of the code; empty: decide on everything next."
    )
    #: The local date of each timezone, and the rank of each schedule in force.
    dates = models.JSONField(default=dict)
    ranks = models.JSONField(default=dict)
    is_any_old = models.BooleanField(
        default=False, help_text="Was any account's spend older than a brand allows?"
    )

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="last_check_is_one")]

    def __str__(self) -> str:
        return f"check {self.number}"


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
