"""The month of one brand or campaign, day by day, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import month_start
from ads.rules.currencies import MINOR_UNITS
from ads.rules.dayparting import Schedule
from ads.rules.pacing import Budget, Course, Pace, course_of, pace_of
from ads.services.ledger import Month, summaries
from ads.services.pacing import ranges
from ads.services.pacing.calendars import Events, Key, Span, calendar_of


@dataclass(frozen=True, slots=True)
class MonthPace:
    """The pace of an owner's month, and its course day by day."""

    pace: Pace
    course: Course


def month_of(
    owner: Brand | Campaign, month: Month, now: datetime, schedules: Sequence[Schedule] = ()
) -> MonthPace:
    """The pace of an owner with its ``month``; ``schedules``: those in whose hours it runs.

    By the rule itself; four queries at most.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    brand = owner if isinstance(owner, Brand) else owner.brand
    events = Events.around(now)
    own = brand.pk if brand.pk in events.brands else 0
    key = Key(brand.timezone, tuple(one.id for one in schedules), own)
    calendar = calendar_of(key, schedules, Period.MONTH, events, now)
    budget = _budget(owner, brand, month, Span.of(Period.MONTH, calendar.today), calendar.today)
    pace = pace_of(budget, calendar, ranges.learned())
    return MonthPace(pace, course_of(budget, calendar, pace))


def _budget(owner: Brand | Campaign, brand: Brand, month: Month, span: Span, today: date) -> Budget:
    before = month_start(span.first - timedelta(days=1))
    earlier = summaries.by_day(owner, before, span.first - timedelta(days=1))
    of_month, of_day = (month.figures[period] for period in (Period.MONTH, Period.DAY))
    return Budget(
        first=span.first,
        last=span.last,
        spent=of_month.amount,
        limit=of_month.limit,
        by_day={day.date: day.amount for day in (*earlier, *month.days) if day.date < today},
        spent_today=of_day.amount,
        daily_limit=of_day.limit,
        daily_budget=owner.daily_budget,
        ran_before=sum((day.amount for day in earlier), Decimal(0)) > 0,
        runs=_runs(owner, brand),
        start=None if isinstance(owner, Brand) else owner.start_date,
        end=None if isinstance(owner, Brand) else owner.end_date,
        places=MINOR_UNITS.get(brand.currency, 2),
    )


def _runs(owner: Brand | Campaign, brand: Brand) -> bool:
    if not brand.is_active:
        return False
    if isinstance(owner, Brand):
        return owner.campaigns.filter(status=Status.ACTIVE).exists()
    return owner.status == Status.ACTIVE
