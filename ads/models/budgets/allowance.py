"""What owners may spend beyond their budgets: "let it run on"."""

from datetime import datetime
from typing import Any

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now, Round

from ads.models.campaigns import Brand, Campaign
from ads.models.fields import SUM_LIMIT, MoneyField
from ads.models.spend import Period
from ads.models.triggers import OwnersTrigger, marks_brands, on_record, refuse

#: Adds an allowance to :attr:`SpendTotal.waived` of its owner and period while it is in force, and
#: takes it out when it no longer is, whatever writes the row.
#: With its owner's rights, as the ledger's own trigger.
KEEP_WAIVED = """
    IF TG_OP <> 'DELETE' AND NEW.undone_at IS NULL AND NEW.ended_at IS NULL THEN
        more := NEW.amount;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.undone_at IS NULL AND OLD.ended_at IS NULL THEN
        more := more - OLD.amount;
    END IF;
    IF TG_OP = 'DELETE' THEN one := OLD; ELSE one := NEW; END IF;
    IF more > 0 THEN
        INSERT INTO ads_spendtotal AS total (brand_id, campaign_id, period, start, waived)
        VALUES (one.brand_id, one.campaign_id, one.period, one.start, more)
            ON CONFLICT (campaign_id, period, start, brand_id)
            DO UPDATE SET waived = total.waived + excluded.waived, updated_at = now();
    ELSIF more < 0 AND one.campaign_id IS NULL THEN
        UPDATE ads_spendtotal SET waived = waived + more, updated_at = now()
         WHERE campaign_id IS NULL AND brand_id = one.brand_id
           AND period = one.period AND start = one.start;
    ELSIF more < 0 THEN
        UPDATE ads_spendtotal SET waived = waived + more, updated_at = now()
         WHERE campaign_id = one.campaign_id AND brand_id = one.brand_id
           AND period = one.period AND start = one.start;
    END IF;
    RETURN NULL;
"""

#: Still in :attr:`SpendTotal.waived`.
COUNTED = Q(undone_at=None, ended_at=None)

_FIXED = ("brand", "campaign", "period", "start", "amount", "until", "reason", "created_by")


class AllowanceQuerySet(QuerySet["Allowance"]):
    def ended(self, now: Any) -> "AllowanceQuerySet":
        """Those that have ended by ``now`` (an instant or an expression), yet are still counted."""
        return self.filter(COUNTED, until__lte=now)

    def in_force(self, now: datetime) -> "AllowanceQuerySet":
        """Those that raise the limit at ``now``, the first given first; of any period."""
        return self.filter(COUNTED).exclude(until__lte=now).order_by("created_at", "pk")


#: Its history: who gave it and why, who undid it, and that it ended at its time.
@pghistory.track(
    pghistory.InsertEvent("allowed"),
    pghistory.UpdateEvent("undone", condition=pghistory.AnyChange("undone_at")),
    pghistory.UpdateEvent("ended", condition=pghistory.AnyChange("ended_at")),
    fields=["brand", "campaign", "period", "start", "amount", "until", "reason"],
    meta=on_record("allowance given, undone or ended", "allowances given, undone or ended"),
    model_name="AllowanceEvent",
)
class Allowance(models.Model):
    """What a brand or a campaign may spend beyond its budget in one period.

    ``campaign`` NULL is the brand's own. In force from when it is given until ``until``, or the end
    of its period, or until someone undoes it.
    """

    # Cascades as the sums do: the ledger protects owners with spend from deletion.
    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, related_name="allowances", db_index=False
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="allowances",
        null=True,
        blank=True,
        db_index=False,  # the index below begins with it
    )
    period = models.CharField(max_length=5, choices=Period.choices)
    start = models.DateField(help_text="The day, or the first of the month.")
    amount = MoneyField(help_text="How much may be spent beyond the budget.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="When it ends; empty: with its day or month."
    )
    reason = models.CharField(max_length=500)
    external_id = models.CharField(
        max_length=200, null=True, blank=True, help_text="Whoever gave it calls it this."
    )
    created_by = models.CharField("allowed by", max_length=150, help_text="Who gave it.")
    created_at = models.DateTimeField("allowed at", db_default=Now())
    undone_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    undone_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When the system noticed that its time had passed."
    )

    objects = AllowanceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["campaign", "period", "start", "brand"], name="allowance_by_owner"
            ),
            # Those that the clock has to end: a few at any time.
            models.Index(
                fields=["until"],
                condition=COUNTED & Q(until__isnull=False),
                name="allowance_to_end",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    amount__gt=0, amount__lt=SUM_LIMIT, amount=Round(F("amount"), precision=6)
                ),
                name="allowance_amount_is_money",
                violation_error_message=(
                    "amount: use more than zero and at most six decimal places."
                ),
            ),
            models.CheckConstraint(
                condition=Q(period__in=Period.values), name="allowance_period_is_known"
            ),
            models.CheckConstraint(
                condition=Q(period=Period.DAY) | Q(start__day=1),
                name="allowance_month_starts_on_the_1st",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="allowance_has_a_reason"),
            models.UniqueConstraint(
                fields=["created_by", "external_id"],
                condition=Q(external_id__isnull=False),
                name="allowance_external_id_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("created_at")),
                name="allowance_ends_after_it_is_given",
            ),
        ]
        triggers = [
            OwnersTrigger(
                name="keep_waived",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("more", "numeric := 0"), ("one", "ads_allowance%ROWTYPE")],
                func=KEEP_WAIVED,
            ),
            refuse(
                "not_edited",
                operation=pgtrigger.Update,
                fields=_FIXED,
                message="An allowance cannot be edited: undo it and give another.",
            ),
            *marks_brands(),
        ]

    def __str__(self) -> str:
        return f"{self.amount} beyond the budget of {self.campaign or self.brand}"

    @property
    def owner(self) -> Brand | Campaign:
        return self.campaign or self.brand
