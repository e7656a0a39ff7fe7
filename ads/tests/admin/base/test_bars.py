"""Amounts against a budget, as a page shows them."""

import re
from decimal import Decimal

import pytest

from ads.admin.elements.bars import level, spend_bar


def words(bar: str) -> str:
    """What a screen reader says of it."""
    return " ".join(re.sub(r"<[^>]*>", " ", bar).split())


@pytest.mark.parametrize(
    ("spent", "limit", "read", "colour", "width"),
    [
        ("0", "75", "$0.00 of $75.00 0%", "calm", 0),
        ("48.20", "75", "$48.20 of $75.00 64%", "calm", 64),
        ("59.999999", "75", "$59.999999 of $75.00 79%", "calm", 79),
        ("60", "75", "$60.00 of $75.00 80%", "warning", 80),
        ("74.999999", "75", "$74.999999 of $75.00 99%", "warning", 99),
        ("75", "75", "$75.00 of $75.00 100% used up", "used-up", 100),
        ("78.40", "75", "$78.40 of $75.00 104% used up", "used-up", 100),
        ("12000", "0.01", "$12,000.00 of $0.01 &gt;999% used up", "used-up", 100),
        ("-5", "0", "-$5.00 of $0.00 0%", "calm", 0),
        ("-5", "75", "-$5.00 of $75.00 0%", "calm", 0),
    ],
)
def test_a_bar_says_in_words_what_its_length_and_colour_show(
    spent: str, limit: str, read: str, colour: str, width: int
) -> None:
    bar = spend_bar(Decimal(spent), Decimal(limit), "USD")

    assert words(bar) == read
    assert level(Decimal(spent), Decimal(limit)) == colour
    assert f"ads-spend-{colour}" in bar
    assert f"width:{width}%" in bar


def test_of_a_budget_of_zero_nothing_is_a_share() -> None:
    bar = spend_bar(Decimal(0), Decimal(0), "USD")

    assert words(bar) == "$0.00 of $0.00 nothing runs"
    assert "track" not in bar
    assert level(Decimal(0), Decimal(0)) == "used-up"


def test_without_a_budget_there_is_no_bar_but_the_amount() -> None:
    bar = spend_bar(Decimal("12.5"), None, "USD")

    assert words(bar) == "$12.50 no limit"
    assert "track" not in bar
    assert level(Decimal(10**9), None) == "calm"
