"""What the clock will change: when a hold lifts, when a held campaign returns, when another stops.

Everything here is told for the case that nobody acts and nothing more is spent. Instants are
proposed by the calendar and by the campaign's hours; whether it delivers then is asked of the same
annotation that the engine asks, so there is no second copy of the rule.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from ads.holds import BUDGET_HOLDS, BudgetHold, Hold, Moment, from_bits, with_holds
from ads.models import Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules import calendar, dayparting
from ads.services.checking import LATEST

#: Holds that follow one another (a budget lifts, then the window is closed, then the day's budget
#: of tomorrow …) are followed this far; what takes longer is told as "not in sight".
LONGEST_CHAIN: Final = 60

BUDGETS: Final = {budget.hold: budget for budget in BUDGET_HOLDS}


@dataclass(frozen=True, slots=True)
class Change:
    """The next time that the clock starts or stops a campaign."""

    at: datetime
    delivers: bool
    #: Those that stop it; none if it starts.
    holds: list[Hold]


def holds_at(
    campaign: Campaign, schedules: list[dayparting.Schedule], at: datetime
) -> tuple[list[Hold], Campaign]:
    """The holds of a campaign at ``at``, and the campaign as evaluated; two queries.

    ``schedules`` are those attached to it.

    Raises:
        UnknownTimezone: its brand's timezone cannot be read.
        Campaign.DoesNotExist: it has been deleted.
    """
    mine = Campaign.objects.filter(pk=campaign.pk)
    timezone = mine.values_list("brand__timezone", flat=True).get()
    calendar.zone(timezone)
    moment = Moment.of(at, [timezone], schedules)
    row: Any = with_holds(mine.select_related("brand"), moment).get()
    return from_bits(row.hold_bits), row


def _holds_then(
    row: Campaign, schedules: list[dayparting.Schedule], at: datetime
) -> list[Hold] | None:
    """The holds of the campaign at a later instant; None: it is being deleted or moved just now."""
    mine = Campaign.objects.filter(pk=row.pk)
    moment = Moment.of(at, [row.brand.timezone], schedules)
    evaluated: QuerySet[Any] = with_holds(mine, moment)
    for bits in evaluated.values_list("hold_bits", flat=True):
        return from_bits(bits)
    return None


def next_change(
    holds: list[Hold], row: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> Change | None:
    """When the clock next starts or stops a campaign that has ``holds`` at ``now``; None: never.

    ``row`` is the campaign as evaluated at ``now``.
    """
    if not holds:
        return _stop(row, schedules, now)
    at = _return(holds, row, schedules, now)
    return Change(at, delivers=True, holds=[]) if at else None


def lifts_at(
    hold: Hold, row: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> datetime | None:
    """When one hold that applies at ``now`` lifts; None: not before somebody acts."""
    zone = row.brand.timezone
    if hold == Hold.DAYPARTING:
        try:
            return dayparting.next_opening(schedules, now)
        except calendar.UnknownTimezone:
            return None  # hours that nobody can read count as closed, until somebody mends them
    if hold == Hold.FLIGHT and row.start_date and row.start_date > calendar.local_date(now, zone):
        return calendar.day_begins(row.start_date, zone)
    if hold not in BUDGETS or not budget_of(BUDGETS[hold], row):
        # A person must act; a budget of zero lets nothing through tomorrow either.
        return None
    return _next_begins(BUDGETS[hold].period, now, zone)


def budget_of(budget: BudgetHold, row: Campaign) -> Decimal | None:
    """The budget that a hold is about, in US dollars; None: no limit."""
    owner: Any = row.brand if budget.of_brand else row
    amount: Decimal | None = getattr(owner, f"{budget.period_word}_budget")
    return amount


def _return(
    holds: list[Hold], row: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> datetime | None:
    """The first instant after ``now`` at which it has no hold: after the last of them has lifted.

    Others may have come by then, so it is asked again.
    """
    at = now
    for _ in range(LONGEST_CHAIN):
        lifts = [lifts_at(hold, row, schedules, at) for hold in holds]
        if None in lifts:
            return None
        at = max(lift for lift in lifts if lift is not None)
        if row.is_dayparting_enabled:
            # Before its hours begin there is no need to ask.
            with suppress(calendar.UnknownTimezone):
                at = dayparting.next_opening(schedules, at) or at
        then = _holds_then(row, schedules, at)
        if not then:
            return at if then is not None else None
        holds = then
    return None


def _stop(row: Campaign, schedules: list[dayparting.Schedule], now: datetime) -> Change | None:
    """The first instant after ``now`` at which it has a hold."""
    edges = sorted({edge for edge in _edges(row, schedules, now) if edge > now})
    for at in edges[:LONGEST_CHAIN]:
        holds = _holds_then(row, schedules, at)
        if holds:
            return Change(at, delivers=False, holds=holds)
    return None


def _edges(
    row: Campaign, schedules: list[dayparting.Schedule], now: datetime
) -> Iterator[datetime]:
    """Instants at which a campaign that delivers at ``now`` may stop; at no other does it."""
    zone = row.brand.timezone
    if row.is_dayparting_enabled and schedules:
        with suppress(calendar.UnknownTimezone):
            yield dayparting.next_closing(schedules, now) or now
    if row.end_date is not None and row.end_date < LATEST:
        yield calendar.day_begins(row.end_date + timedelta(days=1), zone)
    # A period begins without spend, unless it was recorded beforehand.
    for start in _spent_beforehand(row, calendar.local_date(now, zone)):
        yield calendar.day_begins(start, zone)
    # Spend below zero (a correction of what was waived) fits into a budget of zero until its end.
    for budget in BUDGET_HOLDS:
        if budget_of(budget, row) == 0:
            yield _next_begins(budget.period, now, zone)


def _spent_beforehand(row: Campaign, today: date) -> list[date]:
    """The starts of periods to come that have spend of the campaign or its brand already."""
    totals = SpendTotal.objects.filter(
        Q(campaign=row.pk) | Q(campaign=None, brand=row.brand_id), start__gt=today, start__lt=LATEST
    )
    starts = totals.order_by("start").values_list("start", flat=True).distinct()
    return list(starts[:LONGEST_CHAIN])


def _next_begins(period: Period, now: datetime, zone: str) -> datetime:
    if period == Period.DAY:
        return calendar.next_day_begins(now, zone)
    return calendar.next_month_begins(now, zone)
