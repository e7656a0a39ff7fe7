"""What a usual day is: a single odd day changes little."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ads.rules.unusual import LEAST_DAYS, usual

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
