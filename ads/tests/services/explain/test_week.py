"""The next seven days of a campaign's hours, by the clock on its brand's wall."""

from datetime import date, datetime, time
from typing import Any

import pytest

from ads.models import Brand, Campaign
from ads.rules.calendar import UnknownTimezone, local_time
from ads.rules.dayparting import Schedule, Window
from ads.rules.stretches import LocalDay, Stretch
from ads.services.explain import coming_week
from ads.tests.support import NOON, at


def week(now: datetime, *windows: tuple[int, str, str], **more: Any) -> list[tuple[str, list[str]]]:
    """Each day with its hours; see :func:`days`."""
    zone = more.get("zone", "UTC")
    return [
        (f"{day.day:%a %d}", [_clock(stretch, zone) for stretch in day.open])
        for day in days(now, *windows, **more)
    ]


def _clock(stretch: Stretch, zone: str) -> str:
    return "–".join(f"{local_time(at, zone):%H:%M}" for at in stretch)


def days(
    now: datetime, *windows: tuple[int, str, str], tz: str = "UTC", zone: str = "UTC", **fields: Any
) -> list[LocalDay]:
    """Of a campaign whose schedule in ``tz`` has these windows; its brand is in ``zone``."""
    campaign = Campaign(
        brand=Brand(timezone=zone), **{"is_dayparting_enabled": bool(windows), **fields}
    )
    schedule = Schedule(
        id=1,
        timezone=tz,
        priority=0,
        is_active=True,
        valid_from=None,
        valid_until=None,
        windows=tuple(
            Window(day, time.fromisoformat(start), time.fromisoformat(end))
            for day, start, end in windows
        ),
    )
    return coming_week(campaign, [schedule] if windows else [], now)


def test_seven_days_from_today_on_each_with_its_hours() -> None:
    assert week(NOON, (2, "09:00", "12:30"), (2, "14:00", "18:00"), (4, "22:00", "06:00")) == [
        ("Wed 15", ["09:00–12:30", "14:00–18:00"]),
        ("Thu 16", []),
        ("Fri 17", ["22:00–00:00"]),
        ("Sat 18", ["00:00–06:00"]),
        ("Sun 19", []),
        ("Mon 20", []),
        ("Tue 21", []),
    ]


def test_hours_of_another_timezone_are_shown_in_the_brands() -> None:
    tokyo = [(day, "18:00", "23:00") for day in range(7)]

    assert week(NOON, *tokyo, tz="Asia/Tokyo", zone="America/New_York")[0] == (
        "Wed 15",
        ["05:00–10:00"],
    )


def test_today_is_the_brands_day() -> None:
    assert week(at("2024-05-15 23:30"), zone="Asia/Tokyo")[0] == ("Thu 16", ["00:00–00:00"])


def test_without_dayparting_every_day_is_open() -> None:
    assert all(day.open == day.in_force == [(day.begin, day.end)] for day in days(NOON))
    assert all(
        day.open == day.in_force == [(day.begin, day.end)]
        for day in days(NOON, is_dayparting_enabled=True)
    )


def test_outside_its_flight_a_day_is_closed() -> None:
    found = days(NOON, start_date=date(2024, 5, 17), end_date=date(2024, 5, 18))

    assert [bool(day.in_force) for day in found] == [False, False, True, True, False, False, False]
    assert [day.open for day in found] == [day.in_force for day in found]


def test_a_timezone_that_cannot_be_read_is_said() -> None:
    with pytest.raises(UnknownTimezone):
        days(NOON, (0, "09:00", "10:00"), tz="Mars/Olympus")
