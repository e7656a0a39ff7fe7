"""Schedules and their windows are edited together, and refused together."""

import re
from datetime import time

import pytest
from django.test import Client

from ads.admin.schedules import windows as window_forms
from ads.models import Campaign, DaypartingSchedule, DaypartingWindow
from ads.tests.admin.pages import (
    add,
    change,
    changelist,
    context_of,
    errors,
    formset_errors,
    said,
    save,
)
from ads.tests.admin.schedules.windows import Triple, rows, stored
from ads.tests.factories import CampaignFactory, ScheduleFactory

commits = pytest.mark.django_db(transaction=True)


def test_a_schedule_is_made_with_its_windows(admin: Client) -> None:
    windows: list[Triple] = [(0, "22:00", "06:00"), (1, "06:00", "22:00"), (6, "00:00", "00:00")]

    response = save(
        admin, add("ads_daypartingschedule"), name="Nights", timezone="Asia/Tokyo", **rows(windows)
    )

    assert response.status_code == 302
    schedule = DaypartingSchedule.objects.get()
    assert (schedule.name, schedule.timezone) == ("Nights", "Asia/Tokyo")
    assert stored(schedule) == windows


@pytest.mark.parametrize(
    ("page", "windows", "sentence"),
    [
        (
            "add",
            [(0, "09:00", "12:00"), (0, "11:59", "13:00")],
            "Monday 09:00–12:00 and Monday 11:59–13:00 overlap",
        ),
        (
            "change",
            [(0, "22:00", "06:00"), (1, "05:00", "07:00")],
            "Monday 22:00–06:00 (+1 day) and Tuesday 05:00–07:00 overlap",
        ),
        (
            "add",
            [(0, "00:00", "01:00"), (6, "22:00", "02:00")],
            "Sunday 22:00–02:00 (+1 day) and Monday 00:00–01:00 overlap",
        ),
        (
            "change",
            [(2, "00:00", "00:00"), (2, "08:00", "09:00")],
            "Wednesday, all day and Wednesday 08:00–09:00 overlap",
        ),
    ],
)
def test_windows_that_overlap_are_refused_and_both_are_named(
    admin: Client, page: str, windows: list[Triple], sentence: str
) -> None:
    schedule = ScheduleFactory.create(name="Old", windows=[windows[0]])
    first = list(schedule.windows.all())
    if page == "add":
        url, data = add("ads_daypartingschedule"), rows(windows)
    else:
        url, data = change(schedule), rows(windows, first)

    response = save(admin, url, name="New", **data)

    (message,) = formset_errors(response)
    assert message.startswith(sentence)
    assert DaypartingSchedule.objects.get().name == "Old"
    assert stored(schedule) == [windows[0]]


@pytest.mark.parametrize(
    "windows",
    [
        [(0, "09:00", "12:00"), (0, "12:00", "13:00")],
        [(0, "22:00", "06:00"), (1, "06:00", "07:00")],
        [(6, "22:00", "02:00"), (0, "02:00", "03:00")],
    ],
)
def test_windows_that_only_touch_are_fine(admin: Client, windows: list[Triple]) -> None:
    response = save(admin, add("ads_daypartingschedule"), name="Touching", **rows(windows))

    assert response.status_code == 302


@commits
def test_two_windows_can_swap_places(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00"), (0, "13:00", "17:00")])
    windows = list(schedule.windows.order_by("pk"))
    swapped: list[Triple] = [(0, "13:00", "17:00"), (0, "09:00", "12:00")]

    response = save(admin, change(schedule), **rows(swapped, windows))

    assert response.status_code == 302
    assert stored(schedule) == swapped


@commits
def test_a_window_can_take_the_place_of_one_that_is_deleted(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "17:00")])
    replacing: list[Triple] = [(0, "09:00", "17:00"), (0, "08:00", "16:00")]

    response = save(
        admin,
        change(schedule),
        **rows(replacing, list(schedule.windows.all())),
        **{"windows-0-DELETE": "on"},
    )

    assert response.status_code == 302
    assert stored(schedule) == [(0, "08:00", "16:00")]


