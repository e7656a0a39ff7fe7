"""System health: which periodic tasks are on time, late, failing or switched off."""

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
from ads.services.operations.health import Health

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


def only() -> health.TaskHealth:
    (checked,) = health.check(NOW)
    return checked


def test_a_task_that_succeeded_when_it_was_due_is_on_time() -> None:
    task()
    succeeded(6, last_duration=timedelta(seconds=2), last_changed=3)

    checked = only()

    assert checked.health == Health.ON_TIME
    assert not checked.is_alarming
    assert checked.late_since is None


def test_a_task_without_success_for_clearly_longer_than_asked_is_late() -> None:
    task()
    succeeded(11)

    checked = only()

    assert checked.health == Health.LATE
    assert checked.is_alarming
    assert checked.late_since == NOW - timedelta(minutes=1)


def test_a_task_that_runs_and_runs_and_fails_is_late_too() -> None:
    task()
    beat = succeeded(30)
    Heartbeat.objects.filter(pk=beat.pk).update(
        last_run_at=NOW, last_failure_at=NOW, last_error="no answer"
    )

    assert only().health == Health.LATE


def test_a_task_whose_last_run_failed_stands_out_before_it_is_late() -> None:
    task()
    succeeded(6, last_failure_at=NOW - timedelta(minutes=1), last_error="no answer")

    assert only().health == Health.FAILING


def test_a_crontab_is_read_in_its_own_timezone() -> None:
    # 09:00 in Tokyo is midnight in UTC; a success at 00:01 is good until tomorrow.
    nightly = CrontabSchedule.objects.create(minute="0", hour="9", timezone="Asia/Tokyo")
    task(crontab=nightly)
    succeeded(12 * 60 - 1)

    checked = only()

    assert checked.health == Health.ON_TIME
    assert checked.next_due == datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "off",
    [{"enabled": False}, {"expires": NOW - timedelta(minutes=1)}],
    ids=["disabled", "expired"],
)
def test_what_is_switched_off_is_not_late(off: dict[str, Any]) -> None:
    task(**off)
    succeeded(60)

    checked = only()

    assert checked.health == Health.OFF
    assert checked.next_due is None


def test_a_task_that_starts_later_is_not_late_yet() -> None:
    task(start_time=NOW + timedelta(hours=1))

    assert only().health == Health.WAITING


def test_a_task_that_never_ran_waits_for_its_first_time_and_then_is_late() -> None:
    task("hourly", interval=every(60 * 2))
    task("often")

    assert [(each.task.name, each.health) for each in health.check(NOW)] == [
        ("often", Health.LATE),
        ("hourly", Health.WAITING),
    ]


def test_a_task_that_beat_sends_and_no_worker_runs_is_late() -> None:
    row = task()
    # Beat itself writes the row whenever it has sent the task.
    PeriodicTask.objects.filter(pk=row.pk).update(
        total_run_count=2, last_run_at=NOW, date_changed=NOW
    )

    checked = only()

    assert checked.health == Health.LATE
    assert checked.late_since is None


@pytest.mark.parametrize("what", ["beat", "success"])
def test_what_waits_for_a_clock_that_was_set_back_is_late(what: str) -> None:
    """Beat sends nothing until the clock is where it was; nor does a success of then count."""
    row = task()
    succeeded(-60 if what == "success" else 1)
    if what == "beat":
        ahead = NOW + timedelta(hours=1)
        PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=ahead)

    checked = only()

    assert checked.health == Health.LATE
    assert checked.is_ahead


def test_clocks_that_differ_by_seconds_are_no_alarm() -> None:
    task()
    Heartbeat.objects.create(task="check", last_success_at=NOW + timedelta(seconds=20))

    assert only().health == Health.ON_TIME


def test_a_single_time_is_late_until_it_has_succeeded() -> None:
    clocked = ClockedSchedule.objects.create(clocked_time=NOW - timedelta(minutes=20))
    task(clocked=clocked, one_off=True)
    assert only().health == Health.LATE

    succeeded(19)

    assert only().health == Health.ON_TIME


def test_what_nobody_can_tell_is_not_judged() -> None:
    solar = SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    task("sun", solar=solar)
    task("others", task="celery.backend_cleanup")

    assert {each.health for each in health.check(NOW)} == {Health.UNKNOWN}


