"""Requests that a platform allows a day: counted, spread over it, and kept back for stopping.

A day is that of UTC. A connector that says how many it may make (:class:`Metered`) is asked less
often, rather than not at all in the evening. Switching is never held back.
"""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Case, F, Value, When

from ads.models import Connection
from ads.platforms.interface import Connector, Metered
from ads.services.platforms.windows import ONE_DAY, TICK

#: The part of a day's requests that only switching may use.
RESERVE: Final = Decimal("0.2")


def count(connection: Connection, connector: Connector, now: datetime) -> None:
    """Note how many requests a connector has made; inside the database, as several count."""
    if not isinstance(connector, Metered):
        return
    today = now.astimezone(UTC).date()
    Connection.objects.filter(pk=connection.pk).update(
        operations=Case(
            When(operations_on=today, then=F("operations") + connector.operations),
            default=Value(connector.operations),
        ),
        operations_on=today,
        operations_per_day=connector.operations_per_day,
    )


def has_room(connection: Connection, now: datetime) -> bool:
    """Whether campaigns may be looked at with each question for costs, which is one request more.

    Where requests are counted: only as long as all accounts may then still be asked at each tick.
    """
    if connection.operations_per_day is None:
        return True
    accounts = connection.accounts.filter(is_read=True).count()
    every = interval(connection, 2 * accounts, now)
    return every is not None and every <= TICK


def is_left(connection: Connection, connector: Connector, now: datetime) -> bool:
    """Whether another request may be made besides those that are kept for switching.

    ``connector``: one whose requests are not counted yet.
    """
    made = connector.operations if isinstance(connector, Metered) else 0
    return interval(connection, made + 1, now) is not None


def interval(connection: Connection, accounts: int, now: datetime) -> timedelta | None:
    """How often each of its accounts may be asked; None: not any more today.

    An account's question takes one request, and with what is asked each hour and each night a
    little more. As what is left is looked at anew at each tick, that need not be exact.
    """
    if connection.operations_per_day is None or not accounts:
        return TICK
    today = now.astimezone(UTC).date()
    used = connection.operations if connection.operations_on == today else 0
    left = int(connection.operations_per_day * (1 - RESERVE)) - used
    if left < accounts:
        return None
    ends = datetime.combine(today + ONE_DAY, time(0), tzinfo=UTC)
    return max(TICK, (ends - now) * accounts / left)
