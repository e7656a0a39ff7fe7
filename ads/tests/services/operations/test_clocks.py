"""A process whose clock differs from the database's says so, and changes nothing if by too much."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.services.operations import ClockDiffers, clock_difference, clocks, require_clock

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Clocks are compared, and have not been yet."""
    settings.CLOCK_TOLERANCE = 60
    monkeypatch.setattr(clocks, "_last", None)
    monkeypatch.setattr(clocks, "_said_at", None)


def set_by(difference: timedelta) -> time_machine.travel:
    """The clock set by so much, and running on."""
    return time_machine.travel(datetime.now(UTC) + difference)


@pytest.mark.parametrize(
    ("difference", "said"),
    [(HOUR, "3,600 s ahead of the database's"), (-HOUR, "3,600 s behind the database's")],
)
def test_a_clock_an_hour_off_is_refused_with_both_times_and_the_remedy(
    difference: timedelta, said: str
) -> None:
    with set_by(difference), pytest.raises(ClockDiffers) as caught:
        require_clock()

    found = caught.value.difference
    assert found.seconds == pytest.approx(difference.total_seconds(), abs=5)
    there = found.here - timedelta(seconds=found.seconds)
    assert said in str(caught.value)
    assert f"it says {found.here:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
    assert f"the database's {there:%Y-%m-%d %H:%M:%S} UTC" in str(caught.value)
    assert "Set the one that is wrong, and keep both machines in time (NTP)." in str(caught.value)


@pytest.mark.parametrize("seconds", [-50, -10, 0, 10, 50])
def test_a_difference_within_the_tolerance_is_not_refused(seconds: int) -> None:
    with set_by(timedelta(seconds=seconds)):
        require_clock()

        assert clock_difference().is_worth_saying is (seconds != 0)


def test_a_difference_of_seconds_is_logged_once_until_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, logger="ads"):
        for seconds in (10, 10, 0, 10):
            with set_by(timedelta(seconds=seconds)):
                clock_difference()

    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "10 s ahead of the database's" in caplog.text


def test_comparing_costs_one_query_and_then_none() -> None:
    with CaptureQueriesContext(
        connection,
    ) as first:
        require_clock()
    with CaptureQueriesContext(connection) as more:
        for _ in range(100):
            require_clock()

    assert [query["sql"] for query in first] == ["SELECT extract(epoch FROM clock_timestamp())"]
    assert len(more) == 0


def test_a_clock_that_is_set_is_compared_again_at_once() -> None:
    require_clock()

    with set_by(HOUR), pytest.raises(ClockDiffers):
        require_clock()

    require_clock()


def test_a_slow_answer_is_no_difference() -> None:
    def slowly(run: Callable[..., object], *given: object) -> object:
        answer = run(*given)
        time.sleep(0.3)
        return answer

    with connection.execute_wrapper(slowly):
        found = clock_difference()

    assert found.within >= 0.15
    assert found.certain < 0.1


def test_clocks_are_not_compared_where_the_tolerance_is_zero(settings: Any) -> None:
    settings.CLOCK_TOLERANCE = 0

    with set_by(HOUR), CaptureQueriesContext(connection) as asked:
        require_clock()

    assert len(asked) == 0
