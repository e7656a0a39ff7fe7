"""Reports for clients: links that open one without a login, and when they are sent."""

from typing import Final

from django.db import models
from django.db.models import Q

from ads.models.alerts.channels import Channel
from ads.models.base import TimestampedModel
from ads.models.campaigns import Brand
from ads.models.triggers import tracked

#: Not how often it was opened, which is no change.
_LINK_FIELDS: Final = ["brand", "month", "created_by", "expires_at", "revoked_at"]


@tracked("share link change", "share link changes", _LINK_FIELDS)
class ReportLink(TimestampedModel):
    """A link to the report of one brand and month. Only the hash of its token is kept."""

    brand = models.ForeignKey(
        Brand,
        on_delete=models.CASCADE,
        related_name="report_links",
        help_text="Whose report it shows; nothing else can be reached from it.",
    )
    month = models.DateField(help_text="The month it shows, by its first day.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.CharField("shared by", max_length=150, blank=True, editable=False)
    expires_at = models.DateTimeField("expires", help_text="It opens nothing from this time on.")
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)
    last_opened_at = models.DateTimeField("last opened", null=True, blank=True, editable=False)
    times_opened = models.PositiveIntegerField("opened", default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = "share link"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="report_link_month_is_a_month",
                violation_error_message="month: use the first day of a month.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand}, {self.month:%B %Y}"


_SCHEDULE_FIELDS: Final = ["brand", "channel", "day_of_month", "is_active"]


@tracked("scheduled report change", "scheduled report changes", _SCHEDULE_FIELDS)
class ReportSchedule(TimestampedModel):
    """A brand's report that a channel is sent each month, of the month before."""

    brand = models.ForeignKey(
        Brand, on_delete=models.CASCADE, related_name="report_schedules", help_text="Whose report."
    )
    channel = models.ForeignKey(
        Channel,
        on_delete=models.CASCADE,
        related_name="report_schedules",
        help_text="Where it is sent: the month's figures, and a link to the whole report that "
        "anybody can open there.",
    )
    day_of_month = models.PositiveSmallIntegerField(
        "day of the month",
        default=3,
        help_text="1 to 28, at 8:00 in the brand's timezone. The report is of the month before; "
        "platforms still correct its last days for a day or two.",
    )
    is_active = models.BooleanField("active", default=True, help_text="Off: nothing is sent.")
    #: The latest month of which the report was sent, by its first day.
    last_month = models.DateField("last sent", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "scheduled report"
        ordering = ["brand__name", "channel__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "channel"],
                name="report_schedule_is_one_per_brand_and_channel",
                violation_error_message="This channel is already sent the brand's report.",
            ),
            models.CheckConstraint(
                condition=Q(day_of_month__gte=1, day_of_month__lte=28),
                name="report_schedule_day_is_in_every_month",
                violation_error_message="day_of_month: use 1 to 28, which every month has.",
            ),
        ]

    def __str__(self) -> str:
        return f"Monthly report of {self.brand}"
