"""Which accounts a connection has, as its platform lists them at most once an hour."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from django.conf import settings
from django.db.models import Q

from ads.models import Connection, PlatformAccount
from ads.platforms import SIMULATED, platform
from ads.platforms.interface import Account, CredentialsRefused, PlatformError
from ads.rules import calendar
from ads.rules.platform_ids import spelled
from ads.services import orders
from ads.services.isolation import NOBODYS_FAULT
from ads.services.platforms import quota
from ads.services.platforms.access import connected
from ads.services.platforms.errors import connection_refused, sentence
from ads.services.platforms.windows import HOURLY

logger = structlog.stdlib.get_logger(__name__)

#: What a platform says of an account; the columns of the same names.
_SAID: Final = ("name", "timezone", "currency", "parent", "state", "is_read_only")

#: What nobody says of an account that cannot be opened.
_NOT_SAID: Final = ("name", "timezone", "currency", "parent")

#: In the account's state once its connection lists it no more.
NOT_LISTED: Final = "not listed any more"


def to_list(now: datetime) -> list[int]:
    return list(
        Connection.objects.filter(
            Q(listed_at=None) | Q(listed_at__lte=now - HOURLY) | Q(listed_at__gt=now),
            state=Connection.State.WORKING,
        )
        .exclude(platform=SIMULATED)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def list_accounts(connection_id: int, now: datetime) -> int:
    """List the connection's accounts, and keep them; how many there are."""
    connection = Connection.objects.filter(pk=connection_id, state=Connection.State.WORKING).first()
    if connection is None:
        return 0
    # Also if it fails: once an hour.
    Connection.objects.filter(pk=connection.pk).update(listed_at=now)
    try:
        with connected(connection) as connector:
            try:
                accounts = connector.accounts()
            finally:
                quota.count(connection, connector, now)
    except NOBODYS_FAULT:
        raise
    except CredentialsRefused as error:
        connection_refused(connection, error, now)
        return 0
    except Exception as error:  # noqa: BLE001  (noted and logged)
        say = logger.warning if isinstance(error, PlatformError) else logger.exception
        say("A platform did not list its accounts", connection=connection.name,
            error=sentence(error))  # fmt: skip
        Connection.objects.filter(pk=connection.pk).update(problem=sentence(error), updated_at=now)
        return 0
    keep(connection, accounts, now)
    Connection.objects.filter(pk=connection.pk).update(problem="", updated_at=now)
    return len(accounts)


def keep(
    connection: Connection, accounts: Sequence[Account], now: datetime, *, reads_new: bool = False
) -> None:
    """Keep these as the connection's accounts.

    ``reads_new``: read those that were not known too, unless another connection does. Else people
    choose them first: nobody knows yet whose campaigns they have.
    """
    known = {(row.platform, row.remote_id): row for row in connection.accounts.all()}
    read = set(
        PlatformAccount.objects.filter(source=connection.source, is_read=True)
        .exclude(connection=connection)
        .values_list("platform", "remote_id")
    )
    listed = {
        (each.platform or connection.platform, spelled(each.id, account=True)): each
        for each in accounts
    }
    new: list[PlatformAccount] = []
    for key, each in listed.items():
        said: dict[str, Any] = {
            "name": each.name[:200],
            "timezone": each.timezone,
            "currency": each.currency,
            "parent": each.parent[:100],
            "state": each.state[:200],
            "is_read_only": each.is_read_only,
        }
        if each.timezone and each.timezone not in calendar.names():
            said["state"] = f"its timezone, {each.timezone}, is not known"[:200]
        before = known.get(key)
        if before is not None and each.is_closed:
            # What was known holds, and is needed once it can be opened again.
            said |= {name: getattr(before, name) for name in _NOT_SAID}
        if before is None:
            new.append(
                PlatformAccount(
                    connection=connection,
                    platform=key[0],
                    source=connection.source,
                    remote_id=key[1],
                    is_read=reads_new and key not in read,
                    **said,
                )
            )
        elif any(getattr(before, name) != said[name] for name in _SAID):
            PlatformAccount.objects.filter(pk=before.pk).update(**said, updated_at=now)
    # Somebody may be looking at the same moment.
    PlatformAccount.objects.bulk_create(new, ignore_conflicts=True)
    gone = [row.pk for key, row in known.items() if key not in listed]
    PlatformAccount.objects.filter(pk__in=gone).exclude(state=NOT_LISTED).update(
        state=NOT_LISTED, updated_at=now
    )
    orders.let_go(connection.accounts.filter(is_read_only=True), now)


def keep_simulated(now: datetime) -> None:
    """Keep the simulated platform connected while the settings say so, with all its accounts."""
    if not settings.SIMULATED_PLATFORM:
        working = Connection.objects.filter(platform=SIMULATED, state=Connection.State.WORKING)
        if working.update(state=Connection.State.DISCONNECTED, disconnected_at=now):
            orders.let_go(PlatformAccount.objects.filter(connection__platform=SIMULATED), now)
        return
    its = platform(SIMULATED)
    connection, _ = Connection.objects.get_or_create(
        platform=SIMULATED, source=SIMULATED, defaults={"name": its.name}
    )
    if connection.state != Connection.State.WORKING:
        connection.state, connection.disconnected_at = Connection.State.WORKING, None
        connection.save(update_fields=["state", "disconnected_at"])
        connection.accounts.update(read_since=now)
    with connected(connection) as connector:
        keep(connection, connector.accounts(), now, reads_new=True)
