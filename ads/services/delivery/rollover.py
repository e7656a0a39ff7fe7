"""A new day or month: brings campaigns back, and records the date for each brand.

Nothing is reset: totals are keyed by period, so a new day begins at zero. A missed
midnight does no harm; the next run catches up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import TypeVar

import structlog
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from ads.failures import counted
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.rules.calendar import group_by_local_date, month_start
from ads.services import locks
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.isolation import isolate
from ads.services.lock_waits import is_in_the_way

logger = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")

#: Brands rolled over together.
BATCH = 500

#: By how much the clocks of two workers may differ, and how long one of them may take.
SKEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rollover:
    """What one run did."""

    brands: int
    completed: int
    enforced: Enforced
    #: Ids of the brands on which it failed; the next run tries them again.
    failed: tuple[int, ...] = ()


def due_for_day(now: datetime, brands: QuerySet[Brand] | None = None) -> QuerySet[Brand]:
    """Brands whose local day has begun since they were last rolled over."""
    return _due(_all_brands(brands), now, "last_daily_reset", lambda today: today)


def due_for_month(now: datetime, brands: QuerySet[Brand] | None = None) -> QuerySet[Brand]:
    """Brands whose local month has begun since they were last rolled over."""
    return _due(_all_brands(brands), now, "last_monthly_reset", month_start)


def roll_over_days(now: datetime, *, brands: QuerySet[Brand] | None = None) -> Rollover:
    """Roll over the brands that are due, and complete their flights that have ended."""
    return _roll_over(
        due_for_day(now, brands), now, "last_daily_reset", Trigger.RESET_DAILY_BUDGETS
    )


def roll_over_months(now: datetime, *, brands: QuerySet[Brand] | None = None) -> Rollover:
    """Roll over the brands that are due."""
    return _roll_over(
        due_for_month(now, brands), now, "last_monthly_reset", Trigger.RESET_MONTHLY_BUDGETS
    )


def _all_brands(brands: QuerySet[Brand] | None) -> QuerySet[Brand]:
    return Brand.objects.all() if brands is None else brands


def _dates(brands: QuerySet[Brand], now: datetime) -> dict[date, list[str]]:
    timezones = brands.order_by().values_list("timezone", flat=True).distinct()
    return group_by_local_date(timezones, now).by_date


def _due(
    brands: QuerySet[Brand], now: datetime, field: str, begins: Callable[[date], date]
) -> QuerySet[Brand]:
    due = Q(pk__in=())
    for today, timezones in _dates(brands, now).items():
        behind = Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": begins(today)})
        due |= Q(timezone__in=timezones) & behind
    # A brand that moved west was rolled over for a day that it has yet to begin.
    for soon, timezones in _dates(brands, now + SKEW).items():
        due |= Q(timezone__in=timezones, **{f"{field}__gt": soon})
    return brands.filter(due)


def _roll_over(due: QuerySet[Brand], now: datetime, field: str, trigger: Trigger) -> Rollover:
    def act(brand_ids: Sequence[int]) -> tuple[int, int, Enforced, tuple[int, ...]]:
        brands = Brand.objects.filter(pk__in=brand_ids)
        # First, so that the record of the stop names the new day; completing switches nothing.
        enforced = enforce(Campaign.objects.filter(brand__in=brand_ids), now, trigger)
        is_day = field == "last_daily_reset"
        completed = _around_locks(partial(_complete, brands, now)) if is_day else 0
        held_up = set(
            Campaign.objects.filter(pk__in=enforced.failed).values_list("brand", flat=True)
        )
        if is_day:
            held_up |= set(ended_flights(brands, now).values_list("brand", flat=True))
        ready = [pk for pk in brand_ids if pk not in held_up]
        done = _around_locks(partial(_note, ready, now, field))
        locked = dict(brands.filter(pk__in=set(ready) - done).values_list("pk", "name"))
        if locked:
            logger.error(
                "Brands are locked by another session, so they are rolled over later",
                **counted(list(locked.values())),
            )
        return len(done), completed, enforced, tuple(locked)

    ids = list(due.order_by("pk").values_list("pk", flat=True))
    results, failed = isolate(ids, act, size=BATCH, what="Rolling over brand")
    return Rollover(
        brands=sum(brands for brands, *_ in results),
        completed=sum(completed for _, completed, *_ in results),
        enforced=sum((enforced for _, _, enforced, _ in results), start=Enforced()),
        failed=(*failed, *chain.from_iterable(locked for *_, locked in results)),
    )


def _around_locks(act: Callable[..., T]) -> T:
    """Do it in a transaction; if a lock is in the way without what somebody else keeps locked."""
    try:
        with transaction.atomic():
            return act(skip_locked=False)
    except OperationalError as error:
        if not is_in_the_way(error):
            raise
        with transaction.atomic():
            return act(skip_locked=True)


def _complete(brands: QuerySet[Brand], now: datetime, *, skip_locked: bool) -> int:
    """Complete the flights of these brands that have ended; how many."""
    ended = ended_flights(brands, now)
    mine = locks.campaigns(ended.values_list("pk", flat=True), skip_locked=skip_locked)
    return ended.filter(pk__in=mine).update(status=Status.COMPLETED)


def _note(brand_ids: Sequence[int], now: datetime, field: str, *, skip_locked: bool) -> set[int]:
    """Note up to which date brands have been rolled over; the ids of those it was noted for."""
    mine = locks.brands(brand_ids, skip_locked=skip_locked)
    brands = Brand.objects.filter(pk__in=mine)
    for today, timezones in _dates(brands, now).items():
        brands.filter(timezone__in=timezones).update(**{field: today})
    return set(mine)


def ended_flights(brands: QuerySet[Brand], now: datetime) -> QuerySet[Campaign]:
    """Active campaigns past their last day; paused ones stay paused."""
    ended = Q(pk__in=())
    for today, timezones in _dates(brands, now).items():
        ended |= Q(brand__timezone__in=timezones, end_date__lt=today)
    return Campaign.objects.filter(
        ended, brand__in=brands.order_by().values("pk"), status=Status.ACTIVE
    )
