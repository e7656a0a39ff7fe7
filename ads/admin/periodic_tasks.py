"""When the tasks run: django-celery-beat's own pages, with permissions on every action."""

import json
from importlib.util import find_spec
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin as BeatTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from kombu.exceptions import OperationalError
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ads.admin.base import ModelAdmin, TabularInline
from ads.admin.editing import GuardsEdits
from ads.admin.text import NOTHING

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, TaskSelectWidget):  # type: ignore[misc]
    """The names of the registered tasks."""


class TaskForm(PeriodicTaskForm):  # type: ignore[misc]
    """A periodic task that beat can send and a worker can take."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self.fields["task"].widget = UnfoldAdminTextInputWidget()
            self.fields["regtask"].widget = TaskSelect()

    def clean_args(self) -> str:
        return self._json("args", list, "[1, 2]")

    def clean_kwargs(self) -> str:
        return self._json("kwargs", dict, '{"a": 1}')

    def clean_headers(self) -> str:
        return self._json("headers", dict, '{"a": "b"}')

    def clean_queue(self) -> str | None:
        queue: str | None = self.cleaned_data["queue"]
        if queue and queue not in settings.CELERY_TASK_QUEUES:
            known = ", ".join(settings.CELERY_TASK_QUEUES)
            raise forms.ValidationError(
                f"No worker takes tasks from {queue}: leave it empty or use one of {known}."
            )
        return queue

    def clean_solar(self) -> SolarSchedule | None:
        solar: SolarSchedule | None = self.cleaned_data["solar"]
        if solar and find_spec("ephem") is None:
            raise forms.ValidationError(
                "Beat cannot work out the sun without the Python package ephem: install it where "
                "beat runs, or choose another kind of schedule."
            )
        return solar

    def _json(self, field: str, kind: type, example: str) -> str:
        """What the worker can take; a bare number or string would stop beat itself."""
        value: str = self.cleaned_data[field] or json.dumps(kind())
        try:
            read = json.loads(value)
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON ({error}): write {example}.") from error
        if not isinstance(read, kind):
            raise forms.ValidationError(f"Write something like {example}.")
        return value


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(GuardsEdits, BeatTaskAdmin, ModelAdmin[PeriodicTask]):  # type: ignore[misc]
    """The periodic tasks; what is edited here survives a restart and an upgrade."""

    form = TaskForm
    # Beat's own page explains crontabs in a script of its own; here a column does.
    change_form_template = GuardsEdits.change_form_template
    date_hierarchy = None
    list_display = ["name", "enabled", "scheduler", "queue", "last_run_at", "total_run_count"]
    list_filter = [("enabled", BooleanRadioFilter)]
    list_filter_submit = True
    search_help_text = "Name or task"
    actions = ["enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks"]

    @admin.display(description="schedule in words")
    def crontab_translation(self, task: PeriodicTask) -> str:
        return str(task.crontab.human_readable) if task.crontab else NOTHING

    @admin.action(description="Enable", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().enable_tasks(request, queryset)

    @admin.action(description="Disable", permissions=["change"])
    def disable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().disable_tasks(request, queryset)

    @admin.action(description="Enable what is disabled and the reverse", permissions=["change"])
    def toggle_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        super().toggle_tasks(request, queryset)

    @admin.action(description="Run now", permissions=["change"])
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Hand the tasks to the workers."""
        try:
            super().run_tasks(request, queryset)
        except OperationalError as error:
            self.message_user(
                request,
                f"Nothing more was started: Redis, which hands tasks to the workers, does not "
                f"answer ({error}).",
                messages.ERROR,
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


@admin.register(CrontabSchedule)
class CrontabAdmin(ScheduleAdmin):
    """By the clock and the calendar."""

    list_display = ["__str__", "human_readable"]
    fields = [
        "human_readable",
        ("minute", "hour"),
        ("day_of_month", "month_of_year", "day_of_week"),
        "timezone",
    ]
    readonly_fields = ["human_readable"]


admin.site.register([IntervalSchedule, ClockedSchedule, SolarSchedule], ScheduleAdmin)
