"""Operations staff choose when tasks run; what beat or a worker cannot handle is refused."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from ads.tests.admin.pages import add, change, changelist, errors, filled_in, said, save, undrawn
from ads.tests.admin.tasks.support import MODEL, TASK
from ads.tests.support import NOON


@pytest.fixture
def hourly(db: None) -> CrontabSchedule:
    row: CrontabSchedule = CrontabSchedule.objects.create(minute="0")
    return row


def test_another_schedule_is_chosen_by_its_description_and_a_running_beat_reads_it(
    admin: Client, task: PeriodicTask, hourly: CrontabSchedule
) -> None:
    before = PeriodicTasks.last_change()
    page = admin.get(change(task)).content.decode()
    assert ">Every hour<" in page
    assert "Brands start their days by their own timezones" in page

    save(admin, change(task), crontab=hourly.pk)

    task.refresh_from_db()
    assert task.crontab == hourly
    assert said(admin.get(changelist(MODEL)))[0] == (
        "A task of the test is switched on. Schedule: every hour."
    )
    assert PeriodicTasks.last_change() > before


@pytest.mark.parametrize(
    ("entered", "kept"), [({}, 3600), ({"expire_seconds": "45"}, 45)], ids=["left", "chosen"]
)
def test_a_run_expires_when_the_next_is_due_unless_somebody_chooses_otherwise(
    admin: Client,
    task: PeriodicTask,
    hourly: CrontabSchedule,
    entered: dict[str, str],
    kept: int,
) -> None:
    save(admin, change(task), crontab=hourly.pk, **entered)

    task.refresh_from_db()
    assert task.expire_seconds == kept


def test_a_task_at_one_time_is_switched_off_after_it(admin: Client, task: PeriodicTask) -> None:
    once = ClockedSchedule.objects.create(clocked_time=NOON)

    save(admin, change(task), crontab="", clocked=once.pk)

    task.refresh_from_db()
    assert (task.crontab, task.clocked, task.one_off) == (None, once, True)


#: What is entered, and the field beside which it is refused.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"crontab": ""}, "__all__"),
    ({"crontab": "99999999"}, "crontab"),
    ({"task": ""}, "task"),
    ({"task": "x" * 201}, "task"),
    ({"expires_0": "2126-01-02", "expires_1": "03:04"}, "__all__"),
    ({"args": "5"}, "args"),
    ({"args": "{}"}, "args"),
    ({"args": "[1,"}, "args"),
    ({"kwargs": "[]"}, "kwargs"),
    ({"kwargs": '"x"'}, "kwargs"),
    ({"headers": "7"}, "headers"),
    ({"queue": "nobody-listens"}, "queue"),
]


def test_what_beat_or_a_worker_cannot_handle_is_refused(admin: Client, task: PeriodicTask) -> None:
    before = PeriodicTask.objects.values().get()
    opened = filled_in(admin, change(task))

    for entered, field in REFUSED:
        with undrawn():
            response = admin.post(change(task), {**opened, **entered})

        assert field in errors(response), entered

    assert PeriodicTask.objects.values().get() == before


def test_two_schedules_at_once_are_refused(admin: Client, task: PeriodicTask) -> None:
    every = IntervalSchedule.objects.create(every=7, period="minutes")

    found = errors(save(admin, change(task), interval=every.pk))

    assert set(found) == {"crontab", "interval"}


def test_a_row_whose_json_is_empty_can_be_saved(admin: Client, task: PeriodicTask) -> None:
    PeriodicTask.objects.filter(pk=task.pk).update(headers="", args="", kwargs="")

    assert save(admin, change(task), name="Renamed").status_code == 302


def test_a_queue_that_workers_consume_can_be_chosen(admin: Client, task: PeriodicTask) -> None:
    for queue in settings.CELERY_TASK_QUEUES:
        assert save(admin, change(task), queue=queue).status_code == 302, queue


def test_a_task_that_runs_by_the_sun_is_shown_and_moved_to_another_schedule(
    admin: Client, task: PeriodicTask, hourly: CrontabSchedule
) -> None:
    sunrise = SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    PeriodicTask.objects.filter(pk=task.pk).update(crontab=None, solar=sunrise)

    assert "sunrise (52" in admin.get(changelist(MODEL)).content.decode()
    save(admin, change(task), crontab=hourly.pk)

    task.refresh_from_db()
    assert (task.solar, task.crontab) == (None, hourly)


def test_a_task_is_added(admin: Client, hourly: CrontabSchedule) -> None:
    save(admin, add(MODEL), name="Twice as often", regtask=TASK, crontab=hourly.pk)

    assert PeriodicTask.objects.get(name="Twice as often").task == TASK


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("crontabschedule", {"minute": "61"}),
        ("crontabschedule", {"hour": "noon"}),
        ("crontabschedule", {"day_of_month": "30", "month_of_year": "2"}),
        ("intervalschedule", {"every": "0", "period": "minutes"}),
        ("intervalschedule", {"every": "-1", "period": "minutes"}),
    ],
)
def test_a_schedule_that_can_never_run_is_refused(
    admin: Client, model: str, fields: dict[str, str]
) -> None:
    assert errors(save(admin, add(f"django_celery_beat_{model}"), **fields))


def test_a_schedule_is_edited_beside_the_tasks_that_use_it(
    admin: Client, task: PeriodicTask
) -> None:
    response = save(admin, change(task.crontab), minute="*/10")

    assert response.status_code == 302
    task.crontab.refresh_from_db()
    assert task.crontab.minute == "*/10"
    page = admin.get(change(task.crontab)).content.decode()
    assert "A task of the test" in page
    assert (
        "Every 10 minutes"
        in admin.get(changelist("django_celery_beat_crontabschedule")).content.decode()
    )
