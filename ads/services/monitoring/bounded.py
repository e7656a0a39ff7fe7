"""Monitoring never waits long for a statement; for a lock, no session does."""

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
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE)])
        yield
