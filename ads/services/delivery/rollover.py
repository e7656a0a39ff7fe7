"""A new day or month: brings campaigns back, and records the date for each brand.

Nothing is reset: totals are keyed by period, so a new day begins at zero. A missed
midnight does no harm; the next run catches up.
"""

from collections import defaultdict
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
from ads.holds import as_array
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.rules.calendar import group_by_local_date, month_start
from ads.services import locks
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.isolation import isolate
from ads.services.lock_waits import is_in_the_way

logger = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")

#: Brands whose campaigns are decided on together: that reads all campaigns, of whichever brands.
SWEEP = 100_000
#: Brands whose new date is noted together.
BATCH = 500

#: By how much the clocks of two workers may differ, and how long one of them may take.
SKEW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rollover:
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
    def switch(brand_ids: Sequence[int]) -> Enforced:
        return enforce(Campaign.objects.filter(brand__pk__any_of=as_array(brand_ids)), now, trigger)

    def close(brand_ids: Sequence[int]) -> tuple[int, int, tuple[int, ...]]:
        brands = Brand.objects.filter(pk__in=brand_ids)
        ended = list(chain.from_iterable(flights.get(pk, ()) for pk in brand_ids))
        completed, still = 0, set[int]()
        if ended:
            completed = _around_locks(partial(_complete, ended, brands, now))
            left = ended_flights(brands, now).filter(pk__any_of=as_array(ended))
            still = set(left.values_list("brand", flat=True))
        waiting = held_up | still
        ready = [pk for pk in brand_ids if pk not in waiting]
        done = _around_locks(partial(_note, ready, now, field))
        locked = dict(brands.filter(pk__in=set(ready) - done).values_list("pk", "name"))
        if locked:
            logger.error(
                "Brands are locked by another session, so they are rolled over later",
                **counted(list(locked.values())),
            )
        return len(done), completed, tuple(locked)

    ids = list(due.order_by("pk").values_list("pk", flat=True))
    # First, so that the record of the stop names the new day; completing switches nothing.
    switched, failed = isolate(ids, switch, size=SWEEP, what="Rolling over brand")
    enforced = sum(switched, start=Enforced())
    undecided = Campaign.objects.filter(pk__any_of=as_array(enforced.failed))
    held_up = {*failed, *undecided.values_list("brand", flat=True)}
    flights = defaultdict[int, list[int]](list)
    if field == "last_daily_reset":
        brands = Brand.objects.filter(pk__any_of=as_array(ids))
        for pk, brand_id in ended_flights(brands, now).values_list("pk", "brand"):
            flights[brand_id].append(pk)
    closed, unclosed = isolate(
        sorted(set(ids).difference(failed)), close, size=BATCH, what="Rolling over brand"
    )
    return Rollover(
        brands=sum(brands for brands, *_ in closed),
        completed=sum(completed for _, completed, _ in closed),
        enforced=enforced,
        failed=(*failed, *unclosed, *chain.from_iterable(locked for *_, locked in closed)),
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


def _complete(
    campaign_ids: Sequence[int], brands: QuerySet[Brand], now: datetime, *, skip_locked: bool
) -> int:
    """Complete those of these campaigns whose flights have ended; how many."""
    mine = locks.campaigns(campaign_ids, skip_locked=skip_locked)
    ended = ended_flights(brands, now).filter(pk__any_of=as_array(mine))
    return ended.update(status=Status.COMPLETED)


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
