"""What the system notes about its own running."""

from django.db import models

from ads.models.base import TimestampedModel
from ads.models.brand import Brand
from ads.models.campaign import Campaign
from ads.models.fields import MoneyField


class Heartbeat(TimestampedModel):
    """When a periodic task last succeeded, so that a watch that has died is noticed."""

    task = models.CharField(max_length=100, unique=True)
    last_run_at = models.DateTimeField(
        null=True, blank=True, help_text="When it last ran, with errors or without."
    )
    last_success_at = models.DateTimeField(
        null=True, blank=True, help_text="When it last ran and nothing in it failed."
    )
    last_duration = models.DurationField(
        null=True, blank=True, help_text="How long the last run that came to its end took."
    )
    last_changed = models.PositiveIntegerField(
        default=0, help_text="How many campaigns the last run switched."
    )
    last_failure_at = models.DateTimeField(
        null=True, blank=True, help_text="When something in it last failed."
    )
    last_error = models.TextField(
        blank=True,
        default="",
        help_text="What failed in the last run, a line each; empty once all went well again.",
    )

    class Meta:
        ordering = ["task"]

    def __str__(self) -> str:
        return self.task


class AskedAccount(models.Model):
    """When an ad platform last answered for a brand's account and the answer was recorded.

    The days since then are what the next question is about.
    """

    source = models.CharField(max_length=100)
    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="asked_accounts",
        db_index=False,  # the unique constraint begins with it
    )
    last_success_at = models.DateTimeField(
        help_text="When the platform last answered for it; the days since then are asked next."
    )

    class Meta:
        verbose_name = "platform account"
        ordering = ["source", "brand"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "source"], name="asked_account_is_one_per_brand_and_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source}, brand {self.brand_id}"


class SimulatedSwitch(models.Model):
    """The simulated ad platform's own memory: when it was told to run or stop a campaign."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="simulated_switches", db_index=False
    )
    at = models.DateTimeField()
    is_on = models.BooleanField()
    pace = MoneyField(
        default=0,
        help_text="US dollars a day that it then spends. Kept, because the budget it was worked "
        "out from may be edited, and what has been spent does not change with it.",
    )

    class Meta:
        verbose_name = "simulated platform switch"
        verbose_name_plural = "simulated platform switches"
        ordering = ["campaign", "at", "id"]
        indexes = [models.Index(fields=["campaign", "at"], name="simulated_switch_by_campaign")]

    def __str__(self) -> str:
        return f"{'on' if self.is_on else 'off'} at {self.at:%Y-%m-%d %H:%M:%S}"
