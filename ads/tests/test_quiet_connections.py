"""A request asks whether its connection still works only if something came over it."""

import os
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.connections import trust_quiet
from ads.tests.support import at_once, execute

#: Django's, whose types leave out what it notes of its health.
session: Any = connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_quiet_connection_is_trusted_without_a_query() -> None:
    connection.ensure_connection()
    session.health_check_done = False

    with CaptureQueriesContext(connection) as captured:
        trust_quiet()

    assert session.health_check_done
    assert len(captured) == 0


def test_a_session_that_the_server_has_ended_is_asked_about_and_replaced() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with at_once() as start:
        start(lambda: execute("SELECT pg_terminate_backend(%s)", [pid]))
    time.sleep(0.2)  # until the end has arrived
    session.health_check_enabled, session.health_check_done = True, False

    trust_quiet()

    assert not session.health_check_done
    execute("SELECT 1")
    assert connection.is_usable()


def test_it_comes_after_django_has_looked_for_connections_that_are_too_old() -> None:
    """Which makes the question due again. In a process of its own: test clients reorder."""
    program = (
        "import django; django.setup()\n"
        "from django.core.signals import request_started\n"
        "print(*(one[1]().__name__ for one in request_started.receivers))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "budget_manager.settings"},
        cwd=settings.BASE_DIR,
    )
    names = said.stdout.split()

    assert names.index("close_old_connections") < names.index("trust_quiet")
