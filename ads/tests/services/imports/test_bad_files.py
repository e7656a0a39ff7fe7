"""Files that are broken, damaged or hostile: refused by their lines, and nothing is recorded."""

import pytest

from ads.models import Campaign, Spend
from ads.services.imports.plan import Plan
from ads.services.imports.reading import CHUNK
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import (
    Content,
    ledger,
    previewed,
    recorded,
    refused,
    refused_csv,
)

pytestmark = pytest.mark.django_db

HEADER = "campaign,date,amount"
GOOD = "Search,2024-05-01,1"


@pytest.fixture(autouse=True)
def search() -> Campaign:
    return CampaignFactory.create(name="Search", brand=BrandFactory.create(name="Acme"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            'Search,2024-05-01,"1.234,56"',
            "Choose the decimal comma (--decimal ,",
        ),
        ('Search,2024-05-01,"1,5"', "it has a decimal comma"),
        ('Search,2024-05-01,"1,234.56"', "it has a thousands separator"),
        ('Search,2024-05-01,"1,234"', "it has a thousands separator"),
        ("Search,2024-05-01,1 234", "it has a thousands separator"),
        ("Search,2024-05-01,1_000", "not a plain decimal"),
        ("Search,2024-05-01,１２", "not a plain decimal"),
        ("Search,2024-05-01,1e5", "an exponent is not accepted"),
        ("Search,2024-05-01,--", "is a placeholder"),
        ("Search,2024-02-31,1", "is not a date"),
        ("Search,03/04/2024,1", "Which is the day and which the month?"),
        ("Search,31/05/2024,1", "Choose how the file writes dates"),
    ],
)
def test_amounts_and_dates_that_could_mean_two_things_are_refused_with_the_remedy(
    row: str, reason: str
) -> None:
    said = refused([HEADER, GOOD, row])

    assert "line 3: " in said
    assert reason in said


@pytest.mark.parametrize(
    ("decimal", "text", "amount"),
    [
        (",", "1.234,56", "1234.56"),
        (",", "1234,5", "1234.5"),
        (",", "1.234", "1234"),
        (",", "1.234.567,8", "1234567.8"),
        (",", "1 234,56", "1234.56"),
        (",", "7", "7"),
        (".", "1,234.56", "1234.56"),
        (".", "1,234", "1234"),
        (".", "1'234'567.8", "1234567.8"),
        (".", "1234.5", "1234.5"),
    ],
)
def test_with_the_sign_before_decimals_said_amounts_are_read(
    decimal: str, text: str, amount: str
) -> None:
    recorded([HEADER, f'Search,2024-05-01,"{text}"'], Plan(decimal=decimal))

    assert str(ledger()["Search", "2024-05-01"]) == amount


@pytest.mark.parametrize(
    ("decimal", "text"),
    [
        (",", "1.23"),
        (",", "1,234.56"),
        (",", "1.234.56"),
        (",", "12.34,5"),
        (",", "1.234,5,6"),
        (".", "1.234,56"),
        (".", "12,34"),
        (".", "1,2345"),
        (".", "1,234 567"),
        (".", "1,,234"),
        (".", "١٬٢٣٤"),
    ],
)
def test_amounts_against_the_convention_are_refused_and_never_guessed(
    decimal: str, text: str
) -> None:
    said = refused([HEADER, f'Search,2024-05-01,"{text}"'], Plan(decimal=decimal))

    assert "line 2: amount: " in said


