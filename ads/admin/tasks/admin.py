"""Periodic tasks: what each does, when it runs, and how its last run went."""

from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask

from ads.admin.base import ConfigurationAdmin
from ads.admin.elements import column, counted, may
from ads.admin.tasks.form import TaskForm
from ads.admin.tasks.runs import TaskRuns, runs, url_of_run
from ads.admin.tasks.text import describe
from ads.models import Connection
from ads.services.connections import troubles
from ads.services.operations import (
    health,
    periodic_tasks,
    say_clock,
    stuck_sessions,
    task_texts,
    timezone_database,
)

admin.site.unregister(PeriodicTask)
# django-celery-beat's own appends the crontab.
PeriodicTask.__str__ = lambda task: str(task.name)

#: What people seldom change.
ADVANCED: Final = [
    "description",
    "one_off",
    "start_time",
    "expires",
    "expire_seconds",
    ("args", "kwargs"),
    ("queue", "priority"),
    "headers",
    ("exchange", "routing_key"),
]


class TaskList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        now = timezone.now()
        self.result_list = list(self.result_list)
        for checked in health.check(now, self.result_list):
            checked.task.text = describe(checked, now)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(TaskRuns, ConfigurationAdmin[PeriodicTask]):
    about = (
        "What the system does on schedule, and how the last run went. Beat sends each task when it "
        "is due, and a worker runs it. Changes made here survive restarts and upgrades."
    )
    list_before_template = "ads/admin/tasks_before.html"
    change_form_outer_before_template = "ads/admin/task_health.html"
    delete_confirmation_template = "ads/admin/task_delete.html"
    form = TaskForm
    list_display = ["what", "when", "success", "outcome", "run_now"]
    list_display_links = ["what"]
    ordering = ["name"]
    search_fields = ["name", "task"]
    search_help_text = "Name of a task"
    actions = ["run_tasks", "enable_tasks", "disable_tasks"]

    help_texts = {
        "name": "Shown in lists; renaming has no other effect.",
        "regtask": "The task that a worker runs. The product's own begin with ads.tasks.",
        "task": "For workers with tasks of their own: a name that the list above does not have.",
        "enabled": "Off: the task runs only when started by hand.",
        "description": "A note for your colleagues.",
        "interval": "A fixed time from one run to the next. Choose one of crontab, interval and "
        "clocked only.",
        "crontab": "Times by the clock, such as every 5 minutes or daily at 00:00. Brands "
        "start their days by their own timezones, whatever is chosen here.",
        "clocked": "One time; the task runs then and is switched off.",
        "one_off": "The task runs the next time it is due and is then switched off.",
        "start_time": "The task never runs before this time (UTC). Empty: no such limit.",
        "expires": "The task never runs after this time (UTC). Not with the seconds below.",
        "expire_seconds": "A run that no worker takes within this time is dropped, so that runs do "
        "not pile up while no worker is running. Usually the time between two runs; follows the "
        "schedule unless you change it.",
        "args": 'Passed to the task, as JSON: ["a", 1]. The product\'s own tasks take none.',
        "kwargs": 'Passed by name, as JSON: {"a": 1}. The product\'s own tasks take none.',
        "queue": "Empty: the queue in the settings.",
        "priority": "0 is taken first, 9 last. Empty: in the order in which runs are sent.",
        "headers": 'Sent with each run, as JSON: {"a": "b"}.',
        "exchange": "Only for brokers other than Redis: leave empty.",
        "routing_key": "Only for brokers other than Redis: leave empty.",
    }

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ["ads/periodic_tasks.css"]})

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        return health.with_schedules(super().get_queryset(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskList

    def get_list_display(self, request: HttpRequest) -> Any:
        may = self.has_change_permission(request)
        return [name for name in super().get_list_display(request) if may or name != "run_now"]

    def get_fieldsets(self, request: HttpRequest, obj: PeriodicTask | None = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not may:
            return [(None, {"fields": ["name", "enabled", "description"]})]
        advanced = [("regtask", "task"), *ADVANCED] if obj else ADVANCED
        what = ["name", "enabled"] if obj else ["name", "regtask", "task", "enabled"]
        return [
            (None, {"fields": what}),
            ("Schedule", {"fields": ["crontab", "interval", "clocked"]}),
            (
                "Advanced",
                {
                    "fields": advanced,
                    "classes": ["collapse"],
                    "description": "Change these only if you know their effect: a wrong value "
                    "keeps the task from running, and campaigns from being paused.",
                },
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse | HttpResponse:
        return super().changelist_view(request, {**_beside(request), **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: PeriodicTask | None = None,
    ) -> HttpResponse:
        if obj is not None:
            now = timezone.now()
            (checked,) = health.check(now, [self.get_object(request, str(obj.pk))])
            context |= {"text": describe(checked, now), **_beside(request)}
            context["run_url"] = url_of_run(obj) if self.has_change_permission(request, obj) else ""
        return super().render_change_form(request, context, add, change, form_url, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        task = self.get_object(request, object_id)
        text = task_texts.about(task.task) if task else None
        return super().delete_view(
            request, object_id, {"text": text, "task": task, **(extra_context or {})}
        )

    def save_model(self, request: HttpRequest, obj: PeriodicTask, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        text = task_texts.about(obj.task)
        if obj.enabled:
            self.message_user(request, f"{obj.name} is switched on. Schedule: {health.when(obj)}.")
        else:
            self.message_user(
                request,
                f"{obj.name} is switched off. {text.without if text else ''}".strip(),
                messages.WARNING,
            )

    @admin.display(description="task", ordering="name")
    def what(self, task: PeriodicTask) -> SafeString:
        return _two_lines(format_html("<b>{}</b>", task.name), task.text.does)

    @admin.display(description="schedule")
    def when(self, task: PeriodicTask) -> SafeString:
        return _two_lines(task.text.when, _after("next", task.text.next))

    @admin.display(description="last success")
    def success(self, task: PeriodicTask) -> SafeString:
        return _two_lines(task.text.success, _after("took", task.text.took))

    outcome = column("task health", lambda task: _two_lines(task.text.badge, task.text.outcome))

    @admin.display(description="")
    def run_now(self, task: PeriodicTask) -> SafeString:
        return format_html(
            '<button type="submit" class="ads-button ads-run" formaction="{}" name="on_list" '
            'title="Sends one run of {} to the workers now" formnovalidate>Run now</button>',
            url_of_run(task),
            task.name,
        )

    @admin.action(description="Run now", permissions=["change"])
    def run_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        self.run_all(request, queryset)

    @admin.action(description="Switch on", permissions=["change"])
    def enable_tasks(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        changed = periodic_tasks.switch(queryset, on=True, now=timezone.now())
        self._say(request, changed, "on")

    @admin.action(description="Switch off …", permissions=["change"])
    def disable_tasks(
        self, request: HttpRequest, queryset: QuerySet[PeriodicTask]
    ) -> TemplateResponse | None:
        """Ask first: what no longer happens may cost money."""
        if "confirmed" in request.POST:
            changed = periodic_tasks.switch(queryset, on=False, now=timezone.now())
            self._say(request, changed, "off")
            return None
        tasks = list(queryset)
        texts = [(task.name, task_texts.about(task.task)) for task in tasks]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Switch off {counted(len(tasks), 'periodic task')}?",
            "text": "They stay off until someone switches them on again. They can still be run by "
            "hand.",
            "rows": [f"{name}. {text.without if text else ''}".strip() for name, text in texts],
            "hidden": [
                ("action", "disable_tasks"),
                ("confirmed", "yes"),
                *(("_selected_action", task.pk) for task in tasks),
            ],
            "yes": "Switch off",
            "back": reverse("admin:django_celery_beat_periodictask_changelist"),
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def _say(self, request: HttpRequest, changed: list[PeriodicTask], how: str) -> None:
        for task in changed:
            self.log_change(request, task, f"Switched {how}.")
        names = ", ".join(task.name for task in changed)
        text = f"Switched {how}: {names}." if names else f"Nothing changed: already {how}."
        self.message_user(request, text)


def _two_lines(first: Any, second: Any) -> SafeString:
    return format_html(
        '<span class="ads-many">{}<span class="ads-under ads-quiet">{}</span></span>', first, second
    )


def _after(what: str, text: str) -> SafeString | str:
    """With a word before it: "next in 3 min"."""
    return format_html("{} {}", what, text) if text else ""


def _beside(request: HttpRequest) -> dict[str, Any]:
    """What the pages show beside the tasks: runs started by hand, the workers, the timezones."""
    return {
        **runs(request, timezone.now()),
        "flower": settings.FLOWER_URL,
        "timezones": timezone_database(),
        "clock": say_clock(),
        "stuck": stuck_sessions(),
        "connections": [one.text for one in troubles(timezone.now())]
        if may(request, Connection, "view")
        else [],
    }
