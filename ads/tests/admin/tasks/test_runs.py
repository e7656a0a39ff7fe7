"""A task is run by hand, and the page shows the outcome."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from celery import current_app
from django.test import Client
from django_celery_beat.models import PeriodicTask

from ads.tests.admin.pages import act, said
from ads.tests.admin.tasks.support import MODEL, RUNS, run_url
from ads.tests.redis_away import without_redis


def test_a_run_is_handed_to_the_workers_and_without_one_the_page_says_so(
    admin: Client, task: PeriodicTask
) -> None:
    response = admin.post(run_url(task), follow=True)

    assert said(response) == ["Sent to the workers: A task of the test. The outcome appears below."]
    page = response.content.decode()
    assert "No worker has taken it yet." in page
    assert f'hx-get="{RUNS}"' in page

    _age(admin, timedelta(minutes=20))
    assert admin.get(RUNS).content.decode().strip() == ""


def test_several_are_run_from_the_list(admin: Client, task: PeriodicTask) -> None:
    (message,) = said(act(admin, MODEL, "run_tasks", [task]))

    assert message.startswith("Sent to the workers: A task of the test.")


def test_a_task_that_the_program_does_not_have_is_not_started(
    admin: Client, task: PeriodicTask
) -> None:
    PeriodicTask.objects.filter(pk=task.pk).update(task="theirs.tasks.gone")

    (message,) = said(admin.post(run_url(task), follow=True))

    assert "was not started: the program has no task theirs.tasks.gone" in message
    assert "Runs you started" not in admin.get(RUNS).content.decode()


def test_without_redis_nothing_is_started_and_nobody_waits_long(
    admin: Client, task: PeriodicTask
) -> None:
    admin.post(run_url(task))
    began = monotonic()

    with without_redis():
        message = said(admin.post(run_url(task), follow=True))[-1]
        page = admin.get(RUNS).content.decode()

    assert message.startswith("A task of the test was not started: Redis")
    assert page.count("<li>") == 1  # of before
    assert "Redis, which keeps the results, does not answer." in page
    assert monotonic() - began < 15


def test_the_result_of_a_run_is_shown(admin: Client, task: PeriodicTask) -> None:
    admin.post(run_url(task))

    current_app.backend.mark_as_done(_started(admin), {"started": 3, "stopped": 1, "failed": 0})

    page = admin.get(RUNS).content.decode()
    assert "</time>: started 3, stopped 1, failed 0<" in page
    assert "hx-get" not in page


def test_a_run_that_ended_in_an_error_or_was_dropped_says_so(
    admin: Client, task: PeriodicTask
) -> None:
    admin.post(run_url(task))
    current_app.backend.mark_as_failure(_started(admin), ValueError("Nobody knows\nwhy"))
    assert "ValueError: Nobody knows<" in admin.get(RUNS).content.decode()

    admin.post(run_url(task))
    current_app.backend.mark_as_revoked(_started(admin), "expired")
    assert "No worker took it in time, so it was dropped." in admin.get(RUNS).content.decode()


def _started(admin: Client) -> str:
    """The id of the run that was started last."""
    run: str = admin.session["task_runs"][0]["id"]
    return run


def _age(admin: Client, by: timedelta) -> None:
    """Let the runs that were started have been started earlier."""
    session = admin.session
    runs = session["task_runs"]
    for run in runs:
        run["at"] = (datetime.now(UTC) - by).isoformat()
    session["task_runs"] = runs
    session.save()
