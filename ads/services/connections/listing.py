"""The first look, and every later one: which accounts and campaigns a connection reaches.

What was seen is kept (:class:`PlatformAccount`, :class:`PlatformCampaign`), so that what people
choose from is what is then created. An account that was not known is not read until it is chosen.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import local
from typing import Final

from django.db.models import Count

from ads.models import Connection, PlatformAccount
from ads.platforms import SIMULATED
from ads.platforms.interface import (
    Account,
    Connector,
    KnowsItsEnd,
    PlatformError,
    RemoteCampaign,
)
from ads.rules.platform_ids import spelled
from ads.services import platforms
from ads.services.connections.connectors import Opener, opener

#: Accounts that are asked at once, each with a connector of its own.
AT_ONCE: Final = 4

#: In all. What is not answered by then is for the next look.
PATIENCE: Final = timedelta(seconds=60)

#: Why campaigns of an account are not known.
NOT_ASKED: Final = "Its campaigns were not listed: the others took too long. Look again."


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen; ``failed``: of which accounts the campaigns are not known, and why."""

    accounts: int
    campaigns: int
    took: timedelta
    failed: Mapping[str, str] = field(default_factory=dict)


def look(connection: Connection, *, now: datetime) -> Looked:
    """List the accounts and their campaigns, and keep what was seen.

    Raises:
        PlatformError: the accounts could not be listed, and nothing was changed.
        InvalidConnection: the platform is not known.
    """
    begun = time.monotonic()
    with opener(connection, now=now) as connect:
        connector = connect()
        found = connector.accounts()
        rows = _keep_accounts(connection, found, now)
        if ends := _end_of(connector):
            Connection.objects.filter(pk=connection.pk).update(expires_at=ends, updated_at=now)
        answers = _ask(connection, connect, rows, begun)
    failed, count = {}, 0
    for row, answer in answers.items():
        if isinstance(answer, str):
            failed[str(row)] = answer
        else:
            platforms.campaigns.keep(row, answer, now)
            count += sum(not one.is_removed for one in answer)
        problem = answer if isinstance(answer, str) else ""
        unread = PlatformAccount.objects.filter(pk=row.pk, is_read=False)
        unread.update(problem=problem, updated_at=now)
    return Looked(len(rows), count, timedelta(seconds=time.monotonic() - begun), failed)


def _end_of(connector: Connector) -> datetime | None:
    """When the credentials end; that it cannot be found out is no reason not to look."""
    if not isinstance(connector, KnowsItsEnd):
        return None
    try:
        return connector.expires_at()
    except PlatformError:
        return None


Answer = Sequence[RemoteCampaign] | str


def _ask(
    connection: Connection,
    connect: Opener,
    rows: Mapping[PlatformAccount, Account],
    begun: float,
) -> dict[PlatformAccount, Answer]:
    """The campaigns of each account, or why they are not known; no account holds up another."""
    deadline = begun + PATIENCE.total_seconds()
    # The simulated platform is in this database, of which each thread would open a session.
    if connection.platform == SIMULATED or len(rows) == 1:
        connector = connect()
        return {row: _campaigns(connector, account, deadline) for row, account in rows.items()}
    own = local()

    def ask(account: Account) -> Answer:
        if not hasattr(own, "connector"):
            try:
                own.connector = connect()
            except PlatformError as error:
                return str(error)
        return _campaigns(own.connector, account, deadline)

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look") as pool:
        asked: dict[PlatformAccount, Future[Answer]] = {
            row: pool.submit(ask, account) for row, account in rows.items()
        }
    return {row: future.result() for row, future in asked.items()}


def _campaigns(connector: Connector, account: Account, deadline: float) -> Answer:
    if time.monotonic() > deadline:
        return NOT_ASKED
    try:
        return connector.campaigns(account)
    except PlatformError as error:
        return str(error)


def _keep_accounts(
    connection: Connection, found: Sequence[Account], now: datetime
) -> dict[PlatformAccount, Account]:
    """The accounts as rows, those first whose campaigns are not known yet."""
    platforms.accounts.keep(connection, found, now)
    Connection.objects.filter(pk=connection.pk).update(listed_at=now, updated_at=now)
    by_place = {place(connection, account): account for account in found}
    rows = connection.accounts.annotate(known=Count("campaigns")).order_by("known", "pk")
    return {
        row: by_place[row.platform, row.remote_id]
        for row in rows
        if (row.platform, row.remote_id) in by_place
    }


def place(connection: Connection, account: Account) -> tuple[str, str]:
    """The platform and ID by which campaigns' references name the account."""
    return account.platform or connection.platform, spelled(account.id, account=True)
