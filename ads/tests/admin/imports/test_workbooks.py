"""Workbooks on the pages of imports: uploaded, a sheet chosen, checked, recorded."""

import pytest
from django.test import Client

from ads.models import SpendImport
from ads.services.imports.plan import Plan
from ads.tests.admin.imports.pages import UPLOAD, address, check, page, read_form, send, sent
from ads.tests.admin.pages import add, change, context_of
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.uploads import support
from ads.tests.services.imports.uploads.support import TODAY, spent
from ads.tests.services.imports.workbooks.support import Formula, workbook, workbook_of

pytestmark = pytest.mark.django_db

HEADER = ("campaign", "date", "amount")


@pytest.fixture(autouse=True)
def spring() -> None:
    CampaignFactory.create(name="Spring")


def test_a_workbook_is_uploaded_checked_and_recorded(admin: Client) -> None:
    offered = admin.get(add(UPLOAD)).content.decode()
    assert ".csv,.tsv,.txt,.xlsx," in offered
    assert "CSV or Excel (.xlsx) up to" in offered

    one = sent(admin, workbook(HEADER, ("Spring", TODAY, 12.5)), name="spend.xlsx")
    check(one)
    shown = page(admin, one)
    assert all(text in shown for text in ("Sheet", "Report", "$12.50"))
    support.finish(one)

    assert [f"{amount:f}" for amount in spent()] == ["12.5"]


def test_a_workbook_has_no_encoding_to_choose_and_a_csv_no_sheet(admin: Client) -> None:
    book = sent(admin, workbook(HEADER, ("Spring", TODAY, 12.5)))
    text = sent(admin, f"campaign,date,amount\nSpring,{TODAY},12.5\n")

    fields = [
        {field.name for field in context_of(admin, address(one, "read"))["form"]}
        for one in (book, text)
    ]

    assert fields[0] - fields[1] == {"sheet"}
    assert fields[1] - fields[0] == {"encoding", "delimiter"}
    assert admin.post(address(book, "read"), read_form(admin, book)).status_code == 302
    book.refresh_from_db()
    assert Plan.from_json(book.plan).sheet is None


def test_which_of_several_sheets_is_meant_is_asked_and_chosen(admin: Client) -> None:
    content = workbook_of(
        {"May": [HEADER, ("Spring", TODAY, 5)], "June": [HEADER, ("Spring", TODAY, 7)]}
    )
    answer = send(admin, content, name="spend.xlsx")
    one = SpendImport.objects.get()
    assert (one.status, answer.headers["Location"]) == ("unmapped", address(one, "read"))

    asked = admin.get(address(one, "read"))
    text = asked.content.decode()
    assert "Several sheets of the workbook have rows: “May”, “June”. Choose the sheet." in text
    assert "Choose a sheet" in text
    assert "Read this sheet" in text
    assert "<h2>Columns</h2>" not in text

    shown = admin.post(address(one, "read"), {"sheet": "June", "look": "1"})
    form = shown.context["form"]
    assert form["sheet"].value() == "June"
    assert "<td>7</td>" in shown.content.decode()

    sent_back = {
        field.html_name: field.value() or "" for field in form if field.name != "observed_at"
    }
    said = {name: value for name, value in sent_back.items() if value not in (False, True)}
    assert admin.post(address(one, "read"), said).headers["Location"] == change(one)
    support.finish(one)
    assert [f"{amount:f}" for amount in spent()] == ["7"]


def test_a_sheet_that_is_not_there_cannot_be_chosen(admin: Client) -> None:
    rows = [HEADER, ("Spring", TODAY, 5)]
    send(admin, workbook_of({"May": rows, "June": rows}))

    said = admin.post(address(SpendImport.objects.get(), "read"), {"sheet": "July", "look": "1"})

    assert "the workbook has no sheet &#x27;July&#x27;" in said.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"campaign,date,amount\n", "spend.xlsx", "it is text, such as a CSV"),
        (workbook(HEADER)[:900], "spend.xlsx", "damaged or was cut off"),
        (workbook(), "spend.xlsx", "The workbook is empty"),
    ],
)
def test_what_is_no_workbook_is_said_beside_the_field(
    admin: Client, content: bytes, name: str, why: str
) -> None:
    answer = send(admin, content, name=name)

    assert any(why in error for error in answer.context["form"].errors["file"])
    assert not SpendImport.objects.exists()


def test_a_formula_that_was_never_calculated_is_shown_with_the_remedy(admin: Client) -> None:
    row = ("Spring", TODAY, Formula("=SUM(1,2)"))
    one = sent(admin, workbook(HEADER, row, calculated=False), name="spend.xlsx")
    check(one)

    assert "Open the file in a spreadsheet, save it there" in page(admin, one)
    refused = admin.get(address(one, "refused"))
    assert refused["Content-Disposition"] == 'attachment; filename="refused rows of spend.csv"'
