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
        help_text="The client's name on screens and in files. Must be unique.",
    )
    timezone = TimezoneField(
        help_text="The day of all budgets and spend begins at midnight in this timezone, and the "
        "month on the 1st. Campaigns that had used up their budgets run again then."
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a day for all its campaigns together. When it is used up, they stop "
        "until midnight in the brand's timezone. Empty: no limit. 0: nothing runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a month for all its campaigns together. When it is used up, they "
        "stop until the 1st. Empty: no limit. 0: nothing runs.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Off: all campaigns of the brand stop at once. On: they run again, except those "
        "that a user has paused.",
    )
    last_daily_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The last local day that was begun: daily budgets were reset.",
    )
    last_monthly_reset = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="The local day on which the last month was begun: monthly budgets were reset.",
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
