"""A task is run at once, and the page tells what became of it."""

from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
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

    assert said(response) == [
        "Handed to the workers: A task of the test. What becomes of it is shown below."
    ]
    page = response.content.decode()
    assert "one of them will take it in a moment" in page
    assert f'hx-get="{RUNS}"' in page

    _age(admin, timedelta(seconds=20))
    assert "No worker has taken it: is the worker running?" in admin.get(RUNS).content.decode()

    _age(admin, timedelta(minutes=2))
    page = admin.get(RUNS).content.decode()
    assert "No worker has taken it" in page
    assert "hx-get" not in page  # it asks for a minute only


def test_several_are_run_from_the_list(admin: Client, task: PeriodicTask) -> None:
    (message,) = said(act(admin, MODEL, "run_tasks", [task]))

    assert message.startswith("Handed to the workers: A task of the test.")


def test_a_task_that_the_program_does_not_have_is_not_started(
    admin: Client, task: PeriodicTask
) -> None:
    PeriodicTask.objects.filter(pk=task.pk).update(task="theirs.tasks.gone")

    (message,) = said(admin.post(run_url(task), follow=True))

    assert "was not started: the program has no task theirs.tasks.gone" in message
    assert "Runs that you started" not in admin.get(RUNS).content.decode()


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
    assert "Redis, which keeps what becomes of runs, does not answer." in page
    assert monotonic() - began < 15


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            ("check_campaign_budgets", {"started": 3, "stopped": 1, "failed": 0}),
            "Started 3 campaigns and stopped 1 campaign.",
        ),
        (
            ("enforce_dayparting", {"started": 0, "stopped": 0, "failed": 2}),
            "Nothing had to be switched. 2 parts of it failed; see how it stands.",
        ),
        (
            (
                "update_spend",
                {
                    "accounts": 2,
                    "recorded": 7,
                    "spend": "12.5",
                    "waiting": 0,
                    "switched": 0,
                    "failed": 0,
                },
            ),
            "Asked 2 accounts, recorded $12.50 and switched no campaign.",
        ),
        (
            ("record_waiting_spend", {"recorded": 1, "refused": 2, "switched": 0, "failed": 0}),
            "Recorded 1 waiting amount and switched no campaign. 2 amounts could not be recorded.",
        ),
        (
            ("continue_imports", {"sent": 1, "dropped": 0}),
            "Handed 1 import to a worker again and dropped no file.",
        ),
        (("forget_webhooks", {"forgotten": 1200}), "Forgot 1,200 webhooks."),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_a_run_did_is_told_in_a_sentence(
    admin: Client, task: PeriodicTask, answer: tuple[str, Any], sentence: str
) -> None:
    name, result = answer
    PeriodicTask.objects.filter(pk=task.pk).update(task=f"ads.tasks.{name}")
    admin.post(run_url(task))

    current_app.backend.mark_as_done(_started(admin), result)

    page = admin.get(RUNS).content.decode()
    assert f"</time>: {sentence}<" in page
    assert "hx-get" not in page


def test_a_run_that_ended_in_an_error_or_was_dropped_says_so(
    admin: Client, task: PeriodicTask
) -> None:
    admin.post(run_url(task))
    current_app.backend.mark_as_failure(_started(admin), ValueError("Nobody knows\nwhy"))
    assert "ValueError: Nobody knows<" in admin.get(RUNS).content.decode()

    admin.post(run_url(task))
    current_app.backend.mark_as_revoked(_started(admin), "expired")
    assert "No worker took it within 5 min, so none will" in admin.get(RUNS).content.decode()


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
