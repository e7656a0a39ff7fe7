"""Operations staff say in plain words when tasks run; what beat could not read is refused."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    PeriodicTasks,
    SolarSchedule,
)

from ads.admin.text import span
from ads.models import Heartbeat
from ads.services import task_texts, timing, watch
from ads.tests.admin.pages import act, add, change, changelist, errors, said, save
from ads.tests.redis_away import without_redis

TASK = "ads.tasks.check_campaign_budgets"
MODEL = "django_celery_beat_periodictask"
RUNS = reverse(f"admin:{MODEL}_runs")


@pytest.fixture
def task(db: None) -> PeriodicTask:
    """A task every five minutes."""
    PeriodicTask.objects.all().delete()
    every = CrontabSchedule.objects.create(minute="*/5")
    return PeriodicTask.objects.create(
        name="A task of the test", task=TASK, crontab=every, expire_seconds=300
    )


def run_url(task: PeriodicTask) -> str:
    return reverse(f"admin:{MODEL}_run", args=[task.pk])


def words(task: PeriodicTask) -> str:
    """When it runs, of what is stored."""
    return timing.in_words(watch.with_schedules(PeriodicTask.objects.all()).get(pk=task.pk))


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


def test_the_list_says_what_a_task_does_when_it_last_succeeded_and_what_it_changed(
    admin: Client, task: PeriodicTask
) -> None:
    now = timezone.now()
    Heartbeat.objects.create(
        task="check_campaign_budgets",
        last_run_at=now,
        last_success_at=now - timedelta(minutes=2),
        last_duration=timedelta(seconds=3.4),
        last_changed=12,
    )

    page = admin.get(changelist(MODEL)).content.decode()

    text = task_texts.about(TASK)
    assert text
    assert text.does in page
    assert "every 5 minutes" in page
    assert ">2 min ago<" in page
    assert "took 3 s" in page
    assert "switched 12 campaigns" in page
    assert "On time" in page
    assert settings.FLOWER_URL in page


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(microseconds=1), "under 0.1 s"),
        (timedelta(milliseconds=990), "0.9 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=61), "1 h"),
        (timedelta(hours=47), "1 day"),
        (timedelta(days=2), "2 days"),
    ],
    ids=str,
)
def test_a_length_of_time_is_told_in_its_largest_unit(length: timedelta, shown: str) -> None:
    assert span(length) == shown


def test_a_late_task_and_one_that_fails_stand_out_and_say_why(
    admin: Client, task: PeriodicTask
) -> None:
    now = timezone.now()
    beat = Heartbeat.objects.create(
        task="check_campaign_budgets", last_run_at=now, last_success_at=now - timedelta(hours=2)
    )
    PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=now)
    late = admin.get(changelist(MODEL)).content.decode()
    assert "ads-alarm" in late
    assert ">Late<" in late
    assert "are the worker and beat running?" in late.lower()

    beat.last_success_at, beat.last_failure_at = now - timedelta(minutes=4), now
    beat.last_error = "Campaign 7 could not be enforced; see the log.\nand more"
    beat.save()
    failing = admin.get(changelist(MODEL)).content.decode()

    assert ">Failing<" in failing
    assert "Campaign 7 could not be enforced; see the log." in failing
    assert "and more" not in failing


def test_switching_off_asks_first_and_says_what_will_not_happen(
    admin: Client, task: PeriodicTask
) -> None:
    asked = act(admin, MODEL, "disable_tasks", [task]).content.decode()
    task.refresh_from_db()
    assert task.enabled
    text = task_texts.about(TASK)
    assert text
    assert text.without in asked

    confirmed = {"action": "disable_tasks", "_selected_action": [task.pk], "confirmed": "yes"}
    response = admin.post(changelist(MODEL), confirmed, follow=True)

    assert said(response) == ["Switched off: A task of the test."]
    task.refresh_from_db()
    assert not task.enabled
    assert "Switched off" in admin.get(changelist(MODEL)).content.decode()

    response = act(admin, MODEL, "enable_tasks", [task])

    assert said(response) == ["Switched on: A task of the test."]
    task.refresh_from_db()
    assert task.enabled


def test_switching_off_on_its_page_and_deleting_say_what_will_not_happen(
    admin: Client, task: PeriodicTask
) -> None:
    text = task_texts.about(TASK)
    assert text
    asked = admin.get(reverse(f"admin:{MODEL}_delete", args=[task.pk])).content.decode()
    assert text.without in asked

    save(admin, change(task), enabled=None)

    told = said(admin.get(changelist(MODEL)))
    assert f"A task of the test is switched off. {text.without}" in told
    task.refresh_from_db()
    assert not task.enabled


def test_a_task_that_was_switched_on_again_is_not_late_for_the_time_it_was_off(
    admin: Client, task: PeriodicTask
) -> None:
    long_ago = timezone.now() - timedelta(days=7)
    Heartbeat.objects.create(
        task="check_campaign_budgets", last_run_at=long_ago, last_success_at=long_ago
    )
    PeriodicTask.objects.filter(pk=task.pk).update(
        enabled=False, last_run_at=None, date_changed=long_ago
    )

    act(admin, MODEL, "enable_tasks", [task])

    assert ">Late<" not in admin.get(changelist(MODEL)).content.decode()


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


def test_somebody_elses_runs_are_not_shown(
    admin: Client, staff: Callable[..., Client], task: PeriodicTask
) -> None:
    admin.post(run_url(task))

    assert "A task of the test" not in staff("view_periodictask").get(RUNS).content.decode()


def test_who_may_only_look_reads_everything_and_runs_and_changes_nothing(
    staff: Callable[..., Client], task: PeriodicTask
) -> None:
    viewer = staff("view_periodictask")

    listed = viewer.get(changelist(MODEL)).content.decode()
    page = viewer.get(change(task)).content.decode()

    assert "every 5 minutes" in listed
    assert "every 5 minutes" in page
    assert "Run now" not in listed + page
    assert viewer.post(run_url(task)).status_code == 403
    assert viewer.get(run_url(task)).status_code == 405
    for action in ("enable_tasks", "disable_tasks", "run_tasks"):
        PeriodicTask.objects.filter(pk=task.pk).update(enabled=action != "enable_tasks")
        assert said(act(viewer, MODEL, action, [task])) == []
        assert PeriodicTask.objects.get(pk=task.pk).enabled is (action != "enable_tasks")
    assert staff().get(RUNS).status_code == 403


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