def test_day_and_month_the_wrong_way_round_are_refused_line_by_line() -> None:
    lines = [HEADER, *(f"Search,{day:02}/05/2024,1" for day in range(1, 15))]

    said = refused(lines, Plan(date_format="%m/%d/%Y"))
    assert "9 rows were refused" in said
    assert "line 7: date: 2024-06-05 is refused: it is later than tomorrow" in said
    assert "line 14: date: '13/05/2024' is not a date written as %m/%d/%Y" in said

    recorded(lines, Plan(date_format="%d/%m/%Y"))
    assert len(ledger()) == 14


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEADER}\n{GOOD}\nSearch,2024-05-0", "line 3: it has 2 columns, the header has 3"),
        (f'{HEADER}\n{GOOD}\n"Search', "a quote that is opened in line 3 is never closed"),
        (f"{HEADER}\n{GOOD}\nSearch,2024-05-01,", "line 3: amount: '' is refused: it is empty"),
        (f"{HEADER}\n{GOOD}\n{HEADER}\n{GOOD}\n", "line 3: it is the header again"),
        (f"{HEADER}\r\n{GOOD}\r\n\x00\x00\x00\r\n", "line 3: it contains NUL"),
        (f"{HEADER}\n{GOOD}\nSearch{',' * 1_000_000}\n", "line 3: it has 1000001 columns"),
        (f"{','.join('c' * 1_000_000)}\n{GOOD}\n", "Line 1: the header has more than 1,000"),
        (f"{HEADER}\n{'x' * 200_000}\n", "a field is longer than 131,072 characters"),
        (f"{HEADER}\n{'x,' * 5_000_000}\n", "Line 2 is longer than 4,194,304 characters"),
        (f"{HEADER}\n{GOOD}\n".encode() + b"\xff\xfe\n", "line 3: it is not UTF-8; save it as"),
        (f"{HEADER}\n{GOOD}\n".encode("utf-16")[:-3], "in the middle of a character (UTF-16)"),
        (f"{HEADER}\n{GOOD}\n".encode("utf-16") + b"\x00\xd8\n\x00", "Line 3: it is not UTF-16"),
        (f"{HEADER},currency\n{GOOD},USD\n{GOOD},EUR\n", "line 3: currency: the amount is in"),
        (f"{HEADER},currency\n{GOOD},\n", "line 2: currency: it is empty"),
        (f"campaign,date,amount (EUR)\n{GOOD}\n", "line 2: currency: the amount is in EUR (Euro)"),
    ],
    ids=[
        "cut off", "open quote", "cut-off amount", "header twice", "NUL", "a million cells",
        "a million columns", "200 kB cell", "10 MB line", "not UTF-8",
        "truncated UTF-16", "half a character", "currency", "no currency", "currency in header",
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_with_its_line(content: Content, said: str) -> None:
    assert said in refused(content)


def test_a_file_in_another_encoding_than_was_said_is_refused() -> None:
    content = f"{HEADER}\n{GOOD}\n"

    refused(content, Plan(encoding="utf-16"))
    assert "line 3: it is not ASCII" in refused(
        f"{content}Büro,2024-05-01,1\n", Plan(encoding="ascii")
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_like_and_be_empty_and_are_counted_alike(end: str) -> None:
    rows = [HEADER, GOOD, "", 'Search,2024-05-02,"1', '2"', ",,", GOOD.replace("1", "x")]

    said = refused(end.join([*rows, ""]))

    assert "2 rows were refused" in said
    assert "lines 4 to 5: amount" in said
    assert "line 7: date" in said


def test_quotes_in_quotes_and_formulas_are_text() -> None:
    name = '=HYPERLINK("http://x","say ""hi""")'
    CampaignFactory.create(name='=HYPERLINK("http://x","say ""hi""")'.replace('""', '"'))
    quoted = '"' + name.replace('""', '"').replace('"', '""') + '"'

    recorded([f"{HEADER},external_id,description", f"{quoted},2024-05-01,1,a,=1+1"])

    entry = Spend.objects.select_related("campaign").get()
    assert entry.description == "=1+1"
    assert entry.campaign.name.startswith("=HYPERLINK(")


def test_a_row_that_was_cut_off_behind_its_amount_is_pointed_at() -> None:
    assert "The last line has no line end" in previewed(f"{HEADER}\n{GOOD}").notes[0]
    assert previewed(f"{HEADER},x\n{GOOD},y").notes == []
    assert previewed(f"{HEADER}\n{GOOD}\n").notes == []


def test_every_refused_row_is_kept_with_its_line_reason_and_cells() -> None:
    rows = [*(f"Search,2024-05-01,x{i}" for i in range(5000)), '=cmd(),"2\n4",-1']

    kept = refused_csv([HEADER, GOOD, *rows])

    assert len(kept) == 5002
    assert kept[0] == ["refused in line", "refused because", "campaign", "date", "amount"]
    assert kept[1][0] == "3"
    assert kept[1][1].startswith("amount: 'x0' is refused")
    assert kept[1][2:] == ["Search", "2024-05-01", "x0"]
    assert kept[-1][0] == "5003 to 5004"
    assert kept[-1][2:] == ["'=cmd()", "2\n4", "-1"]


def test_refused_entries_can_be_corrected_and_imported_by_themselves_but_not_day_totals() -> None:
    """A day total replaces what was said before, and the other rows of its day are not there."""
    CampaignFactory.create(name="@search")
    row = "@search,2024-05-02,{},-NxT0,=1+1"
    header = f"{HEADER},external_id,description"
    entries = refused_csv([header, f"{GOOD},a,", row.format("x")])
    assert entries[1][-2:] == ["'-NxT0", "'=1+1"]
    entries[1][-3] = "5"
    recorded(["|".join(cells) for cells in entries], Plan(delimiter="|"))
    assert recorded([header, row.format("5")]).duplicates == 1
    assert ledger() == {("@search", "2024-05-02"): 5}

    day_totals = refused_csv([HEADER, GOOD, "Search,2024-05-01,x"])
    day_totals[1][-1] = "5"
    said = refused(["|".join(cells) for cells in day_totals], Plan(delimiter="|"))
    assert "correct them in the whole file" in said


def test_conflicts_are_kept_too_as_they_were_understood(search: Campaign) -> None:
    header = f"{HEADER},note,external_id"
    recorded([header, "Search,2024-05-01,1,,a"])

    kept = refused_csv([header, "Search,2024-05-01,1,,b", "Search,2024-05-01,2,other,a"])

    assert kept[1][0] == "3"
    assert "already used with amount '1', now it comes with '2'" in kept[1][1]
    assert kept[1][2:] == [str(search.pk), "2024-05-01", "2", "", "a"]


def test_an_amount_is_read_in_its_convention_in_every_row_of_a_long_file() -> None:
    lines = [HEADER, *["Search,2024-05-01,1.234"] * (2 * CHUNK)]

    recorded(lines, Plan(decimal=","))

    assert ledger() == {("Search", "2024-05-01"): 1234 * 2 * CHUNK}


@pytest.mark.parametrize("more", ["", ",external_id"], ids=["day totals", "entries"])
def test_rows_that_make_a_sum_too_large_are_refused_together(search: Campaign, more: str) -> None:
    campaigns = CampaignFactory.create_batch(1001, brand=search.brand)
    lines = [f"{one.pk},2024-05-01,999999999999{more and f',{one.pk}'}" for one in campaigns]

    why = refused([HEADER + more, *lines], Plan(unit="units"))

    assert why.startswith("amount: with all of these, the day or month of a campaign or brand")
    assert why.endswith("check the amounts. Nothing was recorded.")