@commits
def test_an_overlap_that_only_the_database_sees_is_told_and_nothing_is_saved(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = ScheduleFactory.create(name="Old", windows=[(0, "09:00", "12:00")])
    # Somebody else's window was committed after the form had looked.
    monkeypatch.setattr(window_forms, "first_overlap", lambda _: None)

    response = save(
        admin,
        change(schedule),
        name="New",
        **rows([(0, "09:00", "12:00"), (0, "10:00", "11:00")], list(schedule.windows.all())),
    )

    assert response.status_code == 302
    (message,) = said(admin.get(response.headers["Location"]))
    assert message.startswith("Nothing was saved")
    assert stored(schedule) == [(0, "09:00", "12:00")]
    assert schedule.fresh().name == "Old"


@commits
def test_a_window_that_is_opened_starts_its_campaigns_at_once(admin: Client) -> None:
    schedule = ScheduleFactory.create()
    campaign = CampaignFactory.create(schedules=[schedule])
    assert campaign.fresh().is_active is False
    always: list[Triple] = [(day, "00:00", "00:00") for day in range(7)]

    response = save(admin, change(schedule), **rows(always))

    assert response.status_code == 302
    assert campaign.fresh().is_active is True


@commits
def test_a_schedule_in_use_can_be_deleted_and_its_campaigns_run_without(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    campaign = CampaignFactory.create(schedules=[schedule])
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)

    response = admin.post(change(schedule).replace("/change/", "/delete/"), {"post": "yes"})

    assert response.status_code == 302
    assert not DaypartingSchedule.objects.exists()
    assert campaign.fresh().is_active is True


@pytest.mark.parametrize("timezone", ["Mars/Olympus", "europe/berlin", "", "../etc/passwd"])
def test_an_unknown_timezone_is_refused(admin: Client, timezone: str) -> None:
    schedule = ScheduleFactory.create()

    response = save(admin, change(schedule), timezone=timezone)

    assert list(errors(response)) == ["timezone"]
    assert schedule.fresh().timezone == "UTC"


def test_a_timezone_outside_the_curated_list_stays_where_it_is_set(admin: Client) -> None:
    schedule = ScheduleFactory.create(timezone="Asia/Calcutta")

    response = save(admin, change(schedule), name="Renamed")

    assert response.status_code == 302
    renamed = schedule.fresh()
    assert (renamed.name, renamed.timezone) == ("Renamed", "Asia/Calcutta")


def test_validity_that_ends_before_it_begins_is_refused(admin: Client) -> None:
    response = save(
        admin,
        change(ScheduleFactory.create()),
        valid_from="2026-12-26",
        valid_until="2026-12-24",
    )

    assert errors(response) == {"valid_until": ["Must not be before “Valid from”."]}


def test_two_schedules_cannot_have_one_name(admin: Client) -> None:
    ScheduleFactory.create(name="Taken")

    response = save(admin, add("ads_daypartingschedule"), name="Taken")

    assert list(errors(response)) == ["name"]


@pytest.mark.parametrize(
    "window",
    [
        (7, "09:00", "10:00"),
        (0, "25:00", "10:00"),
        (0, "", "10:00"),
        ("", "1:00", "2:00"),
        # The grid does not draw it: five past nine, or ten to ten?
        (0, "9:5", "10:00"),
    ],
)
def test_a_window_that_cannot_be_is_refused(admin: Client, window: Triple) -> None:
    response = save(admin, add("ads_daypartingschedule"), name="New", **rows([window]))

    assert len(formset_errors(response)) == 1
    assert not DaypartingSchedule.objects.exists()


def test_half_of_every_hour_can_be_cleared_in_one_edit(admin: Client) -> None:
    hours = [(day, f"{hour:02}:00", f"{hour:02}:30") for day in range(7) for hour in range(24)]
    schedule = ScheduleFactory.create(windows=hours)
    deleted = {f"windows-{number}-DELETE": "on" for number in range(len(hours))}

    response = save(admin, change(schedule), **rows(hours, list(schedule.windows.all())), **deleted)

    assert response.status_code == 302
    assert not stored(schedule)


def test_on_a_phone_a_time_can_be_typed(admin: Client) -> None:
    page = admin.get(add("ads_daypartingschedule")).content.decode()

    (field,) = re.findall(r'<input[^>]*name="windows-__prefix__-start_time"[^>]*>', page)
    assert "inputmode" not in field, "a phone's keyboard for numbers has no colon"


def test_the_list_says_which_are_open_and_how_many_campaigns_have_them(admin: Client) -> None:
    always = ScheduleFactory.create(name="A", windows=[(d, "00:00", "00:00") for d in range(7)])
    ScheduleFactory.create(name="B")
    CampaignFactory.create_batch(2, schedules=[always])

    listed = context_of(admin, changelist("ads_daypartingschedule"))["cl"].result_list

    assert [(row.name, row.is_open, row.campaign_count) for row in listed] == [
        ("A", True, 2),
        ("B", False, 0),
    ]


def test_seconds_of_a_window_survive_an_edit_of_something_else(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00:30", "17:00:15")])

    save(admin, change(schedule), name="Renamed")

    window = DaypartingWindow.objects.get()
    assert (window.start_time, window.end_time) == (time(9, 0, 30), time(17, 0, 15))
