"""import_spend: what broken files get, line by line, and that nothing of them is recorded."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given
from hypothesis import strategies as st

from ads.models import Campaign, ReportedTotal, Spend
from ads.rules.money import parse_amount
from ads.services.imports.parsing.cells import SURELY_GOOD
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HEADER = "campaign,date,amount"
GOOD = "Search,2024-05-01,1"

Refuse = Callable[..., str]


@pytest.fixture(autouse=True)
def search() -> Campaign:
    return CampaignFactory.create(name="Search", brand=BrandFactory.create(name="Acme"))


@pytest.fixture
def refuse(tmp_path: Path) -> Refuse:
    """Import bytes, or lines, that are refused; all that was said. Nothing was recorded."""

    def refused(content: bytes | list[str], *arguments: str) -> str:
        path = tmp_path / "spend.csv"
        path.write_bytes(
            content if isinstance(content, bytes) else "\n".join([*content, ""]).encode()
        )
        out = StringIO()
        with pytest.raises(CommandError) as error:
            call_command("import_spend", str(path), *arguments, stdout=out)
        assert error.value.returncode == 1
        assert not Spend.objects.exists()
        assert not ReportedTotal.objects.exists()
        return f"{out.getvalue()}{error.value}"

    return refused


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Search,2024-05-01,1_000", "not a plain decimal"),
        ("Search,2024-05-01,１２", "not a plain decimal"),
        ("Search,2024-05-01,1e5", "exponent"),
        ('Search,2024-05-01,"1.234,56"', "not a plain decimal"),
        ("Search,2024-05-01,NaN", "not a finite number"),
        ("Search,2024-05-01,Infinity", "not a finite number"),
        ("Search,2024-05-01,$5", "not a plain decimal"),
        ("Search,2024-05-01,", "it is empty"),
        ("Search,2024-05-01,-5", "may not be negative"),
        ("Search,2024-05-01,1000000000000", "must be below 1,000,000,000,000"),
        ("Search,2024-05-01,0.0000001", "--round 6"),
        ("Search,2024-02-31,1", "is not a date"),
        ("Search,31/05/2024,1", "--date-format"),
        ("Search,２024-05-01,1", "not written as YYYY-MM-DD"),
        ("Search,1989-12-31,1", "it is before 1990-01-01"),
        ("Search,20240501,1", "not written as YYYY-MM-DD"),
        ("Search,,1", "date: it is empty"),
        ("Search,2024-05-17,1", "later than tomorrow"),
        ("Serach,2024-05-01,1", "there is none with the name or id 'Serach'"),
        ("99999999999999999999,2024-05-01,1", "there is none"),
        (",2024-05-01,1", "campaign: it is empty"),
        ("Search,2024-05-01", "it has 2 columns, the header has 3; was it cut off?"),
        ("Search,2024-05-01,1,234", "it has 4 columns, the header has 3"),
        ("campaign,date,amount", "it is the header again"),
        ("Se\x00arch,2024-05-01,1", "NUL"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_rest_with_it(
    refuse: Refuse, row: str, reason: str
) -> None:
    said = refuse([HEADER, GOOD, row, GOOD])

    assert "1 row refused:\n  line 3: " in said
    assert reason in said
    assert "nothing was recorded" in said


def test_tomorrow_is_not_too_late_nor_is_it_where_the_day_is_already_another(
    refuse: Refuse, tmp_path: Path
) -> None:
    ahead = CampaignFactory.create(
        name="Ahead", brand=BrandFactory.create(timezone="Pacific/Kiritimati")
    )
    assert "line 3" in refuse([HEADER, GOOD, "Search,2024-05-17,1", "Ahead,2024-05-17,1"])

    path = tmp_path / "good.csv"
    path.write_text(f"{HEADER}\nAhead,2024-05-17,1\nSearch,2024-05-16,2\n")
    call_command("import_spend", str(path), stdout=StringIO())

    assert totals(ahead)["day", date(2024, 5, 17)] == 1


def test_bytes_in_another_encoding_are_named_by_their_line(refuse: Refuse) -> None:
    said = refuse(f"{HEADER}\n{GOOD}\n".encode() + "Büro,2024-05-01,1\n".encode("cp1252"))

    assert "line 3: it is not UTF-8" in said
    assert "--encoding" in said


def test_a_row_of_several_lines_is_named_by_all_of_them(refuse: Refuse) -> None:
    said = refuse([f"{HEADER},external_id,description", 'Search,2024-05-01,x,a,"one', 'two"'])

    assert "lines 2 to 3: amount" in said


def test_a_quote_that_is_never_closed_swallows_nothing_in_silence(refuse: Refuse) -> None:
    lines = [HEADER, GOOD, '"Search,2024-05-01,1', GOOD, GOOD]

    assert "a quote that is opened in line 3 is never closed" in refuse(lines)
    assert "line 3 is never closed" in refuse(lines, "--skip-bad-rows")


def test_what_is_no_csv_at_all_is_refused_in_a_sentence(refuse: Refuse) -> None:
    assert "is this not a CSV?" in refuse([HEADER, "x" * 200_000])
    assert "Line 1: it contains NUL" in refuse(bytes(range(256)) * 20)


def test_a_stray_quote_in_a_quoted_text_is_refused(refuse: Refuse) -> None:
    assert "a quote inside a quoted text is written twice" in refuse(
        [HEADER, '"Sea"rch",2024-05-01,1']
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (b"campaign,date,amount\n", "There are no rows below the header"),
        (b"campaign|date|amount\nSearch|2024-05-01|1\n", "See --delimiter"),
        (b"Search,2024-05-01,1\n", 'There is no column "amount"'),
        (b"campaign,date,Spent\nSearch,2024-05-01,1\n", '"campaign", "date", "Spent"'),
        (b"campaign,day,amount\nSearch,2024-05-01,1\n", "--map date="),
        (b"date,amount\n2024-05-01,1\n", "--map campaign="),
        (b"campaign,amount,external_id\nSearch,1,a\n", 'There is no column "date"'),
        (b"campaign,date,amount,amount\nSearch,2024-05-01,1,2\n", "Columns 3, 4 have one name"),
        (
            b"campaign,date,Amount (EUR),amount (usd)\nSearch,2024-05-01,1,2\n",
            'The amount may be in the column "Amount (EUR)" or "amount (usd)". Choose one (--map',
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_what_is_there_and_what_to_do(
    refuse: Refuse, content: bytes, said: str
) -> None:
    assert said in refuse(content)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--map", "amount=Spend"], 'There is no column "Spend" for amount. Did you mean "Spent"?'),
        (["--map", "cost=Spent"], 'There is no field "cost" to map'),
        (["--map", "amount=a", "--map", "amount=b"], "--map amount is given twice"),
        (["--map", "description=Spent"], "day totals, which have no description"),
        (["--date-format", "%Q"], "date format: '%Q' cannot be used"),
        (["--date-format", "%d-%m"], "lacks the day, month or year"),
        (["--delimiter", ",,"], "give one character"),
        (["--encoding", "utf-99"], "There is no encoding"),
        (["--brand", "Acne"], 'There is no brand "Acne". Did you mean "Acme"?'),
        (["--source", " "], "source"),
        (["--source", "x" * 101], "longer than 100"),
        (["--observed-at", "2024-05-15T12:16:00+00:00"], "lies in the future"),
    ],
)
def test_what_is_asked_for_wrongly_is_refused(
    refuse: Refuse, arguments: list[str], said: str
) -> None:
    columns = "campaign,date,amount,Spent"
    assert said in refuse([columns, "Search,2024-05-01,1,2"], *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--map", "amount"], "write FIELD=COLUMN"),
        (["--observed-at", "yesterday"], "use a date and time with its offset"),
        (["--observed-at", "2024-05-15T12:00:00"], "has no timezone"),
        (["--round", "2"], "invalid choice"),
    ],
)
def test_arguments_that_cannot_be_read_are_refused(
    refuse: Refuse, arguments: list[str], said: str
) -> None:
    assert said in refuse([HEADER, GOOD], *arguments)


def test_what_is_no_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is a directory"):
        call_command("import_spend", str(tmp_path))
    with pytest.raises(CommandError, match="There is no file"):
        call_command("import_spend", str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Search,2024-05-01,,1,", "external_id"),
        ("Search,2024-05-01,,1,   ", "external_id"),
        (f"Search,2024-05-01,,1,{'x' * 201}", "longer than 200"),
        ("Search,,,1,a", "it is empty, and so is occurred_at"),
        ("Search,,2024-05-01T10:00:00,1,a", "has no timezone"),
        ("Search,,yesterday,1,a", "use a date and time with its offset"),
        ("Search,,20240501T100000Z,1,a", "use a date and time with its offset"),
        ("Search,,2024-05-17T10:00:00+00:00,1,a", "later than tomorrow"),
        ("Search,,0001-01-01T00:00:00+23:00,1,a", "not between 1990-01-01"),
    ],
)
def test_a_bad_entry_is_refused_with_its_line(refuse: Refuse, row: str, reason: str) -> None:
    said = refuse(["campaign,date,occurred_at,amount,external_id", row])

    assert "line 2: " in said
    assert reason in said


def imported(path: Path, *lines: str) -> Path:
    path.write_text("\n".join([*lines, ""]))
    call_command("import_spend", str(path), stdout=StringIO())
    return path


@pytest.mark.parametrize(
    ("row", "field", "before", "now"),
    [
        ("Search,2024-05-01,2,click,a", "amount", "1", "2"),
        ("Search,2024-05-02,1,click,a", "date", "2024-05-01", "2024-05-02"),
        ("Search,2024-05-01,1,other,a", "description", "click", "other"),
        ("Search,2024-05-01,0,click,a", "amount", "1", "0"),
    ],
)
def test_an_id_with_other_content_is_refused_with_line_and_both_values(
    tmp_path: Path, row: str, field: str, before: str, now: str
) -> None:
    columns = "campaign,date,amount,description,external_id"
    imported(tmp_path / "first.csv", columns, "Search,2024-05-01,1,click,a")
    out = StringIO()
    path = tmp_path / "second.csv"
    path.write_text(f"{columns}\nSearch,2024-05-01,5,new,b\n{row}\n")

    with pytest.raises(CommandError, match="1 row was refused, so nothing was recorded"):
        call_command("import_spend", str(path), stdout=out)

    said = out.getvalue()
    assert "line 3: external_id: 'a' of source 'import'" in said
    assert field in said
    assert before in said
    assert now in said
    assert Spend.objects.count() == 1


def test_conflicts_are_counted_and_the_rest_recorded_when_bad_rows_are_skipped(
    tmp_path: Path,
) -> None:
    columns = "campaign,date,amount,external_id"
    ids = range(30)
    imported(tmp_path / "first.csv", columns, *(f"Search,2024-05-01,1,{i}" for i in ids))
    out = StringIO()
    path = tmp_path / "second.csv"
    rows = [f"Search,2024-05-01,{1 if i < 5 else 2},{i}" for i in (*ids, 100, 100)]
    path.write_text("\n".join([columns, *rows, "Search,2024-05-01,x,200", ""]))

    with pytest.raises(CommandError, match="26 rows refused and left out; the rest was") as error:
        call_command("import_spend", str(path), "--skip-bad-rows", stdout=out)

    assert error.value.returncode == 2
    said = out.getvalue()
    assert "… and 6 more." in said
    assert said.count("  line ") == 20
    assert Spend.objects.count() == 31
    assert "Duplicates" in said


def test_good_rows_are_recorded_when_bad_rows_are_skipped(tmp_path: Path, search: Campaign) -> None:
    path = tmp_path / "spend.csv"
    path.write_text(f"{HEADER}\n{GOOD}\nSearch,2024-05-01,x\nNobody,2024-05-01,1\n{GOOD}\n")

    with pytest.raises(CommandError, match="2 rows refused and left out; the rest was recorded"):
        call_command("import_spend", str(path), "--skip-bad-rows", stdout=StringIO())

    assert totals(search)["day", date(2024, 5, 1)] == 2


def test_rows_that_add_up_to_too_much_are_refused(refuse: Refuse, search: Campaign) -> None:
    said = refuse([HEADER, GOOD, *["Search,2024-05-02,999999999999"] * 2])

    assert "line 3: amount: the rows of campaign" in said
    assert "1,999,999,999,998.00" in said


def test_refusals_beyond_the_first_are_counted(refuse: Refuse) -> None:
    said = refuse([HEADER, *["Search,2024-05-01,x"] * 6000])

    assert "6,000 rows refused:" in said
    assert "line 21: " in said
    assert "line 22: " not in said
    assert "… and 5,980 more." in said


@pytest.fixture
def namesakes(search: Campaign) -> tuple[Campaign, Campaign]:
    """Another brand's "Search", and a campaign that is called what "Search" has as its id."""
    other = BrandFactory.create(name="Bolt")
    return (
        CampaignFactory.create(brand=other, name="Search"),
        CampaignFactory.create(brand=other, name=str(search.pk)),
    )


