"""Operations staff say in plain words when tasks run; what beat could not read is refused."""

from datetime import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django_celery_beat.models import (
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from ads.tests.admin.pages import add, change, changelist, errors, said, save
from ads.tests.admin.tasks.support import MODEL, TASK, words


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ({"kind": "every", "count": "10", "unit": "minutes"}, "every 10 minutes"),
        ({"kind": "every", "count": "7", "unit": "hours"}, "every 7 hours"),
        # What was typed before another kind was chosen does not matter.
        ({"kind": "every", "count": "10", "at": "noon", "day": "99"}, "every 10 minutes"),
        (
            {"kind": "daily", "at": "00:00", "days": list(range(7)), "tz": "UTC"},
            "at 00:00 UTC every day",
        ),
        (
            {"kind": "daily", "at": "18:30", "days": [0, 4], "tz": "Europe/Berlin"},
            "at 18:30 on Monday and Friday (Europe/Berlin)",
        ),
        (
            {"kind": "monthly", "at": "06:00", "day": "1", "tz": "UTC"},
            "at 06:00 UTC on the 1st of the month",
        ),
        (
            {"kind": "cron", "crontab_fields": "*/20 8-18 * * 1-5", "tz": "UTC"},
            "every 20 minutes, between 08:00 and 18:59, Monday through Friday (UTC)",
        ),
        (
            {"kind": "once", "once_at_0": "2126-01-02", "once_at_1": "03:04"},
            "once, on Wed 2 Jan 2126, 03:04 UTC",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_when_a_task_runs_is_chosen_and_told_in_plain_words(
    admin: Client, task: PeriodicTask, chosen: dict[str, Any], shown: str
) -> None:
    before = PeriodicTasks.last_change()

    save(admin, change(task), **chosen)

    assert words(task) == shown
    listed = admin.get(changelist(MODEL))
    assert f"A task of the test runs {shown}." in said(listed)
    assert shown in listed.content.decode()
    # A beat that is running takes it up.
    assert PeriodicTasks.last_change() > before


def test_what_was_chosen_is_shown_again_and_saving_it_untouched_changes_nothing(
    admin: Client, task: PeriodicTask
) -> None:
    save(admin, change(task), kind="daily", at="18:30", days=[0, 4], tz="Asia/Tokyo")
    row = PeriodicTask.objects.get(pk=task.pk).crontab_id

    form = admin.get(change(task)).context["adminform"].form
    assert (form["kind"].value(), form["at"].value()) == ("daily", time(18, 30))
    assert (form["days"].value(), form["tz"].value()) == ([0, 4], "Asia/Tokyo")
    save(admin, change(task), days=[0, 4])

    assert PeriodicTask.objects.get(pk=task.pk).crontab_id == row


def test_tasks_that_run_alike_share_a_row_and_need_no_new_one(
    admin: Client, task: PeriodicTask
) -> None:
    ten = CrontabSchedule.objects.create(minute="*/10")
    count = CrontabSchedule.objects.count()

    save(admin, change(task), count="10")

    task.refresh_from_db()
    assert task.crontab == ten
    assert CrontabSchedule.objects.count() == count


@pytest.mark.parametrize(
    ("entered", "kept"), [({}, 600), ({"expire_seconds": "45"}, 45)], ids=["left", "chosen"]
)
def test_a_run_expires_when_the_next_is_due_unless_somebody_chooses_otherwise(
    admin: Client, task: PeriodicTask, entered: dict[str, str], kept: int
) -> None:
    save(admin, change(task), count="10", **entered)

    task.refresh_from_db()
    assert task.expire_seconds == kept


def test_a_task_that_was_to_run_once_may_run_again_and_again(
    admin: Client, task: PeriodicTask
) -> None:
    save(admin, change(task), kind="once", once_at_0="2126-01-02", once_at_1="03:04")
    task.refresh_from_db()
    assert task.one_off

    save(admin, change(task), kind="every", count="5", unit="minutes")

    task.refresh_from_db()
    assert not task.one_off
    assert words(task) == "every 5 minutes"


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"kind": "every", "count": ""}, "count"),
        ({"kind": "every", "count": "0"}, "count"),
        ({"kind": "every", "count": "-5"}, "count"),
        ({"kind": "daily", "at": ""}, "at"),
        ({"kind": "daily", "at": "noon"}, "at"),
        ({"kind": "daily", "at": "12:00", "days": []}, "days"),
        ({"kind": "monthly", "at": "12:00", "day": "32"}, "day"),
        ({"kind": "monthly", "at": "12:00"}, "day"),
        ({"kind": "once"}, "once_at"),
        ({"kind": "once", "once_at_0": "2020-01-01", "once_at_1": "00:00"}, "once_at"),
        ({"kind": "cron", "crontab_fields": "*/5 * * *"}, "crontab_fields"),
        ({"kind": "cron", "crontab_fields": "61 * * * *"}, "crontab_fields"),
        ({"kind": "cron", "crontab_fields": "0 noon * * *"}, "crontab_fields"),
        ({"kind": "cron", "crontab_fields": "0 0 30 2 *"}, "crontab_fields"),
        ({"kind": "daily", "at": "12:00", "tz": "Europe/Atlantis"}, "tz"),
        ({"kind": "sometimes"}, "kind"),
        ({"regtask": "ads.tasks.nothing"}, "regtask"),
        ({"regtask": "", "task": ""}, "task"),
        ({"expires_0": "2126-01-02", "expires_1": "03:04"}, "expires"),
        ({"args": "5"}, "args"),
        ({"args": "{}"}, "args"),
        ({"args": "[1,"}, "args"),
        ({"kwargs": "[]"}, "kwargs"),
        ({"kwargs": '"x"'}, "kwargs"),
        ({"headers": "7"}, "headers"),
        ({"queue": "nobody-listens"}, "queue"),
    ],
    ids=str,
)
def test_what_beat_or_the_worker_could_not_take_is_refused_beside_its_field(
    admin: Client, task: PeriodicTask, chosen: dict[str, Any], field: str
) -> None:
    crontabs = CrontabSchedule.objects.count()

    response = save(admin, change(task), **chosen)

    assert list(errors(response)) == [field]
    assert words(task) == "every 5 minutes"
    assert CrontabSchedule.objects.count() == crontabs


