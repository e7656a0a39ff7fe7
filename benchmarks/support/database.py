"""A database of its own for each benchmark, on the server that the settings name.

The role must be a superuser, as the bundled server's is.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction


@contextmanager
def scratch(label: str = "") -> Iterator[str]:
    """Point the default connection at a new database, which is dropped when the block ends.

    Yields the database's name. Several at once need labels; :func:`use` changes between them.
    """
    name = f"budget_manager_benchmark_{os.getpid()}_{label}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that ``finally`` runs
    execute(f"CREATE DATABASE {name}")
    before = use(name)
    try:
        call_command("migrate", verbosity=0)
        yield name
    finally:
        use(before)
        execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


@contextmanager
def kept(name: str) -> Iterator[bool]:
    """Point the default connection at a database that stays; yields whether it is new.

    A new one is dropped if the block fails, since it may be half full.
    """
    fresh = not execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    if fresh:
        execute(f"CREATE DATABASE {name}")
    before = use(name)
    try:
        call_command("migrate", verbosity=0)
        yield fresh
    except BaseException:
        use(before)
        if fresh:
            execute(f"DROP DATABASE {name} WITH (FORCE)")
        raise


def use(name: str) -> str:
    """Point the default connection at this database; returns the one before."""
    connection.close()
    before = str(connection.settings_dict["NAME"])
    connection.settings_dict["NAME"] = name
    return before


def execute(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """Run one statement; its rows, if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def execute_patiently(statement: str) -> None:
    """Run one statement that waits as long as it takes, such as for autovacuum."""
    execute("SET lock_timeout = 0")
    execute(statement)
    connection.close()  # the next session has the timeout of the settings


def execute_unaudited(statement: str, parameters: Any = None) -> None:
    """Run one statement without triggers: no audit rows, no sums, nothing that is measured."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
