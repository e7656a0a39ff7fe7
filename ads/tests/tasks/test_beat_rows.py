"""The rows by which beat knows when the tasks tick, and whose they are."""

from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
import time_machine
from celery.schedules import crontab
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations import RunPython
from django.db.migrations.state import ProjectState
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from ads.tests.tasks.support import (
    ALL_ROWS,
    MIGRATIONS,
    NOON,
    PERIODS,
    make_beat_rows,
    started_beat,
)
from budget_manager.celery import app


@pytest.fixture
def _rows(transactional_db: None) -> None:
    """Transactional, because beat's scheduler closes connections and commits by itself."""
    make_beat_rows()


@pytest.mark.usefixtures("_rows")
def test_beat_finds_every_task_on_a_schedule_and_no_tick_outlives_the_next() -> None:
    entries = started_beat().schedule.values()

    app.loader.import_default_modules()
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
    make_beat_rows()
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


@pytest.mark.django_db
def test_undoing_the_migrations_takes_their_rows_alone_and_migrating_makes_them_again() -> None:
    PeriodicTask.objects.all().delete()
    CrontabSchedule.objects.all().delete()
    # Staff's own: a task of theirs on a crontab like one of ours.
    crontab_of_theirs = CrontabSchedule.objects.create(minute="*/5", hour="*", timezone="UTC")
    theirs = PeriodicTask.objects.create(
        name="Ours", task="ads.tasks.update_spend", crontab=crontab_of_theirs
    )
    make_beat_rows()
    made = [operation for migration in MIGRATIONS for operation in data_operations(migration)]
    state = ProjectState.from_apps(apps)

    for operation in reversed(made):
        operation.database_backwards("ads", connection.schema_editor(), state, state)
    assert list(PeriodicTask.objects.all()) == [theirs]
    assert list(CrontabSchedule.objects.all()) == [crontab_of_theirs]

    for operation in made:
        operation.database_forwards("ads", connection.schema_editor(), state, state)
    assert PeriodicTask.objects.count() == len(PERIODS) + 1
    assert CrontabSchedule.objects.count() == len(
        {minute for rows in ALL_ROWS for _, _, minute, *_ in rows}
    )


def data_operations(migration: ModuleType) -> list[RunPython]:
    """What a migration does in Python: the rest only changes tables."""
    operations = migration.Migration.operations
    return [operation for operation in operations if isinstance(operation, RunPython)]


def test_settings_name_no_periodic_task_which_would_undo_edits_at_every_start() -> None:
    assert not app.conf.beat_schedule
    assert app.conf.beat_scheduler == "ads.clockwork:Scheduler"
