"""Connectors for connections, and what their answers say of the credentials."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ads.models import Connection
from ads.models.platforms import ConnectionState
from ads.platforms.interface import Connector, CredentialsRefused, PlatformError
from ads.services.connections import kinds
from ads.services.connections.errors import InvalidConnection
from ads.services.platforms import connection_refused, held_by, keep_changed, quota

Opener = Callable[[], Connector]


@contextmanager
def opener(connection: Connection, *, now: datetime) -> Iterator[Opener]:
    """Makes connectors, one for each thread; they are closed, and what they changed is kept.

    That the credentials are refused, or work again, is noted on the connection.

    Raises:
        InvalidConnection: its platform is not known.
        PlatformError: what the platform said, or that it is disconnected.
    """
    if connection.state == ConnectionState.DISCONNECTED:
        raise CredentialsRefused(
            f"{connection.name} is disconnected.", remedy="Renew its credentials to use it again."
        )
    kinds.platform(connection.platform)
    made: list[Connector] = []
    held: dict[str, str] = {}
    try:
        held = held_by(connection)

        def connector() -> Connector:
            one = kinds.connector(connection.platform, held)
            made.append(one)
            return one

        yield connector
    except CredentialsRefused as error:
        connection_refused(connection, error, now)
        raise
    else:
        works(connection, now=now)
    finally:
        for one in made:
            quota.count(connection, one, now)
            one.close()
        keep_changed(connection, made, held)


@contextmanager
def opened(connection: Connection, *, now: datetime) -> Iterator[Connector]:
    """A connector; see :func:`opener`."""
    with opener(connection, now=now) as connect:
        yield connect()


def gives_hours(connection: Connection) -> Callable[[], bool]:
    """Whether its platform gives hours, found out when it is first asked; no request is made."""

    @functools.cache
    def answer() -> bool:
        try:
            kinds.platform(connection.platform)
            connector = kinds.connector(connection.platform, held_by(connection))
        except (PlatformError, InvalidConnection):
            return False
        try:
            return connector.gives_hours
        finally:
            connector.close()

    return answer


def works(connection: Connection, *, now: datetime) -> None:
    """The credentials work, again if they had been refused."""
    Connection.objects.filter(pk=connection.pk, state=ConnectionState.REFUSED).update(
        state=ConnectionState.WORKING, problem="", updated_at=now
    )
