"""What cells of a workbook mean: amounts, days, hours and ids, whatever their display."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign
from ads.services.imports import Plan
from ads.services.imports.outcome import Imported
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting
from ads.tests.services.imports.workbooks.support import (
    BOOK,
    SHEET,
    Formula,
    Shown,
    edited,
    workbook,
)

pytestmark = pytest.mark.django_db

HEADER = ("campaign", "date", "amount")
REPORT = ("Day", "Campaign", "Campaign ID", "Currency code", "Cost")
DAY = date(2024, 5, 1)
MIDNIGHT = datetime(2024, 5, 1)  # noqa: DTZ001  (a clock on the wall)


@pytest.fixture(autouse=True)
def search() -> Campaign:
    return CampaignFactory.create(name="Search")


def amounts(*cells: Any, plan: Plan | None = None) -> Imported:
    return recorded(workbook(HEADER, *(("Search", DAY, cell) for cell in cells)), plan)


def said(*row: Any, header: tuple[Any, ...] = HEADER, plan: Plan | None = None) -> str:
    return refused(workbook(header, row), plan)


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        (10.1, "10.1"),
        (0.1 + 0.2, "0.3"),
        (1234567.89, "1234567.89"),
        (1.1 * 3, "3.3"),
        (1e-6, "0.000001"),
        (0, None),
        (Shown(1234.5, '"$"#,##0.00'), "1234.5"),
        (Shown(1234.5, "[$$-409]#,##0"), "1234.5"),
        (Shown(12, "#,##0.00 [$USD]"), "12"),
        (Formula("=1+1.5", 2.5), "2.5"),
        ("12.50", "12.5"),
    ],
)
def test_an_amount_is_the_number_that_a_person_sees(cell: Any, amount: str | None) -> None:
    amounts(cell)

    assert ledger() == ({("Search", "2024-05-01"): Decimal(amount)} if amount else {})


def test_what_a_spreadsheet_does_not_show_is_noise_but_nothing_else_is_rounded() -> None:
    assert "has more than 6 decimal places" in said("Search", DAY, 10 / 3)

    assert amounts(10 / 3, plan=Plan(round_amounts=True)).rounded == 1
    assert ledger() == {("Search", "2024-05-01"): Decimal("3.333333")}


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (Shown(0.05, "0%"), "amount: '5%' is a percentage, not an amount"),
        (Shown(5, "[$€-407]#,##0.00"), "amount: '€5' is in €, and would be recorded in USD"),
        (Shown(5, '#,##0.00" kr"'), "amount: 'kr5' is in kr"),
        (Formula("=1/0", "#DIV/0!"), "amount: the cell has the error #DIV/0!"),
        (True, "amount: 'TRUE' is refused"),
        (Shown(45413, "yyyy-mm-dd"), "amount: '2024-05-01' is refused"),
        (1e15, "amount: '1000000000000000' is a number of more than 15 digits"),
        (None, "amount: '' is refused: it is empty"),
    ],
)
def test_a_cell_that_is_no_amount_is_refused_with_the_remedy(cell: Any, why: str) -> None:
    assert f"line 2: {why}" in said("Search", DAY, cell)


def test_a_formula_that_was_never_calculated_is_refused() -> None:
    row = ("Search", DAY, Formula("=SUM(1,2)", 0))
    cleared = edited(
        workbook(HEADER, row), SHEET, lambda text: text.replace("<v>0</v></c></row>", "</c></row>")
    )

    for content in (cleared, workbook(HEADER, row, calculated=False)):
        why = refused(content)
        assert "line 2: amount: '=SUM(1,2)' is a formula that was never calculated" in why
        assert "save it there, and import that" in why


def test_cells_that_do_not_count_may_have_errors_and_totals_lines_formulas() -> None:
    content = workbook(
        (*REPORT, "Avg. CPC"),
        (DAY, "Search", 111, "USD", 12.5, Formula("=1/0", "#DIV/0!")),
        ("Total: Account", None, None, "USD", Formula("=SUM(E2:E2)", 0), None),
        calculated=False,
    )
    without = edited(content, SHEET, lambda text: text.replace("<f>1/0</f>", ""))

    done = recorded(without)

    assert (done.waiting_rows, done.skipped) == (1, 1)
    assert waiting() == {("", "111", "2024-05-01"): Decimal("12.5")}


@pytest.mark.parametrize(
    "cell",
    [
        DAY,
        MIDNIGHT,
        "2024-05-01",
        Shown(45413, "d/m/yy"),
        Shown(45413, r"[$-F800]dddd\,\ mmmm\ dd\,\ yyyy"),
        Shown(45413, "dd.mm.yyyy;@"),
    ],
)
def test_a_day_is_the_same_however_it_is_displayed(cell: Any) -> None:
    recorded(workbook(HEADER, ("Search", cell, 5)), Plan(date_format=None))

    assert ledger() == {("Search", "2024-05-01"): Decimal(5)}


def test_how_texts_are_written_does_not_change_dates_and_numbers() -> None:
    plan = Plan(date_format="%d/%m/%Y", decimal=",")

    recorded(workbook(HEADER, ("Search", date(2024, 2, 1), 1.204)), plan)

    assert ledger() == {("Search", "2024-02-01"): Decimal("1.204")}


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    content = workbook(HEADER, ("Search", DAY, 5), date_1904=True)
    since_1900 = edited(content, BOOK, lambda text: text.replace(' date1904="1"', ""))

    assert previewed(content).last_date == DAY
    assert previewed(since_1900).last_date == date(2020, 4, 30)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        (
            MIDNIGHT.replace(hour=15),
            "date: '2024-05-01 15:00:00' is not written as YYYY-MM-DD. It has a time",
        ),
        (Shown(45413.625, "yyyy-mm-dd"), "It has a time of day"),
        (45413, "date: '45413' is not written as YYYY-MM-DD. The cell is a number: give"),
        (Shown(-3, "yyyy-mm-dd"), "date: '-3' is not a date of a spreadsheet"),
        (None, "date: it is empty"),
        (Formula("=NA()", "#N/A"), "date: the cell has the error #N/A"),
    ],
)
def test_a_cell_that_is_no_day_is_refused_with_the_remedy(cell: Any, why: str) -> None:
    assert why in said("Search", cell, 5)


def test_days_as_text_beside_dates_are_refused() -> None:
    rows = [("Search", DAY, 5), ("Search", "13/05/2024", 5)]

    for each in (rows, rows[::-1]):
        why = refused(workbook(HEADER, *each), Plan(date_format="%d/%m/%Y"))
        assert "the day is text" in why
        assert "swapped the day and the month" in why


def test_hours_are_added_up_to_the_brands_day() -> None:
    header = ("campaign", "hour", "amount")
    rows = [("Search", MIDNIGHT.replace(hour=hour), 1) for hour in (0, 4, 23)]
    clock = [("Search", DAY, time(hour), 1) for hour in (0, 4, 23)]
    new_york = Plan(timezone="America/New_York", source="a")

    recorded(workbook(header, *rows), new_york)
    assert ledger() == {("Search", "2024-05-01"): Decimal(2), ("Search", "2024-05-02"): Decimal(1)}

    hours = [(name, day, Shown(at.hour / 24, "h:mm"), amount) for name, day, at, amount in clock]
    told = previewed(workbook(("campaign", "date", "hour", "amount"), *hours), new_york)
    # Of the first day the file lacks the hours before its own midnight.
    assert (told.unchanged, told.begun, told.recorded) == (1, 1, 0)


def test_ids_are_exact() -> None:
    ids = [120210000000000017, 1234567890123456, 987654321012345]
    content = workbook(REPORT, *((DAY, "Search", id_, "USD", 1) for id_ in ids[1:]))
    as_text = workbook(REPORT, *((DAY, "Search", str(id_), "USD", 1) for id_ in ids))

    recorded(content)
    recorded(as_text, Plan(answers={"lowered": "accept"}))

    assert set(waiting()) == {("", str(id_), "2024-05-01") for id_ in ids}


@pytest.mark.parametrize("number", [120210000000000017, 1.2021e17, 1234567890123450, 1e300])
def test_an_id_that_a_number_cannot_hold_is_refused(number: float) -> None:
    why = said(DAY, "Search", number, "USD", 1, header=REPORT)

    assert "line 2: reference:" in why
    assert "is a number of more than 15 digits" in why
    assert "get it with ids as text" in why


def test_two_names_under_one_id_are_refused() -> None:
    rows = [(DAY, name, 111, "USD", 1) for name in ("Search", "Social")]

    assert "'111' is the id of two campaigns in this file" in refused(workbook(REPORT, *rows))


def test_an_error_is_no_campaign() -> None:
    row = (DAY, "Search", Formula("=A1", "#REF!"), "USD", 1)

    assert "line 2: reference: the cell has the error #REF!" in refused(workbook(REPORT, row))
    assert "line 2: campaign: the cell has the error" in said(Formula("=A1", "#NAME?"), DAY, 1)


def test_micros_are_asked_about() -> None:
    assert "The amounts may be in micros" in said("Search", DAY, 11_100_000)

    amounts(11_100_000, plan=Plan(unit="micros"))
    assert ledger() == {("Search", "2024-05-01"): Decimal("11.1")}


def test_a_campaign_that_did_not_deliver_has_zero() -> None:
    header = ("Day", "Campaign name", "Campaign ID", "Impressions", "Amount spent (USD)", "Reach")
    rows = [(DAY, "Search", "111", 0, None, 0), (DAY, "Social", "112", 10, 5, 3)]

    assert previewed(workbook(header, *rows), Plan(format="meta_ads")).blank == 1
    assert "has 7 impressions" in refused(
        workbook(header, (DAY, "Search", "111", 7, None, 0)), Plan(format="meta_ads")
    )
