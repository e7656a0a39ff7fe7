"""What a task does, its health, and what does not happen while it is switched off."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ads.admin.elements.text import span
from ads.models import Heartbeat
from ads.services.operations import task_texts
from ads.tests.admin.pages import act, change, changelist, said, save
from ads.tests.admin.tasks.support import MODEL, TASK


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
    assert "Switched 12 campaigns." in page
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
