"""Handing accounts to tasks of their own, those that answered the longest ago first.

One task at a time asks an account, however many ticks hand it out.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from ads.models import Connection, PlatformAccount
from ads.services import messages
from ads.services.platforms import quota
from ads.services.platforms.accounts import keep_simulated, to_list
from ads.services.platforms.reconciliation import to_reconcile
from ads.services.platforms.windows import TICK

ASK: Final = "ads.tasks.ask_account"
LIST: Final = "ads.tasks.list_accounts"
RECONCILE: Final = "ads.tasks.reconcile_account"

#: A message that no process took is dropped before the next tick sends another.
_EXPIRES: Final = TICK.total_seconds() - 20


#: Seconds for asking one account. The task ends before the next tick but one.
SOFT_LIMIT: Final = 240
LIMIT: Final = 270

#: After this a claim is that of a process that was killed.
_CLAIM: Final = timedelta(seconds=LIMIT + 10)

#: Ticks come a little early or late.
_EARLY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class HandedOut:
    accounts: int = 0
    connections: int = 0
    #: Accounts whose connection has used up what it may ask today.
    waiting: int = 0


def hand_out(now: datetime) -> HandedOut:
    """Send a task for each account that is due, and for each connection whose list is."""
    keep_simulated(now)
    connections = to_list(now)
    accounts, waiting = to_ask(now)
    for pk in connections:
        messages.send(LIST, [pk], expires=_EXPIRES)
    for pk in accounts:
        messages.send(ASK, [pk], expires=_EXPIRES)
    for pk in to_reconcile(now):
        messages.send(RECONCILE, [pk], expires=_EXPIRES)
    return HandedOut(len(accounts), len(connections), waiting)


def ask_soon(ids: Collection[int]) -> None:
    """Once this is committed, have these accounts asked, as soon as a worker is free."""
    for pk in ids:
        transaction.on_commit(partial(messages.send, ASK, [pk], expires=_EXPIRES), robust=True)


def to_ask(now: datetime) -> tuple[list[int], int]:
    """The accounts that are due, and how many wait for tomorrow as their requests are used up.

    Those that fail come last: they may take their time to fail again.
    """
    read = PlatformAccount.objects.filter(
        is_read=True, connection__state=Connection.State.WORKING
    ).values_list("connection", flat=True)
    counts = Counter(read)
    intervals = {
        connection.pk: quota.interval(connection, counts[connection.pk], now)
        for connection in Connection.objects.filter(pk__in=counts)
    }
    rows = due(now).order_by(
        F("failing_since").asc(nulls_first=True), F("answered_at").asc(nulls_first=True), "pk"
    )
    accounts, waiting = [], 0
    for pk, connection_id, asked_at in rows.values_list("pk", "connection", "asked_at"):
        interval = intervals[connection_id]
        if interval is None:
            waiting += 1
        elif asked_at is None or now - asked_at >= interval - TICK / 2:  # at the nearest tick
            accounts.append(pk)
    return accounts, waiting


def due(now: datetime, *, interval: timedelta = TICK) -> QuerySet[PlatformAccount]:
    """Accounts that may be asked now, of connections that work."""
    return _free(now, interval).filter(connection__state=Connection.State.WORKING)


def _free(now: datetime, interval: timedelta) -> QuerySet[PlatformAccount]:
    return PlatformAccount.objects.filter(
        Q(asked_at=None) | Q(asked_at__lte=now - interval + _EARLY) | Q(asked_at__gt=now),
        Q(retry_at=None) | Q(retry_at__lte=now),
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        is_read=True,
    )


@contextmanager
def claimed(account_id: int, now: datetime) -> Iterator[PlatformAccount | None]:
    """The account, if it is due and nobody else asks it; kept from others inside."""
    if not due(now).filter(pk=account_id).exists():
        yield None
        return
    until = now + _CLAIM
    # No transaction: the platform is asked meanwhile. And no other table: of two who claim it at
    # once, the second looks again at what the first has written in this row.
    if not _free(now, TICK).filter(pk=account_id).update(claimed_until=until, asked_at=now):
        yield None
        return
    accounts = PlatformAccount.objects.filter(pk=account_id)
    try:
        yield accounts.select_related("connection").get()
    finally:
        accounts.filter(claimed_until=until).update(claimed_until=None)
