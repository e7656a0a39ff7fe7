"""Campaign: what is switched on and off."""

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.brand import Brand
from ads.models.dayparting import DaypartingSchedule
from ads.models.fields import MoneyField, is_money, is_readable_date
from ads.models.triggers import ADDED_TO, moves_updated_at, refuse


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
    "start_date",
    "end_date",
    "is_dayparting_enabled",
]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pghistory.AnyChange(*_CAMPAIGN_FIELDS)),
    pghistory.DeleteEvent(),
    fields=_CAMPAIGN_FIELDS,
    meta=ADDED_TO,
    model_name="CampaignEvent",
)
class Campaign(ConfigurationModel):
    """One campaign of one brand, for life."""

    Status = Status
    engine_owned = frozenset({"is_active"})

    brand = models.ForeignKey(
        Brand,
        on_delete=models.PROTECT,
        related_name="campaigns",
        db_index=False,  # the unique constraint begins with it
    )
    name = models.CharField(max_length=200)
    status = models.CharField(
        max_length=10,
        choices=Status.choices,
        default=Status.ACTIVE,
        help_text="What you want. Whether it delivers now, the system decides.",
    )
    is_active = models.BooleanField(
        "delivers",
        default=False,
        db_default=False,
        editable=False,
        help_text="Does it deliver now? Decided by the system.",
    )
    daily_budget = MoneyField(
        null=True, blank=True, help_text="US dollars a day. Empty: no limit. 0: never runs."
    )
    monthly_budget = MoneyField(
        null=True, blank=True, help_text="US dollars a month. Empty: no limit. 0: never runs."
    )
    start_date = models.DateField(
        null=True, blank=True, help_text="First day of the flight, in the brand's timezone."
    )
    end_date = models.DateField(
        null=True, blank=True, help_text="Last day of the flight, in the brand's timezone."
    )
    is_dayparting_enabled = models.BooleanField(
        "dayparting",
        default=False,
        db_default=False,
        help_text="Run only in the hours of the schedules below.",
    )
    dayparting_schedules = models.ManyToManyField(
        DaypartingSchedule, blank=True, related_name="campaigns", through="CampaignSchedule"
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["brand__name", "name"]
        # What operators may do without being allowed to edit.
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
            is_readable_date("start_date", table="campaign"),
            is_readable_date("end_date", table="campaign"),
            models.CheckConstraint(
                condition=Q(start_date__isnull=True)
                | Q(end_date__isnull=True)
                | Q(end_date__gte=F("start_date")),
                name="campaign_flight_ends_after_it_starts",
                violation_error_message="end_date: must not be before start_date.",
            ),
        ]
        triggers = [
            # Totals are kept per brand as spend arrives; a campaign that moved would leave its
            # past behind in the old brand's sums.
            refuse(
                "brand_for_life",
                operation=pgtrigger.Update,
                fields=("brand",),
                message="A campaign belongs to one brand for life: "
                "make a new campaign in the other brand.",
            ),
            moves_updated_at(*_CAMPAIGN_FIELDS),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state_code(self) -> State:
        """``status`` and ``is_active`` together."""
        if self.status == Status.ACTIVE:
            return State.ACTIVE if self.is_active else State.PAUSED_BY_SYSTEM
        if self.status == Status.PAUSED:
            return State.PAUSED_BY_USER
        return State(self.status)

    @property
    def state(self) -> str:
        """The same as people name it; one of :data:`STATES`."""
        return self.state_code.label


#: What :attr:`Campaign.state` can be, and as a filter, which campaigns are in that state.
STATES = {
    State.ACTIVE.label: Q(status=Status.ACTIVE, is_active=True),
    State.PAUSED_BY_SYSTEM.label: Q(status=Status.ACTIVE, is_active=False),
    State.PAUSED_BY_USER.label: Q(status=Status.PAUSED),
    State.DRAFT.label: Q(status=Status.DRAFT),
    State.COMPLETED.label: Q(status=Status.COMPLETED),
    State.ARCHIVED.label: Q(status=Status.ARCHIVED),
}


@pghistory.track(
    pghistory.InsertEvent("attached"),
    pghistory.DeleteEvent("detached"),
    fields=["campaign", "schedule"],
    meta=ADDED_TO,
    model_name="CampaignScheduleEvent",
)
class CampaignSchedule(models.Model):
    """A schedule attached to a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, db_index=False)
    schedule = models.ForeignKey(DaypartingSchedule, on_delete=models.CASCADE)

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
                message="A schedule is attached or it is not: "
                "delete this row and add one for the other schedule or campaign.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule} on {self.campaign}"
