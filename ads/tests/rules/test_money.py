"""Which amounts are accepted, how they are shown, when a budget is used up."""

import pickle
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ads.rules.money import (
    LIMIT,
    PLACES,
    InvalidAmount,
    format_estimate,
    format_money,
    format_sums,
    is_used_up,
    parse_amount,
    percent_used,
    remaining,
    sums_by_currency,
)

millionths = st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1)


@pytest.mark.parametrize(
    ("given_value", "amount"),
    [
        ("75.40", "75.4"),
        ("0", "0"),
        ("-0.00", "0"),
        ("+5", "5"),
        ("007", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0.000001", "0.000001"),
        ("1.0000000", "1"),
        ("999999999999.999999", "999999999999.999999"),
        (100, "100"),
        (0, "0"),
        (Decimal("1E+2"), "100"),
        (Decimal("4512E-6"), "0.004512"),
        (Decimal("1.00000000000000000000000000000000000000000000"), "1"),
        (Decimal("-0"), "0"),
    ],
)
def test_an_accepted_amount_is_returned_exactly_and_plainly(
    given_value: object, amount: str
) -> None:
    result = parse_amount(given_value)

    assert type(result) is Decimal
    assert str(result) == amount


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        (1.5, "pass a Decimal or a string"),
        (float("nan"), "pass a Decimal or a string"),
        (True, "pass a Decimal, an int or a string"),
        (None, "pass a Decimal, an int or a string"),
        ([1], "pass a Decimal, an int or a string"),
        (b"1", "pass a Decimal, an int or a string"),
        (Decimal("NaN"), "not a finite number"),
        (Decimal("sNaN"), "not a finite number"),
        (Decimal("-Infinity"), "not a finite number"),
        ("nan", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1e5", "plain digits"),
        ("1E-2", "plain digits"),
        ("1_000", "plain digits"),
        ("1,000", "plain digits"),
        ("1,5", "plain digits"),
        (" 1", "plain digits"),
        ("1 ", "plain digits"),
        ("1\n", "plain digits"),
        ("", "plain digits"),
        ("  ", "plain digits"),
        (".", "plain digits"),
        ("+", "plain digits"),
        ("--1", "plain digits"),
        ("1.2.3", "plain digits"),
        ("$5", "plain digits"),
        ("0x10", "plain digits"),
        ("\u0661\u0662", "plain digits"),  # Arabic-Indic digits
        ("\uff11", "plain digits"),  # a full-width digit
        ("\u22125", "plain digits"),  # a typographic minus
        ("1" * 41, "longer than 40 characters"),
        ("0.0000001", "more than 6 decimal places"),
        (Decimal("0.0000001"), "more than 6 decimal places"),
        (Decimal("999999999999.9999999"), "more than 6 decimal places"),
        (Decimal("1E-999999"), "more than 6 decimal places"),
        (10**12, "below 1,000,000,000,000"),
        ("1000000000000", "below 1,000,000,000,000"),
        ("-1000000000000", "below 1,000,000,000,000"),
        (Decimal("1E+999999"), "below 1,000,000,000,000"),
        pytest.param(10**5000, "below 1,000,000,000,000", id="ten to the 5000"),
        (-1, "may not be negative"),
        ("-0.000001", "may not be negative"),
    ],
)
def test_a_refused_amount_names_field_value_and_remedy(value: object, remedy: str) -> None:
    with pytest.raises(InvalidAmount) as caught:
        parse_amount(value, field="daily_budget")

    error = caught.value
    assert error.field == "daily_budget"
    assert error.value is value
    assert remedy in error.reason
    assert str(error).startswith("daily_budget: ")
    assert error.reason in str(error)
    assert len(str(error)) < 250


def test_a_message_shows_a_short_value_as_it_was_given() -> None:
    with pytest.raises(InvalidAmount, match=r"^amount: '1,000' cannot be used: "):
        parse_amount("1,000")


def test_an_error_survives_being_sent_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(InvalidAmount("amount", "x", "write digits.")))  # noqa: S301

    assert (error.field, error.value, error.reason) == ("amount", "x", "write digits.")


def test_an_amount_below_zero_is_accepted_where_corrections_are_made() -> None:
    assert parse_amount("-12.50", negative=True) == Decimal("-12.5")
    with pytest.raises(InvalidAmount, match="below 1,000,000,000,000"):
        parse_amount(-LIMIT, negative=True)


@given(millionths)
def test_every_amount_of_six_places_comes_back_exactly_however_it_is_given(number: int) -> None:
    text = f"{'-' if number < 0 else ''}{abs(number) // 10**6}.{abs(number) % 10**6:06d}"

    amounts = {
        parse_amount(text, negative=True),
        parse_amount(text + "000", negative=True),
        parse_amount(Decimal(text), negative=True),
        parse_amount(Decimal(number).scaleb(-PLACES), negative=True),
    }

    (amount,) = amounts
    assert amount * 10**6 == number
    assert "E" not in str(amount)
    assert parse_amount(str(amount), negative=True) == amount


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_a_decimal_is_either_kept_exactly_or_refused(value: Decimal) -> None:
    try:
        amount = parse_amount(value, negative=True)
    except InvalidAmount:
        fits = value.is_finite() and abs(value) < LIMIT and (value * 10**6) % 1 == 0
        assert not fits
    else:
        assert amount == value


