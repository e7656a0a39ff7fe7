"""Workbooks that cannot be imported: each says what it is and what to do, and nothing changes."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest

from ads.services.imports import Import, ImportRefused, Plan
from ads.services.imports.workbooks import package
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, refused_csv
from ads.tests.services.imports.workbooks.support import (
    SHEET,
    Shown,
    archive,
    edited,
    workbook,
)
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

HEADER = ("campaign", "date", "amount")
GOOD = ("Search", date(2024, 5, 1), 5)
TYPES = "[Content_Types].xml"


@pytest.fixture(autouse=True)
def search() -> None:
    CampaignFactory.create(name="Search")


def typed(kind: str) -> bytes:
    """A workbook whose main part says that it is of this type."""
    return edited(
        workbook(HEADER, GOOD),
        TYPES,
        lambda text: text.replace(
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", kind
        ),
    )


def old(*names: str) -> bytes:
    """The beginning of a file of the kind that .xls and encrypted workbooks are."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[30:32], head[48:52] = (9).to_bytes(2, "little"), (200).to_bytes(4, "little")
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return bytes(head) + bytes(200 * 512) + directory.ljust(512, b"\0")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            archive(**{"spend.csv": b"campaign,date,amount\n"}),
            "a ZIP archive, not a workbook. Unpack",
        ),
        (archive(**{"content.xml": b"<x/>"}), "an OpenDocument file (.ods)"),
        (archive(**{"Index/Document.iwa": b"x"}), "a Numbers file"),
        (typed("application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "has macros (.xlsm)"),
        (typed("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), "(.xlsb)"),
        (
            typed("application/vnd.openxmlformats-officedocument.wordprocessingml.x"),
            "a Word document",
        ),
        (
            edited(workbook(HEADER, GOOD), TYPES, str, **{"xl/vbaProject.bin": b"x"}),
            "has macros (.xlsm), which are not read. Save it as an Excel workbook (.xlsx)",
        ),
        (old("Root Entry", "Workbook"), "an Excel workbook from before 2007 (.xls). Save it as"),
        (old("Root Entry", "EncryptedPackage"), "protected by a password. Save it without one"),
        (workbook(HEADER, GOOD)[:-200], "damaged or was cut off"),
        (b"PK\x03\x04\x14\x00\x06\x00", "damaged or was cut off"),
        (workbook(), "The workbook is empty: no sheet has a value."),
        (workbook(HEADER), "There are no rows below the header"),
        (workbook([f"c{i}" for i in range(1001)], [1] * 1001), "more than 1,000 columns"),
        (
            edited(workbook(HEADER, GOOD), SHEET, lambda text: text.replace("</sheetData>", "")),
            "xl/worksheets/sheet1.xml: mismatched tag",
        ),
        (
            edited(
                workbook(HEADER, GOOD),
                SHEET,
                lambda text: text.replace(
                    "<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1
                ),
            ),
            "it has a DOCTYPE",
        ),
        (
            edited(workbook(HEADER, GOOD), SHEET, lambda text: text.replace('r="C2"', 'r="XFE2"')),
            "there is no column 'XFE'",
        ),
        (
            edited(
                workbook(HEADER, GOOD), SHEET, lambda text: text.replace("<v>0</v>", "<v>99</v>")
            ),
            "a cell in row 1: list index out of range",
        ),
    ],
)
def test_what_is_no_workbook_that_can_be_read_says_what_it_is(content: bytes, why: str) -> None:
    assert why in refused(content)


@pytest.mark.parametrize(
    ("merged", "why"),
    [
        ((0, 1, 0, 2), "Line 1: the header has merged cells (B1:C1)"),
        ((0, 0, 1, 0), "Line 1: the header has merged cells (A1:A2)"),
        ((1, 0, 2, 0), "Lines 2 to 3: cells are merged (A2:A3), and only the first of them has"),
    ],
)
def test_merged_cells_are_refused(merged: tuple[int, int, int, int], why: str) -> None:
    assert why in refused(workbook(HEADER, GOOD, GOOD, merged=[merged]))


def test_merged_titles_and_totals_are_nothing_bad() -> None:
    header = ("Day", "Campaign", "Campaign ID", "Currency code", "Cost")
    rows = [
        ("Campaign report", None, None, None, None),
        header,
        (date(2024, 5, 1), "Search", "111", "USD", 5),
        ("Total: Account", None, None, "USD", 5),
    ]

    assert previewed(workbook(*rows, merged=[(0, 0, 0, 4), (3, 0, 3, 2)])).skipped == 1


@pytest.mark.parametrize("name", ["spend.xlsx", "SPEND.XLS"])
def test_a_text_called_a_workbook_is_refused(name: str) -> None:
    file: Any = io.BytesIO(b"campaign,date,amount\nSearch,2024-05-01,5\n")
    file.name = f"/uploads/{name}"

    with pytest.raises(ImportRefused) as error, Import.staged(file, Plan(), now=NOON):
        pass

    assert f"The file is called {name}, but it is not a workbook" in str(error.value)
    assert "rename it to .csv" in str(error.value)


def test_a_workbook_is_read_whatever_it_is_called() -> None:
    file: Any = io.BytesIO(workbook(HEADER, GOOD))
    file.name = "spend.csv"

    with Import.staged(file, Plan(), now=NOON) as staged:
        assert staged.record(now=NOON).rows == 1


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (Plan(delimiter=";"), "delimiter: the file is a workbook and has none; leave it out"),
        (Plan(encoding="cp1252"), "encoding: the file is a workbook and has none"),
        (Plan(header_line=9), "Line 9 was chosen as the header, but it is empty"),
    ],
)
def test_options_that_a_workbook_cannot_have_are_refused(plan: Plan, why: str) -> None:
    assert why in refused(workbook(HEADER, GOOD), plan)


