"""How the simulated platform's campaigns spend over a day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.platforms import curve
from ads.platforms.curve import Run, local_day, noise, spent
from ads.rules.calendar import day_begins

HOUR = timedelta(hours=1)
WEDNESDAY = date(2026, 3, 4)
LEVEL = 1_000_000


def all_day(day: curve.LocalDay, pace: str = "100") -> Run:
    return Run(day.begins, day.ends, Decimal(pace))


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_a_campaign_that_is_on_all_day_spends_its_pace(timezone: str) -> None:
    day = local_day(WEDNESDAY, timezone)

    assert spent([all_day(day)], day, LEVEL) == Decimal(100)
    assert spent([all_day(day)], day, LEVEL // 2) == Decimal(50)


def test_the_evening_is_that_of_the_brand_and_not_of_greenwich() -> None:
    tokyo, utc = local_day(WEDNESDAY, "Asia/Tokyo"), local_day(WEDNESDAY, "UTC")
    evening_in_tokyo = datetime(2026, 3, 4, 11, tzinfo=UTC)  # 20:00 there
    run = Run(evening_in_tokyo, evening_in_tokyo + HOUR, Decimal(100))

    assert spent([run], tokyo, LEVEL) == Decimal("6.90")
    assert spent([run], utc, LEVEL) == Decimal("5.30")


def test_a_run_over_midnight_is_shared_by_its_two_days_and_nothing_is_lost() -> None:
    first, second = (local_day(WEDNESDAY + timedelta(days=n), "Europe/Berlin") for n in (0, 1))
    run = Run(second.begins - HOUR, second.begins + HOUR, Decimal(100))

    assert spent([run], first, LEVEL) == Decimal("3.80")  # 23:00 to midnight
    assert spent([run], second, LEVEL) == Decimal("2.00")  # midnight to 01:00
    assert spent([run], local_day(WEDNESDAY - timedelta(days=1), "Europe/Berlin"), LEVEL) == 0


def test_the_hour_that_the_clock_leaves_out_does_not_happen_and_the_repeated_one_counts_twice() -> (
    None
):
    shorter = local_day(date(2026, 3, 29), "Europe/Berlin")  # 02:00 becomes 03:00
    longer = local_day(date(2026, 10, 25), "Europe/Berlin")  # 03:00 becomes 02:00
    two_o_clock = Decimal(curve.HOURLY[2]) / 10

    assert spent([all_day(shorter)], shorter, LEVEL) == 100 - two_o_clock
    assert spent([all_day(longer)], longer, LEVEL) == 100 + two_o_clock


def test_a_date_that_the_timezone_skipped_costs_nothing() -> None:
    skipped = local_day(date(2011, 12, 30), "Pacific/Apia")

    assert spent([all_day(skipped)], skipped, LEVEL) == 0


def test_spend_grows_with_time_in_whole_cents_whatever_the_steps() -> None:
    day = local_day(WEDNESDAY, "America/Sao_Paulo")
    level = noise(1, 17, WEDNESDAY)
    before = Decimal(0)
    for minutes in range(0, 24 * 60, 7):
        now = day.begins + timedelta(minutes=minutes)
        cuts = [day.begins, day.begins + (now - day.begins) / 3, now]

        whole = spent([Run(day.begins, now, Decimal("74.37"))], day, level)
        pieces = spent([Run(cuts[n], cuts[n + 1], Decimal("74.37")) for n in (0, 1)], day, level)

        assert whole == pieces
        assert whole >= before
        assert whole == whole.quantize(Decimal("0.01"))
        before = whole
    assert before > 50


def test_an_ordinary_campaign_rarely_reaches_its_budget_and_a_hot_one_passes_it_by_far() -> None:
    budget = Decimal(75)
    hot: list[Decimal] = []
    ordinary: list[Decimal] = []
    for n in range(2000):
        pace = curve.pace(1, "Brand", f"Campaign {n}", budget)
        (hot if curve.is_hot(1, "Brand", f"Campaign {n}") else ordinary).append(pace)

    assert 400 < len(hot) < 600  # one in four
    assert min(hot) >= 3 * budget
    assert max(hot) <= 6 * budget
    assert min(ordinary) >= Decimal("0.55") * budget
    assert max(ordinary) <= Decimal("0.9") * budget


def test_another_seed_is_another_world_and_the_same_seed_the_same() -> None:
    world = [curve.pace(1, "Brand", f"Campaign {n}", Decimal(75)) for n in range(50)]

    assert [curve.pace(1, "Brand", f"Campaign {n}", Decimal(75)) for n in range(50)] == world
    assert [curve.pace(2, "Brand", f"Campaign {n}", Decimal(75)) for n in range(50)] != world


def test_weekends_are_quieter() -> None:
    saturday = date(2026, 3, 7)
    weekdays = [noise(1, pk, WEDNESDAY) for pk in range(500)]
    weekends = [noise(1, pk, saturday) for pk in range(500)]

    assert len(set(weekdays)) > 400
    assert min(weekdays) >= curve.LEAST_NOISE
    assert sum(weekends) < 0.8 * sum(weekdays)


@pytest.mark.parametrize("amount", ["0", "0.01", "75", "999999999999.999999"])
def test_amounts_of_any_size_stay_exact_cents(amount: str) -> None:
    day = local_day(WEDNESDAY, "UTC")
    pace = curve.pace(1, "Brand", "Campaign", Decimal(amount))

    total = spent([Run(day.begins, day.ends, pace)], day, LEVEL)

    assert Decimal(0) <= pace - total < Decimal("0.01")


def test_a_campaign_without_a_budget_spends_too() -> None:
    assert 20 <= curve.pace(1, "Brand", "Campaign", None) <= 120


def test_no_hot_campaign_spends_less_than_the_least() -> None:
    saturday = date(2026, 3, 7)
    day = local_day(saturday, "UTC")
    since = day_begins(saturday, "UTC") + 3 * HOUR
    until = since + timedelta(minutes=5)
    least = curve.least_spent(Decimal(75), since, until, day)

    assert least > 0
    for n in range(500):
        if curve.is_hot(1, "Brand", f"Campaign {n}"):
            run = Run(since, until, curve.pace(1, "Brand", f"Campaign {n}", Decimal(75)))
            assert spent([run], day, noise(1, n, saturday)) >= least
