"""Which currencies there are, and how people write them."""

import pytest

from ads.rules.currencies import (
    MINOR_UNITS,
    NAMES,
    SYMBOLS,
    UnknownCurrency,
    check_currency,
    labelled,
    spelled,
)


def test_the_list_is_iso_s_with_the_minor_unit_of_each() -> None:
    places = [MINOR_UNITS[code] for code in ("USD", "EUR", "JPY", "KWD", "CLF")]

    assert places == [2, 2, 0, 3, 4]
    assert len(MINOR_UNITS) > 150
    assert set(MINOR_UNITS) == set(NAMES) > set(SYMBOLS)


@pytest.mark.parametrize("code", ["XXX", "XAU", "XTS", "DEM", "BTC", "", "EURO", "€"])
def test_what_iso_does_not_know_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency, match="is not a currency code; use the three letters"):
        check_currency(code)


def test_small_letters_are_refused_with_the_code_to_write() -> None:
    with pytest.raises(UnknownCurrency, match="'eur' is not a currency code; write EUR"):
        check_currency("eur")


@pytest.mark.parametrize(
    ("text", "code"),
    [("EUR", "EUR"), ("eur", "EUR"), ("€", "EUR"), ("$", "USD"), ("US$", "USD"), ("CA$", "CAD"),
     ("C$", "CAD"), ("¥", "JPY"), ("Euro", None), ("", None), ("CPC", None)],
)  # fmt: skip
def test_a_currency_is_known_by_its_code_and_its_sign(text: str, code: str | None) -> None:
    assert spelled(text) == code


def test_it_is_named_by_code_and_name() -> None:
    assert labelled("EUR") == "EUR (Euro)"
    assert labelled("BGN") == "BGN"