def test_a_csv_has_no_sheets() -> None:
    assert "sheet: the file is not a workbook" in refused([",".join(HEADER)], Plan(sheet="Report"))


def bomb(size: int) -> bytes:
    """A workbook whose sheet has so many spaces."""
    return edited(
        workbook(HEADER, GOOD),
        SHEET,
        lambda text: text.replace("<sheetData>", f"<sheetData>{' ' * size}"),
    )


def test_a_row_without_a_number_is_refused_as_damage() -> None:
    content = edited(workbook(HEADER, GOOD), SHEET, lambda text: text.replace('r="2"', 'r="two"'))

    assert "The workbook is damaged" in refused(content)


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (
        "The workbook is too large when unpacked: xl/worksheets/sheet1.xml would have 40 MB"
        in refused(bomb(40 << 20))
    )

    monkeypatch.setattr(package, "MOST_OF_SHEET", 1000)
    monkeypatch.setattr("ads.services.imports.workbooks.sheet.MOST_OF_SHEET", 1000)
    assert "The workbook is too large when unpacked" in refused(workbook(HEADER, *[GOOD] * 50))


def test_a_size_that_is_declared_too_small_does_not_help() -> None:
    content = bytearray(workbook(HEADER, *[GOOD] * 500))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        real = file.getinfo(SHEET).file_size.to_bytes(4, "little")
    assert content.count(real) >= 1

    assert "damaged" in refused(bytes(content).replace(real, (100).to_bytes(4, "little")))


def test_a_list_of_very_many_parts_is_refused_before_it_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for i in range(20_000):
            new.writestr(f"part-{i}", b"")

    assert "a ZIP archive of very many files" in refused(file.getvalue())


def test_empty_rows_and_columns_are_no_rows() -> None:
    def styled(sheet: Any) -> None:
        sheet.set_column(0, 16_383, 10)
        for row in range(3, 5000):
            sheet.set_row(row, 15)

    content = workbook(
        HEADER,
        GOOD,
        (),
        ("Search", date(2024, 5, 2), Shown(6, "0.00")),
        ("", "", "  "),
        edit=styled,
    )
    content = edited(
        content,
        SHEET,
        lambda text: text.replace(
            "</sheetData>", '<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
        ),
    )

    assert recorded(content).rows == 2
    assert sum(ledger().values()) == 11


def test_the_head_of_a_sheet_is_looked_for_at_its_beginning_only() -> None:
    empty = "".join(f'<row r="{i}"><c r="A{i}" s="0"/></row>' for i in range(3, 30_000))
    last = '<row r="30000"><c r="A30000" t="inlineStr"><is><t>x</t></is></c></row>'
    content = edited(
        workbook(HEADER, GOOD),
        SHEET,
        lambda text: text.replace("</sheetData>", empty + last + "</sheetData>"),
    )

    assert "line 30000: campaign: there is none with the name or id 'x'" in refused(content)


def test_a_value_beside_the_table_is_refused_by_its_column() -> None:
    why = refused(workbook(HEADER, (*GOOD, None, "checked by Anna")))

    assert "line 2: it has a value in column E, for which the header has no name" in why


def test_refused_rows_name_their_lines_and_keep_their_cells() -> None:
    content = workbook((), HEADER, GOOD, (), ("Search", date(2024, 5, 1), "x"))

    assert "line 5: amount: 'x' is refused" in refused(content)
    assert refused_csv(content)[1][:1] + refused_csv(content)[1][2:] == [
        "5",
        "Search",
        "2024-05-01",
        "x",
    ]


def test_rows_hidden_in_the_sheet_count_and_it_is_said() -> None:
    content = workbook(
        HEADER, GOOD, GOOD, edit=lambda sheet: sheet.set_row(2, None, None, {"hidden": True})
    )

    told = previewed(content)

    assert told.rows == 2
    assert told.notes == [
        "1 of the rows are hidden in the sheet, by a filter or by hand. They count like the others."
    ]


def test_a_workbook_through_a_pipe_is_read() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with Import.staged(Pipe(workbook(HEADER, GOOD)), Plan(), now=NOON) as staged:
        assert staged.record(now=NOON).rows == 1


def test_other_writers_prefixes_texts_in_cells_and_missing_places_are_read() -> None:
    names = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADER)
    cells = (
        '<c t="inlineStr"><is><r><t>Sea</t></r><r><t>rch</t></r>'
        '<rPh sb="0" eb="1"><t>spoken</t></rPh></is></c>'
        '<c t="d"><v>2024-05-01</v></c><c><v>5.50</v></c>'
    )
    rows = f"<sheetData><row>{names}</row><row>{cells}</row></sheetData>"
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    inside = rows.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
    sheet = f'<x:worksheet xmlns:x="{namespace}">{inside}</x:worksheet>'

    recorded(edited(workbook(HEADER, GOOD), SHEET, lambda _text: sheet))

    assert {name: f"{amount:f}" for (name, _), amount in ledger().items()} == {"Search": "5.5"}
