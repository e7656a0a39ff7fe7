"""What a file looks like, and what is said of a file that is none."""

import pytest

from ads.services.imports.plan import Plan
from ads.services.imports.reading import HEAD, Sniffed, sniff
from ads.services.imports.refusals import ImportRefused

PLAIN = "campaign,date,amount\nSearch,2024-05-01,1\n"
GOOGLE = (
    'Report\n"May 1, 2024 - May 2, 2024"\nDay,Campaign,Campaign ID,Cost\n2024-05-01,Search,1,1.00\n'
)
META = (
    "Reporting starts,Reporting ends,Campaign name,Amount spent (USD)\n2024-05-01,2024-05-01,a,1\n"
)


def looks(content: bytes | str, plan: Plan | None = None) -> Sniffed:
    return sniff((content if isinstance(content, bytes) else content.encode())[:HEAD], plan)


@pytest.mark.parametrize(
    ("content", "format_", "line"),
    [
        (PLAIN, "plain", 1),
        (GOOGLE, "google_ads", 3),
        (META, "meta_ads", 1),
        ("Datum;Kampagne;Kosten\n01.05.2024;Suche;1,50\n", "mapped", 1),
        ("day,campaign,cost\n2024-05-01,Search,1\n", "mapped", 1),
        ("\n\n" + PLAIN, "plain", 3),
    ],
)
def test_the_format_and_the_line_of_the_header_are_found(
    content: str, format_: str, line: int
) -> None:
    found = looks(content)

    assert (found.format, found.header_line) == (format_, line)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    found = looks(PLAIN.replace(",", delimiter))

    assert (found.delimiter, found.header) == (delimiter, ["campaign", "date", "amount"])
    assert found.rows == [["Search", "2024-05-01", "1"]]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode(), "utf-8-sig"),
        (PLAIN.encode("utf-8-sig"), "utf-8-sig"),
        (PLAIN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), "utf-16"),
        (PLAIN.encode("utf-16-le"), "utf-16-le"),
        (PLAIN.encode("utf-16-be"), "utf-16-be"),
        (PLAIN.encode("utf-32"), "utf-32"),
        (PLAIN.replace("Search", "Büro 検索").encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_the_encoding_is_found(content: bytes, encoding: str) -> None:
    found = looks(content)

    assert found.encoding == encoding
    assert found.header == ["campaign", "date", "amount"]


def test_another_encoding_is_suggested_where_it_is_not_utf_8() -> None:
    found = looks(PLAIN.replace("Search", "Büro").encode("cp1252"))

    assert "cp1252" in found.notes[0]
    assert looks(PLAIN.replace("Search", "Büro")).notes == []


def test_what_the_plan_says_is_taken_as_said() -> None:
    found = looks(
        "a;b;c\nx;y;z\n", Plan(format="plain", delimiter=";", header_line=2, encoding="cp1252")
    )

    assert (found.format, found.header, found.encoding) == ("plain", ["x", "y", "z"], "cp1252")


def test_mapped_columns_tell_the_header_from_titles() -> None:
    content = "Bericht\nTag;Kampagne;Kosten\n01.05.2024;Suche;1,50\n"

    found = looks(
        content, Plan(mapping={"amount": "Kosten", "date": "Tag", "campaign": "Kampagne"})
    )

    assert (found.format, found.header_line, found.delimiter) == ("mapped", 2, ";")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"\r\n \r\n", "The file is empty"),
        (b"\x1f\x8b\x08\x00", "a compressed file (gzip)"),
        (b"%PDF-1.7\n", "This is a PDF"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"<?xml version='1.0'?>", "a web page"),
        ("<html>".encode("utf-16"), "a web page"),
    ],
)
def test_what_is_no_csv_is_named_for_what_it_is(content: bytes, said: str) -> None:
    with pytest.raises(ImportRefused, match=r".") as error:
        looks(content)

    assert said in str(error.value)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"encoding": "utf-99"}, "There is no encoding"),
        ({"encoding": "base64"}, "There is no encoding"),
        ({"format": "tiktok"}, "There is no format 'tiktok'"),
        ({"header_line": 7}, "Line 7 was chosen as the header"),
        ({"header_line": 0}, "lines count from 1"),
        ({"decimal": ";"}, "decimal separator: ';' cannot be used"),
        ({"campaign_by": "luck"}, "campaign by: 'luck' cannot be used"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(plan: dict[str, str], said: str) -> None:
    with pytest.raises(ImportRefused) as error:
        looks(PLAIN, Plan.from_json(plan))

    assert said in str(error.value)


def test_a_plan_can_be_written_down() -> None:
    plan = Plan.from_json(
        {
            "format": "google_ads",
            "mapping": {"amount": "Kosten"},
            "observed_at": "2024-05-01T12:00:00+00:00",
            "a field of a later version": 1,
        }
    )

    assert Plan.from_json(plan.as_json()) == plan
    assert plan.observed_at is not None
    assert plan.observed_at.utcoffset() is not None
