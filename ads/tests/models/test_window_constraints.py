"""Windows of one schedule may not overlap, tails over midnight and over Sunday included."""

from datetime import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from ads.models import DaypartingSchedule, DaypartingWindow
from ads.tests.factories import ScheduleFactory
from ads.tests.support import execute, refused

pytestmark = pytest.mark.django_db

MONDAY, TUESDAY, WEDNESDAY, SUNDAY = 0, 1, 2, 6

OVERLAPPING = {
    "the same": ((MONDAY, "09:00", "17:00"), (MONDAY, "09:00", "17:00")),
    "one within the other": ((MONDAY, "09:00", "17:00"), (MONDAY, "10:00", "11:00")),
    "by a minute": ((MONDAY, "09:00", "12:00"), (MONDAY, "11:59", "13:00")),
    "by a microsecond": ((MONDAY, "09:00", "12:00"), (MONDAY, "11:59:59.999999", "13:00")),
    "the tail over midnight": ((MONDAY, "22:00", "06:00"), (TUESDAY, "05:59", "07:00")),
    "two tails": ((MONDAY, "22:00", "02:00"), (MONDAY, "23:00", "01:00")),
    "a whole day and its evening": ((MONDAY, "00:00", "00:00"), (MONDAY, "23:00", "02:00")),
    "a window of 24 hours and the next morning": (
        (MONDAY, "12:00", "12:00"),
        (TUESDAY, "11:00", "13:00"),
    ),
    "Sunday's tail and Monday": ((SUNDAY, "22:00", "06:00"), (MONDAY, "05:00", "07:00")),
    "two tails over Sunday": ((SUNDAY, "22:00", "06:00"), (SUNDAY, "23:00", "01:00")),
}

APART = {
    "one after the other": ((MONDAY, "09:00", "12:00"), (MONDAY, "12:00", "17:00")),
    "tail and morning touch": ((MONDAY, "22:00", "06:00"), (TUESDAY, "06:00", "07:00")),
    "Monday's tail is not Monday morning": (
        (MONDAY, "22:00", "06:00"),
        (MONDAY, "02:00", "05:00"),
    ),
    "two whole days": ((MONDAY, "00:00", "00:00"), (TUESDAY, "00:00", "00:00")),
    "ending at midnight": ((MONDAY, "22:00", "00:00"), (TUESDAY, "00:00", "01:00")),
    "over Sunday, touching": ((SUNDAY, "22:00", "06:00"), (MONDAY, "06:00", "07:00")),
    "Sunday ends at midnight": ((SUNDAY, "22:00", "00:00"), (MONDAY, "00:00", "01:00")),
}

Given = tuple[int, str, str]


def window(schedule: DaypartingSchedule, given: Given) -> DaypartingWindow:
    day, start, end = given
    return DaypartingWindow(
        schedule=schedule,
        day_of_week=day,
        start_time=time.fromisoformat(start),
        end_time=time.fromisoformat(end),
    )


def commit() -> None:
    """Overlap is looked at when the transaction commits; a test's never does."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("pair", OVERLAPPING.values(), ids=OVERLAPPING.keys())
@pytest.mark.parametrize("turned", [False, True], ids=["", "the other way round"])
def test_an_overlap_is_refused_however_it_is_written(
    pair: tuple[Given, Given], *, turned: bool
) -> None:
    first, second = pair[::-1] if turned else pair
    schedule = ScheduleFactory.create(windows=[first])
    added = window(schedule, second)

    with pytest.raises(ValidationError, match="overlaps"):
        added.full_clean()
    for write in (
        added.save,
        lambda: DaypartingWindow.objects.bulk_create([window(schedule, second)]),
        lambda: execute(
            "INSERT INTO ads_daypartingwindow (schedule_id, day_of_week, start_time, end_time)"
            " VALUES (%s, %s, %s, %s)",
            [schedule.pk, *second],
        ),
    ):
        with refused("windows_do_not_overlap"):
            write()
            commit()

    assert schedule.windows.count() == 1


@pytest.mark.parametrize("pair", APART.values(), ids=APART.keys())
def test_windows_that_only_touch_are_accepted(pair: tuple[Given, Given]) -> None:
    schedule = ScheduleFactory.create(windows=[pair[0]])

    added = window(schedule, pair[1])
    added.full_clean()
    added.save()
    commit()

    assert schedule.windows.count() == 2


def test_schedules_do_not_care_for_each_other_s_windows() -> None:
    for _ in range(2):
        ScheduleFactory.create(windows=[(MONDAY, "09:00", "17:00"), (SUNDAY, "22:00", "06:00")])
    commit()

    assert DaypartingWindow.objects.count() == 4


def test_two_windows_may_swap_places_in_one_transaction() -> None:
    schedule = ScheduleFactory.create(
        windows=[(MONDAY, "09:00", "12:00"), (MONDAY, "12:00", "17:00")]
    )
    morning, afternoon = schedule.windows.order_by("start_time")

    with transaction.atomic():
        morning.start_time, morning.end_time = time(12), time(17)
        morning.save()
        afternoon.start_time, afternoon.end_time = time(9), time(12)
        afternoon.save()
        commit()

    assert [w.pk for w in schedule.windows.order_by("start_time")] == [afternoon.pk, morning.pk]


def test_an_edit_into_another_window_is_refused_and_changes_nothing() -> None:
    schedule = ScheduleFactory.create(
        windows=[(SUNDAY, "22:00", "02:00"), (MONDAY, "03:00", "04:00")]
    )
    night = schedule.windows.get(day_of_week=SUNDAY)

    with refused("windows_do_not_overlap"):
        schedule.windows.filter(pk=night.pk).update(end_time=time(3, 30))
        commit()
    night.end_time = time(3, 30)
    with pytest.raises(ValidationError, match="Monday 03:00–04:00"):
        night.full_clean()

    night.refresh_from_db()
    assert night.end_time == time(2)


@pytest.mark.parametrize("day", [-1, 7, 32000])
def test_a_day_that_no_week_has_is_refused(day: int) -> None:
    schedule = ScheduleFactory.create()

    with pytest.raises(ValidationError, match="day_of_week"):
        window(schedule, (day, "09:00", "10:00")).full_clean()
    with refused("."):
        window(schedule, (day, "09:00", "10:00")).save()

    assert not schedule.windows.exists()


@pytest.mark.django_db(transaction=True)
def test_at_a_true_commit_an_overlap_takes_the_whole_edit_back() -> None:
    schedule = ScheduleFactory.create(windows=[(SUNDAY, "22:00", "06:00")])

    with refused("windows_do_not_overlap"):
        schedule.windows.update(start_time=time(21))
        window(schedule, (MONDAY, "05:00", "07:00")).save()
        assert connection.in_atomic_block

    assert [w.start_time for w in schedule.windows.all()] == [time(22)]
