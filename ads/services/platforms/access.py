"""Connectors for connections: with their credentials, which are unsealed only here."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.conf import settings

from ads.models import Connection, PlatformAccount
from ads.platforms import platform
from ads.platforms.interface import Account, Connector, CredentialsRefused
from ads.services.senders import CannotUnseal, encryption

#: How long one request to a platform may take.
TIMEOUT: Final = timedelta(seconds=60)


def connect(connection: Connection, *, timeout: timedelta = TIMEOUT) -> Connector:
    """A connector to the connection's platform; to be closed.

    Raises:
        PlatformError: the credentials cannot be used.
        UnknownPlatform: there is no such platform.
    """
    try:
        sealed = connection.credentials
        credentials = json.loads(encryption.unseal(sealed)) if sealed else {}
    except CannotUnseal as error:
        raise CredentialsRefused(
            "The credentials cannot be read, because SECRET_KEY has changed.",
            remedy="Put the previous key into SECRET_KEY_FALLBACKS, or connect again.",
        ) from error
    return platform(connection.platform).connect(
        credentials,
        timeout=timeout,
        endpoint=settings.PLATFORM_ENDPOINTS.get(connection.platform, ""),
    )


@contextmanager
def connected(connection: Connection, *, timeout: timedelta = TIMEOUT) -> Iterator[Connector]:
    """The same, closed at the end."""
    connector = connect(connection, timeout=timeout)
    try:
        yield connector
    finally:
        connector.close()


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
