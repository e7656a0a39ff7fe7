"""Daily budgets that are set on ad platforms as a belt."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ads.models.campaigns import Campaign
from ads.models.fields import MoneyField, is_money
from ads.models.platforms.connections import OrderState, PlatformCampaign


class BudgetCap(models.Model):
    """The daily budget that a campaign is to have on its platform, and the one that it had.

    One for each campaign there whose budget is lowered, or is to be. It is deleted once the budget
    there is its own again.
    """

    State = OrderState

    place = models.OneToOneField(
        PlatformCampaign, on_delete=models.CASCADE, related_name="cap", verbose_name="on platform"
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.SET_NULL, null=True, related_name="budget_caps"
    )
    original = MoneyField(
        null=True,
        help_text="The daily budget that people set there, which is restored when the cap ends.",
    )
    amount = MoneyField(null=True, help_text="The daily budget that it is to have.")
    set_amount = MoneyField(
        null=True, help_text="The last that the platform confirmed; empty: none of ours."
    )
    told_amounts = ArrayField(
        MoneyField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="The last of ours that were told, confirmed or not: one of them may be there.",
    )
    state = models.CharField(max_length=12, choices=OrderState.choices, default=OrderState.PENDING)
    written_at = models.DateTimeField(help_text="When the amount was decided.")
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, help_text="Told, or looked at, again from then on.")
    told_at = models.DateTimeField(null=True, help_text="When the platform was last told.")
    settled_at = models.DateTimeField(null=True, help_text="When it was confirmed or refused.")
    code = models.CharField(max_length=100, blank=True, default="")
    answer = models.TextField(blank=True, default="", help_text="In the platform's words.")

    class Meta:
        verbose_name = "daily cap"
        ordering = ["-written_at", "-id"]
        constraints = [
            is_money("original", table="budget_cap"),
            is_money("amount", table="budget_cap"),
            is_money("set_amount", table="budget_cap"),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["pending", "unknown"]),
                name="budget_cap_open",
            )
        ]

    def __str__(self) -> str:
        return f"cap of {self.place}"

    @property
    def is_restoring(self) -> bool:
        """Is the budget there to be its own again?"""
        return bool(self.amount == self.original)
