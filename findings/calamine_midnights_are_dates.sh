#!/bin/sh
# python-calamine 0.9.1: in a column of dates with times, the cells at midnight come back as another
# type than the rest: `datetime.date` where the others are `datetime.datetime`.
#
# Expected: one type for cells of one kind, decided by the display of the cell ("yyyy-mm-dd hh:mm"),
# which calamine does look at to tell dates from numbers. openpyxl gives a datetime for all of them.
# Seen: the type depends on the value. Hours of a report can not be sorted or compared (TypeError), and
# 00:00 has no hour; in a file that has only that hour of each day nothing shows that there are hours.
# Errors are in the same class: "#DIV/0!" comes back as "", like a cell that is empty.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q python-calamine==0.9.1 openpyxl==3.1.5 xlsxwriter==3.3.1

cat >demo.py <<'PY'
import datetime as dt

import openpyxl
import python_calamine
import xlsxwriter

with xlsxwriter.Workbook("hours.xlsx") as book:
    sheet = book.add_worksheet()
    hour = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for row in range(3):
        sheet.write_datetime(row, 0, dt.datetime(2026, 11, 24, row), hour)
    sheet.write_formula(3, 0, "=1/0", None, "#DIV/0!")
    sheet.write_string(3, 1, "the cell before has an error")

ours = [row[0] for row in python_calamine.load_workbook("hours.xlsx").get_sheet_by_index(0).iter_rows()]
theirs = [row[0].value for row in openpyxl.load_workbook("hours.xlsx", data_only=True).active]
for pair in zip(ours, theirs):
    print("calamine %-40r openpyxl %r" % pair)
assert [type(cell).__name__ for cell in ours] == ["date", "datetime", "datetime", "str"]
assert [type(cell).__name__ for cell in theirs[:3]] == ["datetime"] * 3
assert (ours[3], theirs[3]) == ("", "#DIV/0!")
try:
    sorted(ours[:3])
except TypeError as error:
    print("sorted():", error)
else:
    raise AssertionError("they can be sorted")
PY
venv/bin/python demo.py
echo "As described: midnight is a date, the other hours are datetimes, and an error is an empty text."
