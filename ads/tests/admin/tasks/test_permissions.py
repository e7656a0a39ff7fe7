"""Who may only look reads everything, and runs and changes nothing."""

from collections.abc import Callable

from django.test import Client
from django_celery_beat.models import PeriodicTask

from ads.tests.admin.pages import act, change, changelist, said
from ads.tests.admin.tasks.support import MODEL, RUNS, run_url


def test_somebody_elses_runs_are_not_shown(
    admin: Client, staff: Callable[..., Client], task: PeriodicTask
) -> None:
    admin.post(run_url(task))

    assert "A task of the test" not in staff("view_periodictask").get(RUNS).content.decode()


def test_who_may_only_look_reads_everything_and_runs_and_changes_nothing(
    staff: Callable[..., Client], task: PeriodicTask
) -> None:
    viewer = staff("view_periodictask")

    listed = viewer.get(changelist(MODEL)).content.decode()
    page = viewer.get(change(task)).content.decode()

    assert "every 5 minutes" in listed
    assert "every 5 minutes" in page
    assert "Run now" not in listed + page
    assert viewer.post(run_url(task)).status_code == 403
    assert viewer.get(run_url(task)).status_code == 405
    for action in ("enable_tasks", "disable_tasks", "run_tasks"):
        PeriodicTask.objects.filter(pk=task.pk).update(enabled=action != "enable_tasks")
        assert said(act(viewer, MODEL, action, [task])) == []
        assert PeriodicTask.objects.get(pk=task.pk).enabled is (action != "enable_tasks")
    assert staff().get(RUNS).status_code == 403
