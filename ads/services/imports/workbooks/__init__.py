"""Workbooks (.xlsx): their parts, their sheets, and the rows of a sheet as cells of text.

A cell that is no text in the workbook (a number, a day, a moment) is a text that says so by its
type: rows have one shape, whether a CSV or a workbook has them.
"""

from ads.services.imports.workbooks.book import (
    SheetInfo,
    Workbook,
    is_archive,
    refuse_false_name,
    refuse_old,
)
from ads.services.imports.workbooks.sheet import Row, Sheet, column_name
from ads.services.imports.workbooks.values import Day, Moment, Number
