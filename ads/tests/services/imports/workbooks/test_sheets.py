"""Which sheet of a workbook is read: the only one that may be meant, or the one that is named."""

from datetime import date

import pytest

from ads.services.imports import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import previewed, recorded, refused
from ads.tests.services.imports.workbooks.support import workbook_of

pytestmark = pytest.mark.django_db

ROWS = [("campaign", "date", "amount"), ("Search", date(2024, 5, 1), 5)]
OTHER = [("campaign", "date", "amount"), ("Search", date(2024, 5, 2), 7)]
COVER = [("Prepared for Acme",), ("by Anna",)]


@pytest.fixture(autouse=True)
def search() -> None:
    CampaignFactory.create(name="Search")


def test_the_only_sheet_with_a_report_is_read_and_it_is_said() -> None:
    for cover in ([], COVER):
        told = previewed(workbook_of({"Cover": cover, "Data": ROWS, "Empty": []}))

        assert told.rows == 1
        assert told.plan.sheet == "Data"
        assert told.notes == [
            "Of the workbook's 3 sheets, “Data” is read: the only one with a report."
        ]


def test_the_only_sheet_with_rows_is_read_when_its_columns_are_unknown() -> None:
    unknown = [("Who", "When", "Paid"), ("Search", date(2024, 5, 1), 5)]
    mapping = {"campaign": "Who", "date": "When", "amount": "Paid"}

    assert previewed(workbook_of({"A": [], "B": unknown}), Plan(mapping=mapping)).rows == 1
    assert 'The file has "Who", "When", "Paid"' in refused(
        workbook_of({"A": COVER[:1], "B": unknown})
    )


def test_several_sheets_with_reports_are_asked_about() -> None:
    content = workbook_of({"May": ROWS, "Cover": COVER, "June": OTHER})

    why = refused(content)
    assert "Several sheets of the workbook have rows: “May”, “June”." in why
    assert "Choose the sheet (--sheet in the command)" in why

    recorded(content, Plan(sheet="June"))
    assert previewed(content, Plan(sheet="June")).unchanged == 1


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    why = refused(workbook_of({"May": ROWS, "June": OTHER}), Plan(sheet="July"))

    assert "sheet: the workbook has no sheet 'July'; it has “May”, “June”." in why


def test_hidden_sheets_are_read_only_when_they_are_named() -> None:
    content = workbook_of({"May": ROWS, "Old": OTHER}, hidden=["Old"])

    assert previewed(content).last_date == date(2024, 5, 1)
    assert previewed(content, Plan(sheet="Old")).last_date == date(2024, 5, 2)
