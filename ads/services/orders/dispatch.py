"""Telling a platform what was ordered for one account, and what became of each order.

One process at a time tells an account, so that an earlier "run" never arrives after a later "stop".
No transaction is open while the platform is asked. Whatever happens in between, an order stays open
until it is confirmed, refused or withdrawn, and is then told again: telling twice does no harm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, assert_never

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from ads.models import PlatformAccount, SwitchOrder
from ads.models.platforms import OrderState
from ads.platforms.interface import (
    Account,
    AccountGone,
    Confirmed,
    Connector,
    CredentialsRefused,
    OutOfQuota,
    PlatformError,
    Refused,
    SwitchAnswer,
    Unknown,
)
from ads.services import locks, messages, restored
from ads.services.orders.outbox import OPEN, may_tell, still_meant

#: Orders told in one request, stops first.
CHUNK: Final = 500

#: When an order that was told and not confirmed is told again, by how often it was told.
BACK_OFF: Final = (
    timedelta(seconds=3),
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
)

#: Errors after which the platform has not heard the order.
NOT_TOLD: Final = (CredentialsRefused, OutOfQuota, AccountGone)

#: How long an account is kept from others who would tell it. More than the task may take, so that a
#: killed process's message has arrived before anybody sends another.
ALONE: Final = timedelta(seconds=60)

Clock = Callable[[], datetime]
#: Opens a connector to an account's platform, and says what the account is called there.
Open = Callable[[PlatformAccount], tuple[Connector, Account]]


@dataclass(slots=True)
class Told:
    started: int = 0
    stopped: int = 0
    refused: int = 0
    #: Told, and not seen to be done yet.
    unconfirmed: int = 0
    #: What the platform said, if it could not be told.
    error: PlatformError | None = None


def tell(account_id: int, open_connector: Open, clock: Clock) -> Told:
    """Tell the account all that is due, until nothing is.

    Nothing where another process is telling it: that one goes on until nothing is due.
    """
    told = Told()
    with alone(account_id, "telling_until", ALONE) as account:
        if account is None:
            return told
        try:
            connector, its = open_connector(account)
        except PlatformError as error:
            told.error = error
            return told
        try:
            while orders := _due(account, begun := clock()):
                answers = _ask(connector, its, orders, clock(), told)
                _settle(orders, answers, clock(), told, begun)
                if told.error is not None:
                    break
        finally:
            connector.close()
    return told


@contextmanager
def alone(account_id: int, until: str, span: timedelta) -> Iterator[PlatformAccount | None]:
    """The account, if it may be told and nobody else is telling it; kept from others meanwhile.

    ``until``: the column that keeps it, for ``span`` at most.
    """
    if not may_tell().filter(pk=account_id).exists():
        yield None
        return
    accounts = PlatformAccount.objects.select_related("connection")
    with claim(account_id, until, span) as is_free:
        yield accounts.get(pk=account_id) if is_free else None


@contextmanager
def claim(account_id: int, until: str, span: timedelta) -> Iterator[bool]:
    """Whether nobody else is telling the account, which is then kept from others as above."""
    accounts = PlatformAccount.objects.filter(pk=account_id)
    free = accounts.filter(Q(**{until: None}) | Q(**{f"{until}__lt": Now()}))
    # By the database's clock: whoever else would tell it may have another.
    if not free.update(**{until: Now() + span}):
        yield False
        return
    mine = accounts.values_list(until, flat=True).get()
    try:
        yield True
    finally:
        accounts.filter(**{until: mine}).update(**{until: None})


@transaction.atomic
def _due(account: PlatformAccount, now: datetime) -> list[SwitchOrder]:
    """What is to be told now, and noted as told: the latest decisions, stops first."""
    due = SwitchOrder.objects.filter(account=account, state__in=OPEN, next_at__lte=now)
    if restored.is_held():
        due = due.filter(is_on=False)
    first = due.order_by("is_on", "next_at", "pk").values_list("pk", flat=True)[:CHUNK]
    orders = sorted(locks.orders(list(first)), key=lambda order: (order.is_on, order.pk))
    meant = still_meant(orders, now)
    for order in meant:
        order.next_at = now + BACK_OFF[min(order.attempts, len(BACK_OFF) - 1)]
        order.attempts += 1
        order.told_at = order.told_at or now
    SwitchOrder.objects.bulk_update(meant, ["next_at", "attempts", "told_at"])
    return meant if meant or not orders else _due(account, now)


def _ask(
    connector: Connector,
    account: Account,
    orders: Sequence[SwitchOrder],
    now: datetime,
    told: Told,
) -> Mapping[str, SwitchAnswer]:
    try:
        return connector.switch(
            account, {order.remote_id: order.is_on for order in orders}, now=now
        )
    except PlatformError as error:
        told.error = error
        return {}


def _settle(
    orders: Sequence[SwitchOrder],
    answers: Mapping[str, SwitchAnswer],
    now: datetime,
    told: Told,
    begun: datetime,
) -> None:
    """Write down what became of each; those that were withdrawn meanwhile stay so.

    ``begun``: as of when they were noted as told.
    """
    rows = [_settled(order, answers.get(order.remote_id), now, told) for order in orders]
    ids, states, settled, next_ats, codes, texts = zip(*rows, strict=True)
    with transaction.atomic(), connection.cursor() as cursor:
        locks.account(orders[0].account_id)
        locks.orders(ids)
        cursor.execute(
            _SETTLE,
            [list(column) for column in (ids, states, settled, next_ats, codes, texts)],
        )
        cursor.execute(_SEEN, [now, list(ids), now])
        if isinstance(told.error, NOT_TOLD):
            SwitchOrder.objects.filter(pk__in=ids, told_at=begun).update(told_at=None)
        if OrderState.REFUSED in states:
            messages.check_alerts_soon()


def _settled(
    order: SwitchOrder, answer: SwitchAnswer | None, now: datetime, told: Told
) -> tuple[int, str, datetime | None, datetime | None, str, str]:
    """The order's ID and state, when it was settled or is told next, the code and the words."""
    match answer:
        case Confirmed(status):
            told.started += order.is_on
            told.stopped += not order.is_on
            return order.pk, OrderState.CONFIRMED, now, None, "", status
        case Refused(code, text, remedy):
            told.refused += 1
            return order.pk, OrderState.REFUSED, now, None, code[:100], f"{text} {remedy}".rstrip()
        case Unknown(text):
            told.unconfirmed += 1
            return order.pk, OrderState.UNKNOWN, None, order.next_at, "", text
        case None if told.error is not None:
            told.unconfirmed += 1
            retry = told.error.retry_after if isinstance(told.error, OutOfQuota) else None
            return (
                order.pk,
                OrderState.PENDING if isinstance(told.error, NOT_TOLD) else OrderState.UNKNOWN,
                None,
                order.next_at if retry is None else now + retry,
                "",
                str(told.error),
            )
        case None:
            told.unconfirmed += 1
            text = "The platform answered without saying what became of it."
            return order.pk, OrderState.UNKNOWN, None, order.next_at, "", text
        case _:
            assert_never(answer)


_SETTLE: Final = """
    UPDATE ads_switchorder AS told
       SET state = answer.state, settled_at = answer.settled_at, next_at = answer.next_at,
           code = answer.code, answer = answer.text
      FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
                  %s::text[])
           AS answer (id, state, settled_at, next_at, code, text)
     WHERE told.id = answer.id AND told.state IN ('pending', 'unknown')
"""

#: What was confirmed is what was seen there.
_SEEN: Final = """
    UPDATE ads_platformcampaign AS there
       SET is_on = told.is_on, status = left(told.answer, 200), seen_at = %s
      FROM ads_switchorder AS told
     WHERE told.id = ANY(%s::bigint[]) AND told.state = 'confirmed' AND told.settled_at = %s
       AND there.account_id = told.account_id AND there.remote_id = told.remote_id
"""
