"""On what terms an owner may run on, and how a raised limit reads."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ads.rules.allowances import (
    Allowed,
    InvalidAllowance,
    Limit,
    Terms,
    limit_words,
    periods_ahead,
)
from ads.tests.support import NOON, at


def terms(until: str | datetime | None = None, period: str = "day") -> Terms:
    return Terms(period, Decimal(20), until, "Launch")


@pytest.mark.parametrize(
    ("period", "until", "zone", "ends"),
    [
        ("day", None, "Europe/Berlin", None),
        ("day", "", "Europe/Berlin", None),
        ("day", "midnight", "Europe/Berlin", None),
        ("day", "18:00", "Europe/Berlin", at("2024-05-15 18:00", "Europe/Berlin")),
        ("day", "2024-05-15 18:00", "America/New_York", at("2024-05-15 18:00", "America/New_York")),
        ("day", "2024-05-15T18:00", "UTC", at("2024-05-15 18:00")),
        ("day", "2024-05-15T18:00:00+02:00", "UTC", at("2024-05-15 16:00")),
        ("day", datetime(2024, 5, 15, 16, tzinfo=UTC), "Asia/Kolkata", at("2024-05-15 16:00")),
        ("day", at("2024-05-16 00:00"), "UTC", None),
        ("month", "midnight", "UTC", at("2024-05-16 00:00")),
        ("month", "end of month", "UTC", None),
        ("month", "2024-05-20 09:00", "UTC", at("2024-05-20 09:00")),
    ],
)
def test_an_end_is_read_in_the_time_of_the_brand(
    period: str, until: str | datetime | None, zone: str, ends: datetime | None
) -> None:
    assert terms(until, period).ends(NOON, zone) == ends


@pytest.mark.parametrize(
    ("period", "until", "says"),
    [
        ("day", "11:59", "it has passed: it is 12:00 on 15 May 2024 in UTC"),
        ("day", "12:00", "it has passed"),
        ("day", "2024-05-14 18:00", "it has passed"),
        ("day", "2024-05-16 00:01", "ends with its day, at 00:00 on 16 May 2024 in UTC"),
        ("day", "end of month", "or allow it beyond the monthly budget"),
        ("month", "2024-06-01 00:01", "ends with its month, at 00:00 on 1 Jun 2024 in UTC"),
        ("day", "tonight", 'use a time such as "18:00"'),
        ("day", "25:00", 'use a time such as "18:00"'),
        ("day", "2024-02-30 12:00", 'use a time such as "18:00"'),
        ("day", datetime(2024, 5, 15, 18), "aware datetime"),  # noqa: DTZ001
    ],
)
def test_an_end_that_cannot_be_is_refused(period: str, until: str | datetime, says: str) -> None:
    with pytest.raises(InvalidAllowance, match="until: ") as refused:
        terms(until, period).ends(NOON, "UTC")

    assert says in str(refused.value)
    assert (refused.value.field, refused.value.value) == ("until", until)


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        (Decimal(10**12), "the size must be below 1,000,000,000,000"),
        (Decimal(0), "use more than zero"),
        (Decimal(-5), "use more than zero"),
        (Decimal("NaN"), "not a finite number"),
        (Decimal("0.0000001"), "more than 6 decimal places"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(amount: Decimal, says: str) -> None:
    with pytest.raises(InvalidAllowance, match="amount: ") as refused:
        Terms("day", amount, None, "Launch")

    assert says in str(refused.value)


def test_an_amount_is_given_as_any_other() -> None:
    for given in (Decimal("20.5"), "20.50"):
        assert Terms.given("day", given, None, "Launch").amount == Decimal("20.5")
    assert Terms.given("day", None, None, "Launch").amount is None
    for refused in ("1e3", 20.5):
        with pytest.raises(InvalidAllowance, match="amount: "):
            Terms.given("day", refused, None, "Launch")


@pytest.mark.parametrize(
    ("reason", "says"),
    [("", "say why"), (" \n", "say why"), ("x" * 501, "it has 501 characters"), ("a\0", "NUL")],
)
def test_a_reason_is_needed_and_has_an_end(reason: str, says: str) -> None:
    with pytest.raises(InvalidAllowance, match=f"reason: .*{says}"):
        Terms("day", None, None, reason)


def test_a_period_is_a_day_or_a_month() -> None:
    with pytest.raises(InvalidAllowance, match='period: week is refused: use "day" or "month"'):
        Terms("week", None, None, "Launch")


def test_an_hour_that_the_clock_shows_twice_is_the_next_to_come() -> None:
    before = at("2026-10-25 00:30")  # 02:30 in Berlin, for the first time
    assert terms("02:15").ends(before, "Europe/Berlin") == at("2026-10-25 01:15")


def allowed(
    amount: object, by: str = "admin", until: datetime | None = None, period: str = "day"
) -> Allowed:
    return Allowed(1, period, Decimal(str(amount)), by, "Launch", until)


@pytest.mark.parametrize(
    ("those", "says"),
    [
        ([allowed("75.21")], "$75.00 budget + $75.21 allowed by admin until midnight"),
        (
            [allowed("75.21", period="month")],
            "$75.00 budget + $75.21 allowed by admin until the end of the month",
        ),
        (
            [allowed("55.21", until=at("2024-05-15 18:00", "Europe/Berlin")), allowed(20, "ann")],
            (
                "$75.00 budget + $55.21 allowed by admin until 18:00 + $20.00 allowed by ann until "
                "midnight"
            ),
        ),
        (
            [allowed("75.21", until=at("2024-05-17 09:00", "Europe/Berlin"), period="month")],
            "$75.00 budget + $75.21 allowed by admin until Fri 17 May, 09:00",
        ),
        ([allowed("15.0420")] * 5, "$75.00 budget + $75.21 allowed in 5 allowances"),
        ([], "$75.00 budget + $75.21 allowed"),
    ],
)
def test_a_raised_limit_says_what_it_is_made_of(those: list[Allowed], says: str) -> None:
    assert limit_words(Decimal(75), Decimal("75.21"), those, NOON, "Europe/Berlin", "USD") == says


def test_a_limit_that_nobody_has_raised_says_nothing() -> None:
    assert limit_words(Decimal(75), Decimal(0), [], NOON, "UTC", "USD") == ""


def test_spend_uses_up_a_limit_when_the_allowance_that_it_needs_ends() -> None:
    first, second = (NOON + timedelta(hours=hours) for hours in (1, 2))
    those = [allowed(10, until=second), allowed(5, until=first), allowed(1)]

    def used_up(spent: int, budget: int | None = 75) -> list[datetime]:
        limit = Limit(None if budget is None else Decimal(budget), allowed=those)
        return list(limit.turns(Decimal(spent), NOON, used_up=True))

    assert used_up(85) == [second]
    assert used_up(86) == [first, second]
    assert used_up(75) == []
    assert used_up(80, budget=None) == []


def test_a_limit_changes_with_what_is_planned_and_begins_anew_with_its_period() -> None:
    lower, higher, ends, later = (NOON + timedelta(days=days) for days in (1, 2, 3, 4))
    planned = [(lower, Decimal(40)), (higher, None), (later, Decimal(0))]
    anew = [(ends, Decimal(0))]
    limit = Limit(Decimal(75), planned, [allowed(1)], anew)

    assert list(limit.turns(Decimal(41), NOON, used_up=True)) == [lower, later]
    assert list(limit.turns(Decimal(40), NOON, used_up=True)) == [later]
    assert list(limit.turns(Decimal(41), NOON, used_up=False)) == [higher, ends]
    assert list(limit.turns(Decimal(41), higher, used_up=False)) == [ends]
    assert list(Limit(Decimal(0), ahead=anew).turns(Decimal(0), NOON, used_up=False)) == []


def test_a_period_to_come_begins_with_what_was_spent_in_it_ahead_of_time() -> None:
    days = [at(f"2024-05-{day} 00:00") for day in (16, 17, 19, 20)]
    counts = {day.date(): Decimal(amount) for day, amount in zip(days[::2], (75, 80), strict=True)}
    ahead = periods_ahead("day", counts | {NOON.date(): Decimal(500)}, NOON, "UTC")

    assert ahead == list(zip(days, map(Decimal, (75, 0, 80, 0)), strict=True))
    limit = Limit(Decimal(75), allowed=[allowed(10)], ahead=ahead)
    assert list(limit.turns(Decimal(85), NOON, used_up=False)) == days[1::2]
    assert list(limit.turns(Decimal(84), NOON, used_up=True)) == days[::2]


def test_the_next_period_is_to_come_also_in_the_hour_that_a_clock_repeats_before_midnight() -> None:
    # In St. John's, 0:01 of 7 November 2010 was followed by 23:01 of the 6th.
    again = at("2010-11-07 02:40")

    for counts in ({}, {date(2010, 11, 7): Decimal(5)}):
        (begins, spent), *_ = periods_ahead("day", counts, again, "America/St_Johns")
        assert (begins, spent) == (at("2010-11-07 03:30"), sum(counts.values(), Decimal(0)))
