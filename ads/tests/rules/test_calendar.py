"""Local days and months, and when they begin, over every kind of clock change."""

import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import available_timezones

import pytest
import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from ads.rules import calendar
from ads.rules.calendar import (
    InvalidDate,
    UnknownTimezone,
    day_begins,
    day_bounds,
    format_instant,
    group_by_local_date,
    hour_span,
    local_date,
    month_start,
    next_day_begins,
    next_month,
    next_month_begins,
    next_offset_change,
    parse_date,
    parse_instant,
    period_start,
    previous_month,
    wall_instants,
    zone,
)
from ads.tests.rules.naive import MINUTE, minutes_from, wall_date

# Zones with clock changes at two, at midnight and around it, by half an hour, by a day, in
# Ramadan, and none at all.
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "UTC",
]
DAY = timedelta(days=1)
zones = st.sampled_from(ZONES)
days = st.dates(date(2000, 1, 1), date(2037, 12, 30))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def days_with_clock_changes(tz: str) -> Iterator[date]:
    """Yield the dates from 2008 to 2013 and from 2022 to 2027 around which the clock jumps."""
    for first, last in ((date(2008, 1, 1), date(2013, 1, 1)), (date(2022, 1, 1), date(2027, 1, 1))):
        day = first
        while day < last:
            before, after = (noon(at).astimezone(zone(tz)).utcoffset() for at in (day, day + DAY))
            if before != after:
                yield from (day, day + DAY)
            day += DAY


def naive_day_begins(day: date, tz: str) -> datetime:
    """Return the first minute at which it is `day`, or later, on the wall."""
    minutes = minutes_from(datetime.combine(day, time(0), tzinfo=UTC) - 15 * 60 * MINUTE, 45 * 60)
    return next(instant for instant in minutes if wall_date(instant, tz) >= day)


def naive_next_day_begins(now: datetime, tz: str) -> datetime:
    minutes = minutes_from(now.replace(second=0, microsecond=0) + MINUTE, 49 * 60)
    return next(instant for instant in minutes if wall_date(instant, tz) > wall_date(now, tz))


@pytest.mark.parametrize("tz", ZONES)
def test_a_day_begins_at_its_first_minute_around_every_clock_change(tz: str) -> None:
    for day in days_with_clock_changes(tz):
        assert day_begins(day, tz) == naive_day_begins(day, tz), day


@settings(max_examples=60, deadline=None)
@given(days, zones)
def test_a_day_begins_at_its_first_minute(day: date, tz: str) -> None:
    assert day_begins(day, tz) == naive_day_begins(day, tz)


@pytest.mark.parametrize("tz", ZONES)
def test_the_next_day_begins_at_its_first_minute_around_every_clock_change(tz: str) -> None:
    for day in days_with_clock_changes(tz):
        for hours in (-9, -3, 3, 9):
            now = noon(day) + timedelta(hours=hours, minutes=17)
            assert next_day_begins(now, tz) == naive_next_day_begins(now, tz), now


@settings(max_examples=200)
@given(instants, zones)
def test_the_next_day_is_later_and_no_later_than_its_own_first_microsecond(
    now: datetime, tz: str
) -> None:
    begins = next_day_begins(now, tz)

    assert begins > now
    assert begins.tzinfo is UTC
    assert local_date(begins, tz) > local_date(now, tz)
    assert local_date(begins - timedelta(microseconds=1), tz) == local_date(now, tz)


@settings(max_examples=200)
@given(instants, zones)
def test_the_next_month_begins_on_a_first_and_the_last_instant_before_is_this_month(
    now: datetime, tz: str
) -> None:
    begins = next_month_begins(now, tz)

    assert begins > now
    assert local_date(begins, tz) == next_month(local_date(now, tz))
    assert month_start(local_date(begins - timedelta(microseconds=1), tz)) == month_start(
        local_date(now, tz)
    )