def test_a_name_in_several_brands_is_refused_with_the_remedy(
    refuse: Refuse, namesakes: tuple[Campaign, Campaign], search: Campaign, tmp_path: Path
) -> None:
    said = refuse([HEADER, GOOD])
    assert "'Search' is the name of several" in said
    assert "of Acme" in said
    assert "of Bolt" in said

    path = tmp_path / "spend.csv"
    call_command("import_spend", str(path), "--brand", "Bolt", stdout=StringIO())

    assert totals(namesakes[0])["day", date(2024, 5, 1)] == 1
    assert totals(search) == {}


def test_a_name_that_is_another_campaigns_id_is_refused_until_it_is_said_which(
    refuse: Refuse, namesakes: tuple[Campaign, Campaign], search: Campaign, tmp_path: Path
) -> None:
    said = refuse([HEADER, f"{search.pk},2024-05-01,1"])
    assert "is the name of campaign" in said
    assert "--campaign-by" in said

    path = tmp_path / "spend.csv"
    call_command("import_spend", str(path), "--campaign-by", "id", stdout=StringIO())
    assert totals(search)["day", date(2024, 5, 1)] == 1
    call_command(
        "import_spend", str(path), "--campaign-by", "name", "--source", "b", stdout=StringIO()
    )
    assert totals(namesakes[1])["day", date(2024, 5, 1)] == 1


def test_a_campaign_whose_name_is_its_own_id_is_no_doubt(tmp_path: Path, search: Campaign) -> None:
    search.name = str(search.pk)
    search.save()

    imported(tmp_path / "spend.csv", HEADER, f"{search.pk},2024-05-01,1")

    assert totals(search)["day", date(2024, 5, 1)] == 1


@given(
    st.one_of(
        st.from_regex(SURELY_GOOD, fullmatch=True),
        st.decimals(0, 10**12, places=6, allow_nan=False).map(str),
        st.text("0123456789.,_eE+- ０１", max_size=20),
    )
)
@example("000000000000.000000")
@example("999999999999.999999")
@example("1\n")
def test_what_looks_surely_good_is_an_amount_and_the_same_one(text: str) -> None:
    if SURELY_GOOD.fullmatch(text):
        assert parse_amount(text) == Decimal(text)
