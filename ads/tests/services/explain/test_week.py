"""The next seven days of a campaign's hours, by the clock on its brand's wall."""

from datetime import date, datetime, time
from typing import Any

import pytest

from ads.models import Brand, Campaign
from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import Schedule, Window
from ads.services.explain import week as coming_week
from ads.tests.support import NOON, at


def week(now: datetime, *windows: tuple[int, str, str], **more: Any) -> list[tuple[str, list[str]]]:
    """Each day with its hours; see :func:`days`."""
    found = days(now, *windows, **more)
    return [(f"{day.date:%a %d}", [str(span) for span in day.spans]) for day in found]


def days(
    now: datetime, *windows: tuple[int, str, str], tz: str = "UTC", zone: str = "UTC", **fields: Any
) -> list[coming_week.Day]:
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
    return coming_week.of(campaign, [schedule] if windows else [], now)


def test_seven_days_from_today_on_each_with_its_hours() -> None:
    assert week(NOON, (2, "09:00", "12:30"), (2, "14:00", "18:00"), (4, "22:00", "06:00")) == [
        ("Wed 15", ["09:00–12:30", "14:00–18:00"]),
        ("Thu 16", []),
        ("Fri 17", ["22:00–24:00"]),
        ("Sat 18", ["00:00–06:00"]),
        ("Sun 19", []),
        ("Mon 20", []),
        ("Tue 21", []),
    ]


def test_another_timezones_hours_are_told_by_the_brands_clock() -> None:
    tokyo = [(day, "18:00", "23:00") for day in range(7)]

    assert week(NOON, *tokyo, tz="Asia/Tokyo", zone="America/New_York")[0] == (
        "Wed 15",
        ["05:00–10:00"],
    )


def test_today_is_the_brands_day() -> None:
    assert week(at("2024-05-15 23:30"), zone="Asia/Tokyo")[0] == ("Thu 16", ["00:00–24:00"])


def test_without_dayparting_every_day_is_open() -> None:
    assert all(day.is_all_day for day in days(NOON))
    assert all(day.is_all_day for day in days(NOON, is_dayparting_enabled=True))


def test_outside_its_flight_a_day_is_closed() -> None:
    found = days(NOON, start_date=date(2024, 5, 17), end_date=date(2024, 5, 18))

    assert [day.in_flight for day in found] == [False, False, True, True, False, False, False]
    assert [bool(day.spans) for day in found] == [day.in_flight for day in found]


def test_where_the_clock_jumps_forward_the_missing_hour_is_left_out() -> None:
    now = at("2024-03-31 00:30", "Europe/Berlin")

    today = days(now, (6, "01:00", "04:00"), tz="Europe/Berlin", zone="Europe/Berlin")[0]

    assert [str(span) for span in today.spans] == ["01:00–02:00", "03:00–04:00"]
    assert [(f"{one.before:%H:%M}", f"{one.after:%H:%M}") for one in today.changes] == [
        ("02:00", "03:00")
    ]


def test_where_the_clock_falls_back_the_hour_is_there_twice() -> None:
    now = at("2024-10-27 00:30", "Europe/Berlin")

    today = days(now, (6, "01:00", "04:00"), tz="Europe/Berlin", zone="Europe/Berlin")[0]

    assert [str(span) for span in today.spans] == ["01:00–03:00", "02:00–04:00"]
    assert len(today.changes) == 1


def test_a_date_that_the_timezone_left_out_is_left_out() -> None:
    found = days(at("2011-12-29 12:00", "Pacific/Apia"), zone="Pacific/Apia")

    assert [day.date.day for day in found] == [29, 31, 1, 2, 3, 4]


def test_a_timezone_that_cannot_be_read_is_said() -> None:
    with pytest.raises(UnknownTimezone):
        days(NOON, (0, "09:00", "10:00"), tz="Mars/Olympus")
