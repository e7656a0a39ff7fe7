"""Brand: a client of the agency."""

import pghistory
from django.db import models

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.fields import MoneyField, TimezoneField, is_money, readable_timezone
from ads.models.triggers import ADDED_TO, moves_updated_at

_BRAND_FIELDS = ["name", "timezone", "daily_budget", "monthly_budget", "is_active"]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange(*_BRAND_FIELDS)),
    pghistory.DeleteEvent(),
    fields=_BRAND_FIELDS,
    meta=ADDED_TO,
    model_name="BrandEvent",
)
class Brand(ConfigurationModel):
    """A client of the agency; its timezone decides its accounting day and month."""

    engine_owned = frozenset({"last_daily_reset", "last_monthly_reset"})

    name = models.CharField(max_length=200, unique=True)
    timezone = TimezoneField(
        help_text="Its midnight begins the accounting day, and on the 1st the accounting month."
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a day for all its campaigns together. "
        "Empty: no limit. 0: nothing runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="US dollars a month for all its campaigns together. "
        "Empty: no limit. 0: nothing runs.",
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Switch off to stop every campaign of the brand; "
        "switch on and those that may run start again.",
    )
    last_daily_reset = models.DateField(
        null=True, blank=True, editable=False, help_text="The local date last rolled over to."
    )
    last_monthly_reset = models.DateField(
        null=True, blank=True, editable=False, help_text="The local date last rolled over to."
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
