"""The pace of one campaign's total budget over its flight, for its page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ads.holds import TOTAL_BUDGET
from ads.models import Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import local_date
from ads.rules.currencies import MINOR_UNITS
from ads.rules.dayparting import Schedule
from ads.rules.pacing import PROFILE_DAYS, Budget, Pace, pace_of
from ads.services.ledger import Month, summaries
from ads.services.pacing import ranges
from ads.services.pacing.calendars import Events, Key, Span, calendar_in
from ads.services.pacing.month import bounds_of

_DAY: Final = timedelta(days=1)
#: A longer flight is not paced.
MOST_DAYS: Final = summaries.MOST_DAYS


def flight_of(
    campaign: Campaign,
    spent: Decimal,
    month: Month,
    now: datetime,
    schedules: Sequence[Schedule] = (),
) -> Pace | None:
    """The pace of the total budget, of which ``spent`` is spent, until the end of the flight.

    ``campaign`` is evaluated; ``month``: its own. None: there is no total budget or no first and
    last day, the flight has not begun or is over, or it is too long. Three queries at most.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    brand, first, last = campaign.brand, campaign.start_date, campaign.end_date
    today = local_date(now, brand.timezone)
    if campaign.total_budget is None or first is None or last is None:
        return None
    if not first <= today <= last or (last - first).days >= MOST_DAYS:
        return None
    span = Span(min(first, today - PROFILE_DAYS * _DAY), first, last)
    events = Events.around(now, span)
    own = brand.pk if brand.pk in events.brands else 0
    key = Key(brand.timezone, tuple(one.id for one in schedules), own)
    calendar = calendar_in(key, tuple(schedules), span, events, now)
    days = summaries.by_day(campaign, span.begins, today - _DAY)
    budget = Budget(
        first=first,
        last=last,
        spent=spent,
        limit=campaign.total_budget,
        by_day={day.date: day.amount for day in days},
        spent_today=month.figures[Period.DAY].amount,
        bounds=bounds_of(campaign, TOTAL_BUDGET, later_months=_months_after(today, last)),
        runs=brand.is_active and campaign.status == Status.ACTIVE,
        places=MINOR_UNITS.get(brand.currency, 2),
    )
    learned = ranges.learned()
    pace = pace_of(budget, calendar, learned)
    if (last - today).days >= max(one.days for one in learned):  # nobody knows how far it is off
        return replace(pace, low=None, high=None)
    return pace


def _months_after(today: date, last: date) -> int:
    """How many months after this one begin by ``last``."""
    return 12 * (last.year - today.year) + last.month - today.month
