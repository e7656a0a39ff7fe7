"""What a schedule's form is answered before anything is saved."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from ads.models import Campaign, DaypartingSchedule, DaypartingWindow
from ads.tests.admin.pages import add, change, filled_in
from ads.tests.admin.schedules.windows import Triple, rows
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

#: A Wednesday: 19:00 in Tokyo, 11:00 in Berlin.
NOW = "2026-01-21T10:00:00Z"

EVENINGS: list[Triple] = [(day, "18:05", "23:00") for day in range(7)]
ALWAYS: list[Triple] = [(day, "00:00", "00:00") for day in range(7)]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def address(schedule: DaypartingSchedule | None = None) -> str:
    arguments = [schedule.pk] if schedule else []
    return reverse("admin:ads_daypartingschedule_preview", args=arguments)


def everything() -> list[Any]:
    return [
        list(model._default_manager.order_by("pk").values())
        for model in (DaypartingSchedule, DaypartingWindow, Campaign)
    ]


def ask(client: Client, schedule: DaypartingSchedule | None = None, **fields: Any) -> Any:
    """The answer to the form with ``fields`` filled in; whatever it is, nothing is saved."""
    page = change(schedule) if schedule else add("ads_daypartingschedule")
    before = everything()
    response = client.post(address(schedule), {**filled_in(client, page), **fields})
    assert response.status_code == 200, response.status_code
    assert everything() == before
    return response.json()


def read(told: Any) -> str:
    """The preview as a person reads it."""
    return " ".join(strip_tags(told["html"]).split())


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def somebody(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return browser_of(user)


def test_evenings_in_tokyo_are_told_in_its_time_and_in_the_viewers(admin: Client) -> None:
    told = ask(admin, timezone="Asia/Tokyo", viewers_timezone="Europe/Berlin", **rows(EVENINGS))

    assert told["timezone"] == "Asia/Tokyo, now UTC+9 (JST), Wed 19:00 there"
    assert told["now"] == [2, 19 * 60]
    text = read(told)
    assert "Open now until 2026-01-21 23:00 Tokyo" in text
    assert "Wed 21 Jan today 18:05–23:00 Thu 22 Jan 18:05–23:00" in text
    assert "On your clock Europe/Berlin, now UTC+1 (CET), Wed 11:00 there" in text
    assert "Tue 27 Jan 10:05–15:00" in text
    assert text.count("18:05–23:00") == text.count("10:05–15:00") == 7


def test_a_clock_that_shows_the_same_is_told_once(admin: Client) -> None:
    told = ask(admin, timezone="Europe/Berlin", viewers_timezone="Europe/Paris", **rows(EVENINGS))

    assert "Your clock shows the same." in read(told)
    assert read(told).count("18:05–23:00") == 7


@pytest.mark.parametrize("theirs", ["Mars/Olympus", "../etc/passwd", "<b>x</b>", "x" * 10_000])
def test_a_viewers_timezone_that_does_not_exist_is_named_and_left_out(
    admin: Client, theirs: str
) -> None:
    told = ask(admin, timezone="Asia/Tokyo", viewers_timezone=theirs, **rows(EVENINGS))

    assert "is invalid, so your local time is not shown" in read(told)
    assert read(told).count("18:05–23:00") == 7
    assert "<b>x</b>" not in told["html"]
    assert len(told["html"]) < 10_000


@pytest.mark.parametrize(
    ("now", "tz", "windows", "told"),
    [
        (
            "2026-03-27T10:00:00Z",
            "Europe/Berlin",
            [(6, "01:30", "02:30")],
            "Sun 29 Mar 01:30–02:00 Sun 29 Mar 02:00: clocks go forward to 03:00",
        ),
        (
            "2026-10-23T10:00:00Z",
            "Europe/Berlin",
            [(6, "02:15", "02:45")],
            "Sun 25 Oct 02:15–02:45 CEST, 02:15–02:45 CET Sun 25 Oct 03:00: clocks go back",
        ),
        (
            "2026-10-23T10:00:00Z",
            "Europe/Berlin",
            [(6, "01:00", "04:00")],
            "01:00 CEST–04:00 CET Sun 25 Oct 03:00: clocks go back to 02:00",
        ),
        (
            "2026-04-03T10:00:00Z",
            "Australia/Lord_Howe",
            [],
            "Sun 5 Apr 02:00: clocks go back to 01:30.",
        ),
        (
            "2026-03-06T10:00:00Z",
            "America/Havana",
            [(6, "00:00", "05:00")],
            "Sun 8 Mar 01:00–05:00 Sun 8 Mar 00:00: clocks go forward to 01:00",
        ),
        (
            "2026-10-22T10:00:00Z",
            "Asia/Beirut",
            [(5, "23:30", "00:00")],
            "23:30–24:00 EEST, 23:30–24:00 EET Sun 25 Oct 00:00: clocks go back to Sat 24 Oct",
        ),
    ],
)
def test_a_jump_of_the_clock_is_told_where_it_falls(
    operator: User,
    clock: time_machine.Traveller,
    now: str,
    tz: str,
    windows: list[Triple],
    told: str,
) -> None:
    clock.move_to(now)

    assert told in read(ask(browser_of(operator), timezone=tz, **rows(windows)))


def test_a_jump_of_the_viewers_clock_is_told_beside_the_viewers_days(
    operator: User, clock: time_machine.Traveller
) -> None:
    clock.move_to("2026-03-27T10:00:00Z")
    client = browser_of(operator)

    told = ask(client, timezone="Asia/Tokyo", viewers_timezone="Europe/Berlin", **rows(EVENINGS))

    own, _, theirs = read(told).partition("On your clock")
    assert "the clock jumps" not in own
    assert "Sun 29 Mar 11:05–16:00 Sun 29 Mar 02:00: clocks go forward to 03:00" in theirs


def test_days_on_which_it_is_not_valid_are_told(admin: Client) -> None:
    told = ask(
        admin,
        timezone="Asia/Tokyo",
        viewers_timezone="UTC",
        valid_from="2026-01-22",
        valid_until="2026-01-23",
        **rows(ALWAYS),
    )

    own, _, theirs = read(told).partition("On your clock")
    assert "Not in force today; it next opens 2026-01-22 00:00 Tokyo" in own
    assert "Valid from 2026-01-22 until 2026-01-23." in own
    assert "Wed 21 Jan today not in force Thu 22 Jan open all day" in own
    assert "Sat 24 Jan not in force" in own
    assert "Wed 21 Jan today 15:00–24:00; not in force 00:00–15:00" in theirs


def test_a_schedule_that_is_switched_off_opens_nothing(admin: Client) -> None:
    schedule = ScheduleFactory.create(windows=ALWAYS)

    told = ask(admin, schedule, is_active="")

    assert "Not active: campaigns without another active schedule stay closed." in read(told)
    assert read(told).count("not in force") == 7


def test_a_window_that_is_deleted_in_the_form_counts_no_longer_and_24_00_is_midnight(
    admin: Client,
) -> None:
    schedule = ScheduleFactory.create(windows=[(2, "08:00", "09:00")])
    edited = rows([(2, "08:00", "09:00"), (2, "20:00", "24:00")], list(schedule.windows.all()))

    told = ask(admin, schedule, **edited, **{"windows-0-DELETE": "on"})

    assert "Wed 21 Jan today 20:00–24:00 Thu 22 Jan closed" in read(told)


@pytest.mark.parametrize(
    ("fields", "sentences", "wrong"),
    [
        (
            rows([(0, "22:00", "06:00"), (3, "09:00", "10:00"), (1, "05:00", "07:00")]),
            "Monday 22:00–06:00 (+1 day) and Tuesday 05:00–07:00 overlap: change one of them",
            {
                "0": ["Overlaps Tuesday 05:00–07:00."],
                "2": ["Overlaps Monday 22:00–06:00 (+1 day)."],
            },
        ),
        (
            rows([(0, "09:00", "10:00"), (0, "25:00", "26:00")]),
            "A window is invalid: see the exact times.",
            {"1": ["Use a time such as 08:05.", "Use a time such as 08:05 or 24:00."]},
        ),
        (
            rows([(0, "", "10:00")]),
            "A window is invalid: see the exact times.",
            {"0": ["This field is required."]},
        ),
        ({"timezone": "Mars/Olympus"}, "Timezone: Select a valid choice", {}),
        (
            {"valid_from": "2026-12-26", "valid_until": "2026-12-24"},
            "Valid until: Must not be before “Valid from”.",
            {},
        ),
        ({"priority": "high"}, "Priority: Enter a whole number.", {}),
        ({"windows-TOTAL_FORMS": ""}, "ManagementForm data is missing", {}),
    ],
)
@pytest.mark.parametrize("page", ["add", "change"])
def test_what_is_wrong_is_told_beside_what_it_is_about(
    admin: Client,
    fields: dict[str, Any],
    sentences: str,
    wrong: dict[str, list[str]],
    page: str,
) -> None:
    schedule = ScheduleFactory.create() if page == "change" else None

    told = ask(admin, schedule, **fields)

    assert "Correct this to see a preview:" in read(told)
    assert sentences in read(told)
    assert told["rows"] == wrong


def test_a_name_that_is_taken_or_missing_is_no_obstacle(admin: Client) -> None:
    ScheduleFactory.create(name="Taken")

    for name in ("Taken", ""):
        assert "Closed now" in read(ask(admin, name=name, **rows([(0, "09:00", "10:00")])))


@pytest.mark.parametrize(
    ("tz", "told"),
    [
        ("UTC", "UTC, now Wed 10:00"),
        ("Europe/London", "Europe/London, now UTC (GMT), Wed 10:00 there"),
        ("Asia/Kolkata", "Asia/Kolkata, now UTC+5:30 (IST), Wed 15:30 there"),
        ("America/St_Johns", "America/St_Johns, now UTC\N{MINUS SIGN}3:30 (NST), Wed 06:30 there"),
        ("America/Sao_Paulo", "America/Sao_Paulo, now UTC\N{MINUS SIGN}3, Wed 07:00 there"),
    ],
)
def test_a_timezone_is_named_with_its_offset_and_what_its_clock_shows(
    admin: Client, tz: str, told: str
) -> None:
    assert ask(admin, timezone=tz)["timezone"] == told


def test_who_would_start_and_who_would_stop_is_told_from_the_rule(admin: Client) -> None:
    morning = ScheduleFactory.create(windows=[(2, "09:00", "12:00")])
    evening = ScheduleFactory.create(windows=[(2, "18:00", "22:00")])
    acme = BrandFactory.create(name="Acme")
    runs = CampaignFactory.create(brand=acme, name="Runs", schedules=[morning])
    both = CampaignFactory.create(brand=acme, name="Has both", schedules=[morning, evening])
    waits = CampaignFactory.create(brand=acme, name="Waits", schedules=[evening])
    broke = CampaignFactory.create(brand=acme, name="Broke", schedules=[evening], daily_budget=0)
    for campaign, is_active in [(runs, True), (both, True), (waits, False), (broke, False)]:
        Campaign.objects.filter(pk=campaign.pk).update(is_active=is_active)

    closing = ask(admin, morning, **rows([(2, "13:00", "14:00")]))
    opening = ask(admin, evening, **rows([(2, "09:00", "22:00")]))
    as_it_is = ask(admin, morning)

    assert "2 campaigns use it: Runs of Acme, Has both of Acme" in read(closing)
    assert "2 would stop if saved now: Runs of Acme, Has both of Acme" in read(closing)
    assert "would start" not in read(closing)
    assert "3 campaigns use it" in read(opening)
    assert "1 would start if saved now: Waits of Acme" in read(opening)
    assert "1 keeps running. 1 stays off: daily budget used up." in read(opening)
    assert "Saving now starts and stops no campaign." in read(as_it_is)


def test_a_schedule_that_nobody_uses_says_how_to_use_it(admin: Client) -> None:
    assert "No campaign uses it yet." in read(ask(admin))
    assert "No campaign uses it. Attach it" in read(ask(admin, ScheduleFactory.create()))


@pytest.mark.parametrize("role", ["Viewer", "Operator"])
def test_who_may_only_look_is_shown_it_as_it_is_stored(role: str) -> None:
    schedule = ScheduleFactory.create(windows=[(2, "09:00", "12:00")])
    CampaignFactory.create(name="Spring", schedules=[schedule])

    response = somebody(role).post(address(schedule), rows([(2, "13:00", "14:00")]))

    assert response.status_code == 200
    text = read(response.json())
    assert "Open now until 2026-01-21 12:00 UTC" in text
    assert "1 campaign uses it" in text
    assert "if saved now" not in text
    assert "Saved now" not in text


def test_who_may_edit_the_schedule_but_not_its_windows_is_told_of_those_as_they_are_stored(
    staff: Any,
) -> None:
    schedule = ScheduleFactory.create(windows=[(2, "09:00", "12:00")])
    client = staff("view_daypartingschedule", "change_daypartingschedule", "view_daypartingwindow")
    page = client.get(change(schedule))

    fields = {"name": "A", "priority": 0, "timezone": "Asia/Tokyo", "is_active": "on"}
    response = client.post(address(schedule), {**fields, **rows([(2, "13:00", "14:00")])})

    assert page.context["may_paint"] is False
    text = read(response.json())
    assert "Wed 21 Jan today 09:00–12:00" in text
    assert "Asia/Tokyo, now UTC+9 (JST)" in text


def test_only_who_may_open_the_page_gets_a_preview(staff: Any) -> None:
    schedule = ScheduleFactory.create()

    assert staff("view_campaign").post(address(schedule)).status_code == 403
    assert somebody("Viewer").post(address()).status_code == 403
    assert Client().post(address(schedule)).status_code == 302


def test_a_preview_is_posted_with_a_token_and_of_a_schedule_that_there_is(
    admin: Client, operator: User
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)
    gone = address(ScheduleFactory.create()).replace("/preview/", "9/preview/")

    assert strict.post(address()).status_code == 403
    assert admin.get(address()).status_code == 405
    assert admin.post(gone).status_code == 404


def test_a_preview_takes_few_queries_however_many_windows_and_campaigns(admin: Client) -> None:
    counts = []
    for windows in (ALWAYS[:1], ALWAYS):
        schedule = ScheduleFactory.create(windows=windows)
        CampaignFactory.create_batch(len(windows), schedules=[schedule])
        data = filled_in(admin, change(schedule))
        with CaptureQueriesContext(connection) as queries:
            admin.post(address(schedule), data)
        # Savepoints there are within a test's transaction only.
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))

    assert counts[0] == counts[1] <= 20, counts


def test_a_row_of_another_schedule_cannot_be_taken_over(admin: Client) -> None:
    mine = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    other = ScheduleFactory.create(windows=[(1, "09:00", "12:00")])
    data = rows([(0, "10:00", "11:00")], list(other.windows.all()))
    before = everything()

    admin.post(change(mine), {**filled_in(admin, change(mine)), **data})

    assert everything() == before
