"""Operations staff decide when the tasks run; what beat could not read is refused."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from ads.tests.admin.pages import act, add, change, changelist, errors, said, save

TASK = "ads.tasks.check_campaign_budgets"


@pytest.fixture
def task(db: None) -> PeriodicTask:
    """A task every five minutes."""
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    return PeriodicTask.objects.create(name="A task of the test", task=TASK, interval=every)


def test_a_task_can_be_moved_to_another_schedule_and_switched_off(
    admin: Client, task: PeriodicTask
) -> None:
    nightly = CrontabSchedule.objects.create(minute="0", hour="3")

    response = save(
        admin, change(task), regtask=TASK, interval="", crontab=nightly.pk, enabled=None
    )

    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.crontab, task.interval, task.enabled) == (nightly, None, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("args", "5"),
        ("args", "{}"),
        ("args", "[1,"),
        ("kwargs", "[]"),
        ("kwargs", '"x"'),
        ("headers", "7"),
        ("queue", "nobody-listens"),
    ],
)
def test_what_beat_or_the_worker_could_not_take_is_refused(
    admin: Client, task: PeriodicTask, field: str, value: str
) -> None:
    response = save(admin, change(task), regtask=TASK, **{field: value})

    assert list(errors(response)) == [field]


@pytest.mark.parametrize("queue", settings.CELERY_TASK_QUEUES)
def test_a_queue_that_workers_consume_can_be_chosen(
    admin: Client, task: PeriodicTask, queue: str
) -> None:
    assert save(admin, change(task), regtask=TASK, queue=queue).status_code == 302


def test_a_schedule_by_the_sun_is_refused_while_beat_cannot_work_it_out(
    admin: Client, task: PeriodicTask
) -> None:
    sunrise = SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)

    response = save(admin, change(task), regtask=TASK, interval="", solar=sunrise.pk)

    assert "ephem" in errors(response)["solar"][0]


def test_two_schedules_at_once_or_none_are_refused(admin: Client, task: PeriodicTask) -> None:
    nightly = CrontabSchedule.objects.create(minute="0", hour="3")

    both = save(admin, change(task), regtask=TASK, crontab=nightly.pk)
    none = save(admin, change(task), regtask=TASK, interval="")

    assert errors(both)
    assert errors(none)


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


def test_a_crontab_is_shown_in_words(admin: Client, task: PeriodicTask) -> None:
    task.interval = None
    task.crontab = CrontabSchedule.objects.create(minute="0", hour="3")
    task.save()

    assert "At 03:00" in admin.get(change(task)).content.decode()


def test_tasks_are_enabled_and_disabled_from_the_list(admin: Client, task: PeriodicTask) -> None:
    model = "django_celery_beat_periodictask"
    act(admin, model, "disable_tasks", [task])
    task.refresh_from_db()
    assert task.enabled is False

    act(admin, model, "enable_tasks", [task])
    task.refresh_from_db()
    assert task.enabled is True


def test_a_task_can_be_run_now(admin: Client, task: PeriodicTask) -> None:
    (message,) = said(act(admin, "django_celery_beat_periodictask", "run_tasks", [task]))

    assert "1 task was successfully run" in message


@pytest.mark.parametrize("action", ["enable_tasks", "disable_tasks", "toggle_tasks", "run_tasks"])
def test_who_may_only_look_cannot_act(
    staff: Callable[..., Client], task: PeriodicTask, action: str
) -> None:
    PeriodicTask.objects.filter(pk=task.pk).update(enabled=action != "enable_tasks")
    viewer = staff("view_periodictask")

    response = act(viewer, "django_celery_beat_periodictask", action, [task])

    assert response.status_code == 200
    assert said(response) == []
    assert PeriodicTask.objects.get(pk=task.pk).enabled is (action != "enable_tasks")


@pytest.mark.parametrize(
    "model",
    [
        "periodictask",
        "intervalschedule",
        "crontabschedule",
        "clockedschedule",
        "solarschedule",
    ],
)
def test_lists_and_forms_open(admin: Client, model: str) -> None:
    assert admin.get(changelist(f"django_celery_beat_{model}")).status_code == 200
    assert admin.get(add(f"django_celery_beat_{model}")).status_code == 200
