"""The periodic tasks, their rows for beat, and the worker that runs them."""

import importlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import time_machine
from celery.schedules import crontab
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from ads import tasks
from ads.models import Campaign, DeliveryChange, Heartbeat, SimulatedSwitch, Spend, SpendTotal
from ads.services.actor import SYSTEM, current_actor
from ads.services.enforcement import Trigger
from ads.services.ledger import SpendEntry, record
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from budget_manager.celery import app
from budget_manager.processes import parse_procfile

beat_rows = importlib.import_module("ads.migrations.0003_beat_rows")

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday
MIDNIGHT = datetime(2026, 3, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)

#: Task, seconds from tick to tick.
PERIODS = {
    "ads.tasks.update_spend": 300,
    "ads.tasks.check_campaign_budgets": 300,
    "ads.tasks.enforce_dayparting": 60,
    "ads.tasks.reset_daily_budgets": 900,
    "ads.tasks.reset_monthly_budgets": 900,
}
ENFORCING = [
    tasks.check_campaign_budgets,
    tasks.enforce_dayparting,
    tasks.reset_daily_budgets,
    tasks.reset_monthly_budgets,
]


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.SIMULATED_PLATFORM = True
    settings.SIMULATED_PLATFORM_SEED = 1


@pytest.fixture
def _rows(transactional_db: None) -> None:
    """The rows as a migrated database has them; a transactional test before has emptied it.

    Transactional, because beat's scheduler closes connections and commits by itself.
    """
    beat_rows.create(apps, None)


def at(now: datetime, task: Any) -> dict[str, Any]:
    with time_machine.travel(now, tick=False):
        result: dict[str, Any] = task()
    return result


def started_beat() -> DatabaseScheduler:
    """Beat's own scheduler, as it reads the database when it starts."""
    return DatabaseScheduler(app=app)


# What the tasks do ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_check_stops_what_is_over_its_budget_and_starts_what_is_not() -> None:
    over = CampaignFactory.create(daily_budget=Decimal(10))
    free = CampaignFactory.create()
    Spend.objects.create(campaign=over, amount=Decimal(11), date=NOON.date())  # past the services
    Campaign.objects.filter(pk=over.pk).update(is_active=True)

    done = at(NOON, tasks.check_campaign_budgets)

    assert done == {"started": 1, "stopped": 1, "failed": 0}
    assert set(Campaign.objects.filter(is_active=True)) == {free}
    changes = DeliveryChange.objects.order_by("campaign")
    assert [(change.at, change.trigger) for change in changes] == [
        (NOON, Trigger.CHECK_CAMPAIGN_BUDGETS)
    ] * 2


@pytest.mark.django_db
def test_no_task_but_the_spend_update_makes_spend() -> None:
    CampaignFactory.create_batch(3, daily_budget=75)
    for task in ENFORCING:
        at(NOON, task)
        at(NOON + HOUR, task)
    assert Campaign.objects.filter(is_active=True).count() == 3

    assert not Spend.objects.exists()
    assert not SpendTotal.objects.exists()


@pytest.mark.django_db
def test_the_dayparting_task_concerns_campaigns_with_dayparting_alone() -> None:
    schedule = ScheduleFactory.create(windows=[(2, "12:00", "13:00")])
    dayparted = CampaignFactory.create(schedules=[schedule])
    CampaignFactory.create()

    assert at(NOON, tasks.enforce_dayparting)["started"] == 1
    assert set(Campaign.objects.filter(is_active=True)) == {dayparted}
    assert at(NOON + HOUR, tasks.enforce_dayparting)["stopped"] == 1
    assert not Campaign.objects.filter(is_active=True).exists()


@pytest.mark.django_db
def test_the_daily_reset_brings_back_what_has_a_new_budget_and_not_what_a_user_paused() -> None:
    brand = BrandFactory.create(last_daily_reset=NOON.date())
    spent, paused = CampaignFactory.create_batch(2, brand=brand, daily_budget=Decimal(10))
    record([SpendEntry(c, 10) for c in (spent, paused)], source="test", now=NOON)
    paused.status = Campaign.Status.PAUSED
    paused.save()
    assert at(NOON + HOUR, tasks.reset_daily_budgets) == {"started": 0, "stopped": 0, "failed": 0}

    assert at(MIDNIGHT, tasks.reset_daily_budgets)["started"] == 1

    assert set(Campaign.objects.filter(is_active=True)) == {spent}
    brand.refresh_from_db()
    assert brand.last_daily_reset == MIDNIGHT.date()


