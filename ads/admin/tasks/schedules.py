"""The schedules of periodic tasks: django-celery-beat's pages in this admin's look."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils import timezone
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    SolarSchedule,
)

from ads.admin.base import ModelAdmin, TabularInline
from ads.admin.editing import GuardsEdits
from ads.admin.elements import ConfigurationForm, column
from ads.services.operations import health

# Solar events need the ephem package, without which they stop beat: they cannot be chosen here.
admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule])

_SHARED = (
    "Changing a schedule changes every task that uses it; deleting a schedule deletes those tasks."
)


class TaskInline(TabularInline[Any, Any], beat.PeriodicTaskInline):  # type: ignore[misc]
    fields = readonly_fields = ("name", "task", "enabled")
    verbose_name = verbose_name_plural = "periodic tasks on this schedule"


class CrontabForm(ConfigurationForm):
    """A crontab that celery can run; beat would stop at any other."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                health.next_due(CrontabSchedule(**data), timezone.now())
            except health.INVALID as error:
                raise forms.ValidationError(f"This crontab can never run. {error}") from error
        return data


@admin.register(CrontabSchedule)
class CrontabAdmin(GuardsEdits, ModelAdmin[Any], beat.CrontabScheduleAdmin):  # type: ignore[misc]
    about = f"Times by the clock and the calendar. {_SHARED}"
    form = CrontabForm
    inlines = [TaskInline]
    list_display = ("in_words", "__str__")
    help_texts = {
        "minute": "0 to 59; * is every minute, */5 every fifth, 0,30 those two.",
        "hour": "0 to 23; * is every hour, 8-18 from 8 to 18.",
        "day_of_month": "1 to 31; * is every day.",
        "month_of_year": "1 to 12; * is every month.",
        "day_of_week": "0 is Sunday, 1 Monday; * is every day, 1-5 Monday to Friday.",
        "timezone": "Timezone of the fields above. At clock changes, runs in the repeated hour "
        "are left out, and runs in the skipped hour come after it. UTC has no clock changes.",
    }

    in_words = column("schedule", health.in_words)


@admin.register(IntervalSchedule)
class IntervalAdmin(GuardsEdits, ModelAdmin[Any], beat.IntervalScheduleAdmin):  # type: ignore[misc]
    about = f"Intervals from one run to the next. {_SHARED}"
    inlines = [TaskInline]
    help_texts = {
        "every": "Number of units between two runs.",
        "period": "The unit that the number counts.",
    }


@admin.register(ClockedSchedule)
class ClockedAdmin(GuardsEdits, ModelAdmin[Any], beat.ClockedScheduleAdmin):  # type: ignore[misc]
    list_title = "One-off times"
    about = f"One-off times. {_SHARED}"
    inlines = [TaskInline]
    help_texts = {
        "clocked_time": "The task runs once at this time (UTC), or at once if it has passed."
    }
