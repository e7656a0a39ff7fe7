"""Monitoring never waits long: neither for a statement nor for a lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

#: Milliseconds for each statement.
PATIENCE: Final = 8000


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction in which each statement takes :data:`PATIENCE` at most."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for setting in ("statement_timeout", "lock_timeout"):
                cursor.execute("SELECT set_config(%s, %s, true)", [setting, str(PATIENCE)])
        yield
