#!/bin/sh
# duckdb 2.0.1: values of one column TIMESTAMPTZ come back as three types of Python. Most are datetimes
# with a timezone; "infinity", which tables use for "still valid", is one without; and an instant that
# the session's timezone puts past the year 9999 is a text.
#
# Expected: one type for one column, such as datetime.max with a timezone for "infinity".
# Seen: datetime.max without one. Comparing or sorting the column raises TypeError; code that takes a
# missing timezone for UTC goes on with a date in the year 9999 which looks like one that somebody
# entered. Whether the last instant of 9999 is a datetime or a text depends on the session's timezone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q duckdb==2.0.1

cat >demo.py <<'PY'
from datetime import datetime

import duckdb

SELECT = """
    SELECT valid_until::timestamptz FROM (VALUES
        ('2026-11-24 10:00+00'), ('infinity'), ('9999-12-31 23:59:59+00')) AS price(valid_until)
"""


def read(zone):
    session = duckdb.connect()
    session.execute(f"SET timezone = '{zone}'")
    values = [value for (value,) in session.execute(SELECT).fetchall()]
    for value in values:
        print(f"{zone:11} {value!r}")
    return values


usual, endless, last = read("UTC")
assert usual.tzinfo and last.tzinfo
assert endless == datetime.max and endless.tzinfo is None
try:
    max(usual, endless)
except TypeError as error:
    print("max():", error)
else:
    raise AssertionError("they can be compared")
assert isinstance(read("Asia/Tokyo")[2], str)
PY
venv/bin/python demo.py
echo "As described: with a timezone, without one, and a text, in one column."
