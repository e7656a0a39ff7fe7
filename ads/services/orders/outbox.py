"""Writing switch orders: with each decision, and where a platform does something else.

An order is about one campaign on one platform. One of them is open at a time, the latest: a later
decision replaces it. :mod:`.dispatch` tells the platforms.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from django.db import connection, transaction
from django.db.models import Min, QuerySet

from ads.models import PlatformAccount, SwitchOrder
from ads.models.platforms import MATCHED, ConnectionState, OrderState
from ads.platforms import SIMULATED
from ads.services import locks, messages, restored

#: The task that tells what is due.
TELL: Final = "ads.tasks.tell_platforms"

#: States of an order that is not settled.
OPEN: Final = (OrderState.PENDING, OrderState.UNKNOWN)

#: After this time a platform that refused is asked once more, as long as it does something else.
AGAIN: Final = timedelta(hours=1)

#: Why an order is withdrawn.
DECIDED_LATER: Final = "A later decision replaced it."
NO_LONGER_MATCHED: Final = "No campaign has this platform ID any more."
OF_ANOTHER: Final = "Another campaign has this platform ID now."
NOT_SWITCHED: Final = "Nothing is switched in this account any more."


class Switched(Protocol):
    """A switch that was decided: the row that says so, the campaign, and which way."""

    @property
    def change_id(self) -> int: ...
    @property
    def campaign_id(self) -> int: ...
    @property
    def is_active(self) -> bool: ...


def write(switched: Sequence[Switched], now: datetime) -> int:
    """Write the orders for these decisions, in the transaction that decided them; how many.

    Whoever calls it holds the locks of the campaigns. Nothing is written for campaigns that are on
    no platform we may switch.
    """
    if not switched or not may_switch().exists():
        return 0
    columns: dict[str, Any] = {
        "changes": [one.change_id for one in switched],
        "campaigns": [one.campaign_id for one in switched],
        "is_active": [one.is_active for one in switched],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, columns)
        _withdraw([pk for (pk,) in cursor.fetchall()], DECIDED_LATER, now)
        cursor.execute(_WRITE, columns)
        written: int = cursor.rowcount
    if written:
        tell_soon()
    return written


def put_right(account_id: int, now: datetime) -> int:
    """Write orders for campaigns of the account that were seen to do something else; how many.

    Not where an order is open, where the platform refused the same within :data:`AGAIN`, where what
    was seen is older than the last answer, or where somebody has switched it there by hand and the
    brand leaves that alone.
    """
    account = may_switch().filter(pk=account_id).first()
    if account is None:
        return 0
    whose = "there.remote_id::bigint" if account.platform == SIMULATED else _BY_REFERENCE
    values: dict[str, Any] = {"account": account_id, "now": now, "again": now - AGAIN}
    with transaction.atomic(), connection.cursor() as cursor:
        # As enforcement does: find, lock, decide again. Those that it has are being decided on.
        cursor.execute(f"SELECT campaign.id {_DIFFERING.format(whose=whose)}", values)
        found = [pk for (pk,) in cursor.fetchall()]
        if not found:
            return 0
        values["locked"] = locks.campaigns(found, skip_locked=True)
        cursor.execute(_PUT_RIGHT.format(whose=whose), values)
        written: int = cursor.rowcount
        if written:
            tell_soon()
    return written


@transaction.atomic
def tell_again(order: SwitchOrder, now: datetime) -> bool:
    """Tell a refused order once more, because somebody has mended what it was refused for.

    False: it is not the latest for its campaign there, or disagrees with what is decided now, so
    it means nothing any more; or nothing may be switched there.
    """
    locks.campaigns([order.campaign_id])  # whoever decides on it writes the next order
    later = SwitchOrder.objects.filter(
        account=order.account_id, remote_id=order.remote_id, pk__gt=order.pk
    )
    if later.exists() or not still_meant([order], now):
        return False
    again = SwitchOrder.objects.filter(
        pk=order.pk, state=OrderState.REFUSED, account__in=may_switch()
    )
    told = again.update(state=OrderState.PENDING, next_at=now, settled_at=None, code="", answer="")
    if told:
        tell_soon()
    return bool(told)


def due_accounts(now: datetime) -> list[int]:
    """Accounts that something is to be told to, the longest due first."""
    due = SwitchOrder.objects.filter(state__in=OPEN, next_at__lte=now, account__in=may_tell())
    if restored.is_held():
        due = due.filter(is_on=False)
    accounts = due.order_by().values("account_id").annotate(first=Min("next_at"))
    return list(accounts.order_by("first", "account_id").values_list("account_id", flat=True))


def next_due(account_id: int) -> datetime | None:
    """When the account is to be told something next; None: nothing is open."""
    found = SwitchOrder.objects.filter(account=account_id, state__in=OPEN)
    due: datetime | None = found.aggregate(due=Min("next_at"))["due"]
    return due


def still_meant(orders: Sequence[SwitchOrder], now: datetime) -> list[SwitchOrder]:
    """Those of ``orders`` that agree with what is decided now; the others are withdrawn.

    Where another campaign has the ID by now, what is decided for that one counts there; where none
    has it, nothing does.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WITHDRAWN, [[order.pk for order in orders]])
        withdrawn: dict[int, str] = dict(cursor.fetchall())
    for why in set(withdrawn.values()):
        _withdraw([pk for pk, its in withdrawn.items() if its == why], why, now)
    return [order for order in orders if order.pk not in withdrawn]


