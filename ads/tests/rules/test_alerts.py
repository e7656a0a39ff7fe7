"""When an alert may be sent, and what a usual day is."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ads.rules.calendar import local_time
from ads.rules.quiet_hours import next_digest, quiet_until
from ads.rules.unusual import LEAST_DAYS, usual

MINUTE = timedelta(minutes=1)
ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
#: Around the clock changes of a year, and the rest of it.
INSTANTS = st.builds(
    lambda days, minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days, minutes=minutes),
    st.integers(0, 364),
    st.integers(0, 1439),
)


def is_quiet(at: datetime, begins: time, ends: time, tz: str) -> bool:
    clock = local_time(at, tz).time()
    return begins <= clock < ends if begins < ends else clock >= begins or clock < ends


@given(INSTANTS, CLOCKS, CLOCKS, ZONES)
def test_quiet_hours_end_at_the_first_minute_that_is_not_quiet(
    at: datetime, begins: time, ends: time, tz: str
) -> None:
    assume(begins != ends)
    ended = quiet_until(at, begins, ends, tz)
    if not is_quiet(at, begins, ends, tz):
        assert ended == at
        return
    assert at < ended <= at + timedelta(hours=25)
    offsets = {local_time(one, tz).utcoffset() for one in (at, ended)}
    if len(offsets) == 1:  # where the clock is changed, an hour of it comes twice or not at all
        expected = at
        while is_quiet(expected, begins, ends, tz):
            expected += MINUTE
        assert ended == expected


@given(INSTANTS, CLOCKS, ZONES, st.booleans())
def test_a_digest_is_at_its_time_and_the_next(
    at: datetime, when: time, tz: str, weekly: bool
) -> None:
    due = next_digest(at, when, tz, weekly=weekly)
    assert at < due <= at + (timedelta(days=8) if weekly else timedelta(days=2))
    here = local_time(due, tz)
    assert not weekly or here.weekday() == 0
    if local_time(due - 3 * 60 * MINUTE, tz).utcoffset() == here.utcoffset():
        assert here.time() == when


@pytest.mark.parametrize("at", ["2026-11-30T08:00", "2026-11-24T00:00"])
def test_a_weekly_digest_at_its_own_instant_waits_a_week(at: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    due = next_digest(instant, time(8), "UTC", weekly=True)
    assert due == (
        datetime(2026, 12, 7, 8, tzinfo=UTC)
        if instant.day == 30
        else datetime(2026, 11, 30, 8, tzinfo=UTC)
    )


AMOUNTS = st.integers(0, 1000).map(Decimal)
DAYS = st.lists(AMOUNTS, min_size=LEAST_DAYS, max_size=28)


def naive(days: list[Decimal]) -> Decimal:
    ordered, half = sorted(days), len(days) // 2
    return ordered[half] if len(days) % 2 else (ordered[half - 1] + ordered[half]) / 2


@given(DAYS)
def test_the_bounds_are_around_the_median(days: list[Decimal]) -> None:
    middle = naive(days)
    found = usual(days)
    if middle == 0:
        assert found is None
        return
    assert found
    tolerance = max(naive([abs(day - middle) for day in days]) * Decimal("4.45"), middle / 2)
    assert found.amount == middle
    assert (found.low, found.high) == (middle - tolerance, middle + tolerance)


def test_a_spike_is_odd_and_makes_no_later_day_usual() -> None:
    days = [Decimal(100)] * 10
    assert usual(days) == usual([*days, Decimal(10_000)])
    assert usual(days[: LEAST_DAYS - 1]) is None
