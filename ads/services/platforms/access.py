"""Connectors for connections: with their credentials, which are unsealed only here."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings

from ads.models import Connection, PlatformAccount
from ads.platforms import platform
from ads.platforms.interface import (
    Account,
    ChangesCredentials,
    Connector,
    CredentialsRefused,
)
from ads.services import platform_credentials
from ads.services.senders import CannotUnseal

#: How long one request to a platform may take.
TIMEOUT: Final = timedelta(seconds=60)


def connect(connection: Connection, *, timeout: timedelta = TIMEOUT) -> Connector:
    """A connector to the connection's platform; to be closed.

    Raises:
        PlatformError: the credentials cannot be used.
        UnknownPlatform: there is no such platform.
    """
    return connect_with(connection.platform, held_by(connection), timeout=timeout)


def held_by(connection: Connection) -> dict[str, str]:
    """The credentials of a connection.

    Raises:
        CredentialsRefused: they cannot be read.
    """
    try:
        return platform_credentials.of(connection)
    except CannotUnseal as error:
        raise CredentialsRefused(
            "The credentials cannot be read, because SECRET_KEY has changed.",
            remedy="Put the previous key into SECRET_KEY_FALLBACKS, or connect again.",
        ) from error


def connect_with(code: str, held: Mapping[str, str], *, timeout: timedelta = TIMEOUT) -> Connector:
    """A connector with these credentials, and those of the installation's own app.

    Raises:
        PlatformError: the credentials cannot be used.
        UnknownPlatform: there is no such platform.
    """
    its = platform(code)
    return its.connect(
        platform_credentials.with_app(its, held),
        timeout=timeout,
        endpoint=settings.PLATFORM_ENDPOINTS.get(code, ""),
    )


@contextmanager
def connected(connection: Connection, *, timeout: timedelta = TIMEOUT) -> Iterator[Connector]:
    """The same, closed at the end; credentials that the platform has renewed are kept."""
    held = held_by(connection)
    connector = connect_with(connection.platform, held, timeout=timeout)
    try:
        yield connector
    finally:
        connector.close()
        keep_changed(connection, [connector], held)


def keep_changed(
    connection: Connection, connectors: Iterable[Connector], held: Mapping[str, str]
) -> None:
    """Keep what platforms have renewed of the credentials that these were made with."""
    for connector in connectors:
        if isinstance(connector, ChangesCredentials) and connector.changed_credentials:
            platform_credentials.keep(connection.pk, connector.changed_credentials, used=held)


def account_of(account: PlatformAccount) -> Account:
    """The account as connectors take it."""
    return Account(
        account.remote_id,
        account.name,
        account.timezone,
        account.currency,
        account.parent,
        account.state,
        account.platform if account.platform != account.connection.platform else "",
    )