@pytest.mark.django_db
def test_the_monthly_reset_catches_up_on_the_2nd() -> None:
    brand = BrandFactory.create(last_monthly_reset=NOON.date())
    campaign = CampaignFactory.create(brand=brand, monthly_budget=Decimal(10))
    record([SpendEntry(campaign, 10)], source="test", now=NOON)
    second_of_april = datetime(2026, 4, 2, 9, tzinfo=UTC)

    assert at(second_of_april, tasks.reset_monthly_budgets)["started"] == 1

    campaign.refresh_from_db()
    assert campaign.is_active


@pytest.mark.django_db
def test_the_spend_update_records_what_the_platforms_say() -> None:
    CampaignFactory.create(daily_budget=75)
    at(NOON, tasks.check_campaign_budgets)
    at(NOON, tasks.update_spend)

    done = at(NOON + HOUR, tasks.update_spend)

    (entry,) = Spend.objects.all()
    assert entry.amount > 0
    assert done == {
        "accounts": 1,
        "recorded": 1,
        "spend": str(entry.amount),
        "switched": 0,
        "failed": 0,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("task", [*ENFORCING, tasks.update_spend], ids=lambda task: str(task.name))
def test_every_task_notes_its_success_and_answers_in_json(task: Any) -> None:
    campaign = CampaignFactory.create(daily_budget=75, schedules=[
        ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    ])  # fmt: skip

    done = at(NOON, task)

    assert json.loads(json.dumps(done)) == done
    (beat,) = Heartbeat.objects.all()
    assert beat.task == task.name.rpartition(".")[2]
    assert beat.last_run_at == beat.last_success_at == NOON
    assert beat.last_error == ""
    assert beat.last_changed == Campaign.objects.filter(pk=campaign.pk, is_active=True).count()


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_the_platforms_hear_at_once_whom_a_task_has_switched(task: Any) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    campaign = CampaignFactory.create(schedules=[schedule])

    assert at(NOON, task)["started"] == 1

    (switch,) = SimulatedSwitch.objects.all()
    assert (switch.campaign, switch.at, switch.is_on) == (campaign, NOON, True)


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_what_a_task_switches_is_recorded_under_its_name(task: Any) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    CampaignFactory.create(schedules=[schedule])

    at(NOON, task)

    (change,) = DeliveryChange.objects.all()
    assert change.actor == f"task: {task.name.rpartition('.')[2]}"
    assert current_actor() == SYSTEM


@pytest.mark.django_db
def test_a_flight_that_a_task_completes_is_audited_under_its_name() -> None:
    brand = BrandFactory.create(last_daily_reset=NOON.date())
    campaign = CampaignFactory.create(brand=brand, end_date=NOON.date())

    at(MIDNIGHT, tasks.reset_daily_budgets)

    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.COMPLETED
    event = apps.get_model("ads", "CampaignEvent")._default_manager.latest("pgh_id")
    assert event.status == Campaign.Status.COMPLETED
    assert event.pgh_context.metadata["actor"] == "task: reset_daily_budgets"


@pytest.mark.django_db
def test_what_the_spend_update_stops_is_recorded_under_its_name() -> None:
    CampaignFactory.create(daily_budget=Decimal("0.10"))
    Campaign.objects.update(is_active=True)
    SimulatedSwitch.objects.create(campaign=Campaign.objects.get(), at=NOON - HOUR, is_on=True,
                                   pace=75)  # fmt: skip

    assert at(NOON, tasks.update_spend)["switched"] == 1

    change = DeliveryChange.objects.latest("id")
    assert (change.is_active, change.actor) == (False, "task: update_spend")


@pytest.mark.django_db
@pytest.mark.parametrize("task", ENFORCING, ids=lambda task: str(task.name))
def test_a_task_that_runs_twice_changes_nothing_the_second_time(task: Any) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    CampaignFactory.create_batch(3, schedules=[schedule])
    assert at(NOON, task)["started"] == 3

    assert at(NOON, task) == {"started": 0, "stopped": 0, "failed": 0}

    assert DeliveryChange.objects.count() == 3
    assert SimulatedSwitch.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_task_that_fails_says_so_and_fails() -> None:
    campaign = CampaignFactory.create()
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)
    with missing_table("ads_deliverychange"):
        done = at(NOON, tasks.check_campaign_budgets)

    assert done["failed"] == 1  # one campaign's failure is reported, and does not end the task
    beat = Heartbeat.objects.get(task="check_campaign_budgets")
    assert (beat.last_run_at, beat.last_success_at) == (NOON, None)
    assert beat.last_error == f"Campaign {campaign.pk} could not be enforced; see the log."

    assert at(NOON, tasks.check_campaign_budgets)["failed"] == 0
    with missing_table("ads_campaign"), pytest.raises(Exception, match="ads_campaign"):
        at(NOON + HOUR, tasks.check_campaign_budgets)

    beat.refresh_from_db()
    assert (beat.last_success_at, beat.last_failure_at) == (NOON, NOON + HOUR)
    assert beat.last_run_at == NOON + HOUR
    assert beat.last_error.startswith("ProgrammingError: ")


