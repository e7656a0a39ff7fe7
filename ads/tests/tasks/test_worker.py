"""The worker: every queue that tasks are sent to, and running what beat sends."""

from pathlib import Path

import pytest
from celery import current_app
from django_celery_beat.models import PeriodicTask
from structlog.contextvars import bound_contextvars

from ads.models import Campaign, Heartbeat
from ads.services.operations import periodic_tasks
from ads.services.operations.periodic_tasks import Run, Stage
from ads.tests.factories import CampaignFactory
from ads.tests.tasks.support import ON_DEMAND, PERIODS, make_beat_rows, started_beat
from ads.tests.tasks.worker import running_worker, worker_command
from budget_manager.celery import app


def test_tasks_are_sent_to_queues_that_a_worker_consumes_and_no_others() -> None:
    consumed = set(app.amqp.queues.consume_from)
    names = [name for name in app.tasks if name.startswith("ads.")]

    assert set(names) == set(PERIODS) | ON_DEMAND
    for name in names:
        assert app.amqp.router.route({}, name)["queue"].name in consumed
    with pytest.raises(Exception, match="nowhere"):
        app.send_task("ads.tasks.update_spend", queue="nowhere")


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
        with bound_contextvars(request_id="seven"):
            run = periodic_tasks.start(by_hand)
        current_app.AsyncResult(run).get(timeout=60)
        outcome = periodic_tasks.outcome(run)

    log = (tmp_path / "worker.log").read_text()
    assert outcome == Run(Stage.DONE, "started 0, stopped 0, failed 0")
    assert set(answers) == set(PERIODS)
    campaign.refresh_from_db()
    assert campaign.is_active
    assert {beat.task for beat in Heartbeat.objects.all() if beat.last_success_at} == {
        name.rpartition(".")[2] for name in PERIODS
    }
    assert_lines_join(log, run, campaign)


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
    (started,) = (line for line in lines if "Process started" in line)
    (stopped,) = (line for line in lines if "Process stopped" in line)
    assert "process='worker' node='" in started
    assert "process='worker' node='" in stopped
