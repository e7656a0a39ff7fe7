"""The credentials of connections to ad platforms: sealed, read again, and changed by a connector.

They are kept as JSON, sealed by :mod:`ads.services.senders.encryption`, and leave this module only
for a connector. The installation's own app for *Connect* is not among them: its ID and secret are
settings, and are added when the credentials are used, so that a new secret reaches all connections.
"""

import json
from collections.abc import Mapping
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction

from ads.models import Connection
from ads.platforms.interface import OAuth, Platform
from ads.services.senders import encryption

logger = structlog.stdlib.get_logger(__name__)

#: Names of credentials that are those of the installation's own app where none were entered.
CLIENT_ID: Final = "client_id"
CLIENT_SECRET: Final = "client_secret"  # noqa: S105


def sealed(credentials: Mapping[str, str]) -> str:
    """As they are stored."""
    return encryption.seal(json.dumps(dict(credentials)))


def of(connection: Connection) -> dict[str, str]:
    """The credentials as they were entered; {} once it is disconnected.

    Raises:
        CannotUnseal: they were sealed with another SECRET_KEY.
    """
    if not connection.credentials:
        return {}
    found: dict[str, str] = json.loads(encryption.unseal(connection.credentials))
    return found


def shown(connection: Connection, platform: Platform) -> dict[str, str]:
    """Those of them that are no secrets.

    Raises:
        CannotUnseal: they were sealed with another SECRET_KEY.
    """
    public = {one.name for one in platform.credentials if not one.is_secret}
    return {name: text for name, text in of(connection).items() if name in public}


def app(oauth: OAuth) -> tuple[str, str]:
    """The ID and the secret of the installation's own app; "" where a setting is missing."""
    return getattr(settings, oauth.client_id, ""), getattr(settings, oauth.client_secret, "")


def with_app(platform: Platform, credentials: Mapping[str, str]) -> dict[str, str]:
    """As a connector needs them: with the installation's own app where no other was entered."""
    if not platform.oauth or credentials.get(CLIENT_ID):
        return dict(credentials)
    names = {one.name for one in platform.credentials}
    own = dict(zip((CLIENT_ID, CLIENT_SECRET), app(platform.oauth), strict=True))
    return {**credentials, **{name: text for name, text in own.items() if name in names and text}}


def keep(pk: int, changed: Mapping[str, str], *, used: Mapping[str, str]) -> bool:
    """Keep credentials that a platform has changed, such as a refresh token that it renewed.

    ``used``: those that the connector was made with. False: somebody has entered others meanwhile,
    or disconnected, and these are dropped.
    """
    with transaction.atomic():
        present = Connection.objects.select_for_update(no_key=True).get(pk=pk)
        stored = of(present)
        if any(stored.get(name) != used.get(name) for name in changed):
            logger.info("Changed credentials came too late", connection=present.name)
            return False
        present.credentials = sealed({**stored, **changed})
        present.save(update_fields=["credentials", "updated_at"])
    return True


def seal_all_anew() -> int:
    """Seal the credentials of every connection with the present SECRET_KEY; how many.

    Raises:
        CannotUnseal: some were sealed with another key.
    """
    with transaction.atomic():
        held = Connection.objects.exclude(credentials="").order_by("pk")
        connections = list(held.select_for_update(no_key=True))
        for one in connections:
            one.credentials = encryption.seal_anew(one.credentials)
            one.save(update_fields=["credentials"])
    return len(connections)
