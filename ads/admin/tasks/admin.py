"""The periodic tasks in plain words: what each does, when it runs, and how it went."""

from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.forms import Media, Script
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask

from ads.admin.base import ConfigurationAdmin
from ads.admin.tasks.form import TaskForm
from ads.admin.tasks.runs import TaskRuns, runs
from ads.admin.tasks.text import Told, told
from ads.admin.tasks.timing import timing_fields
from ads.services.operations import health, periodic_tasks, task_texts, timing

if admin.site.is_registered(PeriodicTask):
    admin.site.unregister(PeriodicTask)
# Beat's own adds the schedule as a crontab writes it; pages and messages are for people.
PeriodicTask.__str__ = lambda task: str(task.name)

#: What a person seldom touches.
ADVANCED: Final = [
    "task",
    "one_off",
    ("start_time", "expires"),
    "expire_seconds",
    "queue",
    ("args", "kwargs"),
    "priority",
    "headers",
    ("exchange", "routing_key"),
]


class TaskList(ChangeList):
    """The tasks, each with how it stands."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        now = timezone.now()
        self.result_list = list(self.result_list)
        for watched in health.look(now, self.result_list):
            watched.task.told = told(watched, now)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(TaskRuns, ConfigurationAdmin[PeriodicTask]):
    """The periodic tasks; what is edited here survives a restart and an upgrade."""

    about = (
        "What the system does by itself, when, and how it went. Beat starts each task when it is "
        "due, and a worker runs it; what stands here is what was changed last, by hand or not, and "
        "survives a restart and an upgrade."
    )
    list_before_template = "ads/admin/tasks_before.html"
    change_form_outer_before_template = "ads/admin/task_told.html"
    delete_confirmation_template = "ads/admin/task_delete.html"
    form = TaskForm
    list_display = ["what", "when", "success", "outcome", "run_now"]
    list_display_links = ["what"]
    ordering = ["name"]
    search_fields = ["name", "task"]
    search_help_text = "Name of a task"
    actions = ["run_tasks", "enable_tasks", "disable_tasks"]

    @property
    def media(self) -> Media:
        return super().media + Media(
            css={"all": ["ads/periodic_tasks.css"]},
            js=[Script("ads/periodic_tasks.js", defer=True)],  # type: ignore[list-item]
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        return health.with_schedules(super().get_queryset(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskList

    def get_list_display(self, request: HttpRequest) -> Any:
        may = self.has_change_permission(request)
        return [name for name in self.list_display if may or name != "run_now"]

    def get_fieldsets(self, request: HttpRequest, obj: PeriodicTask | None = None) -> Any:
        may = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        if not may:
            return [(None, {"fields": ["name", "enabled", "description"]})]
        what = ["name", "enabled"] if obj else ["name", "regtask", "enabled"]
        advanced = ["description", *(["regtask"] if obj else []), *ADVANCED]
        return [
            (None, {"fields": what}),
            ("When it runs", {"fields": timing_fields(), "classes": ["ads-timing"]}),
            (
                "Advanced",
                {
                    "fields": advanced,
                    "classes": ["collapse"],
                    "description": "Leave these as they are unless you know what they do to a run: "
                    "a wrong one keeps the task from running, and campaigns from being stopped.",
                },
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse | HttpResponse:
        return super().changelist_view(request, {**_around(request), **(extra_context or {})})

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
            (watched,) = health.look(now, [self.get_object(request, str(obj.pk))])
            context |= {"told": told(watched, now), **_around(request)}
            context["run_url"] = _run_url(obj) if self.has_change_permission(request, obj) else ""
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
        timing.save(obj)
        text = task_texts.about(obj.task)
        if obj.enabled:
            self.message_user(request, f"{obj.name} runs {timing.in_words(obj)}.")
        else:
            self.message_user(
                request,
                f"{obj.name} is switched off. {text.without if text else ''}".strip(),
                messages.WARNING,
            )

    @admin.display(description="task", ordering="name")
    def what(self, task: PeriodicTask) -> SafeString:
        told_: Told = task.told
        return format_html(
            '<span class="ads-many"><b>{}</b><span class="ads-under ads-quiet">{}</span></span>',
            task.name,
            told_.does,
        )

    @admin.display(description="runs")
    def when(self, task: PeriodicTask) -> SafeString:
        return format_html(
            '<span class="ads-many">{}{}</span>', task.told.when, _under("next", task.told.next)
        )

    @admin.display(description="last success")
    def success(self, task: PeriodicTask) -> SafeString:
        return format_html(
            '<span class="ads-many">{}{}</span>', task.told.success, _under("took", task.told.took)
        )

    @admin.display(description="how it stands")
    def outcome(self, task: PeriodicTask) -> SafeString:
        return format_html(
            '<span class="ads-many">{}<span class="ads-under">{}</span></span>',
            task.told.badge,
            task.told.outcome,
        )

    @admin.display(description="")
    def run_now(self, task: PeriodicTask) -> SafeString:
        return format_html(
            '<button type="submit" class="ads-button ads-run" formaction="{}" name="on_list" '
            'title="Hands one run of {} to the workers at once" formnovalidate>Run now'
            "</button>",
            _run_url(task),
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
        """Ask first: what then does not happen may cost money."""
        if "confirmed" in request.POST:
            changed = periodic_tasks.switch(queryset, on=False, now=timezone.now())
            self._say(request, changed, "off")
            return None
        tasks = list(queryset)
        texts = [(task.name, task_texts.about(task.task)) for task in tasks]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Switch off {task_texts.counted(len(tasks), 'periodic task')}?",
            "text": "Nothing starts them by itself until somebody switches them on again; they can "
            "still be run by hand.",
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
        text = f"Switched {how}: {names}." if names else f"Nothing to do: they were {how} already."
        self.message_user(request, text)


def _under(what: str, told_: str) -> SafeString:
    """A second line: "next in 3 min"."""
    if not told_:
        return SafeString("")
    return format_html('<span class="ads-under ads-quiet">{} {}</span>', what, told_)


def _run_url(task: PeriodicTask) -> str:
    return reverse("admin:django_celery_beat_periodictask_run", args=[task.pk])


def _around(request: HttpRequest) -> dict[str, Any]:
    """What stands beside the tasks: runs by hand, and the way to the workers."""
    return {
        **runs(request, timezone.now()),
        "runs_url": reverse("admin:django_celery_beat_periodictask_runs"),
        "flower": settings.FLOWER_URL,
    }
