"""Text from outside is written to a CSV so that no spreadsheet calculates it."""

import pytest

from ads.services.exports.cells import read_back, safe_cell


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://example.org","click")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1:A9)",
        "  =1+1",
        "\u00a0=1+1",
        "\u3000=1+1",
        "\ufeff=1+1",
        "\u200b=1+1",
        "\x01=1+1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "=",
        "-",
        "-1e5",
        "-1,5",
        "+٣",
        '"=1+1"',
    ],
)
def test_what_a_spreadsheet_would_calculate_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Spring sale",
        "a=b",
        "5 - 3",
        "Grün & Söhne",
        "日本",
        "'quoted'",
        'say "hi"',
        "two\nlines",
        "\tplain",
        "google_ads:1; meta_ads:2",
        "5;-5",
        "12.50",
        "-12.50",
        "+3",
        "-0.000001",
        "1e5",
    ],
)
def test_anything_else_is_left_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("=1;a;@b; -2+3", "'=1;a;'@b;' -2+3"),
        ('x;"=1+1"', 'x;\'"=1+1"'),
        ("\t=1", "\t'=1"),
        ("two\r\n=1", "two\r\n'=1"),
        ("x;'=1", "x;''=1"),
    ],
)
def test_so_does_what_is_a_cell_where_semicolons_tabs_or_lines_split(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
    assert read_back(cell) == text


def test_what_cannot_be_written_becomes_visible() -> None:
    assert safe_cell("a\x00b") == "a␀b"
    assert safe_cell("\x00=1") == "␀=1"
    assert safe_cell("half \ud83d") == "half ?"
