"""Painting a schedule: by mouse, by keyboard, by touch, as exact times, and what is told of it."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import Locator, Page, expect

from ads.models import Campaign, DaypartingSchedule
from ads.tests.admin.pages import add, change
from ads.tests.admin.schedules.windows import Triple, stored
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db(transaction=True)

#: Compares painting with a list of minutes.
MODEL = Path(__file__).with_name("schedule_model.js")
ALWAYS: list[Triple] = [(day, "00:00", "00:00") for day in range(7)]


@pytest.fixture
def olivia(transactional_db: None) -> User:
    return User.objects.create_superuser("olivia")


def cell(page: Page, day: str, time: str) -> Locator:
    """The half hour that begins then."""
    return page.get_by_role("gridcell", name=f"{day} {time} to")


def drag(page: Page, begin: Locator, end: Locator) -> None:
    begin.hover()
    page.mouse.down()
    end.hover()
    page.mouse.up()


def listed(page: Page) -> list[Triple]:
    """The windows in the form's rows, in the order of the week; those that are deleted are not."""
    rows: list[Any] = page.evaluate(
        """() => [...document.querySelectorAll("#windows-data > .form-group:not(.empty-form)")]
            .filter(row => !row.querySelector("[name$=DELETE]")?.checked)
            .map(row => ["day_of_week", "start_time", "end_time"].map(
                name => row.querySelector(`[name$=${name}]`).value))"""
    )
    return sorted((int(day), start, end) for day, start, end in rows)


def preview(page: Page) -> Locator:
    """The preview, once it is of what the form says now."""
    answer = page.locator("[data-preview-answer]")
    expect(answer).to_have_attribute("aria-busy", "false")
    return answer


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()


def choose_timezone(page: Page, name: str) -> None:
    page.locator("#select2-id_timezone-container").click()
    page.locator(".select2-search__field").fill(name)
    page.locator(".select2-results__option", has_text=name).first.click()


def test_evenings_in_tokyo_are_painted_checked_and_saved(open_as: Open, olivia: User) -> None:
    page = open_as(olivia, add("ads_daypartingschedule"), timezone="Europe/Berlin")
    page.get_by_label("Name").fill("Evenings in Tokyo")
    choose_timezone(page, "Asia/Tokyo")

    drag(page, cell(page, "Monday", "18:00"), cell(page, "Sunday", "22:30"))

    assert listed(page) == [(day, "18:00", "23:00") for day in range(7)]
    expect(cell(page, "Wednesday", "20:00")).to_have_accessible_name(
        "Wednesday 20:00 to 20:30, open"
    )
    expect(page.locator("[data-clock]")).to_contain_text("Asia/Tokyo, now UTC+9 (JST)")
    own, theirs = preview(page).locator(".ads-preview-clock").all()
    expect(own.locator(".ads-strip-words").last).to_have_text("18:00–23:00")
    assert theirs.locator(".ads-strip-words").last.text_content() in (
        "10:00–15:00",
        "11:00–16:00",  # in summer
    )
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    expect(cell(page, "Sunday", "22:30")).to_have_accessible_name("Sunday 22:30 to 23:00, open")
    schedule = DaypartingSchedule.objects.get()
    assert stored(schedule) == [(day, "18:00", "23:00") for day in range(7)]


def test_the_same_is_done_by_keyboard_alone(open_as: Open, olivia: User) -> None:
    schedule = ScheduleFactory.create(timezone="Asia/Tokyo")
    page = open_as(olivia, change(schedule))
    cell(page, "Monday", "08:00").focus()

    for key in ["End", *["ArrowLeft"] * 2, *["Shift+ArrowLeft"] * 9, *["Shift+ArrowDown"] * 6]:
        page.keyboard.press(key)
    page.keyboard.press("Space")

    assert listed(page) == [(day, "18:00", "23:00") for day in range(7)]
    expect(page.get_by_text("Monday to Sunday, 18:00 to 23:00: open.")).to_be_visible()
    expect(cell(page, "Sunday", "18:00")).to_be_focused()
    page.keyboard.press("Enter")
    assert (6, "18:30", "23:00") in listed(page)
    page.keyboard.press("Control+z")
    assert (6, "18:00", "23:00") in listed(page)
    save(page)
    assert sorted(stored(schedule)) == [(day, "18:00", "23:00") for day in range(7)]