@pytest.mark.parametrize("queue", settings.CELERY_TASK_QUEUES)
def test_a_queue_that_workers_consume_can_be_chosen(
    admin: Client, task: PeriodicTask, queue: str
) -> None:
    assert save(admin, change(task), queue=queue).status_code == 302


def test_a_schedule_by_the_sun_is_refused_while_beat_cannot_work_it_out(
    admin: Client, task: PeriodicTask
) -> None:
    sunrise = SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    PeriodicTask.objects.filter(pk=task.pk).update(crontab=None, solar=sunrise)

    response = save(admin, change(task))

    assert "ephem" in errors(response)["sun"][0]
    assert "at sunrise" in admin.get(changelist(MODEL)).content.decode()


def test_a_task_is_added(admin: Client, db: None) -> None:
    save(admin, add(MODEL), name="Twice as often", regtask=TASK, count="2")

    assert "Twice as often runs every 2 minutes." in said(admin.get(changelist(MODEL)))
    assert PeriodicTask.objects.get(name="Twice as often").task == TASK


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("crontabschedule", {"minute": "61"}),
        ("crontabschedule", {"hour": "noon"}),
        ("intervalschedule", {"every": "0", "period": "minutes"}),
        ("intervalschedule", {"every": "-1", "period": "minutes"}),
        ("solarschedule", {"event": "sunrise", "latitude": "91", "longitude": "0"}),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(
    admin: Client, model: str, fields: dict[str, str]
) -> None:
    assert errors(save(admin, add(f"django_celery_beat_{model}"), **fields))


def test_the_rows_behind_schedules_read_in_words_too(admin: Client, db: None) -> None:
    CrontabSchedule.objects.create(minute="0", hour="3")
    IntervalSchedule.objects.create(every=7, period="minutes")

    crontabs = admin.get(changelist("django_celery_beat_crontabschedule")).content.decode()
    intervals = admin.get(changelist("django_celery_beat_intervalschedule")).content.decode()

    assert "at 03:00 UTC every day" in crontabs
    assert "every 7 minutes" in intervals
