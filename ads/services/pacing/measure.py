"""How good projections are: made as of past days of a month that has ended, and compared with it.

By the same rule as everywhere (:func:`ads.rules.pacing.pace_of`), without budgets, which bound
what is spent and are not known of the past.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import mean, quantiles
from typing import Final

from ads.rules.calendar import month_start, next_month
from ads.rules.pacing import (
    PROFILE_DAYS,
    RANGES,
    UNIT,
    Budget,
    Calendar,
    Range,
    pace_of,
)

_DAY: Final = timedelta(days=1)
_SECONDS: Final = 86_400

#: Days of the month, at whose end is projected.
ORIGINS: Final = (5, 10, 20)
#: More of them for learning ranges: one at least for each range.
LEARNED_AT: Final = (2, 5, 8, 10, 13, 15, 18, 20, 22, 24, 26, 28)
#: Fewer projections teach no range.
LEAST: Final = 30

#: What an owner spent by day.
History = Mapping[date, Decimal]


@dataclass(frozen=True, slots=True)
class Projected:
    """One projection ``days`` before the end, and what the month came to."""

    days: int
    spent: Decimal
    projected: Decimal
    low: Decimal
    high: Decimal
    actual: Decimal

    @property
    def error(self) -> Decimal:
        return abs(self.projected - self.actual) / self.actual

    @property
    def is_covered(self) -> bool:
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True)
class Result:
    """Mean errors at one day of the month, in percent of the month's spend, by method.

    ``covered``: how many percent of the ranges had the month in them. ``projections``: how many.
    """

    day: int
    straight_line: float
    last_week: float
    by_weekday: float
    covered: float
    projections: int


def compare(
    histories: Sequence[History], month: date, ranges: Sequence[Range] = RANGES
) -> list[Result]:
    """The methods beside each other at :data:`ORIGINS`; those with a projection by the rule."""
    results = []
    for origin in ORIGINS:
        today = month + origin * _DAY  # as the next day begins
        made = [
            (history, one)
            for history in histories
            if (one := project(history, today, ranges)) is not None
        ]
        if not made:
            continue
        results.append(
            Result(
                origin,
                _percent(_error(_straight_line(history, today), one) for history, one in made),
                _percent(_error(_last_week(history, today), one) for history, one in made),
                _percent(float(one.error) for _, one in made),
                _percent(float(one.is_covered) for _, one in made),
                len(made),
            )
        )
    return results


def project(history: History, today: date, ranges: Sequence[Range] = RANGES) -> Projected | None:
    """What the rule projects as ``today`` begins, of the month that yesterday belongs to.

    None: not enough data, or nothing was spent.
    """
    first = month_start(today - _DAY)
    last = next_month(first) - _DAY
    of_month = [amount for day, amount in history.items() if first <= day <= last]
    actual = sum(of_month, Decimal(0))
    if actual <= 0 or today > last:
        return None
    begins = min(first, today - PROFILE_DAYS * _DAY)
    days = [begins + n * _DAY for n in range((last - begins).days + 1)]
    calendar = Calendar(today, 0, dict.fromkeys(days, _SECONDS * UNIT))
    spent = sum((history.get(day, Decimal(0)) for day in days if first <= day < today), Decimal(0))
    budget = Budget(
        first=first,
        last=last,
        spent=spent,
        limit=None,
        by_day={day: history[day] for day in days if day < today and day in history},
        ran_before=any(amount > 0 for day, amount in history.items() if day < first),
    )
    pace = pace_of(budget, calendar, ranges)
    if pace.projected is None or pace.low is None or pace.high is None:
        return None
    left = (last - today).days + 1
    return Projected(left, spent, pace.projected, pace.low, pace.high, actual)


def learn(histories: Iterable[History], month: date) -> list[tuple[Range, int]]:
    """Ranges from one month, pooled over owners, and from how many projections each.

    Split conformal: quantiles of what came ÷ what was projected to come, for a range of days left.
    """
    factors: dict[int, list[float]] = defaultdict(list)
    for history in histories:
        for origin in LEARNED_AT:
            one = project(history, month + origin * _DAY)
            if one is None or one.projected <= one.spent:
                continue
            bucket = next(known.days for known in RANGES if one.days <= known.days)
            to_come = one.projected - one.spent
            factors[bucket].append(float((one.actual - one.spent) / to_come))
    learned = []
    for known in RANGES:
        found = factors[known.days]
        if len(found) < LEAST:
            return []
        tenths = quantiles(found, n=10)
        low, high = (Decimal(str(round(max(one, 0), 4))) for one in (tenths[0], tenths[-1]))
        learned.append((Range(known.days, low, high), len(found)))
    return learned


def _straight_line(history: History, today: date) -> Decimal:
    first = month_start(today - _DAY)
    days = (next_month(first) - first).days
    spent = sum((amount for day, amount in history.items() if first <= day < today), Decimal(0))
    return spent * days / (today - first).days


def _last_week(history: History, today: date) -> Decimal:
    """Spend so far, and the mean of the last week since the first spend for each day left."""
    first = month_start(today - _DAY)
    spent = sum((amount for day, amount in history.items() if first <= day < today), Decimal(0))
    began = min((day for day, amount in history.items() if amount > 0), default=today)
    since = max(began, today - 7 * _DAY)
    week = sum((amount for day, amount in history.items() if since <= day < today), Decimal(0))
    left = (next_month(first) - today).days
    return spent + week / max((today - since).days, 1) * left


def _error(projected: Decimal, one: Projected) -> float:
    return float(abs(projected - one.actual) / one.actual)


def _percent(shares: Iterable[float]) -> float:
    return 100 * mean(shares)
