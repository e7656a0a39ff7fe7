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
from ads.rules.calendar import local_date, next_month
from ads.rules.currencies import MINOR_UNITS
from ads.rules.dayparting import Schedule
from ads.rules.pacing import PROFILE_DAYS, Budget, Pace, pace_of
from ads.services.explain import limits
from ads.services.ledger import Month, summaries
from ads.services.pacing import ranges
from ads.services.pacing.calendars import Events, Key, Span, calendar_in
from ads.services.pacing.month import Plan, Then, bounds_of, on, plan_of, steps_of_campaign

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
    plan = plan_of(limits.planned_of(campaign), brand.timezone)
    months = _months(plan, today, last)
    days = summaries.by_day(campaign, span.begins, today - _DAY, now)
    budget = Budget(
        first=first,
        last=last,
        spent=spent,
        limit=campaign.total_budget,
        by_day={day.date: day.amount for day in days},
        spent_today=month.figures[Period.DAY].amount,
        bounds=bounds_of(campaign, TOTAL_BUDGET, months=months),
        steps=steps_of_campaign(campaign, TOTAL_BUDGET, plan, span, today, months),
        runs=brand.is_active and campaign.status == Status.ACTIVE,
        places=MINOR_UNITS.get(brand.currency, 2),
    )
    learned = ranges.learned()
    pace = pace_of(budget, calendar, learned)
    if (last - today).days >= max(one.days for one in learned):  # nobody knows how far it is off
        return replace(pace, low=None, high=None)
    return pace


def _months(plan: Plan, today: date, last: date) -> list[Then]:
    """What is planned for the end of this month, and of each later one until the flight ends."""
    found, month = [], today
    while month <= last:
        month = next_month(month)
        found.append(on(plan, min(month - _DAY, last)))
    return found
