"""Ids of platforms in one spelling: what is taken off, what stays, and that no two ids join."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ads.rules.platform_ids import PERHAPS_CHANGED, is_shortened, spelled

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    "written",
    [
        "120210000000001234",
        "120210000000001234.0",
        "120210000000001234.00",
        "120210000000001234,0",
        "'120210000000001234",
        "\u2019120210000000001234",
        '="120210000000001234"',
        '="\'120210000000001234"',
        "120,210,000,000,001,234",
        "120,210,000,000,001,234.00",
        "120.210.000.000.001.234",
        "120.210.000.000.001.234,00",
        "120 210 000 000 001 234",
        "120'210'000'000'001'234",
        f"{NBSP}120210000000001234\t ",
        "\ufeff120210000000001234",
        f"120{NARROW}210{NARROW}000{NARROW}000{NARROW}001{NARROW}234",
        "c:120210000000001234",
        "cg:120210000000001234",
        "a:120210000000001234",
        "'c:120210000000001234.0",
    ],
)
def test_all_spellings_of_one_id_agree(written: str) -> None:
    assert spelled(written) == "120210000000001234"


@pytest.mark.parametrize(
    "written",
    ["1234567890", "123-456-7890", "123\u2011456\u20117890", "act_1234567890", "'123-456-7890",
     '="123-456-7890"', "1234567890.0", "1,234,567,890", " 123-456-7890\u00a0", "a:1234567890"],
)  # fmt: skip
def test_all_spellings_of_one_account_agree(written: str) -> None:
    assert spelled(written, account=True) == "1234567890"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "007",
        "00123.0",
        "8u94t",
        "12e45",
        "1e5",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F107MZ2X",
        "B0C1-2.0",
        "urn:li:sponsoredCampaign:123",
        "Summer 2024.0",
        "Brand, 1,234 reasons",
        "O'Neill",
        "'Tis the season",
        "'90s",
        "c:promo",
        "2024-11-28",
        "11.28",
        "1.5",
        "120.000",
        "1 234",
        "2024 100",
        "-5.0",
        "act_123",
        "123-456-7890",
        '=""',
        "Acme, Inc.",
        "\u0661\u0662\u0663",  # digits, but not those of an id
    ],
)
def test_names_and_other_ids_stay(text: str) -> None:
    assert spelled(text) == text


@pytest.mark.parametrize(
    "text", ["Acme, Inc.", "Acme 123-456-7890", "123-4567-890", "X123-456", "c:123", "12-34", ""]
)
def test_names_of_accounts_and_other_ids_stay(text: str) -> None:
    assert spelled(text, account=True) == text


@pytest.mark.parametrize(
    "text", ["1.2E+17", "1.2021123456789E+017", "1,2E+17", "1E+17", "'1.2E+17", '="1.2E+17"',
             " 1.2E+17 ", "1.2e+17", "1.2E17"],
)  # fmt: skip
def test_a_number_that_lost_its_digits_is_no_id(text: str) -> None:
    assert is_shortened(text)


@pytest.mark.parametrize("text", ["E+1", "a1E+17", "1E17", "+1", "12E+5", "1+2", "12e45", "123"])
def test_ids_with_an_e_are_ids(text: str) -> None:
    assert not is_shortened(text)


# What people and programs put around a number, one after the other, without a rule of ours.
plain_ids = st.from_regex(r"[1-9][0-9]{6,19}", fullmatch=True)
around = st.sampled_from([
    lambda number: number + ".0",
    lambda number: number + ".00",
    lambda number: f"{int(number):,}",
    lambda number: f"{int(number):,}.00",
    lambda number: f"{int(number):,}".replace(",", "."),
    lambda number: f"{int(number):,}".replace(",", " "),
    lambda number: f"{int(number):,}".replace(",", NBSP),
    lambda number: f"{int(number):_}".replace("_", THIN),
    lambda number: number,
])  # fmt: skip
before = st.sampled_from(["", "'", "c:", "cg:", "a:", "'c:"])
outside = st.sampled_from([("", ""), ('="', '"'), (" ", "\t"), ("\ufeff", NBSP), ("=\"'", '"')])


@st.composite
def decorated(draw: st.DrawFn, number: str) -> str:
    first, last = draw(outside)
    inner = draw(before)
    if first.endswith("'"):
        inner = inner.lstrip("'")
    return f"{first}{inner}{draw(around)(number)}{last}"


@given(st.data(), plain_ids, plain_ids)
def test_decorations_agree_and_distinct_ids_never_join(
    data: st.DataObject, one: str, other: str
) -> None:
    written = data.draw(decorated(one)), data.draw(decorated(one)), data.draw(decorated(other))

    first, second, third = map(spelled, written)

    assert first == second == one
    assert (first == third) is (one == other)


written_oddly = st.text("0123456789.,'\u2019=\"-_ \u00a0\ufeffabcegt:E+", max_size=24)


@given(
    written_oddly | st.builds(str.__add__, st.sampled_from(["c:", "act_", "'", "cg:"]), plain_ids),
    st.booleans(),
)
@example('="="1""', False)
@example("''1234", False)
@example("'act_1234", True)
def test_spelled_again_it_stays_the_same(text: str, account: bool) -> None:
    once = spelled(text, account=account)

    assert spelled(once, account=account) == once
    assert once == text or re.search(PERHAPS_CHANGED, text)


@given(st.text(max_size=24), st.booleans())
def test_letters_and_digits_are_never_changed(text: str, account: bool) -> None:
    def kept(written: str) -> str:
        return "".join(each for each in written if each.isalnum())

    once = spelled(text, account=account)

    assert kept(once) == kept(text) or kept(once).isdigit()


@given(st.uuids(), st.from_regex(r"[a-z0-9]{5,10}", fullmatch=True))
def test_uuids_and_ids_with_letters_stay(uuid: object, base36: str) -> None:
    for text in (str(uuid), base36, base36.upper()):
        assert spelled(text) == text
        assert spelled(f"'{text}") == (text if any(map(str.isdigit, text)) else f"'{text}")
