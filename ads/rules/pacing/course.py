"""The course of a period: what should have been spent by the end of each day, and what may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ads.rules.pacing.figures import Budget, Calendar, Pace
from ads.rules.pacing.rule import (
    Weighing,
    begins_on,
    brought_by,
    days_between,
    ends_on,
    profile,
)

Amounts = list[Decimal | None]


@dataclass(frozen=True, slots=True)
class Course:
    """Sums by the end of each of ``days``; None: none is known for that day.

    ``expected`` of the budget; ``projected``, ``low`` and ``high`` from today on.
    """

    days: Sequence[date]
    expected: Amounts
    projected: Amounts
    low: Amounts
    high: Amounts


def course_of(budget: Budget, calendar: Calendar, pace: Pace) -> Course:
    """The course of a budget whose pace (of a month or a flight) is known."""
    days = days_between(budget.first, budget.last)
    weigh = Weighing(calendar.weights, profile(budget, calendar))
    begins, last, today = begins_on(budget, calendar.today), ends_on(budget), calendar.today
    expected: Amounts = [None] * len(days)
    if begins is not None and pace.budget is not None and (whole := weigh.of(begins, last)):
        expected = [
            pace.budget * weigh.of(begins, min(day, last)) / whole if day >= begins else None
            for day in days
        ]
    opens = max(today, budget.start or today)
    gone = weigh.part(today) * calendar.elapsed if opens == today else 0
    is_over = weigh.of(opens, last) <= gone
    brought = brought_by(days, budget, calendar, weigh)

    def towards(end: Decimal | None) -> Amounts:
        if end is None or is_over:
            return [None] * len(days)
        rest = end - pace.spent
        return [
            pace.spent + rest * part / (brought[-1] or 1) if day >= today else None
            for day, part in zip(days, brought, strict=True)
        ]

    return Course(days, expected, *(towards(end) for end in (pace.projected, pace.low, pace.high)))