def test_an_exact_time_is_drawn_in_part_and_kept_until_it_is_painted_over(
    open_as: Open, olivia: User
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    page = open_as(olivia, change(schedule))

    page.locator("#id_windows-0-start_time").fill("08:05")
    page.locator("#id_windows-0-start_time").blur()
    partly = cell(page, "Monday", "08:00")
    expect(partly).to_have_accessible_name("Monday 08:00 to 08:30, partly open: 08:05 to 08:30")
    expect(preview(page)).to_contain_text("08:05–12:00")

    drag(page, cell(page, "Monday", "12:00"), cell(page, "Monday", "12:30"))
    cell(page, "Monday", "07:30").click()
    cell(page, "Tuesday", "08:00").click()
    assert listed(page) == [(0, "07:30", "08:00"), (0, "08:05", "13:00"), (1, "08:00", "08:30")]

    partly.click()
    assert listed(page) == [(0, "07:30", "13:00"), (1, "08:00", "08:30")]
    page.get_by_role("button", name="Undo", exact=True).click()
    save(page)
    expect(partly).to_have_accessible_name("Monday 08:00 to 08:30, partly open: 08:05 to 08:30")
    assert sorted(stored(schedule)) == [
        (0, "07:30", "08:00"),
        (0, "08:05", "13:00"),
        (1, "08:00", "08:30"),
    ]


def test_a_night_is_drawn_as_it_runs_and_stays_one_window(open_as: Open, olivia: User) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "22:00", "06:00"), (6, "00:00", "00:00")])
    page = open_as(olivia, change(schedule))

    expect(cell(page, "Monday", "23:30")).to_have_accessible_name("Monday 23:30 to 24:00, open")
    expect(cell(page, "Tuesday", "05:30")).to_have_accessible_name(
        "Tuesday 05:30 to 06:00, open since Monday"
    )
    drag(page, cell(page, "Monday", "20:00"), cell(page, "Monday", "21:30"))
    assert listed(page) == [(0, "20:00", "06:00"), (6, "00:00", "00:00")]
    drag(page, cell(page, "Tuesday", "02:00"), cell(page, "Tuesday", "02:30"))
    assert listed(page) == [(0, "20:00", "02:00"), (1, "03:00", "06:00"), (6, "00:00", "00:00")]
    cell(page, "Sunday", "12:00").click()
    save(page)

    assert sorted(stored(schedule)) == [
        (0, "20:00", "02:00"),
        (1, "03:00", "06:00"),
        (6, "00:00", "12:00"),
        (6, "12:30", "00:00"),
    ]


def test_ready_made_hours_are_taken_a_day_is_copied_and_both_are_taken_back(
    open_as: Open, olivia: User
) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "08:05", "09:00"), (1, "10:00", "11:00")])
    page = open_as(olivia, change(schedule))

    page.get_by_text("Copy a day …").click()
    page.get_by_label("Copy", exact=True).select_option("Monday")
    for day in ("Tuesday", "Saturday"):
        page.get_by_role("checkbox", name=day).check()
    page.get_by_role("button", name="Copy", exact=True).click()
    copied = [(0, "08:05", "09:00"), (1, "08:05", "09:00"), (5, "08:05", "09:00")]
    assert listed(page) == copied

    presets = {
        "Always": ALWAYS,
        "Nights": [(day, "22:00", "06:00") for day in range(7)],
        "Weekend": ALWAYS[5:],
        "Never": [],
        "Evenings": [(day, "18:00", "23:00") for day in range(7)],
        "Business hours": [(day, "09:00", "17:00") for day in range(5)],
    }
    for name, windows in presets.items():
        page.get_by_role("button", name=name, exact=True).click()
        assert listed(page) == windows, name
    undo = page.get_by_role("button", name="Undo", exact=True)
    for _ in presets:
        undo.click()
    assert listed(page) == copied
    undo.click()
    assert listed(page) == [(0, "08:05", "09:00"), (1, "10:00", "11:00")]
    expect(undo).to_be_disabled()
    page.get_by_role("button", name="Business hours").click()
    save(page)
    assert sorted(stored(schedule)) == presets["Business hours"]


def test_what_would_start_and_stop_is_told_before_it_is_saved(open_as: Open, olivia: User) -> None:
    schedule = ScheduleFactory.create(windows=ALWAYS)
    acme = BrandFactory.create(name="Acme")
    spring = CampaignFactory.create(brand=acme, name="Spring sale", schedules=[schedule])
    page = open_as(olivia, change(schedule))
    expect(preview(page)).to_contain_text("Saving now starts and stops no campaign.")

    page.get_by_role("button", name="Never").click()

    expect(preview(page)).to_contain_text("1 would stop if saved now: Spring sale of Acme")
    assert Campaign.objects.get(pk=spring.pk).is_active
    save(page)
    assert not Campaign.objects.get(pk=spring.pk).is_active
    page.get_by_role("button", name="Always").click()
    expect(preview(page)).to_contain_text("1 would start if saved now: Spring sale of Acme")
    schedule.delete()
    page.get_by_role("button", name="Refresh").click()
    expect(preview(page)).to_contain_text("This schedule has been deleted.")