@pytest.mark.parametrize(
    ("tz", "day", "begins"),
    [
        ("UTC", date(2026, 3, 1), "2026-03-01T00:00"),
        ("Asia/Kathmandu", date(2026, 3, 1), "2026-02-28T18:15"),
        # Spring forward at midnight: the day begins at 01:00 on the wall.
        ("America/Havana", date(2026, 3, 8), "2026-03-08T05:00"),
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00"),
        ("America/Santiago", date(2026, 9, 6), "2026-09-06T04:00"),
        ("Asia/Beirut", date(2026, 3, 29), "2026-03-28T22:00"),
        # Fall back from 01:00 to 00:00: midnight comes twice, the first one counts.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00"),
        # Fall back at 24:00 to 23:00: the day before is an hour longer.
        ("America/Santiago", date(2026, 4, 5), "2026-04-05T04:00"),
        # Samoa skipped 30 December 2011.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00"),
    ],
)
def test_days_of_note_begin_when_they_did(tz: str, day: date, begins: str) -> None:
    assert day_begins(day, tz) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


def test_the_date_that_was_skipped_is_no_next_day() -> None:
    eve = datetime(2011, 12, 30, 9, 30, tzinfo=UTC)

    assert local_date(eve, "Pacific/Apia") == date(2011, 12, 29)
    assert next_day_begins(eve, "Pacific/Apia") == datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert local_date(datetime(2011, 12, 30, 10, tzinfo=UTC), "Pacific/Apia") == date(2011, 12, 31)


def test_a_month_that_begins_twice_is_still_to_come_in_the_hour_between() -> None:
    # St. John's: on 1 November 2009 at 00:01 the clock went back to 23:01 of 31 October.
    first, second = wall_instants(date(2009, 11, 1), time(0), "America/St_Johns")
    between = first + 30 * MINUTE

    assert local_date(between, "America/St_Johns") == date(2009, 10, 31)
    assert next_month_begins(first - MINUTE, "America/St_Johns") == first
    assert next_month_begins(between, "America/St_Johns") == second
    assert next_day_begins(between, "America/St_Johns") == second
    assert day_begins(date(2009, 11, 1), "America/St_Johns") == first


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (time(1, 30), ["2026-10-24T23:30"]),
        (time(2, 30), ["2026-10-25T00:30", "2026-10-25T01:30"]),
        (time(3, 0), ["2026-10-25T02:00"]),
    ],
)
def test_a_repeated_time_is_two_instants(at: time, expected: list[str]) -> None:
    found = wall_instants(date(2026, 10, 25), at, "Europe/Berlin")

    assert [instant.isoformat()[:16] for instant in found] == expected


def test_a_missing_time_is_the_instant_of_the_jump() -> None:
    jump = (datetime(2026, 3, 29, 1, tzinfo=UTC),)

    for at in (time(2), time(2, 30), time(2, 59, 59, 999999)):
        assert wall_instants(date(2026, 3, 29), at, "Europe/Berlin") == jump


@pytest.mark.parametrize("tz", ZONES)
def test_clock_changes_are_found_to_the_second_and_none_is_missed(tz: str) -> None:
    end = datetime(2013, 1, 1, tzinfo=UTC)
    hours = [datetime(2008, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(43848)]
    expected = sum(
        here.utcoffset() != there.utcoffset()
        for here, there in zip(
            (hour.astimezone(zone(tz)) for hour in hours),
            ((hour + timedelta(hours=1)).astimezone(zone(tz)) for hour in hours),
            strict=True,
        )
    )

    changes = []
    change = datetime(2008, 1, 1, tzinfo=UTC)
    while (change := next_offset_change(tz, change, end)) < end:
        changes.append(change)
        offset = change.astimezone(zone(tz)).utcoffset()
        assert offset != (change - timedelta(microseconds=1)).astimezone(zone(tz)).utcoffset()

    assert len(changes) == expected


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "europe/berlin",
        "Europe/Berlin ",
        "../Europe/Berlin",
        "/etc/localtime",
        "Europe/../Europe/Berlin",
        "right/Europe/Berlin",
        "localtime",
        "Factory",
        "Europe",
        "UTC+2",
        "Europe/Berlin\0",
        "x" * 5000,
    ],
)
def test_a_name_that_is_no_timezone_is_refused_with_a_remedy(name: str) -> None:
    with pytest.raises(UnknownTimezone, match=r"use an IANA name such as Europe/Berlin") as caught:
        zone(name)

    assert (caught.value.field, caught.value.value) == ("timezone", name)
    assert len(str(caught.value)) < 200
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_a_missing_timezone_is_refused_like_a_wrong_one() -> None:
    with pytest.raises(UnknownTimezone):
        zone(None)  # type: ignore[arg-type]


