"""Telling a platform the daily budgets of one account's campaigns, and what became of each.

Beside switches and never before them: by tasks of another worker, with a claim of their own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from ads.models import BudgetCap, PlatformCampaign
from ads.models.platforms import OrderState
from ads.platforms.interface import (
    Account,
    Confirmed,
    Connector,
    OutOfQuota,
    PlatformError,
    Refused,
    SwitchAnswer,
    Unknown,
)
from ads.services import orders
from ads.services.caps.outbox import OPEN, due
from ads.services.orders import BACK_OFF, Clock, Open

#: How long an account is kept from others who would tell it caps: more than the task may take.
ALONE: Final = timedelta(seconds=280)

#: After an error, its other caps wait for this time too.
AFTER_ERROR: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Capped:
    """What one process told an account."""

    confirmed: int = 0
    refused: int = 0
    unconfirmed: int = 0
    #: What the platform said, if it could not be told.
    error: PlatformError | None = None


def tell(account_id: int, open_connector: Open, clock: Clock) -> Capped:
    """Tell the account all caps that are due, one by one, until nothing is or an error comes.

    Nothing where another process is telling it.
    """
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
            for cap in _told(account_id, clock):
                _ask(connector, its, cap, clock(), capped)
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

    The rows of those that are confirmed are deleted.
    """
    capped = Capped()
    rows = BudgetCap.objects.filter(place__account=account_id, set_amount__isnull=False)
    for cap in rows.select_related("place").order_by("pk"):
        if capped.error is not None or is_late():
            return
        cap.amount, cap.state, cap.told_at = cap.original, OrderState.PENDING, now
        cap.save(update_fields=["amount", "state", "told_at"])
        _ask(connector, its, cap, now, capped)


def _told(account_id: int, clock: Clock) -> Iterator[BudgetCap]:
    """What is due, one after the other, each noted as told."""
    while (cap := due(account_id, clock())) is not None:
        now = clock()
        cap.next_at = now + BACK_OFF[min(cap.attempts, len(BACK_OFF) - 1)]
        cap.attempts += 1
        cap.told_at = now
        noted = _same(cap).update(next_at=cap.next_at, attempts=cap.attempts, told_at=cap.told_at)
        if noted:
            yield cap


def _ask(connector: Connector, its: Account, cap: BudgetCap, now: datetime, capped: Capped) -> None:
    assert cap.amount is not None  # noqa: S101  (refused where there is none)
    try:
        answer = connector.set_cap(its, cap.place.remote_id, cap.amount, now=now)
    except PlatformError as error:
        capped.error, answer = error, Unknown(str(error))
    _settle(cap, answer, now, capped)


def _settle(cap: BudgetCap, answer: SwitchAnswer, now: datetime, capped: Capped) -> None:
    """Write down what became of it. Where another amount was decided meanwhile, that stays open."""
    match answer:
        case Confirmed(status):
            capped.confirmed += 1
            with transaction.atomic():
                BudgetCap.objects.filter(pk=cap.pk).update(set_amount=cap.amount)
                if cap.amount == cap.original:
                    _same(cap).delete()
                else:
                    _same(cap).update(
                        state=OrderState.CONFIRMED, settled_at=now, next_at=None, code="",
                        answer=status,
                    )  # fmt: skip
                # Not when it was seen: that is of its switch.
                PlatformCampaign.objects.filter(pk=cap.place_id).update(daily_budget=cap.amount)
        case Refused(code, text, remedy):
            capped.refused += 1
            _same(cap).update(
                state=OrderState.REFUSED, settled_at=now, next_at=None, code=code[:100],
                answer=f"{text} {remedy}".rstrip(),
            )  # fmt: skip
        case Unknown(text):
            capped.unconfirmed += 1
            _same(cap).update(state=OrderState.UNKNOWN, answer=text)


def _same(cap: BudgetCap) -> QuerySet[BudgetCap]:
    """The row, while it is what was told."""
    return BudgetCap.objects.filter(
        pk=cap.pk, amount=cap.amount, original=cap.original, state__in=OPEN
    )


def _wait(account_id: int, error: PlatformError, now: datetime) -> None:
    retry = error.retry_after if isinstance(error, OutOfQuota) else None
    until = now + (retry or AFTER_ERROR)
    its = BudgetCap.objects.filter(place__account=account_id, state__in=OPEN, next_at__lt=until)
    its.update(next_at=until)
