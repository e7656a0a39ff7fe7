"""Brand: a client of the agency."""

from django.db import models

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.fields import MoneyField, TimezoneField, is_money, readable_timezone
from ads.models.triggers import moves_updated_at, tracked

_BRAND_FIELDS = ["name", "timezone", "daily_budget", "monthly_budget", "is_active"]


@tracked("brand change", "brand changes", _BRAND_FIELDS)
class Brand(ConfigurationModel):
    """A client of the agency; its timezone decides its accounting day and month."""

    engine_owned = frozenset({"last_daily_reset", "last_monthly_reset"})

    name = models.CharField(
        max_length=200,
        unique=True,
        help_text="How people and files call the client; no other brand has the same name.",
    )
    timezone = TimezoneField(
        help_text="At its midnight the day of all budgets and spend begins, on the 1st the month "
        "too; what used up its budget comes back then."
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a day for all its campaigns together: once that is spent, they stop "
        "until the brand's midnight. Empty: no limit. 0: nothing runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a month for all its campaigns together: once that is spent, they "
        "stop until the 1st. Empty: no limit. 0: nothing runs.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Off: every campaign of the brand stops at once. On again: those that may run "
        "start; what users have paused stays paused.",
    )
    last_daily_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The local day that was last begun: what a daily budget had stopped came back.",
    )
    last_monthly_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The local day on which a month was last begun, or seen to have begun.",
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            is_money("daily_budget", table="brand"),
            is_money("monthly_budget", table="brand"),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="brand_name_is_given",
                violation_error_message="name: give the brand a name.",
            ),
        ]
        triggers = [readable_timezone, moves_updated_at(*_BRAND_FIELDS)]

    def __str__(self) -> str:
        return self.name
