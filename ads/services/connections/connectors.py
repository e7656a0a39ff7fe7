"""Connectors for connections, and what their answers say of the credentials."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ads.models import Connection
from ads.models.platforms import ConnectionState
from ads.platforms.interface import (
    ChangesCredentials,
    Connector,
    CredentialsRefused,
    PlatformError,
)
from ads.services import platform_credentials as credentials
from ads.services.connections import kinds
from ads.services.connections.errors import InvalidConnection
from ads.services.senders import CannotUnseal

Opener = Callable[[], Connector]


@contextmanager
def opener(connection: Connection, *, now: datetime) -> Iterator[Opener]:
    """Makes connectors, one for each thread; they are closed, and what they changed is kept.

    That the credentials are refused, or work again, is noted on the connection.

    Raises:
        InvalidConnection: it is disconnected, or its platform is not known.
        PlatformError: what the platform said.
    """
    if connection.state == ConnectionState.DISCONNECTED:
        raise disconnected(connection)
    kind = kinds.platform(connection.platform)
    made: list[Connector] = []
    try:
        held = credentials.of(connection)

        def connector() -> Connector:
            one = kinds.connector(kind, held)
            made.append(one)
            return one

        yield connector
    except CannotUnseal as error:
        raise CredentialsRefused(str(error)) from error
    except CredentialsRefused as error:
        note_refused(connection, error, now=now)
        raise
    else:
        note_works(connection, now=now)
    finally:
        for one in made:
            one.close()
            if isinstance(one, ChangesCredentials) and (changed := one.changed_credentials):
                credentials.keep(connection.pk, changed, used=held)
                held |= changed


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
            kind = kinds.platform(connection.platform)
            connector = kinds.connector(kind, credentials.of(connection))
        except (PlatformError, InvalidConnection, CannotUnseal):
            return False
        try:
            return connector.gives_hours
        finally:
            connector.close()

    return answer


def disconnected(connection: Connection) -> "PlatformError":
    """What a connection without credentials answers."""
    return CredentialsRefused(
        f"{connection.name} is disconnected.", remedy="Renew its credentials to use it again."
    )


def note_refused(connection: Connection, error: CredentialsRefused, *, now: datetime) -> None:
    """The platform refuses the credentials; until they are renewed it is asked in vain."""
    Connection.objects.filter(pk=connection.pk).exclude(state=ConnectionState.DISCONNECTED).update(
        state=ConnectionState.REFUSED, problem=str(error), updated_at=now
    )


def note_works(connection: Connection, *, now: datetime) -> None:
    """The credentials work, again if they had been refused."""
    Connection.objects.filter(pk=connection.pk, state=ConnectionState.REFUSED).update(
        state=ConnectionState.WORKING, problem="", updated_at=now
    )
