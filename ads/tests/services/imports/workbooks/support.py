"""Workbooks for tests: written as platforms and spreadsheets write them, and then broken."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import xlsxwriter

from ads.services.imports.reading import HEAD, sniff

DAY = "yyyy-mm-dd"
MOMENT = "yyyy-mm-dd hh:mm:ss"
BOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"


class Shown(NamedTuple):
    """A number and how it is displayed."""

    value: float
    display: str


class Formula(NamedTuple):
    """A formula, and its result as it was calculated last."""

    text: str
    result: Any = 0


Rows = Sequence[Sequence[Any]]


def workbook(*rows: Sequence[Any], calculated: bool = True, **options: Any) -> bytes:
    """A workbook of one sheet."""
    return workbook_of({"Report": rows}, calculated=calculated, **options)


def workbook_of(
    sheets: Mapping[str, Rows],
    *,
    calculated: bool = True,
    hidden: Sequence[str] = (),
    merged: Sequence[tuple[int, int, int, int]] = (),
    edit: Callable[[Any], None] = lambda _sheet: None,
    **options: Any,
) -> bytes:
    """A workbook of these sheets; ``merged``: first row, column, last row, column (from 0)."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, **options})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                _write(book, sheet, i, j, value)
        for first_row, first, last_row, last in merged:
            sheet.merge_range(first_row, first, last_row, last, rows[first_row][first])
        edit(sheet)
    for sheet in book.worksheets()[1:] + book.worksheets()[:1]:
        if sheet.name in hidden:
            sheet.hide()
        else:
            sheet.activate()
    book.close()
    content = file.getvalue()
    if calculated:  # as a spreadsheet leaves it, once it has saved the file
        content = edited(content, BOOK, lambda text: text.replace(' fullCalcOnLoad="1"', ""))
    return content


def _write(book: Any, sheet: Any, row: int, column: int, value: Any) -> None:
    match value:
        case None:
            pass
        case bool():
            sheet.write_boolean(row, column, value)
        case Shown(number, display):
            sheet.write_number(row, column, number, book.add_format({"num_format": display}))
        case Formula(text, result):
            sheet.write_formula(row, column, text, None, result)
        case dt.datetime():
            sheet.write_datetime(row, column, value, book.add_format({"num_format": MOMENT}))
        case dt.date():
            sheet.write_datetime(row, column, value, book.add_format({"num_format": DAY}))
        case str():
            sheet.write_string(row, column, value)
        case _:
            sheet.write_number(row, column, value)


def edited(content: bytes, part: str, change: Callable[[str], str], **parts: bytes) -> bytes:
    """The workbook with a part changed, and others added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(
                name, change(text.decode()) if name == part else text, zipfile.ZIP_DEFLATED
            )
        for name, text in parts.items():
            new.writestr(name, text)
    return file.getvalue()


def archive(**parts: bytes) -> bytes:
    """A ZIP of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for name, text in parts.items():
            new.writestr(name, text)
    return file.getvalue()


_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def from_csv(content: bytes, *, are_typed: bool) -> bytes:
    """The same rows as a workbook: all as text, or days and numbers as such."""
    look = sniff(content[:HEAD])
    text = content.decode(look.encoding or "").removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=look.delimiter or ","))
    return workbook(
        *([_typed(cell) if are_typed else cell or None for cell in row] for row in rows)
    )


def _typed(cell: str) -> Any:
    if _ISO.fullmatch(cell):
        return dt.date.fromisoformat(cell)
    return float(cell) if _NUMBER.fullmatch(cell) else cell or None
