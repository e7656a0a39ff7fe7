"""Running periodic tasks by hand: the button, and the outcome of each run."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_celery_beat.models import PeriodicTask

from ads.admin.elements import AdminMixin, ago, badge
from ads.services.operations import NotStarted, Stage, periodic_tasks

#: In the session: the last runs that its user started, the newest first.
KEY: Final = "task_runs"
MOST: Final = 5
#: How long a run is shown.
SHOWN: Final = timedelta(minutes=15)

#: Label and colour of each stage, and the sentence where the run has no result or error.
_STAGES: Final = {
    Stage.WAITING: (
        "Waiting",
        "info",
        "No worker has taken it yet. If this does not change, check that the worker is running.",
    ),
    Stage.RUNNING: ("Running", "info", "A worker is running it."),
    Stage.DONE: ("Done", "success", "It finished."),
    Stage.FAILED: ("Failed", "alarm", ""),
    Stage.EXPIRED: (
        "Expired",
        "alarm",
        "No worker took it in time, so it was dropped. Start the worker, then run it again.",
    ),
    Stage.UNKNOWN: ("Unknown", "warning", "Redis, which keeps the results, does not answer."),
}


class TaskRuns(AdminMixin[PeriodicTask]):
    """The part of the periodic tasks' pages that runs them by hand."""

    def get_urls(self) -> list[URLPattern]:
        def url(route: str, view: Any, name: str) -> URLPattern:
            name = f"django_celery_beat_periodictask_{name}"
            pattern: URLPattern = path(route, self.admin_site.admin_view(view), name=name)
            return pattern

        return [
            url("runs/", require_GET(self.runs_page), "runs"),
            url("<path:object_id>/run/", require_POST(self.run_page), "run"),
            *super().get_urls(),
        ]

    def run_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        task = self.get_object(request, object_id)
        if not self.has_change_permission(request, task):
            raise PermissionDenied
        if task is None:
            raise Http404
        self.run_all(request, [task])
        on_list = "on_list" in request.POST
        return HttpResponseRedirect(
            reverse("admin:django_celery_beat_periodictask_changelist")
            if on_list
            else reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
        )

    def runs_page(self, request: HttpRequest) -> HttpResponse:
        """The outcomes: the part of the page that refreshes itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "ads/admin/task_runs.html", runs(request, timezone.now()))

    def run_all(self, request: HttpRequest, tasks: Iterable[PeriodicTask]) -> None:
        started = []
        for task in tasks:
            try:
                run_id = periodic_tasks.start(task)
            except NotStarted as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            started.append(task.name)
            self.log_change(request, task, "Run by hand.")
            run = {"id": run_id, "name": task.name, "at": timezone.now().isoformat()}
            request.session[KEY] = [run, *request.session.get(KEY, [])][:MOST]
        if started:
            self.message_user(
                request,
                f"Sent to the workers: {', '.join(started)}. The outcome appears below.",
                messages.SUCCESS,
            )


def url_of_run(task: PeriodicTask) -> str:
    return reverse("admin:django_celery_beat_periodictask_run", args=[task.pk])


def runs(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """For the template: the runs that this user has started lately."""
    shown, is_asking = [], False
    for kept in request.session.get(KEY, []):
        at = datetime.fromisoformat(kept["at"])
        if now - at > SHOWN:
            continue
        run = periodic_tasks.outcome(kept["id"])
        label, colour, sentence = _STAGES[run.stage]
        is_asking |= not run.is_over
        shown.append(
            {
                "name": kept["name"],
                "when": ago(at, now),
                "stage": badge(label, colour),
                "text": run.text or sentence,
            }
        )
    return {"runs": shown, "is_asking": is_asking}
