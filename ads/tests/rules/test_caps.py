"""Daily caps on platforms, from limits of days and months."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.rules.caps import Limit, budget_there, cap, day_limit, is_ours

AMOUNTS = st.decimals(0, 100_000, places=2)
FACTORS = st.sampled_from([Decimal(1), Decimal("1.75"), Decimal(2)])


def limit(of: str, spent: str = "0", today: str = "0") -> Limit:
    return Limit(Decimal(of), Decimal(spent), Decimal(today))


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ([], None),
        ([limit("75", "20", "20")], "75"),  # of the day, whatever has been spent of it
        ([limit("75", "90", "90")], "75"),
        ([limit("1500", "1440", "20")], "80"),  # of the month, its earlier days have left 80
        ([limit("75", "20", "20"), limit("1500", "1450", "20")], "70"),
        ([limit("75"), limit("1500", "1600", "20")], "0"),
        ([limit("75"), limit("1500", "1600", "200")], "75"),
    ],
)
def test_the_day_may_come_to_the_least_that_is_left(
    limits: list[Limit], expected: str | None
) -> None:
    assert day_limit(limits) == (None if expected is None else Decimal(expected))


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=4), AMOUNTS)
def test_spending_today_never_moves_the_days_limit(
    figures: list[tuple[Decimal, Decimal, Decimal]], more: Decimal
) -> None:
    def limits(today: Decimal) -> list[Limit]:
        return [Limit(of, before + its + today, its + today) for of, before, its in figures]

    assert day_limit(limits(Decimal(0))) == day_limit(limits(more))


@given(AMOUNTS, FACTORS, st.integers(1, 4), st.sampled_from(["USD", "JPY", "KWD"]))
def test_under_strict_caps_no_day_goes_over_the_limit(
    of: Decimal, factor: Decimal, places: int, currency: str
) -> None:
    given = cap(of, currency, is_strict=True, overspend=factor, places=places)
    assert 0 <= given * factor * places <= of


@given(AMOUNTS, FACTORS, st.integers(1, 4))
def test_a_cap_that_is_not_strict_is_the_limit(of: Decimal, factor: Decimal, places: int) -> None:
    assert cap(of, "USD", is_strict=False, overspend=factor, places=places) == of


def test_caps_are_rounded_down_to_what_the_currency_has_coins_for() -> None:
    third = {"is_strict": True, "overspend": Decimal(3)}
    assert cap(Decimal(100), "USD", **third) == Decimal("33.33")  # type: ignore[arg-type]
    assert cap(Decimal(100), "JPY", **third) == 33  # type: ignore[arg-type]


@given(AMOUNTS, st.none() | AMOUNTS)
def test_a_budget_is_never_raised(own: Decimal, its_cap: Decimal | None) -> None:
    there = budget_there(own, its_cap)
    assert there <= own
    assert there in {own, its_cap}


@pytest.mark.parametrize(
    ("seen", "told", "expected"),
    [
        ("75", ["75"], True),
        ("75", ["75.50"], True),  # in whole amounts
        ("76", ["75.50"], False),
        ("74.50", ["75.50"], False),
        ("75", ["75", "100"], True),
        ("75", [], False),
    ],
)
def test_a_budget_that_the_platform_rounded_is_ours(
    seen: str, told: list[str], expected: bool
) -> None:
    assert is_ours(Decimal(seen), [Decimal(each) for each in told]) is expected