@transaction.atomic
def let_go(accounts: QuerySet[PlatformAccount], now: datetime) -> int:
    """Tell these accounts nothing of what is still to be told to them; how many orders."""
    still_open = SwitchOrder.objects.filter(account__in=accounts, state__in=OPEN)
    ids = list(still_open.values_list("pk", flat=True))
    _withdraw(ids, NOT_SWITCHED, now)
    return len(ids)


def _withdraw(ids: Sequence[int], why: str, now: datetime) -> None:
    if ids:
        SwitchOrder.objects.filter(pk__in=[order.pk for order in locks.orders(ids)]).update(
            state=OrderState.WITHDRAWN, settled_at=now, code="", answer=why
        )


def tell_soon() -> None:
    """Once this is committed, have a worker tell what is due: a platform must not delay us."""
    transaction.on_commit(
        partial(messages.send, TELL, expires=timedelta(minutes=1).total_seconds()), robust=True
    )


def may_tell() -> QuerySet[PlatformAccount]:
    return may_switch().filter(connection__state=ConnectionState.WORKING)


def may_switch() -> QuerySet[PlatformAccount]:
    """Accounts whose campaigns we may switch, as soon as their credentials are accepted."""
    return PlatformAccount.objects.filter(
        is_read=True, is_read_only=False, connection__is_read_only=False
    ).exclude(connection__state=ConnectionState.DISCONNECTED)


_THERE: Final = f"""
      FROM unnest(%(changes)s::bigint[], %(campaigns)s::bigint[], %(is_active)s::boolean[])
           AS decided (change_id, campaign_id, is_on)
     CROSS JOIN LATERAL (
            SELECT * FROM {MATCHED} WHERE matched.campaign_id = decided.campaign_id OFFSET 0
           ) AS matched
      JOIN ads_platformaccount AS account ON account.id = matched.account_id
      JOIN ads_connection AS connection ON connection.id = account.connection_id
      JOIN ads_platformcampaign AS there ON there.id = matched.there_id
     WHERE account.is_read AND NOT (account.is_read_only OR connection.is_read_only)
       AND there.is_on IS NOT NULL AND there.gone_at IS NULL
       AND connection.state <> '{ConnectionState.DISCONNECTED}'
"""  # noqa: S608  (nothing in it comes from outside)

_EARLIER: Final = f"""
    SELECT earlier.id
      FROM (SELECT matched.account_id, matched.remote_id {_THERE}) AS decided
      JOIN ads_switchorder AS earlier USING (account_id, remote_id)
     WHERE earlier.state IN ('pending', 'unknown')
"""  # noqa: S608

