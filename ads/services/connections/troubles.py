"""What is wrong with connections, or soon will be, in sentences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from ads.models import Connection
from ads.models.platforms import ConnectionState
from ads.rules.calendar import format_instant

#: How long before credentials end people are told.
WARNED: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something to do about a connection; ``is_now``: spend is not read already."""

    connection: Connection
    text: str
    is_now: bool


def troubles(now: datetime, connections: Iterable[Connection] | None = None) -> list[Trouble]:
    """Refused and ending credentials, those that hurt already first; one query, or none."""
    if connections is None:
        hurting = Q(state=ConnectionState.REFUSED) | Q(expires_at__lte=now + WARNED)
        connections = Connection.objects.filter(hurting).order_by("expires_at", "name")
    found = [trouble for one in connections if (trouble := _trouble(one, now))]
    return sorted(found, key=lambda one: not one.is_now)


def _trouble(connection: Connection, now: datetime) -> Trouble | None:
    if connection.state == ConnectionState.DISCONNECTED:
        return None
    if connection.state == ConnectionState.REFUSED:
        text = (
            f"{connection}: the platform refuses the credentials, so spend is not read and "
            f"campaigns are not switched there. {_sentence(connection.problem)}"
            "Renew the credentials."
        )
        return Trouble(connection, text, is_now=True)
    ends = connection.expires_at
    if ends is None or ends > now + WARNED:
        return None
    if ends <= now:
        text = f"{connection}: the credentials expired at {format_instant(ends)}. Renew them."
        return Trouble(connection, text, is_now=True)
    text = (
        f"{connection}: the credentials expire at {format_instant(ends)}. Renew them before "
        "then: after that, spend is not read and campaigns are not switched there."
    )
    return Trouble(connection, text, is_now=False)


def _sentence(text: str) -> str:
    return f"{text.rstrip('. ')}. " if text else ""