def test_late_ones_come_first_and_two_queries_read_them_all(
    django_assert_num_queries: Any,
) -> None:
    task("b_fine")
    succeeded(1, "b_fine")
    task("a_off", enabled=False)
    task("c_late")
    succeeded(60, "c_late")

    with django_assert_num_queries(2):
        checked = health.check(NOW)

    assert [each.task.name for each in checked] == ["c_late", "b_fine", "a_off"]


def test_given_tasks_are_checked_in_their_order() -> None:
    late, off = task("a"), task("b", enabled=False)

    checked = health.check(NOW, [off, late])

    assert [each.health for each in checked] == [Health.OFF, Health.LATE]


@pytest.mark.parametrize("minute", ["99", "1,,2", "noon"])
def test_a_crontab_that_cannot_be_read_is_not_judged(minute: str) -> None:
    task(crontab=CrontabSchedule.objects.create(minute=minute))

    assert only().health == Health.UNKNOWN


BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("fields", "after", "due"),
    [
        ({"minute": "*/5"}, "2026-03-04T12:03", "2026-03-04T12:05"),
        ({"minute": "0", "hour": "0", "day_of_month": "1"}, "2026-12-02", "2027-01-01"),
        ({"minute": "0", "hour": "0", "day_of_month": "29", "month_of_year": "2"}, "2026-03-01",
         "2028-02-29"),
        # On 29 March 2026 Berlin has no 02:30: beat runs it after the jump.
        ({"minute": "30", "hour": "2", "timezone": BERLIN}, "2026-03-28T12:00", "2026-03-29T01:30"),
        # On 25 October 2026 it has two: beat runs it once, and is silent in the repeated hour.
        ({"minute": "30", "hour": "2", "timezone": BERLIN}, "2026-10-25T00:30", "2026-10-26T01:30"),
        ({"minute": "*/15", "timezone": BERLIN}, "2026-10-25T00:45", "2026-10-25T02:00"),
        ({"minute": "*/15", "timezone": BERLIN}, "2026-10-25T01:10", "2026-10-25T02:00"),
        ({"minute": "*", "timezone": BERLIN}, "2026-10-25T01:59", "2026-10-25T02:00"),
    ],
)  # fmt: skip
def test_a_crontab_is_due_when_celery_says_also_around_clock_changes(
    fields: dict[str, str], after: str, due: str
) -> None:
    row = CrontabSchedule(**{"timezone": "UTC", **fields})

    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert health.next_due(row, at(after)) == at(due)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (CrontabSchedule(minute="*/5"), "Every 5 minutes"),
        (CrontabSchedule(minute="0", hour="9", timezone="Asia/Tokyo"), "At 09:00 Asia/Tokyo"),
        (CrontabSchedule(day_of_week="1", minute="*/5"), "Every 5 minutes, only on Monday UTC"),
        (IntervalSchedule(every=10, period="minutes"), "every 10 minutes"),
        (ClockedSchedule(clocked_time=NOW), "Once, at 2026-03-04 12:00 UTC"),
    ],
)
def test_a_schedule_names_its_timezone_only_where_it_matters(row: Any, words: str) -> None:
    assert health.in_words(row) == words


def test_a_one_off_task_says_that_it_runs_once() -> None:
    assert health.when(task(one_off=True)).endswith(", but only once")


def test_the_repeated_hour_in_which_beat_is_silent_is_no_alarm() -> None:
    quarters = CrontabSchedule.objects.create(minute="*/15", timezone=BERLIN)
    task(crontab=quarters)
    Heartbeat.objects.create(
        task="check", last_success_at=datetime(2026, 10, 25, 0, 46, tzinfo=UTC)
    )

    def at(hour: int, minute: int) -> Health:
        (checked,) = health.check(datetime(2026, 10, 25, hour, minute, tzinfo=UTC))
        return checked.health

    assert at(1, 59) == Health.ON_TIME
    assert at(2, 14) == Health.ON_TIME
    assert at(2, 16) == Health.LATE


def test_an_interval_of_no_length_is_never_due() -> None:
    assert health.next_due(IntervalSchedule(every=0, period="minutes"), NOW) is None
