"""Budget groups: campaigns of one brand that share a budget."""

import pgtrigger
from django.db import models

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.campaigns.brand import Brand
from ads.models.fields import MoneyField, is_money, is_readable_date
from ads.models.triggers import marks_brands, moves_updated_at, refuse, tracked

_GROUP_FIELDS = [
    "brand",
    "name",
    "daily_budget",
    "monthly_budget",
    "total_budget",
    "start_date",
]

#: For :class:`~ads.models.Campaign`: a group is of the campaign's own brand, so of its
#: currency and timezone too.
OF_THE_SAME_BRAND = pgtrigger.Trigger(
    name="group_of_its_brand",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("budget_group_id"),  # type: ignore[no-untyped-call]
    condition=pgtrigger.Q(new__budget_group__isnull=False),
    func="""
        IF NOT EXISTS (SELECT FROM ads_budgetgroup
                        WHERE id = NEW.budget_group_id AND brand_id = NEW.brand_id)
        THEN
            RAISE EXCEPTION USING
                ERRCODE = 'check_violation',
                MESSAGE = 'budget_group: campaigns of one brand share a budget; '
                    || 'choose a group of the brand of ' || NEW.name || '.';
        END IF;
        RETURN NEW;
    """,
)


@tracked("budget group change", "budget group changes", _GROUP_FIELDS)
class BudgetGroup(ConfigurationModel):
    """Campaigns of one brand that share a daily, monthly or total budget.

    Its spend is that of the campaigns that are in it now, whenever they joined.
    """

    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="budget_groups",
        db_index=False,  # the unique constraint begins with it
        help_text="Only its campaigns can be in the group. A group keeps its brand for life.",
    )
    name = models.CharField(
        max_length=200,
        help_text="Its name on screens and in files. Must be unique within the brand.",
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per day for its campaigns together. When it is used up, they stop until "
        "midnight in the brand's timezone. Empty: no limit. 0: nothing runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per month for its campaigns together. When it is used up, they stop until the "
        "1st. Empty: no limit. 0: nothing runs.",
    )
    total_budget = MoneyField(
        null=True,
        blank=True,
        help_text="For its campaigns together, from the first day on. When it is used up, they "
        "stop for good. Empty: no limit. 0: nothing runs.",
    )
    start_date = models.DateField(
        "first day",
        null=True,
        blank=True,
        help_text="The total budget counts spend from this day on, in the brand's timezone. "
        "Empty: all spend of its campaigns.",
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["brand__name", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "name"],
                name="budget_group_name_is_unique_in_its_brand",
                violation_error_message="name: the brand already has a budget group of this name.",
            ),
            models.CheckConstraint(
                condition=~models.Q(name=""),
                name="budget_group_name_is_given",
                violation_error_message="name: give the budget group a name.",
            ),
            is_money("daily_budget", table="budget_group"),
            is_money("monthly_budget", table="budget_group"),
            is_money("total_budget", table="budget_group"),
            is_readable_date("start_date", table="budget_group"),
        ]
        triggers = [
            refuse(
                "brand_for_life",
                operation=pgtrigger.Update,
                fields=("brand",),
                message="A budget group belongs to one brand for life: "
                "make a new group in the other brand.",
            ),
            moves_updated_at(*_GROUP_FIELDS),
            *marks_brands(),
        ]

    def __str__(self) -> str:
        return self.name