def test_windows_that_overlap_are_told_at_both_and_in_the_grid(open_as: Open, olivia: User) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "09:00", "12:00")])
    page = open_as(olivia, change(schedule))

    page.get_by_text("Add another Window").click()
    page.locator("#id_windows-1-day_of_week").select_option("Monday")
    page.locator("#id_windows-1-start_time").fill("11:15")
    page.locator("#id_windows-1-end_time").fill("13:00")
    page.locator("#id_windows-1-end_time").blur()

    expect(page.get_by_text("Overlaps Monday 11:15–13:00.")).to_be_visible()
    expect(page.get_by_text("Overlaps Monday 09:00–12:00.")).to_be_visible()
    expect(cell(page, "Monday", "11:00")).to_have_accessible_name(
        "Monday 11:00 to 11:30, two windows overlap"
    )
    expect(preview(page)).to_contain_text("change one of them, or merge them")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("#windows-group")).to_contain_text("change one of them, or merge them")
    assert stored(schedule) == [(0, "09:00", "12:00")]
    drag(page, cell(page, "Monday", "09:00"), cell(page, "Monday", "09:00"))
    assert listed(page) == [(0, "09:30", "12:00"), (0, "11:15", "13:00")]


def test_a_row_is_removed_by_keyboard_and_those_after_it_keep_what_was_typed(
    open_as: Open, olivia: User
) -> None:
    page = open_as(olivia, add("ads_daypartingschedule"))
    for number, (start, end) in enumerate([("08:05", "09:00"), ("10:10", "24:00")]):
        page.get_by_text("Add another Window").click()
        page.locator(f"#id_windows-{number}-day_of_week").select_option("Friday")
        page.locator(f"#id_windows-{number}-start_time").fill(start)
        page.locator(f"#id_windows-{number}-end_time").fill(end)
    expect(cell(page, "Friday", "23:30")).to_have_accessible_name("Friday 23:30 to 24:00, open")

    page.get_by_role("button", name="Remove").first.press("Enter")

    assert listed(page) == [(4, "10:10", "24:00")]
    expect(cell(page, "Friday", "08:30")).to_have_accessible_name("Friday 08:30 to 09:00, closed")
    expect(preview(page)).to_contain_text("10:10–24:00")


def test_a_finger_taps_a_half_hour_or_holds_and_draws_while_the_page_fits(
    open_as: Open, olivia: User
) -> None:
    schedule = ScheduleFactory.create(windows=[(2, "10:00", "11:00")])
    page = open_as(olivia, change(schedule), width=NARROW, touch=True)
    finger = Finger(page)

    # It begins shortly before what is open, not with the night.
    begins = cell(page, "Wednesday", "09:30").bounding_box()
    assert begins
    assert 0 < begins["x"] < NARROW / 3

    cell(page, "Monday", "10:00").tap()
    assert listed(page) == [(0, "10:00", "10:30"), (2, "10:00", "11:00")]
    finger.draw(cell(page, "Thursday", "10:00"), cell(page, "Friday", "11:00"), hold=True)
    painted = [(3, "10:00", "11:30"), (4, "10:00", "11:30")]
    assert listed(page) == [(0, "10:00", "10:30"), (2, "10:00", "11:00"), *painted]
    finger.draw(cell(page, "Monday", "11:30"), cell(page, "Monday", "10:30"), hold=False)
    assert listed(page) == [(0, "10:00", "10:30"), (2, "10:00", "11:00"), *painted]

    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) <= 0


class Finger:
    """Touches as the browser sees them from a screen."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)

    def draw(self, begin: Locator, end: Locator, *, hold: bool) -> None:
        begin.scroll_into_view_if_needed()
        (x, y), (to_x, to_y) = map(_middle, (begin, end))
        self._touch("touchStart", x, y)
        if hold:
            self._page.wait_for_timeout(400)
        for step in range(1, 5):
            self._touch("touchMove", x + (to_x - x) * step / 4, y + (to_y - y) * step / 4)
        self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _touch(self, kind: str, x: float, y: float) -> None:
        points = [{"x": x, "y": y}]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def _middle(target: Locator) -> tuple[float, float]:
    box = target.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_who_may_only_look_sees_grid_and_preview_and_can_paint_nothing(open_as: Open) -> None:
    schedule = ScheduleFactory.create(windows=[(0, "08:05", "06:00")])
    vera = User.objects.create_user("vera", is_staff=True)
    may = ["view_daypartingschedule", "view_daypartingwindow"]
    vera.user_permissions.set(Permission.objects.filter(codename__in=may))
    page = open_as(vera, change(schedule))

    expect(preview(page)).to_contain_text("08:05–24:00")
    expect(cell(page, "Monday", "08:00")).to_have_accessible_name(
        "Monday 08:00 to 08:30, partly open: 08:05 to 08:30"
    )
    expect(page.get_by_role("button", name="Never")).to_have_count(0)
    drag(page, cell(page, "Friday", "08:00"), cell(page, "Friday", "10:00"))
    cell(page, "Friday", "08:00").focus()
    page.keyboard.press("Space")
    expect(cell(page, "Friday", "08:00")).to_have_accessible_name("Friday 08:00 to 08:30, closed")


def test_painting_opens_and_closes_just_the_minutes_that_were_painted(
    open_as: Open, olivia: User
) -> None:
    page = open_as(olivia, add("ads_daypartingschedule"))

    assert page.evaluate(MODEL.read_text()) == []
