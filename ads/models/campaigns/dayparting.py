"""Dayparting: the hours in which campaigns may deliver."""

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Deferrable, Func, Q

from ads.models.base import ConfigurationModel, ConfigurationQuerySet
from ads.models.fields import TimezoneField, are_dates_in_order, readable_timezone
from ads.models.triggers import moves_updated_at, refuse, tracked
from ads.rules import dayparting as rules

_SCHEDULE_FIELDS = ["name", "timezone", "is_active", "priority", "valid_from", "valid_until"]


@tracked("schedule change", "schedule changes", _SCHEDULE_FIELDS)
class DaypartingSchedule(ConfigurationModel):
    """A named weekly pattern in one timezone, shared by any number of campaigns."""

    name = models.CharField(
        max_length=200,
        unique=True,
        help_text="Its name in lists. Must be unique.",
    )
    timezone = TimezoneField(
        help_text="Time zone for these hours, for every campaign that uses the schedule."
    )
    is_active = models.BooleanField(
        "active",
        default=True,
        db_default=True,
        help_text="Off: it has no hours. A campaign whose schedules are all off does not run.",
    )
    priority = models.IntegerField(
        default=0,
        db_default=0,
        help_text="If several schedules of a campaign are valid on a day, only those with the "
        "highest number apply: a closed day with 10 overrides the usual hours with 0.",
    )
    valid_from = models.DateField(
        null=True,
        blank=True,
        help_text="First day on which it applies, in its own timezone. Empty: no beginning.",
    )
    valid_until = models.DateField(
        null=True,
        blank=True,
        help_text="Last day on which it applies, in its own timezone. Empty: no end.",
    )
    #: Who made it is limited to these brands (ids, ascending); NULL: to none.
    only_brands = ArrayField(models.BigIntegerField(), null=True, blank=True, editable=False)

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            *are_dates_in_order(
                "valid_from",
                "valid_until",
                table="schedule",
                name="schedule_valid_until_not_before_valid_from",
            )
        ]
        triggers = [readable_timezone, moves_updated_at(*_SCHEDULE_FIELDS)]

    def __str__(self) -> str:
        return self.name


_WINDOW_FIELDS = ["schedule", "day_of_week", "start_time", "end_time"]


@tracked("change of hours", "changes of hours", _WINDOW_FIELDS)
class DaypartingWindow(ConfigurationModel):
    """One stretch of the week, ``[start_time, end_time)``, in the schedule's timezone.

    An end at or before the start is on the next day: 22:00 to 06:00 runs over midnight and belongs
    to the day it starts on; 00:00 to 00:00 is the whole day.
    """

    schedule = models.ForeignKey(
        DaypartingSchedule, on_delete=models.CASCADE, related_name="windows"
    )
    day_of_week = models.PositiveSmallIntegerField(
        choices=list(enumerate(rules.DAYS)),
        validators=[MaxValueValidator(6)],
        help_text="The day on which the hours begin, even if they end after midnight.",
    )
    start_time = models.TimeField(help_text="First minute of the hours.")
    end_time = models.TimeField(
        help_text="First minute after the hours. At or before the start: on the next day. "
        "00:00 to 00:00 is the whole day."
    )

    objects = ConfigurationQuerySet.as_manager()

    class Meta:
        ordering = ["schedule", "day_of_week", "start_time"]
        constraints = [
            models.CheckConstraint(
                condition=Q(day_of_week__range=(0, 6)),
                name="window_day_of_week_is_known",
                violation_error_message="day_of_week: use 0 (Monday) to 6 (Sunday).",
            ),
            # Checked when the transaction ends, so that two windows can swap places in one edit.
            ExclusionConstraint(
                name="windows_do_not_overlap",
                expressions=[
                    (
                        Func(
                            "schedule_id",
                            "day_of_week",
                            "start_time",
                            "end_time",
                            function="ads_window_span",
                        ),
                        RangeOperators.OVERLAPS,
                    )
                ],
                deferrable=Deferrable.DEFERRED,
                violation_error_message="This window overlaps another of the same schedule.",
            ),
        ]
        triggers = [
            # A window that moved would change a schedule that was not mentioned.
            refuse(
                "schedule_for_life",
                operation=pgtrigger.Update,
                fields=("schedule",),
                message="A window belongs to one schedule for life: "
                "delete it and make a new window in the other schedule.",
            ),
            moves_updated_at(*_WINDOW_FIELDS),
        ]

    def __str__(self) -> str:
        return rules.describe_window(self.as_rule())

    def as_rule(self) -> rules.Window:
        return rules.Window(self.day_of_week, self.start_time, self.end_time)

    def clean(self) -> None:
        super().clean()
        if self.schedule_id is None or None in (self.day_of_week, self.start_time, self.end_time):
            return
        try:
            window = self.as_rule()
        except rules.InvalidWindow as error:
            raise ValidationError({"day_of_week": str(error)}) from error
        others = DaypartingWindow.objects.filter(schedule_id=self.schedule_id).exclude(pk=self.pk)
        for other in others:
            if rules.first_overlap([window, other.as_rule()]):
                raise ValidationError(
                    f"{self} overlaps {other} of the same schedule: change one of them."
                )
