"""Campaigns, and the schedules attached to them."""

from typing import Any

import pgtrigger
from django.db import models, transaction
from django.db.models import Q

from ads.models.base import ConfigurationModel, ConfigurationQuerySet, configuration_changed
from ads.models.campaigns.brand import Brand
from ads.models.campaigns.budget_group import OF_THE_SAME_BRAND, BudgetGroup
from ads.models.campaigns.dayparting import DaypartingSchedule
from ads.models.campaigns.labels import Label
from ads.models.fields import MoneyField, are_dates_in_order, is_money
from ads.models.triggers import marks_brands, moves_updated_at, refuse, tracked


class Status(models.TextChoices):
    """What the operator wants."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    ARCHIVED = "archived", "Archived"


class State(models.TextChoices):
    """What the operator wants and what the system decided, together."""

    ACTIVE = "active", "Active"
    PAUSED_BY_SYSTEM = "paused_by_system", "Paused by system"
    PAUSED_BY_USER = "paused_by_user", "Paused by user"
    DRAFT = "draft", "Draft"
    COMPLETED = "completed", "Completed"
    ARCHIVED = "archived", "Archived"


_CAMPAIGN_FIELDS = [
    "brand",
    "name",
    "status",
    "daily_budget",
    "monthly_budget",
    "total_budget",
    "budget_group",
    "start_date",
    "end_date",
    "is_dayparting_enabled",
    "priority",
]


class CampaignQuerySet(ConfigurationQuerySet["Campaign"]):
    """Campaigns; of those that change their budget group, the group they leave is announced too."""

    def update(self, **kwargs: Any) -> int:
        if not kwargs.keys() & {"budget_group", "budget_group_id"}:
            return super().update(**kwargs)
        left = self.order_by().exclude(budget_group=None).values_list("budget_group", flat=True)
        groups = set(left)
        with transaction.atomic(using=self.db, savepoint=False):
            updated = super().update(**kwargs)
            configuration_changed.send(sender=BudgetGroup, pks=groups, unnumbered=[])
        return updated

    update.alters_data = True  # type: ignore[attr-defined]


@tracked("campaign change", "campaign changes", _CAMPAIGN_FIELDS)
class Campaign(ConfigurationModel):
    """One campaign of one brand, for life."""

    Status = Status
    engine_owned = frozenset({"is_active"})

    brand = models.ForeignKey(
        Brand,
        on_delete=models.PROTECT,
        related_name="campaigns",
        db_index=False,  # the unique constraint begins with it
        help_text="Its timezone, currency and budgets apply. A campaign keeps its brand for life.",
    )
    name = models.CharField(
        max_length=200,
        help_text="Its name on screens and in files. Must be unique within the brand.",
    )
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.ACTIVE,
        help_text="Active: it runs unless it is on hold. Paused: it stays off until someone "
        "resumes it. Draft, completed and archived campaigns stay off. Spend is always recorded.",
    )
    is_active = models.BooleanField(
        "delivers",
        default=False,
        db_default=False,
        editable=False,
        help_text="Is it running now? The system decides by status, budgets and hours.",
    )
    daily_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per day, in the brand's currency. When it is used up, the campaign stops until "
        "midnight in the brand's timezone. Empty: no limit. 0: never runs.",
    )
    monthly_budget = MoneyField(
        null=True,
        blank=True,
        help_text="Per month, in the brand's currency. When it is used up, the campaign stops "
        "until the 1st. Empty: no limit. 0: never runs.",
    )
    total_budget = MoneyField(
        null=True,
        blank=True,
        help_text="For the whole flight, in the brand's currency: spend from the first day on, or "
        "ever. When it is used up, the campaign stops for good. Empty: no limit. 0: never runs.",
    )
    budget_group = models.ForeignKey(
        BudgetGroup,
        on_delete=models.PROTECT,
        related_name="campaigns",
        null=True,
        blank=True,
        db_index=False,  # an index of its own: few campaigns are in one
        help_text="It shares the budgets of this group with the group's other campaigns. "
        "Empty: in no group.",
    )
    start_date = models.DateField(
        null=True,
        blank=True,
        help_text="First day of the flight, in the brand's timezone. Empty: from now on.",
    )
    end_date = models.DateField(
        null=True,
        blank=True,
        help_text="Last day of the flight, in the brand's timezone; then it is completed. "
        "Empty: no end.",
    )
    is_dayparting_enabled = models.BooleanField(
        "dayparting",
        default=False,
        db_default=False,
        help_text="On: it runs only in the hours of its schedules; without any, at all hours. "
        "Off: its schedules are ignored.",
    )
    dayparting_schedules = models.ManyToManyField(
        DaypartingSchedule, blank=True, related_name="campaigns", through="CampaignSchedule"
    )
    priority = models.SmallIntegerField(
        default=0,
        db_default=0,
        help_text="If the brand stops early: near the brand's budgets, the lowest stops first and "
        "the highest runs longest. Campaigns with the same priority stop together.",
    )
    labels = models.ManyToManyField(Label, blank=True, related_name="campaigns")

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["brand__name", "name"]
        # What operators may do without permission to edit.
        permissions = [
            ("switch_campaign", "Can activate and pause campaigns"),
            ("waive_spend", "Can let campaigns run on today"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "name"],
                name="campaign_name_is_unique_in_its_brand",
                violation_error_message="name: the brand already has a campaign of this name.",
            ),
            is_money("daily_budget", table="campaign"),
            is_money("monthly_budget", table="campaign"),
            is_money("total_budget", table="campaign"),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="campaign_name_is_given",
                violation_error_message="name: give the campaign a name.",
            ),
            models.CheckConstraint(
                condition=Q(status__in=Status.values),
                name="campaign_status_is_known",
                violation_error_message=f"status: use one of {', '.join(Status.values)}.",
            ),
            *are_dates_in_order(
                "start_date",
                "end_date",
                table="campaign",
                name="campaign_flight_ends_after_it_starts",
            ),
        ]
        indexes = [
            # Few among many, and often none: whether there are any is asked at each decision.
            models.Index(
                fields=["id"],
                condition=Q(total_budget__isnull=False),
                name="campaign_with_total_budget",
            ),
            models.Index(
                fields=["budget_group"],
                condition=Q(budget_group__isnull=False),
                name="campaign_by_budget_group",
            ),
        ]
        triggers = [
            OF_THE_SAME_BRAND,
            # Totals are kept per brand as spend arrives: a campaign that moved would leave its
            # past spend in the old brand's totals.
            refuse(
                "brand_for_life",
                operation=pgtrigger.Update,
                fields=("brand",),
                message="A campaign belongs to one brand for life: "
                "make a new campaign in the other brand.",
            ),
            moves_updated_at(*_CAMPAIGN_FIELDS),
            *marks_brands(),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state_code(self) -> State:
        """``status`` and ``is_active`` together; reads the brand where the campaign is off."""
        if self.status == Status.ACTIVE and self.is_active:
            return State.ACTIVE
        if self.status == Status.ACTIVE and self.brand.is_active:
            return State.PAUSED_BY_SYSTEM
        if self.status in (Status.ACTIVE, Status.PAUSED):
            return State.PAUSED_BY_USER
        return State(self.status)

    @property
    def state(self) -> str:
        """The label of :attr:`state_code`; one of :data:`STATES`."""
        return self.state_code.label


#: Each value of :attr:`Campaign.state`, with the filter for campaigns in that state.
STATES = {
    State.ACTIVE.label: Q(status=Status.ACTIVE, is_active=True),
    State.PAUSED_BY_SYSTEM.label: Q(status=Status.ACTIVE, is_active=False, brand__is_active=True),
    State.PAUSED_BY_USER.label: Q(status=Status.PAUSED)
    | Q(status=Status.ACTIVE, is_active=False, brand__is_active=False),
    State.DRAFT.label: Q(status=Status.DRAFT),
    State.COMPLETED.label: Q(status=Status.COMPLETED),
    State.ARCHIVED.label: Q(status=Status.ARCHIVED),
}


@tracked(
    "schedule attached or detached",
    "attached schedules",
    ["campaign", "schedule"],
    links=True,
)
class CampaignSchedule(models.Model):
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, db_index=False)
    schedule = models.ForeignKey(
        DaypartingSchedule,
        on_delete=models.CASCADE,
        help_text="The campaign runs in its hours. Of several schedules, those with the highest "
        "priority decide.",
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "schedule"], name="schedule_is_attached_once"
            )
        ]
        triggers = [
            refuse(
                "attached_or_not",
                operation=pgtrigger.Update,
                message="An attached schedule cannot be edited: "
                "delete this row and add one for the other schedule or campaign.",
            ),
            # A campaign that is deleted with it marks its brand itself.
            *marks_brands(
                "SELECT DISTINCT campaign.brand_id FROM changed"
                " JOIN ads_campaign AS campaign ON campaign.id = changed.campaign_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule} on {self.campaign}"


@tracked(
    "label of a campaign added or removed", "labels of campaigns", ["campaign", "label"], links=True
)
class CampaignLabel(Campaign.labels.through):  # type: ignore[misc,name-defined]
    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "label of a campaign"
        verbose_name_plural = "labels of campaigns"

    def __str__(self) -> str:
        return f"{self.label} on {self.campaign}"
