"""Budgets ahead of time: dated changes, and plans by month."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Q

from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand, Campaign
from ads.models.fields import MoneyField, is_money, is_readable_date
from ads.models.triggers import on_record, refuse, tracked


class Carry(models.TextChoices):
    """What a month of a plan takes over from the month before."""

    NOTHING = "nothing", "Nothing"
    UNSPENT = "unspent", "What was left is added"
    OVERSPENT = "overspent", "What was overspent is taken off"
    BOTH = "both", "Both: what was left is added, what was overspent is taken off"


class PlannedField(models.TextChoices):
    """The budgets that can be changed ahead of time."""

    DAILY = "daily_budget", "Daily budget"
    MONTHLY = "monthly_budget", "Monthly budget"
    TOTAL = "total_budget", "Total budget"


@tracked("budget plan change", "budget plan changes", ["brand", "campaign", "carries"])
class BudgetPlan(TimestampedModel):
    """An owner's monthly budgets, ahead of time: its months are :class:`ScheduledChange` rows.

    ``campaign`` NULL is the brand's own plan.
    """

    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, related_name="budget_plans", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="budget_plans",
        null=True,
        blank=True,
        db_index=False,
    )
    carries = models.CharField(
        "carried forward",
        max_length=10,
        choices=Carry.choices,
        default=Carry.NOTHING,
        db_default=Carry.NOTHING,
        help_text="What each month takes over from the month before.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "campaign"],
                name="budget_plan_is_one_per_owner",
                nulls_distinct=False,
                violation_error_message="It has a plan already: edit that one.",
            ),
            models.CheckConstraint(
                condition=Q(carries__in=Carry.values), name="budget_plan_carries_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"Plan of {self.owner}"

    @property
    def owner(self) -> Brand | Campaign:
        return self.campaign or self.brand


#: Its history, and that of the budgets: planned, changed or cancelled by people, applied by time.
@pghistory.track(
    pghistory.InsertEvent("planned"),
    pghistory.UpdateEvent("changed", condition=pghistory.AnyChange("amount", "cancelled_at")),
    pghistory.UpdateEvent("applied", condition=pghistory.AnyChange("after", "says")),
    fields=[
        "brand", "campaign", "field", "starts_on", "amount", "plan", "note", "cancelled_at",
        "before", "after", "says",
    ],
    meta=on_record("scheduled change on record", "scheduled changes on record"),
    model_name="ScheduledChangeEvent",
)  # fmt: skip
class ScheduledChange(TimestampedModel):
    """A budget that becomes another at a local midnight of the brand.

    ``campaign`` NULL is a budget of the brand. With a ``plan`` it is a month of that, and what is
    carried over from the month before is worked out when the month turns.
    """

    Field = PlannedField

    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, related_name="scheduled_changes", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="scheduled_changes",
        null=True,
        blank=True,
        db_index=False,
    )
    field = models.CharField("budget", max_length=20, choices=PlannedField.choices)
    starts_on = models.DateField("from", help_text="The day it begins, in the brand's timezone.")
    amount = MoneyField(
        "becomes", null=True, blank=True, help_text="The new budget; empty: no limit."
    )
    plan = models.ForeignKey(
        BudgetPlan,
        on_delete=models.CASCADE,
        related_name="months",
        null=True,
        blank=True,
        db_index=False,
        help_text="The plan by month that it belongs to.",
    )
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    created_by = models.CharField("planned by", max_length=150)
    cancelled_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    before = MoneyField("was", null=True, help_text="The budget before it was applied.")
    #: Another than ``before`` where a person has changed the budget since, and planned it again.
    budget_before = MoneyField(null=True, help_text="The month before: the budget that it had.")
    after = MoneyField("became", null=True, help_text="What it became, with what was carried over.")
    #: NULL: nothing depends on it, or no longer, since the month is over.
    spent_before = MoneyField(null=True, help_text="The month before: what had been spent by then.")
    follows = models.BigIntegerField(
        null=True,
        editable=False,
        help_text="The last change of its owner on record when it was applied.",
    )
    says = models.CharField(
        max_length=300, blank=True, default="", db_default="", help_text="What was applied and why."
    )

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "campaign", "field", "starts_on"],
                condition=Q(cancelled_at=None),
                nulls_distinct=False,
                name="scheduled_change_is_one_per_day",
                violation_error_message="Another change of this budget begins on that day.",
            ),
            models.CheckConstraint(
                condition=Q(field__in=PlannedField.values), name="scheduled_change_field_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(field="total_budget") | Q(campaign__isnull=False),
                name="scheduled_change_total_is_of_a_campaign",
                violation_error_message="field: a brand has no total budget.",
            ),
            models.CheckConstraint(
                condition=Q(plan=None) | Q(field="monthly_budget", starts_on__day=1),
                name="scheduled_change_of_a_plan_is_a_month",
            ),
            is_money("amount", table="scheduled_change"),
            is_readable_date("starts_on", table="scheduled_change"),
        ]
        indexes = [
            models.Index(
                fields=["starts_on"],
                condition=Q(applied_at=None, cancelled_at=None),
                name="scheduled_change_due",
            ),
            models.Index(
                fields=["plan", "starts_on"],
                condition=Q(plan__isnull=False),
                name="scheduled_change_by_plan",
            ),
            models.Index(
                fields=["starts_on"],
                condition=Q(spent_before__isnull=False),
                name="scheduled_change_carries_over",
            ),
        ]
        triggers = [
            refuse(
                "not_moved",
                operation=pgtrigger.Update,
                fields=("brand", "campaign", "field", "starts_on", "plan"),
                message="A scheduled change cannot be moved: cancel it and schedule another.",
            )
        ]

    def __str__(self) -> str:
        return f"{PlannedField(self.field).label} of {self.owner} from {self.starts_on}"

    @property
    def owner(self) -> Brand | Campaign:
        return self.campaign or self.brand

    @property
    def state(self) -> str:
        if self.cancelled_at:
            return "undone" if self.applied_at else "cancelled"
        return "applied" if self.applied_at else "planned"
