"""The worker: every queue that tasks are sent to, and running what beat sends."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

from ads.models import Campaign, Heartbeat
from ads.services import periodic_tasks
from ads.services.periodic_tasks import Run, Stage
from ads.tests.factories import CampaignFactory
from ads.tests.tasks.support import ON_DEMAND, PERIODS, make_beat_rows, started_beat
from budget_manager.celery import app
from budget_manager.processes import parse_procfile


def test_tasks_are_sent_to_queues_that_a_worker_consumes_and_no_others() -> None:
    consumed = set(app.amqp.queues.consume_from)
    names = [name for name in app.tasks if name.startswith("ads.")]

    assert set(names) == set(PERIODS) | ON_DEMAND
    for name in names:
        assert app.amqp.router.route({}, name)["queue"].name in consumed
    with pytest.raises(Exception, match="nowhere"):
        app.send_task("ads.tasks.update_spend", queue="nowhere")


def worker_command() -> list[str]:
    procfile = Path(settings.BASE_DIR, "Procfile").read_text()
    return shlex.split(parse_procfile(procfile)["worker"])


def test_the_worker_is_started_without_a_choice_of_queues() -> None:
    command = worker_command()

    assert command[:4] == ["celery", "-A", "budget_manager", "worker"]
    assert not [word for word in command if word.startswith(("-Q", "--queues", "-X", "--exclude"))]


@pytest.mark.django_db(transaction=True)
def test_the_worker_runs_what_beat_sends_before_it_expires(tmp_path: Path) -> None:
    make_beat_rows()
    campaign = CampaignFactory.create(daily_budget=75)
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)

    with running_worker(tmp_path / "worker.log"):
        scheduler = started_beat()
        results = {
            entry.task: scheduler.apply_async(entry, advance=False)
            for entry in scheduler.schedule.values()
            if entry.task in PERIODS
        }
        answers = {name: result.get(timeout=60) for name, result in results.items()}
        # By hand, as the button does it.
        by_hand = PeriodicTask.objects.get(task="ads.tasks.check_campaign_budgets")
        run = periodic_tasks.start(by_hand)
        current_app.AsyncResult(run).get(timeout=60)
        told = periodic_tasks.look(run, by_hand.task)

    assert told == Run(Stage.DONE, "Nothing had to be switched.")
    assert set(answers) == set(PERIODS)
    campaign.refresh_from_db()
    assert campaign.is_active
    assert {beat.task for beat in Heartbeat.objects.all() if beat.last_success_at} == {
        name.rpartition(".")[2] for name in PERIODS
    }


@contextmanager
def running_worker(log: Path) -> Iterator[None]:
    """The worker as the Procfile starts it, on the database and the Redis of this test run."""
    parts = urlsplit(settings.DATABASE_URL)
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
        "REDIS_URL": settings.REDIS_URL,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with log.open("w") as output:
        worker = subprocess.Popen(
            [*worker_command(), "--concurrency=2"],
            env=environment,
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    except Exception as error:
        error.add_note(f"The worker said:\n{log.read_text()}")
        raise
    finally:
        worker.terminate()
        try:
            worker.wait(timeout=15)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
