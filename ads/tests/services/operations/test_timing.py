"""When a task runs, in words and as instants; what is said is what beat then does."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from ads.rules import ticks
from ads.services.operations import health, task_texts, timing
from ads.services.operations.timing import Cron, Daily, Every, Monthly, NeverRuns, Once
from ads.tests.tasks.support import PERIODS

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 4, 12, 3, tzinfo=UTC)  # a Wednesday
CRONTAB = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


def by_crontab(fields: str, tz: str = "UTC") -> PeriodicTask:
    row = CrontabSchedule(**dict(zip(CRONTAB, fields.split(), strict=True)), timezone=tz)
    return PeriodicTask(name="x", crontab=row)


def next_of(task: PeriodicTask) -> datetime | None:
    """The tick that the pages and the alarm go by."""
    schedule = health.ticks_of(task)
    assert schedule
    return ticks.next_tick(schedule, NOW)


@pytest.mark.parametrize(
    ("fields", "tz", "words", "due"),
    [
        ("* * * * *", "UTC", "every minute", "03-04 12:04"),
        ("*/5 * * * *", "UTC", "every 5 minutes", "03-04 12:05"),
        ("0 * * * *", "UTC", "every hour", "03-04 13:00"),
        ("0 */6 * * *", "UTC", "every 6 hours", "03-04 18:00"),
        ("0 0 * * *", "UTC", "at 00:00 UTC every day", "03-05 00:00"),
        (
            "0 8 * * 1-5",
            "Europe/Berlin",
            "at 08:00, Monday to Friday (Europe/Berlin)",
            "03-05 07:00",
        ),
        ("30 23 * * 0,6", "UTC", "at 23:30 UTC on Saturday and Sunday", "03-07 23:30"),
        ("0 0 1 * *", "UTC", "at 00:00 UTC on the 1st of the month", "04-01 00:00"),
        (
            "0 6 22 * *",
            "Asia/Tokyo",
            "at 06:00 on the 22nd of the month (Asia/Tokyo)",
            "03-21 21:00",
        ),
        ("7 * * * *", "UTC", "at 7 minutes past the hour (UTC)", "03-04 12:07"),
        # It starts anew each hour: 12:45, 13:00, 13:45.
        ("*/45 * * * *", "UTC", "at 0 and 45 minutes past the hour (UTC)", "03-04 12:45"),
    ],
)
def test_a_crontab_reads_as_a_person_says_it_and_is_due_when_it_says(
    fields: str, tz: str, words: str, due: str
) -> None:
    task = by_crontab(fields, tz)

    assert timing.in_words(task) == words
    assert next_of(task) == datetime.strptime(f"2026-{due} +0000", "%Y-%m-%d %H:%M %z")


@pytest.mark.parametrize("fields", ["61 0 1 * *", "0 24 * * *", "99 99 99 * *"])
def test_a_crontab_that_nobody_can_read_is_shown_as_it_is_written(fields: str) -> None:
    task = by_crontab(fields)

    assert timing.timing_of(task) == Cron(tuple(fields.split()))  # type: ignore[arg-type]
    assert timing.in_words(task)


@pytest.mark.parametrize(
    ("every", "period", "words"),
    [
        (1, "minutes", "every minute"),
        (7, "minutes", "every 7 minutes"),
        (2, "days", "every 2 days"),
    ],
)
def test_an_interval_reads_as_a_person_says_it(every: int, period: str, words: str) -> None:
    task = PeriodicTask(name="x", interval=IntervalSchedule(every=every, period=period))

    assert timing.in_words(task) == words
    assert next_of(task) == NOW + timedelta(**{period: every})


def test_one_instant_and_the_sun_read_as_a_person_says_it() -> None:
    at = NOW + timedelta(hours=1)
    once = PeriodicTask(name="x", clocked=ClockedSchedule(clocked_time=at), one_off=True)
    sun = PeriodicTask(name="y", solar=SolarSchedule(event="sunrise", latitude=52, longitude=13))

    assert timing.in_words(once) == "once, on Wed 4 Mar 2026, 13:03 UTC"
    assert next_of(once) == at
    assert timing.in_words(sun) == "at sunrise at latitude 52, longitude 13"


@pytest.mark.parametrize(
    "chosen",
    [
        Every(5, "minutes"),
        Every(1, "minutes"),
        Every(7, "minutes"),
        Every(12, "hours"),
        Every(5, "hours"),
        Every(30, "seconds"),
        Every(3, "days"),
        Daily(time(0)),
        Daily(time(8, 5), frozenset({0, 6}), "Asia/Tokyo"),
        Monthly(time(0), 31),
        Once(NOW),
        Cron(("*/20", "8-18", "*", "*", "1-5"), "Europe/Berlin"),
    ],
    ids=str,
)
def test_what_was_chosen_is_read_back_from_the_row_and_the_row_is_shared(
    chosen: timing.Timing,
) -> None:
    def saved() -> PeriodicTask:
        rows = timing.row_of(chosen)
        for row in filter(None, rows.values()):
            row.save()
        return PeriodicTask(name="x", **rows)

    first, second = saved(), saved()

    assert timing.timing_of(first) == chosen
    assert first.scheduler == second.scheduler


def test_every_so_many_minutes_ticks_on_the_full_hour_and_at_midnight_where_it_can() -> None:
    assert timing.row_of(Every(10, "minutes"))["crontab"].minute == "*/10"
    assert timing.row_of(Every(7, "minutes"))["interval"].every == 7


@pytest.mark.parametrize(
    "fields", ["0 0 30 2 *", "0 0 31 4,6 *", "61 * * * *", "0 noon * * *", "0 0 * * 9"]
)
def test_what_no_day_fits_or_nobody_can_read_is_refused(fields: str) -> None:
    five = tuple(fields.split())
    rows = CrontabSchedule.objects.count()

    with pytest.raises(NeverRuns):
        timing.row_of(Cron(five))  # type: ignore[arg-type]

    assert CrontabSchedule.objects.count() == rows


def test_there_are_words_for_every_task_that_runs_by_itself() -> None:
    for name in PERIODS:
        text = task_texts.about(name)
        assert text, name
        assert text.does.endswith(".")
        assert text.without.endswith(".")
