"""What each session of the database is told when it begins.

``DATABASE_SESSION`` of the settings is how long it may hold others up, ``DATABASE_NETWORK`` how
soon it notices that nobody is there any more.

By a statement, not as an option of the connection, which PgBouncer refuses. A session that comes
through a pooler is told nothing, because it may be lent to others: there the pooler or the role has
to have the same values, and :mod:`ads.checks` says so where they have not.
"""

import select
from typing import Any

from django.conf import settings
from django.core.signals import request_started
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from ads.services.operations import database_sessions


@receiver(connection_created)
def begin(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Tell a new session what the settings say; one query."""
    told = settings.DATABASE_SESSION | settings.DATABASE_NETWORK
    database_sessions.tell(connection, told)


def wait_for_locks(using: str, **_: Any) -> None:
    """Before migrations, which wait: an index whose making is given up stays behind, invalid."""
    database_sessions.tell(connections[using], {"lock_timeout": "0"})


def wait_no_longer(using: str, **_: Any) -> None:
    """After migrations: as before."""
    begin(connections[using])


@receiver(request_started)
def trust_quiet(**_: Any) -> None:
    """Spare a request the question whether its connection still works, if nothing came over it.

    A server that ends a session says so, and so does the network when it has given up: either can
    be read. Django asks the server (CONN_HEALTH_CHECKS), once for each request.
    """
    for connection in connections.all(initialized_only=True):
        raw = connection.connection
        if raw is not None and not raw.closed:
            said = select.poll()
            said.register(raw.fileno(), select.POLLIN)
            connection.health_check_done = not said.poll(0)  # type: ignore[attr-defined]
