"""Running periodic tasks by hand: the button, and what became of the runs that somebody started."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_celery_beat.models import PeriodicTask

from ads.admin.elements import ago, span
from ads.services.operations import NotHandedOver, Run, Stage, periodic_tasks

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[PeriodicTask]
else:
    _Admin = object

#: In the session: the runs that its user started, the newest first.
KEY: Final = "task_runs"
MOST: Final = 5
#: So long a run is shown.
SHOWN: Final = timedelta(minutes=15)
#: A worker that is there takes it sooner.
PATIENCE: Final = timedelta(seconds=10)
#: So long the page asks by itself whether a worker has taken it.
ASKED: Final = timedelta(minutes=1)

LIST: Final = "admin:django_celery_beat_periodictask_changelist"

_BADGES: Final = {
    Stage.WAITING: ("Waiting", "info"),
    Stage.RUNNING: ("Running", "info"),
    Stage.DONE: ("Done", "success"),
    Stage.FAILED: ("Failed", "alarm"),
    Stage.EXPIRED: ("Dropped", "alarm"),
    Stage.UNKNOWN: ("Unknown", "warning"),
}


class TaskRuns(_Admin):
    """The part of the periodic tasks' pages that runs them by hand."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "runs/",
                view(require_GET(self.runs_page)),
                name="django_celery_beat_periodictask_runs",
            ),
            path(
                "<path:object_id>/run/",
                view(require_POST(self.run_page)),
                name="django_celery_beat_periodictask_run",
            ),
            *super().get_urls(),
        ]

    def run_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Hand one run to the workers, and go back to where the button was."""
        task = self.get_object(request, object_id)
        if not self.has_change_permission(request, task):
            raise PermissionDenied
        if task is None:
            raise Http404
        self.run_all(request, [task])
        if "on_list" in request.POST:
            return HttpResponseRedirect(reverse(LIST))
        address = "admin:django_celery_beat_periodictask_change"
        return HttpResponseRedirect(reverse(address, args=[task.pk]))

    def runs_page(self, request: HttpRequest) -> HttpResponse:
        """What became of the runs: the part of the page that renews itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, "ads/admin/task_runs.html", runs(request, timezone.now()))

    def run_all(self, request: HttpRequest, tasks: Iterable[PeriodicTask]) -> None:
        """Hand a run of each to the workers, and say so."""
        started = []
        for task in tasks:
            try:
                run_id = periodic_tasks.start(task)
            except NotHandedOver as error:
                self.message_user(request, str(error), messages.ERROR)
                continue
            started.append(task.name)
            self.log_change(request, task, "Run by hand.")
            _remember(request, task, run_id, timezone.now())
        if started:
            self.message_user(
                request,
                f"Handed to the workers: {', '.join(started)}. What becomes of it is shown below.",
                messages.SUCCESS,
            )


def runs(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What the template shows of the runs that this user has started lately."""
    shown = [_shown(kept, now) for kept in request.session.get(KEY, [])]
    shown = [run for run in shown if run["age"] <= SHOWN]
    return {"runs": shown, "is_asking": any(run["is_asking"] for run in shown)}


def _remember(request: HttpRequest, task: PeriodicTask, run_id: str, now: datetime) -> None:
    kept = {
        "id": run_id,
        "task": task.task,
        "name": task.name,
        "at": now.isoformat(),
        "expires": task.expire_seconds,
    }
    request.session[KEY] = [kept, *request.session.get(KEY, [])][:MOST]


def _shown(kept: dict[str, Any], now: datetime) -> dict[str, Any]:
    at = datetime.fromisoformat(kept["at"])
    run = periodic_tasks.look(kept["id"], kept["task"])
    label, colour = _BADGES[run.stage]
    return {
        "name": kept["name"],
        "when": ago(at, now),
        "age": now - at,
        "label": label,
        "colour": colour,
        "text": _sentence(run, now - at, kept["expires"]),
        "is_asking": run.stage is Stage.RUNNING or (not run.is_over and now - at < ASKED),
    }


def _sentence(run: Run, age: timedelta, expires: int | None) -> str:
    in_time = f" within {span(timedelta(seconds=expires))}" if expires else ""
    match run.stage:
        case Stage.WAITING if age < PATIENCE:
            return "Handed to the workers; one of them will take it in a moment."
        case Stage.WAITING:
            return (
                "No worker has taken it: is the worker running? It still runs if one takes it"
                f"{in_time or ', whenever that is'}."
            )
        case Stage.RUNNING:
            return "A worker is at it."
        case Stage.EXPIRED:
            return f"No worker took it{in_time}, so none will: start the worker, then run it again."
        case Stage.UNKNOWN:
            return "Redis, which keeps what becomes of runs, does not answer."
    return run.text or "It came to its end."
