"""Pacing: known events, each owner's pace as last worked out, and how far projections were off."""

from django.db import models
from django.db.models import Q

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.campaigns import Brand, Campaign
from ads.models.fields import MoneyField, are_dates_in_order
from ads.models.spend import Period
from ads.models.triggers import moves_updated_at, tracked

#: The most that a day can be expected to differ from others.
MOST = 20

_FIELDS = ["name", "brand", "start_date", "end_date", "factor"]


@tracked("seasonality adjustment change", "seasonality adjustment changes", _FIELDS)
class SeasonalityAdjustment(ConfigurationModel):
    """Days that are known to bring more or less spend than others, such as Black Friday."""

    name = models.CharField(max_length=200, help_text="What happens then, such as Black Friday.")
    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="seasonality_adjustments",
        null=True,
        blank=True,
        help_text="Whose spend differs then. Empty: that of all brands.",
    )
    start_date = models.DateField(help_text="First day, in each brand's timezone.")
    end_date = models.DateField(help_text="Last day.")
    factor = models.DecimalField(
        "times the usual spend",
        max_digits=5,
        decimal_places=3,
        help_text="2: twice the usual spend of such a day. 0.5: half. 0: none. Several on one day "
        "are multiplied.",
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["-start_date", "name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""),
                name="seasonality_adjustment_name_is_given",
                violation_error_message="name: say what happens then.",
            ),
            models.CheckConstraint(
                condition=Q(factor__gte=0, factor__lte=MOST),
                name="seasonality_adjustment_factor_is_likely",
                violation_error_message=f"factor: use 0 to {MOST}; 2 is twice the usual spend.",
            ),
            *are_dates_in_order(
                "start_date",
                "end_date",
                table="seasonality_adjustment",
                name="seasonality_adjustment_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["end_date"], name="seasonality_by_end")]
        triggers = [moves_updated_at(*_FIELDS)]

    def __str__(self) -> str:
        return self.name


class BudgetPace(models.Model):
    """The pace of an owner's budget as last worked out, for lists; see ``ads.services.pacing``.

    ``campaign`` NULL is the brand's own. Derived: it can be deleted at any time.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="paces", db_index=False)
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="paces",
        null=True,
        blank=True,
        db_index=False,  # the unique constraint begins with it
    )
    period = models.CharField(max_length=5, choices=Period.choices)
    as_of = models.DateTimeField()
    state = models.CharField(max_length=16)
    spent = MoneyField()
    budget = MoneyField(null=True)
    expected = MoneyField(null=True)
    pace_percent = MoneyField(null=True)
    projected = MoneyField(null=True)
    low = MoneyField(null=True)
    high = MoneyField(null=True)
    runs_out_on = models.DateField(null=True)
    recommended_daily = MoneyField(null=True)
    basis = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "period", "brand"],
                name="budget_pace_is_one_per_owner_and_period",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign or self.brand}: {self.state}"


class ProjectionRange(models.Model):
    """How projections of this installation turned out, by the days that were left.

    Four out of five were between ``low`` and ``high`` times what was projected to come.
    """

    days = models.PositiveSmallIntegerField(primary_key=True)
    low = models.DecimalField(max_digits=8, decimal_places=4)
    high = models.DecimalField(max_digits=8, decimal_places=4)
    projections = models.PositiveIntegerField(help_text="How many it was learned from.")
    month = models.DateField(help_text="The month that it was learned from.")

    class Meta:
        ordering = ["days"]

    def __str__(self) -> str:
        return f"{self.days} days left: {self.low} to {self.high}"