_COLUMNS: Final = """
    (campaign_id, account_id, remote_id, is_on, change_id, written_at, state, attempts, next_at,
     code, answer)
"""

#: A reference that was given away this moment may have an order already; the next look corrects.
_UNLESS_OPEN: Final = """
    ON CONFLICT (account_id, remote_id) WHERE state IN ('pending', 'unknown') DO NOTHING
"""

_WRITE: Final = f"""
    INSERT INTO ads_switchorder {_COLUMNS}
    SELECT decided.campaign_id, matched.account_id, matched.remote_id, decided.is_on,
           decided.change_id, %(now)s, '{OrderState.PENDING}', 0, %(now)s, '', ''
    {_THERE}
     ORDER BY matched.account_id, matched.remote_id
    {_UNLESS_OPEN}
"""

#: The platform IDs under which ``there``, an order or a campaign of ``account``, is known.
KNOWN: Final = """
      FROM ads_campaignreference AS known
     WHERE known.platform = account.platform AND known.account IN (account.remote_id, '')
       AND known.reference = {there}.remote_id
"""

#: By which of our campaigns each is: its platform ID, one with the account before one without.
_BY_REFERENCE: Final = f"""
    SELECT known.campaign_id {KNOWN.format(there="there")} ORDER BY known.account = '' LIMIT 1
"""

_WITHDRAWN: Final = f"""
    SELECT there.id,
           CASE WHEN campaign.id IS NULL THEN '{NO_LONGER_MATCHED}'
                WHEN campaign.id <> there.campaign_id THEN '{OF_ANOTHER}'
                ELSE '{DECIDED_LATER}' END
      FROM ads_switchorder AS there
      JOIN ads_platformaccount AS account ON account.id = there.account_id
      LEFT JOIN ads_campaign AS campaign
        ON campaign.id = coalesce(
               ({_BY_REFERENCE}),
               CASE WHEN account.platform = '{SIMULATED}' THEN there.campaign_id END)
     WHERE there.id = ANY(%s::bigint[]) AND there.is_on IS DISTINCT FROM campaign.is_active
"""  # noqa: S608

_DIFFERING: Final = f"""
      FROM ads_platformcampaign AS there
      JOIN ads_platformaccount AS account ON account.id = there.account_id
      JOIN ads_campaign AS campaign ON campaign.id = ({{whose}})
      JOIN ads_brand AS brand ON brand.id = campaign.brand_id
      LEFT JOIN LATERAL (
            SELECT last.* FROM ads_switchorder AS last
             WHERE last.account_id = there.account_id AND last.remote_id = there.remote_id
             ORDER BY last.id DESC LIMIT 1
           ) AS last ON true
     WHERE there.account_id = %(account)s AND there.gone_at IS NULL
       AND there.is_on <> campaign.is_active
       AND (last.settled_at IS NULL OR last.settled_at <= there.seen_at)
       AND (last.state IS DISTINCT FROM '{OrderState.REFUSED}'
            OR last.is_on <> campaign.is_active OR last.settled_at < %(again)s)
       AND (brand.puts_switches_right OR last.state IS DISTINCT FROM '{OrderState.CONFIRMED}'
            OR last.is_on <> campaign.is_active)
"""  # noqa: S608

#: One that was refused is told again for the same decision.
_PUT_RIGHT: Final = f"""
    INSERT INTO ads_switchorder {_COLUMNS}
    SELECT campaign.id, there.account_id, there.remote_id, campaign.is_active,
           CASE WHEN last.state = '{OrderState.REFUSED}' AND last.is_on = campaign.is_active
                 AND last.campaign_id = campaign.id THEN last.change_id END,
           %(now)s, '{OrderState.PENDING}', 0, %(now)s, '', ''
    {_DIFFERING} AND campaign.id = ANY(%(locked)s::bigint[])
     ORDER BY there.remote_id
    {_UNLESS_OPEN}
"""
