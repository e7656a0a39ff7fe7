"""The rows by which beat knows when: django-celery-beat's own tables, seldom needed.

The page of a periodic task finds or makes the row that it needs.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads.admin.base import ModelAdmin, TabularInline
from ads.admin.editing import GuardsEdits
from ads.services.operations import timing

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

_SHARED = (
    "You seldom need this list: the page of a periodic task finds or makes the row it needs. "
    "Changing a row changes every task that uses it; deleting it deletes those tasks."
)


class TaskInline(TabularInline[PeriodicTask, Any]):
    """The tasks that use a schedule."""

    model = PeriodicTask
    fields = ["name", "task", "enabled"]
    readonly_fields = ["name", "task", "enabled"]
    extra = 0
    can_delete = False
    show_change_link = True
    verbose_name = "periodic task on this schedule"
    verbose_name_plural = "periodic tasks on this schedule"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScheduleAdmin(GuardsEdits, ModelAdmin[Any]):
    """One way to say when."""

    inlines = [TaskInline]
    list_display = ["in_words"]

    @admin.display(description="runs")
    def in_words(self, row: Any) -> str:
        return timing.in_words(timing.task_on(row))


@admin.register(CrontabSchedule)
class CrontabAdmin(ScheduleAdmin):
    """By the clock and the calendar."""

    about = f"Times by the clock and the calendar, as a crontab says them. {_SHARED}"
    list_display = ["in_words", "minute", "hour", "day_of_month", "month_of_year", "day_of_week"]
    fields = [
        "in_words",
        ("minute", "hour"),
        ("day_of_month", "month_of_year", "day_of_week"),
        "timezone",
    ]
    readonly_fields = ["in_words"]
    help_texts = {
        "minute": "0 to 59; * is every minute, */5 every fifth, 0,30 those two.",
        "hour": "0 to 23; * is every hour, 8-18 those from 8 to 18.",
        "day_of_month": "1 to 31; * is every day.",
        "month_of_year": "1 to 12; * is every month.",
        "day_of_week": "0 is Sunday, 1 Monday; * is every day, 1-5 the workdays.",
        "timezone": "Where the clock hangs by which it runs.",
    }


@admin.register(IntervalSchedule)
class IntervalAdmin(ScheduleAdmin):
    """So long after the last run."""

    about = f"Distances from one run to the next. {_SHARED}"
    help_texts = {
        "every": "How many of the units below lie between two runs.",
        "period": "What the number counts.",
    }


@admin.register(ClockedSchedule)
class ClockedAdmin(ScheduleAdmin):
    """At one instant."""

    about = f"Single instants. {_SHARED}"
    help_texts = {"clocked_time": "The task runs then (UTC), and never again."}


@admin.register(SolarSchedule)
class SolarAdmin(ScheduleAdmin):
    """By the sun."""

    about = (
        "When the sun rises, sets or is highest at a place; beat needs the Python package ephem "
        f"to work that out. {_SHARED}"
    )
    help_texts = {
        "event": "What the sun does when the task runs.",
        "latitude": "Of the place, in degrees: north of the equator above 0, south below.",
        "longitude": "Of the place, in degrees: east of Greenwich above 0, west below.",
    }
