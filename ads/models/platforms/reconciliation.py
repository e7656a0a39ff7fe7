"""Where what a platform says of an account differs from its campaigns, or from the ledger."""

from django.db import models
from django.db.models import F, Q

from ads.models.fields import MoneyField, is_sum
from ads.models.platforms.connections import PlatformAccount


class AccountDifference(models.Model):
    """A day, or a month, on which three sums that should be equal are not.

    Amounts are in the account's currency. A row stays when the difference is gone: ``resolved_at``.
    """

    class Span(models.TextChoices):
        """What the sums are of."""

        DAY = "day", "Day"
        MONTH = "month", "Month"

    account = models.ForeignKey(
        PlatformAccount, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    span = models.CharField(max_length=5, choices=Span.choices)
    start = models.DateField(help_text="The day, or the first of the month.")
    platform_amount = MoneyField(help_text="What the platform says the whole account has cost.")
    campaigns_amount = MoneyField(help_text="The sum of its campaigns, by the platform.")
    ledger_amount = MoneyField(
        help_text="What was recorded of it, and what waits until its campaigns are matched."
    )
    found_at = models.DateTimeField()
    checked_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "difference of an account"
        verbose_name_plural = "differences of accounts"
        ordering = ["-start", "account"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "span", "start"], name="account_difference_is_one"
            ),
            *(
                is_sum(f"{whose}_amount", table="account_difference", negative=True)
                for whose in ("platform", "campaigns", "ledger")
            ),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False)
                | ~Q(platform_amount=F("campaigns_amount"))
                | ~Q(platform_amount=F("ledger_amount")),
                name="account_difference_differs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.span} {self.start}"
