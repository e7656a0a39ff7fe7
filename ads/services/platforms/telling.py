"""Telling platforms what was ordered (:mod:`ads.services.orders`), by a task for each account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from django.db import connection as database

from ads.models import Connection, PlatformAccount
from ads.platforms.interface import Account, Connector, CredentialsRefused
from ads.services import caps, messages, orders
from ads.services.caps import Capped
from ads.services.orders import Clock, Open, Told
from ads.services.platforms import campaigns, quota
from ads.services.platforms.access import (
    account_of,
    connect_with,
    connected,
    held_by,
    keep_changed,
)
from ads.services.platforms.accounts import keep_simulated
from ads.services.platforms.errors import connection_refused, sentence
from ads.services.platforms.windows import TICK

TELL_ACCOUNT: Final = "ads.tasks.tell_account"
CAP_ACCOUNT: Final = "ads.tasks.cap_account"

#: How long one request may take. A switch and its read-back are two.
TIMEOUT: Final = timedelta(seconds=20)

#: Within this time an account is told again by a message of its own, later by the next tick.
SOON: Final = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Synced:
    """How many campaigns the platforms have confirmed to run, and to be stopped."""

    started: int = 0
    stopped: int = 0
    #: A line for each account that could not be told.
    errors: tuple[str, ...] = ()


def hand_out_orders(now: datetime) -> int:
    """Send a task for each account that something is to be told to; how many."""
    keep_simulated(now)
    _see_simulated(now)
    due = orders.due_accounts(now)
    for account_id in due:
        messages.send(TELL_ACCOUNT, [account_id], expires=timedelta(minutes=1).total_seconds())
    return len(due)


def tell(account_id: int, clock: Callable[[], datetime]) -> Told:
    """Tell one account all that is due, and have it told again soon what is not confirmed yet."""
    told, is_opened = _told(account_id, orders.tell, clock)
    now = clock()
    again = orders.next_due(account_id)
    if again is not None and now < again < now + SOON:
        messages.send(TELL_ACCOUNT, [account_id], countdown=(again - now).total_seconds())
    elif is_opened and told.error is None and account_id in orders.due_accounts(now):
        # Ordered after the last look, by somebody whose message found the account busy. What is
        # due although nothing could be told waits for the next tick.
        messages.send(TELL_ACCOUNT, [account_id])
    return told


def hand_out_caps(now: datetime) -> tuple[int, int]:
    """Write down which daily caps are to be told, and send a task for each account with some.

    How many caps have changed, and how many tasks. What a platform allows a day beyond asking is
    kept for switching, so a connection that has used up the rest is told none.
    """
    changed = caps.agree(now)
    due = PlatformAccount.objects.in_bulk(caps.due_accounts(now))
    connections = Connection.objects.in_bulk({account.connection_id for account in due.values()})
    free = {pk for pk, each in connections.items() if quota.interval(each, 1, now) is not None}
    sent = [pk for pk, account in due.items() if account.connection_id in free]
    for account_id in sent:
        messages.send(CAP_ACCOUNT, [account_id], expires=TICK.total_seconds())
    return changed, len(sent)


def cap(account_id: int, clock: Callable[[], datetime]) -> Capped:
    """Tell one account all daily caps that are due, as far as requests are left for it."""

    def tell(account_id: int, open_connector: Open, clock: Clock) -> Capped:
        its = Connection.objects.get(accounts=account_id)
        return caps.tell(
            account_id,
            open_connector,
            clock,
            has_room=lambda connector: quota.is_left(its, connector, clock()),
        )

    return _told(account_id, tell, clock)[0]


_T = TypeVar("_T", Told, Capped)


def _told(account_id: int, how: Callable[[int, Open, Clock], _T], clock: Clock) -> tuple[_T, bool]:
    """What telling the account brought, and whether its platform was connected to."""
    used: list[Connection] = []
    opened: list[tuple[Connection, Connector, dict[str, str]]] = []

    def open_connector(account: PlatformAccount) -> tuple[Connector, Account]:
        used.append(account.connection)
        held = held_by(account.connection)
        connector = connect_with(account.connection.platform, held, timeout=TIMEOUT)
        opened.append((account.connection, connector, held))
        return connector, account_of(account)

    try:
        told = how(account_id, open_connector, clock)
    finally:  # also when its time is up: credentials that were renewed are the only ones that work
        for connection, connector, held in opened:
            quota.count(connection, connector, clock())
            keep_changed(connection, [connector], held)
    if isinstance(told.error, CredentialsRefused):
        connection_refused(used[0], told.error, clock())
    return told, bool(opened)


def sync_platforms(now: datetime) -> Synced:
    """Tell all platforms at once, in this process, as if each answered at ``now``."""
    keep_simulated(now)
    _see_simulated(now)
    started = stopped = 0
    errors: list[str] = []
    for account_id in orders.due_accounts(now):
        told = tell(account_id, lambda: now)
        started += told.started
        stopped += told.stopped
        if told.error is not None:
            account = PlatformAccount.objects.get(pk=account_id)
            errors.append(f"{account}: {sentence(told.error)}")
    return Synced(started, stopped, tuple(errors))


def _see_simulated(now: datetime) -> None:
    """See campaigns of the simulated platform that were added since it was last asked."""
    with database.cursor() as cursor:
        cursor.execute(_UNSEEN)
        accounts = [pk for (pk,) in cursor.fetchall()]
    for account in PlatformAccount.objects.filter(pk__in=accounts).select_related("connection"):
        with connected(account.connection) as connector:
            campaigns.refresh(account, connector, now)


_UNSEEN: Final = """
    SELECT DISTINCT account.id
      FROM ads_platformaccount AS account
      JOIN ads_connection AS connection ON connection.id = account.connection_id
       AND connection.platform = 'simulated' AND connection.state = 'working'
      JOIN ads_brand AS brand
        ON account.remote_id = brand.timezone || ' ' || brand.currency
      JOIN ads_campaign AS campaign ON campaign.brand_id = brand.id
     WHERE NOT EXISTS (SELECT FROM ads_platformcampaign AS seen
                        WHERE seen.account_id = account.id
                          AND seen.remote_id = campaign.id::text)
       AND NOT EXISTS (SELECT FROM ads_campaignreference AS known
                         JOIN ads_platformaccount AS its
                           ON its.platform = known.platform AND its.is_read
                          AND known.account IN ('', its.remote_id)
                        WHERE known.campaign_id = campaign.id)
"""
