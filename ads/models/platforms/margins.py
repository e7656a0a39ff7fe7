"""Margins near budgets, and the lags that they rest on; see ``ads.services.margins``."""

from django.db import models
from django.db.models import Q

from ads.models.campaigns import Brand, Campaign
from ads.models.fields import MoneyField
from ads.models.platforms.connections import PlatformAccount


class SpendMargin(models.Model):
    """How much before its limits a campaign stops, while its brand stops early and is near one.

    Derived: it can be deleted at any time, and is worked out again before the next check.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="spend_margin"
    )
    at = models.DateTimeField(help_text="When it was worked out.")
    lag_seconds = models.PositiveIntegerField(help_text="From when money is spent to a stop.")
    #: Of its own budgets, and its share of its group's.
    own = MoneyField()
    #: Of the brand's, in which those above have their room.
    brand_daily = MoneyField()
    brand_monthly = MoneyField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"margin of {self.campaign}"


class StopLag(models.Model):
    """How long stops took, from when money was spent, on one account or of one brand's campaigns.

    Derived from how earlier pauses turned out.
    """

    account = models.OneToOneField(
        PlatformAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="stop_lag"
    )
    brand = models.OneToOneField(
        Brand, on_delete=models.CASCADE, null=True, blank=True, related_name="stop_lag"
    )
    seconds = models.PositiveIntegerField(null=True, help_text="Empty: too few pauses to tell.")
    pauses = models.PositiveIntegerField(help_text="How many pauses were looked at.")
    at = models.DateTimeField(help_text="When it was learned.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=True) ^ Q(brand__isnull=True),
                name="stop_lag_is_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"lag of {self.account or self.brand}"