def test_every_timezone_that_people_choose_from_is_known() -> None:
    for name in pytz.common_timezones:
        assert zone(name).key == name


@given(st.dates(date(1, 2, 1), date(9998, 12, 31)))
def test_the_month_before_is_the_one_whose_next_month_has_the_day(day: date) -> None:
    assert next_month(previous_month(day)) == month_start(day)
    assert previous_month(day).day == 1


@pytest.mark.parametrize("ask", [local_date, next_day_begins, next_month_begins])
def test_an_instant_without_timezone_is_refused(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(ValueError, match="pass an aware datetime"):
        ask(datetime(2026, 1, 1), "UTC")  # noqa: DTZ001
    with pytest.raises(ValueError, match="pass an aware datetime"):
        group_by_local_date(["UTC"], datetime(2026, 1, 1))  # noqa: DTZ001


def test_months_begin_on_the_first() -> None:
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)
    assert next_month(date(2024, 1, 31)) == date(2024, 2, 1)
    assert next_month(date(2024, 12, 1)) == date(2025, 1, 1)
    assert period_start("day", date(2024, 2, 29)) == date(2024, 2, 29)
    assert period_start("month", date(2024, 2, 29)) == date(2024, 2, 1)
    with pytest.raises(ValueError, match=r"'week' is not a period; use"):
        period_start("week", date(2024, 2, 29))


def test_timezones_are_grouped_by_the_date_it_is_there() -> None:
    now = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)

    dates = group_by_local_date(
        ["UTC", "Pacific/Kiritimati", "Nowhere", "Pacific/Pago_Pago", "UTC", "Europe/Berlin", ""],
        now,
    )

    assert list(dates.by_date.items()) == [
        (date(2026, 2, 28), ["Pacific/Pago_Pago"]),
        (date(2026, 3, 1), ["Europe/Berlin", "UTC"]),
        (date(2026, 3, 2), ["Pacific/Kiritimati"]),
    ]
    assert dates.invalid == ["", "Nowhere"]


@settings(max_examples=30, deadline=None)
@given(instants)
def test_the_world_has_at_most_three_dates_at_once(now: datetime) -> None:
    names = sorted(available_timezones())

    dates = group_by_local_date(reversed(names), now)

    assert len(dates.by_date) <= 3
    assert sorted([*dates.invalid, *chain(*dates.by_date.values())]) == names
    for day, there in dates.by_date.items():
        assert {local_date(now, name) for name in there} == {day}


def test_a_days_bounds_agree_with_local_dates_in_every_timezone_through_2028() -> None:
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
    asked = 0
    for tz in calendar.names():
        change = next_offset_change(tz, first, last)
        while change < last:
            for jump in (change, change + DAY - timedelta(hours=1)):
                day = local_date(jump, tz)
                begins, ends = day_bounds(day, tz)
                for instant in (begins, jump, ends - timedelta(seconds=1)):
                    assert local_date(instant, tz) == day, (tz, instant)
                for instant in (begins - timedelta(seconds=1), ends):
                    assert local_date(instant, tz) != day, (tz, instant)
                # From end to end: no instant of the day is outside, and none of another is inside.
                minutes = [begins + timedelta(minutes=15 * n) for n in range(-16, 120)]
                assert [begins <= at < ends for at in minutes] == [
                    local_date(at, tz) == day for at in minutes
                ], (tz, day)
                asked += 1
            change = next_offset_change(tz, change, last)
    assert asked > 1000


