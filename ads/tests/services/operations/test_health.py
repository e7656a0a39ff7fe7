"""How the periodic tasks stand: on time, late, failing, switched off."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads.models import Heartbeat
from ads.services.operations import health
from ads.services.operations.health import Pulse

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_other_tasks() -> None:
    PeriodicTask.objects.all().delete()


def every(minutes: int) -> IntervalSchedule:
    return IntervalSchedule.objects.create(every=minutes, period="minutes")


def task(name: str = "check", **fields: Any) -> PeriodicTask:
    """Made an hour ago, every five minutes unless said otherwise."""
    if not {"interval", "crontab", "clocked", "solar"} & fields.keys():
        fields["interval"] = every(5)
    with time_machine.travel(NOW - timedelta(hours=1), tick=False):
        return PeriodicTask.objects.create(
            name=name, task=fields.pop("task", f"ads.tasks.{name}"), **fields
        )


def succeeded(minutes_ago: int, name: str = "check", **fields: Any) -> Heartbeat:
    at = NOW - timedelta(minutes=minutes_ago)
    return Heartbeat.objects.create(task=name, last_run_at=at, last_success_at=at, **fields)


def only() -> health.Watched:
    (watched,) = health.look(NOW)
    return watched


def test_a_task_that_succeeded_when_it_was_due_is_on_time() -> None:
    task()
    succeeded(6, last_duration=timedelta(seconds=2), last_changed=3)

    watched = only()

    assert watched.pulse == Pulse.ALIVE
    assert not watched.is_alarming
    assert watched.took == timedelta(seconds=2)
    assert watched.late_since is None


def test_a_task_without_success_for_clearly_longer_than_asked_is_late() -> None:
    task()
    succeeded(11)

    watched = only()

    assert watched.pulse == Pulse.LATE
    assert watched.is_alarming
    assert watched.late_since == NOW - timedelta(minutes=1)


def test_a_task_that_runs_and_runs_and_fails_is_late_too() -> None:
    task()
    beat = succeeded(30)
    Heartbeat.objects.filter(pk=beat.pk).update(
        last_run_at=NOW, last_failure_at=NOW, last_error="no answer"
    )

    assert only().pulse == Pulse.LATE


def test_a_task_whose_last_run_failed_stands_out_before_it_is_late() -> None:
    task()
    succeeded(6, last_failure_at=NOW - timedelta(minutes=1), last_error="no answer")

    assert only().pulse == Pulse.FAILING


def test_a_crontab_is_read_in_its_own_timezone() -> None:
    # 09:00 in Tokyo is midnight in UTC; a success at 00:01 is good until tomorrow.
    nightly = CrontabSchedule.objects.create(minute="0", hour="9", timezone="Asia/Tokyo")
    task(crontab=nightly)
    succeeded(12 * 60 - 1)

    watched = only()

    assert watched.pulse == Pulse.ALIVE
    assert watched.next_tick == datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "off",
    [{"enabled": False}, {"expires": NOW - timedelta(minutes=1)}],
    ids=["disabled", "expired"],
)
def test_what_is_switched_off_is_not_late(off: dict[str, Any]) -> None:
    task(**off)
    succeeded(60)

    watched = only()

    assert watched.pulse == Pulse.OFF
    assert watched.next_tick is None


def test_a_task_that_starts_later_is_not_late_yet() -> None:
    task(start_time=NOW + timedelta(hours=1))

    assert only().pulse == Pulse.WAITING


def test_a_task_that_never_ran_waits_for_its_first_time_and_then_is_late() -> None:
    task("hourly", interval=every(60 * 2))
    task("often")

    assert [(each.task.name, each.pulse) for each in health.look(NOW)] == [
        ("often", Pulse.LATE),
        ("hourly", Pulse.WAITING),
    ]


def test_a_task_that_beat_sends_and_no_worker_runs_is_late() -> None:
    row = task()
    # Beat itself writes the row whenever it has sent the task.
    PeriodicTask.objects.filter(pk=row.pk).update(
        total_run_count=2, last_run_at=NOW, date_changed=NOW
    )

    watched = only()

    assert watched.pulse == Pulse.LATE
    assert watched.late_since is None


@pytest.mark.parametrize("what", ["beat", "success"])
def test_what_waits_for_a_clock_that_was_set_back_is_late(what: str) -> None:
    """Beat sends nothing until the clock is where it was; nor does a success of then count."""
    row = task()
    succeeded(-60 if what == "success" else 1)
    if what == "beat":
        ahead = NOW + timedelta(hours=1)
        PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=ahead)

    watched = only()

    assert watched.pulse == Pulse.LATE
    assert watched.is_ahead


def test_clocks_that_differ_by_seconds_are_no_alarm() -> None:
    task()
    Heartbeat.objects.create(task="check", last_success_at=NOW + timedelta(seconds=20))

    assert only().pulse == Pulse.ALIVE


def test_a_single_time_is_late_until_it_has_succeeded() -> None:
    clocked = ClockedSchedule.objects.create(clocked_time=NOW - timedelta(minutes=20))
    task(clocked=clocked, one_off=True)
    assert only().pulse == Pulse.LATE

    succeeded(19)

    assert only().pulse == Pulse.ALIVE


def test_what_nobody_can_tell_is_not_judged() -> None:
    solar = SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    task("sun", solar=solar)
    task("others", task="celery.backend_cleanup")

    assert {each.pulse for each in health.look(NOW)} == {Pulse.UNKNOWN}


def test_late_ones_come_first_and_two_queries_read_them_all(
    django_assert_num_queries: Any,
) -> None:
    task("b_fine")
    succeeded(1, "b_fine")
    task("a_off", enabled=False)
    task("c_late")
    succeeded(60, "c_late")

    with django_assert_num_queries(2):
        watched = health.look(NOW)

    assert [each.task.name for each in watched] == ["c_late", "b_fine", "a_off"]


def test_given_tasks_are_looked_at_in_their_order() -> None:
    late, off = task("a"), task("b", enabled=False)

    watched = health.look(NOW, [off, late])

    assert [each.pulse for each in watched] == [Pulse.OFF, Pulse.LATE]
