#!/bin/sh
# django-health-check 4.8.0: under WSGI its check of the database opens a new connection for each
# request, whatever CONN_MAX_AGE says.
#
# Expected: the check asks the connection that the requests of this thread use, kept by CONN_MAX_AGE.
# Seen: the check runs in a thread of the event loop that async_to_sync makes for the request, where
# Django has no connection yet. So a probe says nothing of the connections that serve requests: it
# fails where the database takes no more sessions and every request is still answered, and succeeds
# where the kept connection is broken. Ten probes are ten sessions of PostgreSQL (here: of SQLite).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q Django==5.2.19 django-health-check==4.8.0

cat >demo.py <<'PY'
import django
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, connection
from django.db.backends.signals import connection_created
from django.http import HttpResponse
from django.test import Client
from django.urls import path

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": "demo.db", "CONN_MAX_AGE": None}
settings.configure(
    SECRET_KEY="demo", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DATABASES={"default": database}
)
django.setup()

from health_check.views import HealthCheckView


def select(_):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("OK")


urlpatterns = [
    path("select", select),
    path("health", HealthCheckView.as_view(checks=["health_check.checks.Database"])),
]
# The test client keeps Django from closing connections after a request; here it is a server.
request_finished.connect(close_old_connections)
opened = []
connection_created.connect(lambda **_: opened.append(1), weak=False)


def connections(address):
    opened.clear()
    for _ in range(10):
        assert Client().get(address + "?format=text").status_code == 200
    return len(opened)


print("a view of one's own: %d for 10 requests" % (ours := connections("/select")))
print("django-health-check: %d for 10 requests" % (theirs := connections("/health")))
assert (ours, theirs) == (1, 10), (ours, theirs)
PY
venv/bin/python demo.py
echo "As described: each probe opens a connection of its own."
