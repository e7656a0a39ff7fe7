"""When a budget would be used up, if it went on as it has so far."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.rules.pacing import LEAST_SEEN, used_up_at

BEGINS = datetime(2026, 3, 4, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=1)

seconds = st.integers(1, 24 * 3600 - 1).map(lambda number: timedelta(seconds=number))
amounts = st.integers(1, 10**15).map(lambda number: Decimal(number) / 10**6)


def at(spent: str, left: str, hours: float) -> datetime | None:
    """As of so many hours into a day."""
    return used_up_at(
        spent=Decimal(spent),
        left=Decimal(left),
        begins=BEGINS,
        now=BEGINS + timedelta(hours=hours),
        ends=ENDS,
    )


def test_half_a_budget_by_eight_is_all_of_it_by_four() -> None:
    assert at("37.50", "37.50", 8) == BEGINS + timedelta(hours=16)


@pytest.mark.parametrize(
    ("spent", "left", "hours"),
    [
        ("10", "65", 8),  # the day is over before
        ("25", "50", 8),  # just when the day is over
        ("0", "75", 8),
        ("-5", "80", 8),  # corrections
        ("80", "-5", 8),  # used up already
        ("75", "0", 8),
        ("60", "15", 1),  # too little of the day is over to tell
    ],
)
def test_no_time_is_given_if_the_budget_lasts_or_nothing_is_known(
    spent: str, left: str, hours: float
) -> None:
    assert at(spent, left, hours) is None


@given(spent=amounts, left=amounts, elapsed=seconds)
def test_at_the_time_given_the_pace_has_used_up_what_is_left(
    spent: Decimal, left: Decimal, elapsed: timedelta
) -> None:
    now = BEGINS + elapsed

    told = used_up_at(spent=spent, left=left, begins=BEGINS, now=now, ends=ENDS)

    by_the_end = spent * Decimal((ENDS - now) / elapsed)
    if told is None:
        assert by_the_end <= left * (1 + Decimal("1e-9")) or (
            elapsed < float(LEAST_SEEN) * (ENDS - BEGINS)
        )
    else:
        assert now <= told <= ENDS
        used = spent * Decimal((told - now) / elapsed)
        # Instants are told to the microsecond.
        assert abs(used - left) <= left * Decimal("1e-6") + spent / 10**6


@given(spent=amounts, left=amounts, more=amounts, elapsed=seconds)
def test_more_that_is_left_lasts_no_shorter(
    spent: Decimal, left: Decimal, more: Decimal, elapsed: timedelta
) -> None:
    now = BEGINS + elapsed

    first = used_up_at(spent=spent, left=left, begins=BEGINS, now=now, ends=ENDS)
    second = used_up_at(spent=spent, left=left + more, begins=BEGINS, now=now, ends=ENDS)

    assert second is None or (first is not None and first <= second)