@given(st.text(max_size=60) | st.text("0123456789.+-eE_, ", max_size=12))
def test_any_text_is_an_amount_or_a_clear_refusal(text: str) -> None:
    refusal = None
    amount = None
    try:
        amount = parse_amount(text, negative=True)
    except InvalidAmount as error:
        refusal = error

    if refusal is None:
        assert set(text) <= set("0123456789.+-")
        assert amount == Decimal(text)
    else:
        assert refusal.value == text
        assert refusal.reason


def test_the_callers_decimal_context_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 3
        assert parse_amount("123456.789012") == Decimal("123456.789012")
        assert format_money(Decimal("123456.789012"), "USD") == "$123,456.789012"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("75.4", "$75.40"),
        ("0", "$0.00"),
        ("-0", "$0.00"),
        ("1234.5", "$1,234.50"),
        ("-3", "-$3.00"),
        ("0.004512", "$0.004512"),
        ("0.120", "$0.12"),
        ("1E+2", "$100.00"),
        ("-1234567.000100", "-$1,234,567.0001"),
        ("-0.0000001", "$0.00"),
    ],
)
def test_an_amount_is_shown_with_two_places_and_more_where_they_matter(
    amount: str, text: str
) -> None:
    assert format_money(Decimal(amount), "USD") == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1234.5", "EUR", "€1,234.50"),
        ("-3", "EUR", "-€3.00"),
        ("1235", "JPY", "¥1,235"),
        ("0", "JPY", "¥0"),
        ("1234.5", "JPY", "¥1,234.5"),
        ("1.2", "KWD", "KWD 1.200"),
        ("-1234.0045", "KWD", "-KWD 1,234.0045"),
        ("5", "CHF", "CHF 5.00"),
        ("5", "CAD", "CA$5.00"),
        ("5", "", "5.00"),
        ("5", "BGN", "BGN 5.00"),
    ],
)
def test_each_currency_has_its_sign_and_its_decimal_places(
    amount: str, currency: str, text: str
) -> None:
    assert format_money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("currency", "text"),
    [("USD", "$1,234.57"), ("JPY", "¥1,235"), ("KWD", "KWD 1,234.568"), ("", "1,234.57")],
)
def test_an_estimate_has_the_decimal_places_of_its_currency(currency: str, text: str) -> None:
    assert format_estimate(Decimal("1234.5675"), currency) == text


def test_sums_are_of_a_currency_each() -> None:
    sums = sums_by_currency(
        [("USD", Decimal(900)), ("EUR", Decimal(300)), ("USD", Decimal("300.00"))]
    )

    assert sums == {"EUR": 300, "USD": 1200}
    assert format_sums(sums) == "€300.00 · $1,200.00"
    assert format_sums({}) == ""


@given(millionths)
def test_what_is_shown_is_the_amount_itself(number: int) -> None:
    amount = Decimal(number).scaleb(-PLACES)

    assert Decimal(format_money(amount, "USD").replace("$", "").replace(",", "")) == amount


@pytest.mark.parametrize(
    ("spent", "budget", "used_up", "left"),
    [
        ("74.999999", "75", False, "0.000001"),
        ("75", "75.00", True, "0"),
        ("75.40", "75", True, "0"),
        ("0", "0", True, "0"),
        ("-5", "0", False, "0"),
        ("-5", "10", False, "10"),
        ("0", "10", False, "10"),
    ],
)
def test_spend_equal_to_the_budget_uses_it_up(
    spent: str, budget: str, used_up: bool, left: str
) -> None:
    assert is_used_up(Decimal(spent), Decimal(budget)) is used_up
    assert remaining(Decimal(spent), Decimal(budget)) == Decimal(left)


def test_no_budget_is_no_limit() -> None:
    assert is_used_up(Decimal("999999999999"), None) is False
    assert remaining(Decimal("999999999999"), None) is None


@pytest.mark.parametrize(
    ("spent", "budget", "percent"),
    [
        ("0", "75", 0),
        ("60", "75", 80),
        ("59.999999", "75", 79),
        ("74.999999", "75", 99),
        ("75", "75", 100),
        ("75.40", "75", 100),
        ("999999999999.999999", "0.000001", 99999999999999999900),
        ("-5", "75", 0),
        ("-0.000001", "75", 0),
    ],
)
def test_a_share_is_rounded_down_so_that_100_percent_is_used_up(
    spent: str, budget: str, percent: int
) -> None:
    assert percent_used(Decimal(spent), Decimal(budget)) == percent
    assert (percent >= 100) is is_used_up(Decimal(spent), Decimal(budget))


def test_of_no_budget_and_of_a_budget_of_zero_there_is_no_share() -> None:
    assert percent_used(Decimal(5), None) is None
    assert percent_used(Decimal(5), Decimal(0)) is None
