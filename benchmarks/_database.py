"""A database of its own for each benchmark, on the server that the settings name.

Importing this module sets Django up, so it comes before anything of ``ads``::

    from _database import scratch

    from ads.services import BudgetService

    with scratch():
        ...  # connections go to an empty, migrated database, which is dropped at the end

The role must be a superuser, as the embedded server's is.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")
os.environ.setdefault("DEBUG", "false")  # as in production: otherwise Django keeps every query
django.setup()

from django.core.management import call_command  # noqa: E402  (needs the set-up above)
from django.db import connection  # noqa: E402


@contextmanager
def scratch(label: str = "") -> Iterator[str]:
    """Point the default connection at a new database until the block ends, however it ends.

    Yields the database's name. Several at once need labels; :func:`use` changes between them.
    """
    before = connection.settings_dict["NAME"]
    name = f"budget_manager_benchmark_{os.getpid()}_{label}"
    signal.signal(signal.SIGTERM, _leave)  # else its ``finally`` would not run
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        use(name)
        call_command("migrate", verbosity=0)
        yield name
    finally:
        _drop(name, before)
        connection.close()


@contextmanager
def kept(name: str) -> Iterator[bool]:
    """Point the default connection at a database that stays; yields whether it was made just now.

    ``dropdb`` or ``DROP DATABASE`` ends it.
    """
    before = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        fresh = cursor.fetchone() is None
        if fresh:
            cursor.execute(f"CREATE DATABASE {name}")
    try:
        use(name)
        call_command("migrate", verbosity=0)
        yield fresh
    except BaseException:
        if fresh:  # it may be half full
            _drop(name, before)
        raise
    finally:
        use(before)


def _drop(name: str, other: str) -> None:
    use(other)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def use(name: str) -> None:
    """Point the default connection at this database."""
    connection.close()
    connection.settings_dict["NAME"] = name


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit("stopped")
