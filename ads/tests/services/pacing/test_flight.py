"""The pace of a total budget over its flight."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign
from ads.rules.pacing import Basis, Pace
from ads.services import pacing
from ads.services.explain import explain
from ads.services.ledger import summaries
from ads.tests.factories import CampaignFactory
from ads.tests.services.pacing.support import with_others
from ads.tests.services.plans.support import schedule
from ads.tests.support import NOON, spend_in_sql

pytestmark = pytest.mark.django_db

#: April 16 to June 14: 60 days, of which 29 and a half have passed at NOON.
FLIGHT = {"start_date": date(2024, 4, 16), "end_date": date(2024, 6, 14)}


def flight(daily: str, **given: Any) -> Campaign:
    """A campaign that has spent as much on each day of its flight, and half of it today."""
    campaign = CampaignFactory.create(**{"total_budget": Decimal(600), **FLIGHT, **given})
    for n in range(1, 30):
        spend_in_sql(campaign, daily, NOON.date() - timedelta(days=n))
    spend_in_sql(campaign, str(Decimal(daily) / 2), NOON.date())
    return campaign


def pace_of(campaign: Campaign) -> Pace | None:
    row: Any = explain(campaign, NOON).campaign
    return pacing.flight_of(row, row.total_spend, summaries.month(row, NOON), NOON)


def test_a_flight_is_paced_and_projected_over_its_months() -> None:
    pace = pace_of(flight("12"))

    assert pace is not None
    assert pace.state.value == "over"
    assert pace.spent == 354
    assert pace.expected == 295
    assert pace.pace_percent == 120
    assert pace.projected == 354 + 366
    assert pace.runs_out_on == date(2024, 6, 4)  # 246 are left, 12 a day
    assert pace.recommended_daily == Decimal("8.12")  # 252 from today on, in 31 days
    assert pace.low is not None
    assert pace.low < pace.projected
    assert Basis.WEEKDAYS in pace.basis


def test_an_even_flight_is_on_pace_and_a_daily_budget_bounds_it() -> None:
    even = pace_of(flight("10"))
    assert even is not None
    assert even.state.value == "on_pace"
    assert even.projected == 600
    bounded = pace_of(flight("10", daily_budget=9))
    assert bounded is not None
    assert bounded.projected == 295 + 4 + 30 * 9


@pytest.mark.parametrize(
    ("budgets", "to_come"),
    [
        # In May $145 were spent; the rest of May, and June.
        ({"monthly_budget": 200}, 55 + 200),
        ({"brand__monthly_budget": 145}, 145),
        ({"group__monthly_budget": 150}, 5 + 150),
        ({"group__total_budget": 300}, 5),
        ({"group__daily_budget": 5}, 30 * 5),
    ],
)
def test_budgets_of_its_months_and_its_group_bound_a_flight(
    budgets: dict[str, int], to_come: int
) -> None:
    pace = pace_of(flight("10", **with_others(budgets)))

    assert pace is not None
    assert pace.spent == 295
    assert pace.projected == 295 + to_come


@pytest.mark.parametrize(
    ("field", "day", "amount", "to_come", "runs_out"),
    [
        ("daily_budget", date(2024, 6, 1), 3, 5 + 16 * 10 + 14 * 3, None),
        ("total_budget", date(2024, 5, 31), 400, 305, date(2024, 5, 31)),
        ("total_budget", date(2024, 6, 1), 400, 305, date(2024, 6, 1)),
        ("monthly_budget", date(2024, 6, 1), 20, 25 + 20, None),  # of $170 in May, $145 are spent
    ],
)
def test_what_is_planned_holds_a_flight_from_its_day_on(
    field: str, day: date, amount: int, to_come: int, runs_out: date | None
) -> None:
    campaign = flight("10", monthly_budget=170 if field == "monthly_budget" else None)
    schedule(campaign, amount, day, field)

    pace = pace_of(campaign)

    assert pace is not None
    assert pace.projected == 295 + to_come
    assert pace.runs_out_on == runs_out


def test_more_than_a_month_ahead_the_range_of_a_projection_is_unknown() -> None:
    pace = pace_of(flight("10", end_date=date(2024, 6, 15)))
    assert pace is not None
    assert pace.projected == 610
    assert (pace.low, pace.high) == (None, None)


@pytest.mark.parametrize(
    "without",
    [
        {"total_budget": None},
        {"end_date": None},
        {"start_date": None},
        {"start_date": date(2024, 5, 16)},
        {"end_date": date(2024, 5, 14)},
        {"end_date": date(2025, 4, 17)},
    ],
)
def test_without_a_flight_that_is_on_there_is_no_pace_of_it(without: dict[str, Any]) -> None:
    assert pace_of(flight("10", **without)) is None
