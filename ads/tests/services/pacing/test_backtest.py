"""The backtest: made-up spend, this installation's own, and the ranges it teaches."""

import re
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ads.models import ProjectionRange, SpendTotal
from ads.models.spend import Period
from ads.services.pacing import backtest, measure, ranges
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import at

pytestmark = pytest.mark.django_db

MONTH = date(2026, 9, 1)
NOW = at("2026-10-05 12:00")


@pytest.fixture(scope="module")
def results() -> list[measure.Result]:
    return backtest.of_generated(300, MONTH, seed=1, event=False)


def test_pacing_is_better_than_a_straight_line(results: list[measure.Result]) -> None:
    assert [one.day for one in results] == [5, 10, 20]
    assert all(one.by_weekday < one.straight_line for one in results)
    assert results[-1].by_weekday < results[-1].straight_line * 4 / 5


def test_four_of_five_months_are_within_their_ranges(results: list[measure.Result]) -> None:
    assert all(72 <= one.covered <= 88 for one in results)


def test_the_same_seed_makes_the_same_spend() -> None:
    span = (MONTH, MONTH + timedelta(days=9))
    assert backtest.made_up(3, *span, seed=1) == backtest.made_up(3, *span, seed=1)
    assert backtest.made_up(3, *span, seed=1) != backtest.made_up(3, *span, seed=2)


def record(campaigns: int) -> None:
    """Made-up spend of two months in the sums, where the rule reads it."""
    brand = BrandFactory.create()
    for history in backtest.made_up(campaigns, date(2026, 7, 20), date(2026, 9, 30), seed=3):
        campaign = CampaignFactory.create(brand=brand)
        months: dict[date, Decimal] = {}
        for day, amount in history.items():
            months[day.replace(day=1)] = months.get(day.replace(day=1), Decimal(0)) + amount
        SpendTotal.objects.bulk_create(
            SpendTotal(brand=brand, campaign=campaign, period=period, start=start, amount=amount)
            for period, sums in ((Period.DAY, history), (Period.MONTH, months))
            for start, amount in sums.items()
        )


def test_an_installation_learns_its_ranges_once_a_month_has_settled() -> None:
    record(40)

    assert ranges.learn(at("2026-10-02 12:00"))  # September can still be corrected
    assert {one.month for one in ProjectionRange.objects.all()} == {date(2026, 8, 1)}
    assert ranges.learn(NOW)
    assert not ranges.learn(NOW + timedelta(hours=1))

    learned = ranges.learned()
    assert [one.days for one in learned] == [3, 7, 14, 21, 31]
    assert all(0 < one.low < 1 < one.high for one in learned)
    assert {one.month for one in ProjectionRange.objects.all()} == {MONTH}
    assert ranges.not_learned_from(MONTH) != learned


def run(*arguments: str) -> str:
    out = StringIO()
    with time_machine.travel(NOW, tick=False):
        call_command("backtest_pacing", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_the_command_shows_the_errors_of_the_month_before() -> None:
    record(5)

    shown = run()

    assert "straight line" in shown
    assert "Mean error in percent of the spend of September 2026, of " in shown
    assert "within 80% range" in run("--generated", "20", "--event")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--month", "2026-13"], "--month: '2026-13' is not a month; use one such as 2026-10."),
        (["--month", "2026-10"], "--month: 2026-10 has not ended; choose an earlier one."),
        (["--generated", "0"], "--generated: 0 cannot be used; use 1 or more."),
        (["--event"], "--event: is for made-up spend; add --generated 1000."),
        ([], "--month: no campaign has spend enough in September 2026 and before; choose"),
    ],
)
def test_what_cannot_be_tested_is_refused(arguments: Any, reason: str) -> None:
    with pytest.raises(CommandError, match=re.escape(reason)) as refused:
        run(*arguments)

    assert str(refused.value).startswith("--")