@pytest.mark.parametrize(
    ("tz", "day", "hour", "begins", "ends"),
    [
        ("America/New_York", "2026-07-01", 3, "2026-07-01 07:00", "2026-07-01 08:00"),
        # The clock falls back from two to one, so the hour from one on happens twice.
        ("America/New_York", "2026-11-01", 0, "2026-11-01 04:00", "2026-11-01 05:00"),
        ("America/New_York", "2026-11-01", 1, "2026-11-01 05:00", "2026-11-01 07:00"),
        ("America/New_York", "2026-03-08", 1, "2026-03-08 06:00", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "2026-04-05", 1, "2026-04-04 14:00", "2026-04-04 15:30"),
        ("Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03 15:30", "2026-10-03 16:00"),
        ("Asia/Kolkata", "2026-07-01", 0, "2026-06-30 18:30", "2026-06-30 19:30"),
    ],
)
def test_an_hour_lies_between_two_instants(
    tz: str, day: str, hour: int, begins: str, ends: str
) -> None:
    span = hour_span(date.fromisoformat(day), time(hour), tz)

    assert span is not None
    assert [f"{at:%Y-%m-%d %H:%M}" for at in span] == [begins, ends]


def test_an_hour_that_the_clock_jumps_over_lies_nowhere() -> None:
    assert hour_span(date(2026, 3, 8), time(2), "America/New_York") is None


def test_the_rules_never_read_the_clock() -> None:
    source = calendar.__loader__.get_source(calendar.__name__)  # type: ignore[union-attr]

    assert not [word for word in ("now()", "today()", "utcnow", "time.time") if word in source]


def test_dates_and_instants_are_parsed() -> None:
    assert parse_date("2024-02-29") == date(2024, 2, 29)
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    for text in ("2024-05-01T12:00:00Z", "2024-05-01 12:00Z", "2024-05-01T14:00:00.000+02:00"):
        assert parse_instant(text) == noon


@pytest.mark.parametrize(
    "text", ["", "20240501", "2024-W18-3", "2024-5-1", "2024-02-30", "2024-05-01 ", "٢٠٢٤-٠٥-٠١"]
)
def test_text_that_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate):
        parse_date(text)


@pytest.mark.parametrize("text", ["", "2024-05-01", "now", "2024-05-01T25:00Z", "20240501T120000Z"])
def test_text_that_is_not_an_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidDate):
        parse_instant(text)


def test_an_instant_without_a_timezone_says_how_to_add_one() -> None:
    with pytest.raises(InvalidDate, match="add Z for UTC"):
        parse_instant("2024-05-01T12:00:00")


@pytest.mark.parametrize(
    ("tz", "shown"),
    [
        ("America/New_York", "2026-11-28 09:15 New York"),
        ("America/Argentina/Buenos_Aires", "2026-11-28 11:15 Buenos Aires"),
        ("UTC", "2026-11-28 14:15 UTC"),
        ("Mars/Olympus", "2026-11-28 14:15 UTC"),
    ],
)
def test_an_instant_names_the_place_of_its_clock(tz: str, shown: str) -> None:
    assert format_instant(datetime(2026, 11, 28, 14, 15, 30, tzinfo=UTC), tz) == shown


def test_an_instant_may_show_its_seconds() -> None:
    at = datetime(2026, 11, 28, 14, 15, 30, tzinfo=UTC)
    assert format_instant(at, "Europe/Berlin", seconds=True) == "2026-11-28 15:15:30 Berlin"
