"""``manage.py migrate`` beside those who record spend."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_migrate

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = "SELECT pg_advisory_xact_lock(%s)"


def deadlock() -> None:
    """Two transactions wait for each other's lock, and PostgreSQL ends this process's one."""
    parameters = connection.get_connection_params()

    def other() -> None:
        with closing(psycopg2.connect(**parameters)) as own, own.cursor() as cursor:
            cursor.execute(LOCK, [2])
            time.sleep(0.2)
            cursor.execute(LOCK, [1])

    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        cursor.execute(LOCK, [1])
        pool.submit(other)
        # PostgreSQL looks for a deadlock when somebody has waited for a second; the other has then.
        time.sleep(1.5)
        cursor.execute(LOCK, [2])


def migrated(obstacle: Callable[[], None]) -> tuple[int, str]:
    """Migrate with this in the way of the first try: how often it was tried, and what was said."""
    tries: list[None] = []
    said = StringIO()

    def first(**_: Any) -> None:
        tries.append(None)
        if len(tries) == 1:
            obstacle()

    pre_migrate.connect(first, sender=apps.get_app_config("sessions"))
    try:
        call_command("migrate", "sessions", stdout=said, interactive=False)
    finally:
        pre_migrate.disconnect(first, sender=apps.get_app_config("sessions"))
    return len(tries), said.getvalue()


def test_a_migration_that_was_in_the_way_of_spend_is_tried_again() -> None:
    tries, said = migrated(deadlock)

    assert tries == 2
    assert "In the way of spend that came in; it is tried again." in said
    assert "No migrations to apply." in said


def test_what_fails_for_another_reason_is_not_tried_again() -> None:
    def fail() -> None:
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError, match="the disk is full"):
        migrated(fail)
