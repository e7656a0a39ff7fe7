"""Dayparting compared with a model that reads the wall clock minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from ads.rules import dayparting
from ads.rules.dayparting import Schedule, Window, first_overlap, rank
from ads.rules.stretches import open_stretches
from ads.tests.rules import naive

# A day or so before or after each of these, a clock jumps somewhere among the zones.
ANCHORS = [
    datetime(2026, 3, 8, tzinfo=UTC),  # New York, Havana
    datetime(2026, 3, 29, tzinfo=UTC),  # Berlin
    datetime(2026, 4, 5, tzinfo=UTC),  # Lord Howe
    datetime(2026, 7, 1, tzinfo=UTC),  # none
    datetime(2026, 10, 4, tzinfo=UTC),  # Lord Howe
    datetime(2026, 10, 25, tzinfo=UTC),  # Berlin
    datetime(2026, 11, 1, tzinfo=UTC),  # New York, Havana
]
ZONES = [
    "America/Havana",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "UTC",
]
DAYS_AHEAD = 11
EIGHT_DAYS = 8 * 1440  # in minutes

# Round times, and the hours in which clocks jump, come up often: that is where the mistakes are.
times = st.one_of(
    st.sampled_from([time(0), time(1), time(1, 30), time(2), time(2, 15), time(3), time(22)]),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
windows = st.builds(Window, st.integers(0, 6), times, times)
some_windows = st.lists(windows, max_size=4).map(tuple)
lags = st.sampled_from([0, 0, 1, 59, 300, 600])
daily = st.builds(
    lambda start, end: tuple(Window(day, start, end) for day in range(7)), times, times
)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Schedule], datetime]:
    """Draw an instant near a clock change and up to three schedules with dates around it."""
    anchor = draw(st.sampled_from(ANCHORS))
    now = anchor + timedelta(minutes=draw(st.integers(-4 * 1440, 2 * 1440)))
    near = (
        st.none()
        | st.none()
        | st.integers(-4, 9).map(lambda days: anchor.date() + timedelta(days=days))
    )
    far = st.just(date(2031, 5, 1)) | st.just(date.max)
    schedules = st.builds(
        Schedule,
        id=st.integers(1, 9),
        timezone=st.sampled_from(ZONES),
        priority=st.integers(-1, 1),
        is_active=st.sampled_from([True, True, True, False]),
        valid_from=near,
        valid_until=near | far,
        windows=some_windows | daily,
    )
    return draw(st.lists(schedules, max_size=3)), now


@settings(max_examples=100, deadline=None)
@given(situations())
def test_open_is_what_the_wall_clock_says(situation: tuple[list[Schedule], datetime]) -> None:
    schedules, now = situation

    assert dayparting.is_open(schedules, now) is naive.is_open(schedules, now)


@settings(max_examples=100, deadline=None)
@given(situations())
def test_a_campaign_is_open_exactly_when_its_highest_rank_is_odd(
    situation: tuple[list[Schedule], datetime],
) -> None:
    schedules, now = situation
    ranks = [found for each in schedules if (found := rank(each, now)) is not None]

    by_rank = bool(max(ranks) & 1) if ranks else not schedules

    assert by_rank is dayparting.is_open(schedules, now)


def check_next(schedules: list[Schedule], now: datetime, lag: int, *, wanted: bool) -> None:
    search = dayparting.next_opening if wanted else dayparting.next_closing
    if naive.is_open(schedules, now) is wanted:
        assert search(schedules, now) == now
        # Go on from somewhere in the next stretch in which there is something to find.
        begins = naive.first_instant(schedules, now, wanted=not wanted, days=7)
        now = (begins or now) + timedelta(minutes=lag)

    found = search(schedules, now)

    expected = naive.first_instant(schedules, now, wanted=wanted, days=DAYS_AHEAD)
    if expected is not None:
        assert found == expected
    elif found is not None:
        # Too far ahead to walk there: at least it is a change to what was wanted.
        assert found >= now + timedelta(days=DAYS_AHEAD)
        assert naive.is_open(schedules, found) is wanted
        assert naive.is_open(schedules, found - naive.MINUTE) is not wanted


@settings(max_examples=100, deadline=None)
@given(situations(), lags)
def test_the_next_opening_is_the_first_open_minute(
    situation: tuple[list[Schedule], datetime], lag: int
) -> None:
    check_next(*situation, lag, wanted=True)


@settings(max_examples=100, deadline=None)
@given(situations(), lags)
def test_the_next_closing_is_the_first_closed_minute(
    situation: tuple[list[Schedule], datetime], lag: int
) -> None:
    check_next(*situation, lag, wanted=False)


@settings(max_examples=60, deadline=None)
@given(situations())
def test_openings_and_closings_alternate_and_leave_out_none(
    situation: tuple[list[Schedule], datetime],
) -> None:
    schedules, now = situation
    states = list(naive.states(schedules, now, EIGHT_DAYS))
    expected = [
        now + minute * naive.MINUTE
        for minute in range(1, EIGHT_DAYS)
        if states[minute] is not states[minute - 1]
    ]

    found: list[datetime] = []
    is_open, instant = states[0], now
    while True:
        search = dayparting.next_closing if is_open else dayparting.next_opening
        following = search(schedules, instant)
        if following is None or following >= now + EIGHT_DAYS * naive.MINUTE:
            break
        found.append(following)
        is_open, instant = not is_open, following

    assert found == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(windows, max_size=5))
def test_windows_overlap_exactly_when_they_share_a_minute_of_the_week(
    drawn: list[Window],
) -> None:
    found = first_overlap(drawn)

    assert (found is not None) is naive.overlap(drawn)
    if found is not None:
        assert naive.overlap(found)


@settings(max_examples=100, deadline=None)
@given(situations())
def test_open_stretches_hold_exactly_the_open_minutes(
    situation: tuple[list[Schedule], datetime],
) -> None:
    schedules, now = situation
    minute, expected = 0, []
    for is_open, those in groupby(naive.states(schedules, now, EIGHT_DAYS)):
        begins, minute = minute, minute + len(list(those))
        if is_open:
            expected.append((now + begins * naive.MINUTE, now + minute * naive.MINUTE))

    found = open_stretches(schedules, now, now + EIGHT_DAYS * naive.MINUTE)

    assert found == expected
