"""The workers: every queue that tasks are sent to, and running what beat sends."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from structlog.contextvars import bound_contextvars

from ads.models import Campaign, Heartbeat
from ads.services.operations import periodic_tasks
from ads.services.operations.periodic_tasks import Run, Stage
from ads.tests.factories import CampaignFactory
from ads.tests.tasks.no_tasks import NO_TASKS, REFUSED_BY_CELERY, message
from ads.tests.tasks.support import NOON, ON_DEMAND, PERIODS, make_beat_rows, started_beat
from ads.tests.tasks.worker import queues_of, running_workers, worker_commands
from budget_manager import transport
from budget_manager.celery import app

pytestmark = pytest.mark.real_clock

MANY = 100


def test_tasks_are_sent_to_queues_that_the_workers_consume_together_and_no_others() -> None:
    consumed = Counter(
        queue for command in worker_commands().values() for queue in queues_of(command)
    )
    app.loader.import_default_modules()  # as a worker does
    names = [name for name in app.tasks if name.startswith("ads.")]

    assert set(names) == set(PERIODS) | ON_DEMAND
    assert consumed == Counter(settings.CELERY_TASK_QUEUES.keys())
    for name in [*names, "a.new.task", "celery.backend_cleanup"]:
        assert app.amqp.router.route({}, name)["queue"].name in consumed
    with pytest.raises(Exception, match="nowhere"):
        app.send_task("ads.tasks.update_spend", queue="nowhere")


def test_stopping_and_telling_have_workers_of_their_own_and_each_has_a_name() -> None:
    commands = worker_commands()

    assert list(commands) == ["enforcement", "orders", "worker"]
    assert queues_of(commands["enforcement"]) == {"enforcement"}
    assert queues_of(commands["orders"]) == {"orders"}
    for name, command in commands.items():
        assert command[:4] == ["celery", "-A", "budget_manager", "worker"]
        assert command[command.index("-n") + 1] == f"{name}@%h"


@pytest.mark.parametrize("name", NO_TASKS)
def test_what_is_no_task_is_told_from_one_with_a_reason(name: str) -> None:
    with pytest.raises(transport.NoTask, match=r"."):
        transport.parse(transport.read(NO_TASKS[name]), transport.TaskMessage)


@pytest.mark.parametrize(
    ("expires", "is_stale"),
    [
        (None, False),
        ("2024-05-15T12:00:01+00:00", False),
        ("2024-05-15T11:00:00+00:00", False),  # expired; whoever sent it may still ask
        ("2024-05-15T10:59:59+00:00", True),
        ("2024-05-15T12:59:59+02:00", True),
    ],
)
def test_a_tick_is_stale_an_hour_after_it_expired(expires: str | None, is_stale: bool) -> None:
    one = message()
    one["headers"]["expires"] = expires

    assert transport.is_stale(transport.parse(one, transport.TaskMessage), NOON) == is_stale


@pytest.mark.django_db(transaction=True)
def test_the_workers_run_what_beat_sends_before_it_expires_whatever_else_is_in_the_queues(
    tmp_path: Path,
) -> None:
    make_beat_rows()
    campaign = CampaignFactory.create(daily_budget=75)
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.flushdb()  # what other tests sent
    now = timezone.now()
    expired, stale = (
        [app.send_task("ads.tasks.enforce_dayparting", expires=at) for _ in range(MANY)]
        for at in (now - timedelta(minutes=1), now - timedelta(days=1))
    )
    for queue in settings.CELERY_TASK_QUEUES:
        client.lpush(queue, *NO_TASKS.values(), *REFUSED_BY_CELERY.values())

    log = tmp_path / "worker.log"
    with running_workers(log) as workers:
        scheduler = started_beat()
        results = {
            entry.task: scheduler.apply_async(entry, advance=False)
            for entry in scheduler.schedule.values()
            if entry.task in PERIODS
        }
        answers = {name: result.get(timeout=60) for name, result in results.items()}
        # What all workers listen to.
        client.publish(f"/{settings.REDIS_URL.rpartition('/')[2]}.celery.pidbox", b"5")
        # By hand, as the button does it.
        by_hand = PeriodicTask.objects.get(task="ads.tasks.check_campaign_budgets")
        with bound_contextvars(request_id="seven"):
            run = periodic_tasks.start(by_hand)
        current_app.AsyncResult(run).get(timeout=60)
        outcome = periodic_tasks.outcome(run)
        assert [worker.poll() for worker in workers.values()] == [None] * len(workers)

    said = log.read_text(errors="replace")
    assert outcome == Run(Stage.DONE, "started 0, stopped 0, failed 0")
    assert set(answers) == set(PERIODS)
    campaign.refresh_from_db()
    assert campaign.is_active
    assert {beat.task for beat in Heartbeat.objects.all() if beat.last_success_at} == {
        name.rpartition(".")[2] for name in PERIODS
    }
    assert Counter(result.state for result in expired) == {"REVOKED": MANY}
    assert Counter(result.state for result in stale) == {"PENDING": MANY}
    dropped = said.count("is not a task and was dropped")
    assert dropped == len(NO_TASKS) * len(settings.CELERY_TASK_QUEUES) + len(workers)
    assert_lines_join(said, run, campaign)


def assert_lines_join(log: str, run: str, campaign: Campaign) -> None:
    """Every line of a task names it, and those of one that a request queued name the request."""
    lines = log.splitlines()
    queued = [line for line in lines if f"task_id='{run}'" in line]
    assert ["Task received" in queued[0], "Task succeeded" in queued[-1]] == [True, True]
    for line in queued:
        assert "task='ads.tasks.check_campaign_budgets'" in line
        assert "request_id='seven'" in line
    assert [line for line in lines if "request_id" in line] == queued
    (switch,) = (line for line in lines if "Campaign started" in line)
    assert f"campaign_id={campaign.pk} " in switch
    assert "task='ads.tasks." in switch
    assert "task_id='" in switch
    assert "actor='task: " in switch
    for event in ("Process started", "Process stopped"):
        ones = [line for line in lines if event in line]
        assert len(ones) == len(worker_commands())
        assert all("process='worker' node='" in line for line in ones)
