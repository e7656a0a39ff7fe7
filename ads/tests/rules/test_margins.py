"""The rule of margins, against an independent model."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ads.rules import margins
from ads.rules.margins import Recent, Runner

NOON = datetime(2024, 5, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def runner(pk: int, per_minute: object, lag: timedelta = 5 * MINUTE, priority: int = 0) -> Runner:
    return Runner(pk, priority, Decimal(str(per_minute)) / 60, lag)


def test_a_margin_is_what_is_spent_in_the_lag_and_until_the_middle_of_two_checks() -> None:
    assert margins.own(runner(1, 2, 60 * MINUTE)) == Decimal(125)
    assert margins.own(runner(1, 0)) == 0


def test_the_lowest_priority_leaves_room_for_what_those_above_spend_meanwhile() -> None:
    low, middle, high = runner(1, 2), runner(2, 4, priority=5), runner(3, 6, priority=9)

    # In 7.5 minutes they spend $15, $30 and $45.
    assert margins.staged([low, middle, high], DAY) == {3: 45, 2: 45 + 75, 1: 45 + 75 + 90}


def test_those_of_one_priority_stop_together() -> None:
    assert margins.staged([runner(1, 2), runner(2, 4)], DAY) == {1: 45, 2: 45}


def test_nobody_stops_for_money_that_those_above_cannot_spend_before_midnight() -> None:
    low, high = runner(1, 2), runner(2, 4, priority=1)

    # Those above spend $4 in the last minute of the day, not the $30 of their margin.
    assert margins.staged([low, high], MINUTE) == {2: 30, 1: 45 + 4}


def test_without_campaigns_there_are_no_margins() -> None:
    assert margins.staged([], DAY) == {}


@given(
    rates=st.lists(st.integers(0, 1000), min_size=1, max_size=6),
    priorities=st.lists(st.integers(-2, 2), min_size=6, max_size=6),
    lag=st.integers(0, 180),
)
def test_with_steady_rates_the_budget_is_met_to_the_cent(
    rates: list[int], priorities: list[int], lag: int
) -> None:
    """A second for second simulation that knows nothing of stages: only what is reported."""
    runners = [
        Runner(n, priority, Decimal(rate), lag * MINUTE / 60)
        for n, (rate, priority) in enumerate(zip(rates, priorities, strict=False))
    ]
    staged = margins.staged(runners, DAY)
    budget = sum(rates) * 2000
    wait = (lag * MINUTE / 60 + margins.LEAD) / timedelta(seconds=1)
    assert wait == int(wait)
    spent, on, history = 0, set(staged), []
    while on and sum(rates[n] for n in on):
        history.append(spent)
        known = history[-int(wait) - 1] if len(history) > wait else 0
        on -= {n for n in on if known >= budget - staged[n]}
        spent += sum(rates[n] for n in on)

    # Steps of a second: each stage may be met a second late.
    assert abs(spent - budget) <= max(1, len(set(priorities))) * sum(rates)


def test_the_rate_is_that_of_the_time_in_which_the_entries_were_spent() -> None:
    recent = Recent(Decimal(60), Decimal(50), NOON, NOON + 25 * MINUTE)

    assert recent.rate * 60 == 2


def test_entries_of_one_moment_are_spread_over_the_window() -> None:
    recent = Recent(Decimal(60), Decimal(60), NOON, NOON + MINUTE)

    assert recent.rate * 60 == 2


def test_the_first_after_a_silence_may_have_been_spent_in_all_of_it() -> None:
    assert Recent(Decimal(240), Decimal(0), NOON, NOON).rate * 60 == 2
    assert Recent(Decimal(240), Decimal(120), NOON, NOON + MINUTE).rate * 60 == 2


def test_a_margin_is_never_more_than_half_of_a_limit() -> None:
    assert margins.limited(Decimal(80), Decimal(100)) == 50
    assert margins.limited(Decimal(80), Decimal(0)) == 0


def test_a_lag_is_the_middle_of_enough_pauses() -> None:
    assert margins.learned([MINUTE, 9 * MINUTE]) is None
    assert margins.learned([9 * MINUTE, MINUTE, 5 * MINUTE]) == 5 * MINUTE
    assert margins.learned([9 * HOUR] * 3) == margins.LONGEST_LAG


def test_a_stop_took_as_long_as_what_came_after_it_was_spent_in() -> None:
    assert margins.lag_of(Decimal(10), Decimal(2) / 60) == 5 * MINUTE
    assert margins.lag_of(Decimal(-3), Decimal(2)) == timedelta(0)
    assert margins.lag_of(Decimal(10), Decimal(0)) is None
