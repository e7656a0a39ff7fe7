"""The history of delivery: which campaigns were switched on and off, and why."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models

from ads.models.campaigns.campaign import Campaign
from ads.models.fields import MoneyField
from ads.models.triggers import refuse
from ads.rules.calendar import format_instant


class ClockTimestamp(models.Func):
    """The present time, not the beginning of the transaction."""

    function = "clock_timestamp"
    arity = 0
    output_field = models.DateTimeField()


class DeliveryChange(models.Model):
    """A campaign was switched on or off: when, why, who did it, and the figures behind it.

    The figures are the spend and the limits at the time: each budget with what was allowed beyond
    it. NULL is no limit.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="delivery_changes", db_index=False
    )
    at = models.DateTimeField(help_text="When it was decided.")
    #: The database's clock as the row was written. The feed of changes is read in this order,
    #: because ``at`` is when the decision began, which may be before another's commit.
    recorded_at = models.DateTimeField(db_default=ClockTimestamp(), editable=False)
    is_active = models.BooleanField("switched on", help_text="Yes: on. No: off.")
    holds = ArrayField(
        models.CharField(max_length=30), default=list, blank=True, help_text="Why it is off."
    )
    trigger = models.CharField(max_length=40, help_text="What caused the check.")
    actor = models.CharField(max_length=150, help_text="Who caused it.")
    daily_spend = MoneyField(default=0)
    daily_budget = MoneyField(null=True)
    monthly_spend = MoneyField(default=0)
    monthly_budget = MoneyField(null=True)
    brand_daily_spend = MoneyField(default=0)
    brand_daily_budget = MoneyField(null=True)
    brand_monthly_spend = MoneyField(default=0)
    brand_monthly_budget = MoneyField(null=True)
    total_spend = MoneyField(default=0, db_default=0)
    total_budget = MoneyField(null=True)
    #: Of its budget group: the budget that was used up, else the one that was used the most.
    group_spend = MoneyField(default=0, db_default=0)
    group_budget = MoneyField(null=True)
    group_period = models.CharField(
        max_length=5, blank=True, default="", db_default="", help_text="day, month or total."
    )
    #: Of the first budget that stopped it before it was used up; NULL: none did.
    on_its_way = MoneyField(
        null=True, help_text="What it still spent before the stop took effect, as expected then."
    )

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["campaign", "-at"], name="delivery_change_by_campaign"),
            models.Index(fields=["-at"], name="delivery_change_by_time"),
            models.Index(fields=["recorded_at", "id"], name="delivery_change_to_follow"),
        ]
        triggers = [
            refuse(
                "not_rewritten",
                operation=pgtrigger.Update,
                message="Delivery changes cannot be edited: the next switch adds a row of its own.",
            )
        ]

    def __str__(self) -> str:
        return f"{'on' if self.is_active else 'off'} at {format_instant(self.at, seconds=True)}"
