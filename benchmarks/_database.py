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
django.setup()

from django.core.management import call_command  # noqa: E402  (needs the set-up above)
from django.db import connection  # noqa: E402


@contextmanager
def scratch() -> Iterator[None]:
    """Point the default connection at a new database until the block ends, however it ends."""
    configured = connection.settings_dict["NAME"]
    name = f"{configured}_benchmark_{os.getpid()}"
    signal.signal(signal.SIGTERM, _leave)  # else its ``finally`` would not run
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        _use(name)
        call_command("migrate", verbosity=0)
        yield
    finally:
        _use(configured)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.close()


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit("stopped")