@contextmanager
def missing_table(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


# Beat -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_rows")
def test_beat_finds_every_task_on_a_schedule_and_no_tick_outlives_the_next() -> None:
    entries = started_beat().schedule.values()

    periods = {}
    for entry in entries:
        if entry.task.startswith("ads."):
            assert isinstance(entry.schedule, crontab)
            assert entry.task in app.tasks
            assert entry.model.enabled
            periods[entry.task] = entry.options["expires"]
    assert periods == PERIODS


@pytest.mark.usefixtures("_rows")
def test_ticks_come_at_the_stated_distance_and_at_midnight_utc_on_the_1st_too() -> None:
    midnight = datetime(2026, 4, 1, tzinfo=UTC)
    for entry in started_beat().schedule.values():
        if not entry.task.startswith("ads."):
            continue
        period = PERIODS[entry.task]
        for tick in (midnight, midnight + timedelta(seconds=period), NOON):
            with time_machine.travel(tick - timedelta(seconds=1), tick=False):
                assert not entry.schedule.is_due(tick - timedelta(seconds=period)).is_due
            with time_machine.travel(tick, tick=False):
                due = entry.schedule.is_due(tick - timedelta(seconds=period))
            assert due.is_due
            assert due.next == pytest.approx(period, abs=1)


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize("change", ["disabled", "other crontab", "interval", "other expiry"])
def test_what_staff_edited_survives_a_migration_and_a_restart_of_beat(change: str) -> None:
    row = PeriodicTask.objects.get(task="ads.tasks.check_campaign_budgets")
    if change == "disabled":
        row.enabled = False
    elif change == "other crontab":
        row.crontab = CrontabSchedule.objects.create(minute="7", timezone="UTC")
    elif change == "interval":
        row.crontab = None
        row.interval = IntervalSchedule.objects.create(every=2, period="minutes")
    else:
        row.expire_seconds = 45
    row.save()
    # Celery has a row of its own besides, which it writes at every start.
    rows = (
        PeriodicTask.objects.filter(task__startswith="ads.")
        .order_by("pk")
        .values_list("name", "enabled", "crontab", "interval", "expire_seconds")
    )
    before = list(rows)

    call_command("migrate", verbosity=0)
    beat_rows.create(apps, None)
    for _ in range(2):
        scheduler = started_beat()
        scheduler.sync()

    assert list(rows.all()) == before
    ticking = {entry.task for entry in scheduler.all_as_schedule().values()}
    assert ("ads.tasks.check_campaign_budgets" in ticking) == (change != "disabled")


@pytest.mark.usefixtures("_rows")
def test_a_second_beat_reads_the_same_and_breaks_nothing() -> None:
    first, second = started_beat(), started_beat()

    assert set(first.schedule) == set(second.schedule)
    for scheduler in (first, second):
        scheduler.sync()
    assert PeriodicTask.objects.filter(task__startswith="ads.").count() == len(PERIODS)


@pytest.mark.django_db(transaction=True)
def test_migrating_makes_the_rows_and_undoing_it_takes_only_those_away() -> None:
    PeriodicTask.objects.all().delete()
    CrontabSchedule.objects.all().delete()
    # Staff's own: a task of theirs on a crontab like one of ours.
    crontab_of_theirs = CrontabSchedule.objects.create(minute="*/5", hour="*", timezone="UTC")
    theirs = PeriodicTask.objects.create(
        name="Ours", task="ads.tasks.update_spend", crontab=crontab_of_theirs
    )
    try:
        call_command("migrate", "ads", "0002", verbosity=0)
        assert list(PeriodicTask.objects.all()) == [theirs]
    finally:
        call_command("migrate", "ads", verbosity=0)
    assert PeriodicTask.objects.count() == len(PERIODS) + 1
    assert CrontabSchedule.objects.count() == 3

    call_command("migrate", "ads", "0002", verbosity=0)
    try:
        assert list(PeriodicTask.objects.all()) == [theirs]
        assert list(CrontabSchedule.objects.all()) == [crontab_of_theirs]
    finally:
        call_command("migrate", "ads", verbosity=0)


def test_settings_name_no_periodic_task_which_would_undo_edits_at_every_start() -> None:
    assert not app.conf.beat_schedule
    assert app.conf.beat_scheduler == "django_celery_beat.schedulers:DatabaseScheduler"


# The worker -------------------------------------------------------------------------------------


def test_tasks_are_sent_to_queues_that_a_worker_consumes_and_no_others() -> None:
    consumed = set(app.amqp.queues.consume_from)
    names = [name for name in app.tasks if name.startswith("ads.")]

    assert set(names) == set(PERIODS)
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
    beat_rows.create(apps, None)
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
