"""The pace of a budget: what is expected by now, what it will come to, and when nothing is said."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.rules.pacing import (
    RANGES,
    UNIT,
    Basis,
    Bounds,
    Budget,
    Calendar,
    Pace,
    PaceState,
    Step,
    course_of,
    pace_of,
)

DAY = timedelta(days=1)
FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)  # 30 days, from a Tuesday
TODAY = date(2026, 9, 16)
WHOLE = 86_400 * UNIT


def calendar(today: date = TODAY, elapsed: float = 0, **different: int) -> Calendar:
    """All day on every day; ``different``: weights by the day of September, such as d16=0."""
    weights = {FIRST + n * DAY: WHOLE for n in range(-40, 30)}
    weights |= {FIRST.replace(day=int(name[1:])): weight for name, weight in different.items()}
    return Calendar(today, int(elapsed * WHOLE), weights)


def spent_daily(amount: object, since: date, today: date = TODAY) -> dict[date, Decimal]:
    return {since + n * DAY: Decimal(str(amount)) for n in range((today - since).days)}


def budget(limit: object, by_day: dict[date, Decimal], **more: Any) -> Budget:
    of_month = [amount for day, amount in by_day.items() if day >= FIRST]
    spent_today = more.get("spent_today", Decimal(0))
    return Budget(
        first=FIRST,
        last=LAST,
        spent=sum(of_month, Decimal(0)) + spent_today,
        limit=None if limit is None else Decimal(str(limit)),
        by_day=by_day,
        **{"ran_before": any(day < FIRST for day in by_day), **more},
    )


LONG_AGO = FIRST - 40 * DAY


def test_half_of_the_month_expects_half_of_the_budget() -> None:
    pace = pace_of(budget(300, spent_daily(10, LONG_AGO)), calendar())

    assert (pace.state, pace.expected, pace.pace_percent) == (
        PaceState.ON_PACE,
        Decimal(150),
        Decimal(100),
    )
    assert pace.projected == 300
    assert (pace.runs_out_on, pace.recommended_daily) == (None, 20 / Decimal(2))
    assert pace.basis == {Basis.WEEKDAYS}


@pytest.mark.parametrize(
    ("daily", "state"),
    [
        ("11", PaceState.ON_PACE),
        ("11.01", PaceState.OVER),
        ("9", PaceState.ON_PACE),
        ("8.99", PaceState.UNDER),
    ],
)
def test_within_a_tenth_it_is_on_pace(daily: str, state: PaceState) -> None:
    assert pace_of(budget(300, spent_daily(daily, LONG_AGO)), calendar()).state == state


def test_the_day_on_which_the_budget_runs_out_and_what_to_spend_a_day_until_then() -> None:
    pace = pace_of(budget(300, spent_daily(15, LONG_AGO)), calendar())

    # 225 spent in 15 days; the other 75 last five days more.
    assert (pace.projected, pace.runs_out_on) == (Decimal(450), date(2026, 9, 20))
    assert pace.recommended_daily == Decimal("5.00")
    assert pace.will_exceed


def test_todays_spend_is_part_of_the_recommended_budget() -> None:
    owner = budget(300, spent_daily(10, LONG_AGO), spent_today=Decimal(5))

    assert pace_of(owner, calendar(elapsed=0.5)).recommended_daily == 10
    spent_too_much = budget(300, spent_daily(10, LONG_AGO), spent_today=Decimal(80))
    assert pace_of(spent_too_much, calendar(elapsed=0.5)).recommended_daily == 5


def test_it_begins_with_the_first_spend_and_not_with_the_month() -> None:
    began = date(2026, 9, 11)
    pace = pace_of(budget(200, spent_daily(10, began)), calendar())

    assert (pace.expected, pace.state) == (Decimal(50), PaceState.ON_PACE)  # 5 of 20 days
    assert pace.basis == {Basis.FIRST_SPEND}


def test_it_began_yesterday() -> None:
    pace = pace_of(budget(300, spent_daily(10, TODAY - DAY)), calendar(elapsed=0.5))

    assert pace.projected is None
    assert not pace.has_enough_data
    assert pace_of(budget(300, spent_daily(10, TODAY - 3 * DAY)), calendar()).has_enough_data


def test_without_any_spend_nothing_is_known() -> None:
    pace = pace_of(budget(300, {}), calendar())

    assert (pace.state, pace.expected, pace.projected) == (PaceState.NOT_ENOUGH_DATA, None, None)
    assert pace.recommended_daily == 20


def test_spend_that_stopped_is_under_pace() -> None:
    by_day = spent_daily(10, LONG_AGO, FIRST)

    assert pace_of(budget(300, by_day), calendar()).state == PaceState.UNDER


def test_the_first_day_of_a_month_is_projected_but_neither_over_nor_under() -> None:
    by_day = spent_daily(10, LONG_AGO, FIRST)
    pace = pace_of(budget(300, by_day), calendar(FIRST, elapsed=0.5))

    assert (pace.state, pace.projected) == (PaceState.NOT_ENOUGH_DATA, Decimal(295))


@pytest.mark.parametrize("amount", [0, 10])
def test_a_budget_of_zero(amount: int) -> None:
    pace = pace_of(budget(0, spent_daily(amount, LONG_AGO)), calendar())

    assert pace.state == (PaceState.OVER if amount else PaceState.ON_PACE)
    assert (pace.pace_percent, pace.recommended_daily, pace.runs_out_on) == (None, None, None)


def test_no_budget_still_has_a_projection() -> None:
    pace = pace_of(budget(None, spent_daily(10, LONG_AGO)), calendar())

    assert (pace.state, pace.expected, pace.projected) == (PaceState.NO_BUDGET, None, Decimal(300))


def test_a_flight_of_one_day() -> None:
    owner = replace(budget(100, {}, start=TODAY, end=TODAY), spent=Decimal(60))
    owner = replace(owner, spent_today=Decimal(60))
    pace = pace_of(owner, calendar(elapsed=0.5))

    assert (pace.expected, pace.state) == (Decimal(50), PaceState.OVER)
    assert pace.recommended_daily == 100
    assert Basis.FLIGHT in pace.basis


def test_a_flight_that_begins_later_expects_nothing_yet() -> None:
    pace = pace_of(budget(100, {}, start=date(2026, 9, 21)), calendar())

    assert (pace.state, pace.recommended_daily) == (PaceState.NOT_ENOUGH_DATA, Decimal(10))


def test_what_people_paused_is_not_under_pace() -> None:
    by_day = spent_daily(1, LONG_AGO)
    pace = pace_of(budget(300, by_day, runs=False), calendar())

    assert (pace.state, pace.projected, pace.recommended_daily) == (
        PaceState.NOT_RUNNING,
        Decimal(15),
        None,
    )
    overspent = budget(10, by_day, runs=False)
    assert pace_of(overspent, calendar()).state == PaceState.OVER


def test_a_used_up_budget_is_projected_to_stay_there() -> None:
    pace = pace_of(budget(100, spent_daily(10, LONG_AGO)), calendar())

    assert (pace.state, pace.spent, pace.projected, pace.high) == (
        PaceState.OVER,
        Decimal(150),
        Decimal(150),
        Decimal(150),
    )
    assert (pace.runs_out_on, pace.recommended_daily) == (None, None)


def test_a_credit_lowers_what_is_spent_and_not_the_pace() -> None:
    by_day = spent_daily(10, LONG_AGO) | {TODAY - DAY: Decimal(-200)}
    pace = pace_of(budget(300, by_day), calendar())

    assert pace.spent == -60
    # The credit's own day brought nothing; the fourteen others 10 each.
    assert pace.projected is not None
    assert 80 < pace.projected - pace.spent < 150


def test_the_last_week_counts_four_times_the_week_before() -> None:
    by_day = spent_daily(10, LONG_AGO) | spent_daily(20, TODAY - 7 * DAY)
    pace = pace_of(budget(None, by_day), calendar())

    assert pace.projected is not None
    assert pace.projected - pace.spent == 15 * (4 * 20 + 10) / Decimal(5)


def test_the_level_of_a_new_campaign_is_that_of_its_days() -> None:
    by_day = spent_daily(31, TODAY - 10 * DAY) | spent_daily(62, TODAY - 7 * DAY)
    pace = pace_of(budget(None, by_day), calendar())

    # Seven days that count four times, and three more.
    assert pace.projected is not None
    assert pace.projected - pace.spent == 15 * (4 * 7 * 62 + 3 * 31) / Decimal(31)


def test_one_spike_is_no_trend() -> None:
    usual = spent_daily(10, LONG_AGO)
    spike = usual | {TODAY - 2 * DAY: Decimal(500)}

    projected = [pace_of(budget(1000, one), calendar()) for one in (usual, spike)]

    to_come = [pace.projected - pace.spent for pace in projected if pace.projected is not None]
    assert to_come[0] == 150
    assert to_come[1] < 170  # not 500 / 7 a day


def test_a_spike_in_the_first_days_is_no_trend_either() -> None:
    by_day = spent_daily(10, TODAY - 5 * DAY) | {TODAY - 2 * DAY: Decimal(500)}
    pace = pace_of(budget(None, by_day), calendar())

    assert pace.projected is not None
    assert (pace.projected - pace.spent) / 15 == (4 * 10 + 2 * 10) / Decimal(5)


def test_weekends_without_spend_are_expected_to_stay_so() -> None:
    by_day = {day: amount for day, amount in spent_daily(10, LONG_AGO).items() if day.weekday() < 5}
    pace = pace_of(budget(None, by_day), calendar())

    # From Wednesday the 16th on, eleven of fifteen days are weekdays.
    assert pace.projected is not None
    assert abs(pace.projected - pace.spent - 110) < Decimal("0.001")


def test_a_known_event_is_expected() -> None:
    by_day = spent_daily(10, LONG_AGO)
    pace = pace_of(budget(300, by_day), calendar(d25=3 * WHOLE))

    assert pace.projected == 320
    assert pace.expected == Decimal(300) * 15 / 32


def test_a_daily_budget_bounds_what_is_to_come() -> None:
    owner = budget(300, spent_daily(15, LONG_AGO), bounds=Bounds(Decimal(5), Decimal(5)))
    pace = pace_of(owner, calendar())

    assert (pace.projected, pace.high, pace.runs_out_on) == (Decimal(300), Decimal(300), None)


def test_a_clock_change_makes_a_day_longer() -> None:
    longer = calendar(d20=25 * 3600 * UNIT)
    pace = pace_of(budget(721, spent_daily(10, LONG_AGO)), longer)

    assert pace.expected == 360


def test_a_day_is_judged_by_itself() -> None:
    today = Budget(
        TODAY, TODAY, Decimal(60), Decimal(100), {}, spent_today=Decimal(60), ran_before=True
    )
    pace = pace_of(today, calendar(elapsed=0.5), of_day=True)

    assert (pace.expected, pace.state, pace.projected) == (
        Decimal(50),
        PaceState.OVER,
        Decimal(120),
    )
    assert (pace.runs_out_on, pace.low, pace.high) == (TODAY, None, None)
    morning = pace_of(today, calendar(elapsed=0.04), of_day=True)
    assert (morning.state, morning.projected) == (PaceState.NOT_ENOUGH_DATA, None)


def test_the_course_ends_at_the_budget_and_at_the_projection() -> None:
    owner = budget(300, spent_daily(12, LONG_AGO))
    pace = pace_of(owner, calendar(elapsed=0.25))
    course = course_of(owner, calendar(elapsed=0.25), pace)

    assert (course.expected[0], course.expected[-1]) == (Decimal(10), Decimal(300))
    assert course.projected[:15] == [None] * 15
    ends = (course.projected[-1], course.low[-1], course.high[-1])
    assert ends == (pace.projected, pace.low, pace.high)


def test_the_course_bends_where_planned_budgets_begin() -> None:
    steps = [
        Step(date(2026, 9, 21), Decimal(200), Bounds(daily=Decimal(2))),
        Step(date(2026, 9, 26), Decimal(200), Bounds(daily=Decimal(0))),
    ]
    owner = budget(200, spent_daily(10, LONG_AGO), steps=steps)
    pace = pace_of(owner, calendar(elapsed=0.5))
    course = course_of(owner, calendar(elapsed=0.5), pace)

    # 45 until the 20th, 10 until the 25th, and nothing after it.
    assert course.projected[15:] == [
        *(150 + 5 + 10 * n for n in range(5)),
        *(195 + 2 * n for n in range(1, 6)),
        *[205] * 5,
    ]
    assert course.low[-1] == course.low[24] == pace.low


amounts = st.integers(0, 100_000).map(lambda cents: Decimal(cents) / 100)
owners = st.builds(
    lambda limit, days, today: budget(
        limit,
        {LONG_AGO + n * DAY: amount for n, amount in enumerate(days) if LONG_AGO + n * DAY < TODAY},
        spent_today=today,
    ),
    amounts,
    st.lists(amounts, max_size=60),
    amounts,
)


@given(owners, st.floats(0, 1))
def test_a_projection_is_within_its_range_and_not_below_what_is_spent(
    owner: Budget, elapsed: float
) -> None:
    pace = pace_of(owner, calendar(elapsed=elapsed))

    if pace.projected is not None and pace.low is not None and pace.high is not None:
        assert pace.spent <= pace.low <= pace.projected <= pace.high
    if pace.recommended_daily is not None and pace.budget is not None:
        # Spent every day from today on, unless today is over, it comes to no more than the budget.
        today = owner.spent_today
        if elapsed < 1:
            today = max(today, pace.recommended_daily)
        assert pace.spent - owner.spent_today + today + 14 * pace.recommended_daily <= pace.budget


@given(owners, amounts)
def test_more_budget_never_runs_out_earlier(owner: Budget, more: Decimal) -> None:
    assert owner.limit is not None
    larger = replace(owner, limit=owner.limit + more)
    one, other = (pace_of(each, calendar(elapsed=0.3)) for each in (owner, larger))

    if one.runs_out_on and other.runs_out_on:
        assert other.runs_out_on >= one.runs_out_on
    assert runs_out(other) <= max(runs_out(one), one.spent >= (one.budget or 0))


def runs_out(pace: Pace) -> bool:
    return pace.runs_out_on is not None


def test_ranges_cover_every_number_of_days_of_a_month() -> None:
    assert [one.days for one in RANGES] == sorted({one.days for one in RANGES})
    assert RANGES[-1].days == 31
    assert all(one.low <= 1 <= one.high for one in RANGES)
