"""Telling a platform the daily budgets of one account's campaigns, and what became of each.

Beside switches and never before them: by tasks of another worker, with a claim of their own.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from ads.models import BudgetCap, PlatformCampaign
from ads.models.platforms import OrderState
from ads.platforms.interface import (
    Account,
    CapAnswer,
    Changed,
    Confirmed,
    Connector,
    OutOfQuota,
    PlatformError,
    Refused,
    Unknown,
)
from ads.rules.caps import is_ours
from ads.services import locks, orders
from ads.services.caps.outbox import LAG, MAY_BE_OURS, OPEN, due, ours_of
from ads.services.orders import BACK_OFF, Clock, Open

#: How long an account is kept from others who would tell it caps: more than the task may take.
ALONE: Final = timedelta(seconds=280)

#: A process begins no other cap after this time, as its task would be ended within the last one;
#: the rest is due at the next minute.
AT_MOST: Final = timedelta(seconds=170)

#: So many of the last amounts that were told are known for ours when they are seen.
_KEPT: Final = 5

#: Seconds between two tries to keep an account from others.
_PAUSE: Final = 0.2

#: After an error, its other caps wait for this time too.
AFTER_ERROR: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Capped:
    confirmed: int = 0
    refused: int = 0
    unconfirmed: int = 0
    #: What the platform said, if it could not be told.
    error: PlatformError | None = None


def tell(
    account_id: int, open_connector: Open, clock: Clock, has_room: Callable[[Connector], bool]
) -> Capped:
    """Tell the account all caps that are due, one by one, until nothing is or an error comes.

    Nothing where another process is telling it. It ends after :data:`AT_MOST` too, and where its
    connector ``has_room`` no more for requests that are not switches.
    """
    begun = clock()
    capped = Capped()
    with orders.alone(account_id, "capping_until", ALONE) as account:
        if account is None or due(account_id, clock()) is None:
            return capped
        try:
            connector, its = open_connector(account)
        except PlatformError as error:
            capped.error = error
            _wait(account_id, error, clock())
            return capped
        try:
            while clock() - begun < AT_MOST and has_room(connector):
                cap = _next(account_id, clock())
                if cap is None:
                    break
                _ask(connector, its, cap, ours_of(cap, clock()), clock, capped)
                if capped.error is not None:
                    _wait(account_id, capped.error, clock())
                    break
        finally:
            connector.close()
    return capped


def put_back(
    account_id: int,
    connector: Connector,
    its: Account,
    now: datetime,
    *,
    is_late: Callable[[], bool],
) -> None:
    """Set the account's budgets back to their own until one fails or it ``is_late``.

    What another process is telling it is waited for. The rows of those that are confirmed are
    deleted.
    """
    capped = Capped()
    with _claimed(account_id, is_late) as is_alone:
        if not is_alone:
            return
        rows = BudgetCap.objects.filter(MAY_BE_OURS, place__account=account_id)
        for cap in rows.select_related("place").order_by("pk"):
            if capped.error is not None or is_late():
                return
            if cap.original is None:
                continue
            ours = ours_of(cap, now)
            cap.amount, cap.state, cap.told_at = cap.original, OrderState.PENDING, now
            cap.save(update_fields=["amount", "state", "told_at"])
            _ask(connector, its, cap, ours, lambda: now, capped)


@contextmanager
def _claimed(account_id: int, is_late: Callable[[], bool]) -> Iterator[bool]:
    """Whether the account is kept from others who tell it caps, before it ``is_late``."""
    while True:
        with orders.claim(account_id, "capping_until", ALONE) as is_alone:
            if is_alone or is_late():
                yield is_alone
                return
        time.sleep(_PAUSE)


def _next(account_id: int, now: datetime) -> BudgetCap | None:
    """The next that is due, noted as told; it itself says what was told before, and when."""
    while (cap := due(account_id, now)) is not None:
        cap.next_at = now + BACK_OFF[min(cap.attempts, len(BACK_OFF) - 1)]
        cap.attempts += 1
        told = [each for each in cap.told_amounts if each != cap.amount]
        if not cap.is_restoring:
            told = [*told, cap.amount][-_KEPT:]
        noted = _same(cap).update(
            next_at=cap.next_at, attempts=cap.attempts, told_at=now, told_amounts=told
        )
        if noted:
            return cap
    return None


def _ask(
    connector: Connector,
    its: Account,
    cap: BudgetCap,
    ours: Sequence[Decimal],
    clock: Clock,
    capped: Capped,
) -> None:
    amount, original = cap.amount, cap.original
    assert amount is not None  # noqa: S101  (refused where there is none)
    answer: CapAnswer
    try:
        answer = connector.set_cap(
            its,
            cap.place.remote_id,
            amount,
            is_expected=lambda found: found == original or is_ours(found, ours),
            now=clock(),
        )
    except PlatformError as error:
        capped.error, answer = error, Unknown(str(error))
    with transaction.atomic():
        locks.account(cap.place.account_id)
        _settle(cap, answer, clock(), capped)


def _settle(cap: BudgetCap, answer: CapAnswer, now: datetime, capped: Capped) -> None:
    """Write down what became of it. Where another amount was decided meanwhile, that stays open."""
    match answer:
        case Confirmed(status):
            capped.confirmed += 1
            BudgetCap.objects.filter(pk=cap.pk).update(set_amount=cap.amount)
            if cap.is_restoring:
                _same(cap).delete()
            else:
                _same(cap).update(
                    state=OrderState.CONFIRMED, settled_at=now, next_at=None, code="",
                    answer=status,
                )  # fmt: skip
            _seen(cap, cap.amount, now + LAG)
        case Changed(found):
            capped.unconfirmed += 1
            _seen(cap, found, now)
            if cap.is_restoring:
                _same(cap).delete()
            else:  # decided again with what was found
                _same(cap).update(
                    state=OrderState.PENDING, told_at=None, told_amounts=cap.told_amounts,
                    next_at=now + AFTER_ERROR, answer=f"It was {found:f} a day there by then.",
                )  # fmt: skip
        case Refused(code, text, remedy):
            capped.refused += 1
            _same(cap).update(
                state=OrderState.REFUSED, settled_at=now, next_at=None, code=code[:100],
                answer=f"{text} {remedy}".rstrip(), told_amounts=cap.told_amounts,
            )  # fmt: skip
        case Unknown(text):
            capped.unconfirmed += 1
            _same(cap).update(state=OrderState.UNKNOWN, answer=text)


def _seen(cap: BudgetCap, budget: Decimal | None, at: datetime) -> None:
    """The budget there. Not when the campaign was seen: that is of its switch."""
    PlatformCampaign.objects.filter(pk=cap.place_id).update(daily_budget=budget, budget_seen_at=at)


def _same(cap: BudgetCap) -> QuerySet[BudgetCap]:
    """The row, while it is what was told; also if nothing may be set there from now on."""
    return BudgetCap.objects.filter(
        pk=cap.pk,
        amount=cap.amount,
        original=cap.original,
        state__in=[*OPEN, OrderState.WITHDRAWN],
    )


def _wait(account_id: int, error: PlatformError, now: datetime) -> None:
    retry = error.retry_after if isinstance(error, OutOfQuota) else None
    until = now + (retry or AFTER_ERROR)
    its = BudgetCap.objects.filter(place__account=account_id, state__in=OPEN, next_at__lt=until)
    its.update(next_at=until)
