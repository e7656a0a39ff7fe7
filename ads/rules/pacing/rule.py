"""The rule: the pace of one owner's budget in one period.

``ads.services.pacing`` asks the same of any number of owners in SQL.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import dropwhile
from typing import Final

from ads.rules.pacing.figures import (
    LEAST_DAYS,
    LEAST_SEEN,
    LEVEL_WEEKS,
    MILLION,
    MOST_SHARE,
    PROFILE_DAYS,
    RANGES,
    SPIKE,
    SPIKE_OF,
    TOLERANCE,
    Basis,
    Bounds,
    Budget,
    Calendar,
    Pace,
    PaceState,
    Range,
    Step,
)

_DAY: Final = timedelta(days=1)
_ZERO: Final = Decimal(0)
_INFINITE: Final = Decimal("Infinity")


def pace_of(
    budget: Budget, calendar: Calendar, ranges: Sequence[Range] = RANGES, *, of_day: bool = False
) -> Pace:
    """The pace of a budget. ``of_day``: its period is today, which is judged by today alone."""
    today = calendar.today
    last = ends_on(budget)
    budget = _as_planned(budget)
    limit = budget.steps[-1].limit if budget.steps else budget.limit
    known = Pace(PaceState.NO_BUDGET, budget.spent, limit, basis=calendar.basis)
    if limit is not None:
        known = replace(known, state=PaceState.NOT_ENOUGH_DATA)
    begins = begins_on(budget, today)
    shares = None if of_day else profile(budget, calendar)
    weigh = Weighing(calendar.weights, shares)
    if begins is not None:
        known = replace(known, basis=_basis(budget, calendar, begins, shares))
        known = _expected(known, weigh, calendar, begins, last)
    if not budget.runs or today > last:
        return _stopped(known, of_day=of_day)
    parts = _parts(budget, calendar, last)
    level = _level_of_day(budget, calendar) if of_day else _level(budget, weigh, today)
    if level is not None:
        known = _projected(known, parts, level, weigh)
        if not of_day:
            known = _ranged(known, parts, (last - today).days + 1, ranges)
    return known if of_day else _recommended(known, budget, parts)


def _as_planned(budget: Budget) -> Budget:
    """Without what is planned for days after the last."""
    steps = [step for step in budget.steps if step.first <= ends_on(budget)]
    return replace(budget, steps=steps)


@dataclass(frozen=True, slots=True)
class Weighing:
    """What days weigh, with their weekdays' shares."""

    weights: Mapping[date, int]
    #: By weekday, in millionths of the mean; None: all alike.
    shares: Sequence[int] | None

    def of(self, first: date, last: date) -> int:
        return sum(self.part(day) * self.weights.get(day, 0) for day in days_between(first, last))

    def part(self, day: date) -> int:
        """What a second of its hours counts."""
        return 1 if self.shares is None else self.shares[day.weekday()]


def days_between(first: date, last: date) -> list[date]:
    """All days, both included."""
    return [first + n * _DAY for n in range((last - first).days + 1)]


def begins_on(budget: Budget, today: date) -> date | None:
    """From when on spend is expected: the period, the flight, or the first spend within it."""
    first = max(budget.first, budget.start or budget.first)
    if budget.ran_before:
        return first
    spent = [day for day, amount in budget.by_day.items() if budget.first <= day and amount > 0]
    if budget.spent_today > 0:
        spent.append(today)
    return max(first, min(spent)) if spent else None


def ends_on(budget: Budget) -> date:
    return min(budget.last, budget.end or budget.last)


def profile(budget: Budget, calendar: Calendar) -> list[int] | None:
    """What a second of each weekday's hours brought, in millionths of the mean of all.

    None without four weeks of history. A weekday on which it may not run has none.
    """
    weeks, today = PROFILE_DAYS // 7, calendar.today
    if not any(
        budget.by_day.get(day, _ZERO) > 0
        for day in days_between(today - PROFILE_DAYS * _DAY, today - (PROFILE_DAYS - 6) * _DAY)
    ):
        return None
    spent, weights = [_ZERO] * 7, [0] * 7
    for n in range(1, 8):
        days = [today - (n + 7 * week) * _DAY for week in range(weeks)]
        weekday = days[0].weekday()
        if weight := sum(calendar.weights.get(day, 0) for day in days):
            weights[weekday] = weight
            spent[weekday] = _without_spike(_amounts(budget, days))
    total, weight = sum(spent, _ZERO), sum(weights)
    if not total:
        return [0] * 7
    return [
        min(_whole(spent[n] * weight * MILLION / (weights[n] * total)), MOST_SHARE)
        if weights[n]
        else 0
        for n in range(7)
    ]


def _whole(number: Decimal) -> int:
    """To the nearest, half of one upward, as PostgreSQL does."""
    return int(number.to_integral_value(ROUND_HALF_UP))


def _amounts(budget: Budget, days: Sequence[date]) -> list[Decimal]:
    """Without credits, which are money back and no lower pace."""
    return [max(budget.by_day.get(day, _ZERO), _ZERO) for day in days]


def _without_spike(amounts: Sequence[Decimal]) -> Decimal:
    """Their sum, of which the highest counts at most :data:`SPIKE` times the others' mean."""
    total, highest = sum(amounts, _ZERO), max(amounts, default=_ZERO)
    with_spend = sum(amount > 0 for amount in amounts)
    if with_spend < SPIKE_OF:
        return total
    return total - highest + min(highest, (total - highest) * SPIKE / (with_spend - 1))


def _level(budget: Budget, weigh: Weighing, today: date) -> tuple[Decimal, int] | None:
    """Spend in the last two weeks and its weight, since the first spend; None: not enough days."""
    began = min(
        (
            day
            for day, amount in budget.by_day.items()
            if amount > 0 and today - PROFILE_DAYS * _DAY <= day < today
        ),
        default=today,
    )
    if (today - began).days < LEAST_DAYS:
        return None
    spent, weight = _ZERO, 0
    for week, counts in enumerate(LEVEL_WEEKS):
        last = today - (7 * week + 1) * _DAY
        first = max(began, last - 6 * _DAY)
        days = days_between(first, last)
        if weigh.shares is None:
            of_week = _without_spike(_amounts(budget, days))
        else:
            of_week = sum((_likes_bound(budget, day, week) for day in days), _ZERO)
        spent += counts * of_week
        weight += counts * weigh.of(first, last)
    return (spent, weight) if weight else None


def _likes_bound(budget: Budget, day: date, week: int) -> Decimal:
    """A day's spend, so many weeks ago, at most :data:`SPIKE` times the mean of its like."""
    likes = [day + 7 * (week - n) * _DAY for n in range(PROFILE_DAYS // 7)]
    amounts = _amounts(budget, likes)
    total, highest = sum(amounts, _ZERO), max(amounts)
    with_spend = sum(amount > 0 for amount in amounts)
    if with_spend < SPIKE_OF:
        return amounts[week]
    return min(amounts[week], (total - highest) * SPIKE / (with_spend - 1))


def _level_of_day(budget: Budget, calendar: Calendar) -> tuple[Decimal, int] | None:
    weight = calendar.weights.get(calendar.today, 0)
    if not calendar.elapsed or calendar.elapsed < LEAST_SEEN * weight:
        return None
    return max(budget.spent, _ZERO), calendar.elapsed


def _basis(budget: Budget, calendar: Calendar, begins: date, shares: object) -> frozenset[Basis]:
    found = set(calendar.basis)
    if shares is not None:
        found.add(Basis.WEEKDAYS)
    starts = budget.start is not None and budget.start > budget.first
    if starts or (budget.end is not None and budget.end < budget.last):
        found.add(Basis.FLIGHT)
    if begins > max(budget.first, budget.start or budget.first):
        found.add(Basis.FIRST_SPEND)
    if budget.steps:
        found.add(Basis.PLAN)
    return frozenset(found)


def _expected(known: Pace, weigh: Weighing, calendar: Calendar, begins: date, last: date) -> Pace:
    """By now, and whether spend is on pace."""
    today = calendar.today
    whole = weigh.of(begins, last)
    seen = _seen(weigh, calendar, begins, last)
    if known.budget is None or not whole:
        return known
    expected = known.budget * seen / whole
    if expected > 0:
        percent = 100 * known.spent / expected
        known = replace(known, expected=expected, pace_percent=percent)
    else:
        known = replace(known, expected=expected)
    if today <= last and seen < LEAST_SEEN * whole:
        return known
    if known.spent > expected * (1 + TOLERANCE):
        return replace(known, state=PaceState.OVER)
    is_under = known.spent < expected * (1 - TOLERANCE)
    return replace(known, state=PaceState.UNDER if is_under else PaceState.ON_PACE)


def _seen(weigh: Weighing, calendar: Calendar, begins: date, last: date) -> int:
    """The weight that has passed."""
    today = calendar.today
    if last < today:
        return weigh.of(begins, last)
    if begins > today:
        return 0
    return weigh.of(begins, today - _DAY) + weigh.part(today) * calendar.elapsed


def _stopped(known: Pace, *, of_day: bool) -> Pace:
    """No more is expected of what people have paused, or whose flight is over."""
    spent = known.spent
    known = replace(known, projected=spent)
    if not of_day:
        known = replace(known, low=spent, high=spent)
    if known.budget is None or spent > known.budget:
        return known
    return replace(known, state=PaceState.NOT_RUNNING)


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of the period, from now (or the begin of the flight) to ``last``."""

    calendar: Calendar
    first: date
    last: date

    @property
    def goes_on(self) -> bool:
        return self.first == self.calendar.today

    @property
    def later_days(self) -> int:
        """On how many days after today it may run."""
        first = self.first + _DAY * self.goes_on
        return sum(self.calendar.weights.get(day, 0) > 0 for day in days_between(first, self.last))

    def weight(self, weigh: Weighing) -> int:
        whole = weigh.of(self.first, self.last)
        return whole - weigh.part(self.first) * self.calendar.elapsed * self.goes_on

    def most(self, bounds: Bounds) -> Decimal:
        """What daily budgets let through, and today what is allowed beyond them."""
        if bounds.daily is None:
            return _INFINITE
        now = max(bounds.left_today or _ZERO, _ZERO) * self.goes_on
        return bounds.daily * self.later_days + now

    def day_at(self, share: Decimal) -> date:
        """The day on which this share of what is left has passed, whatever the weekdays."""
        weights = self.calendar.weights
        needed = share * self.weight(Weighing(weights, None))
        passed = -self.calendar.elapsed * self.goes_on
        for day in days_between(self.first, self.last):
            passed += weights.get(day, 0)
            if passed >= needed:
                return day
        return self.last


@dataclass(frozen=True, slots=True)
class _Part:
    """What is left of the period while budgets stay as they are."""

    limit: Decimal | None
    bounds: Bounds
    rest: _Rest

    def at_most(self, amount: Decimal) -> Decimal:
        """Not more than what other budgets have left, of ``amount`` from now on."""
        return _at_most(self.bounds.left, amount)


def _parts(budget: Budget, calendar: Calendar, last: date) -> list[_Part]:
    """What is left of the period, from the day on which it does not stand at its budget."""
    begins = max(calendar.today, budget.start or calendar.today)
    steps = [Step(begins, budget.limit, budget.bounds), *budget.steps]
    nexts = [*(step.first for step in budget.steps), last + _DAY]
    parts = [
        _Part(step.limit, step.bounds, _Rest(calendar, max(begins, step.first), end - _DAY))
        for step, end in zip(steps, nexts, strict=True)
        if begins < end or end > last  # else it has begun by the next one
    ]
    return list(
        dropwhile(lambda part: part.limit is not None and budget.spent >= part.limit, parts)
    )


def _projected(
    known: Pace, parts: Sequence[_Part], level: tuple[Decimal, int], weigh: Weighing
) -> Pace:
    """What it comes to, and the day on which the budget runs out."""
    pace = to_come = _ZERO
    runs_out = None
    for part, brings, to_come in _brought(parts, level, weigh):
        is_over = part.limit is not None and known.spent + to_come > part.limit
        if runs_out is None and is_over and part.limit is not None:
            # At the pace until then: what another budget stops later delays nothing.
            left = max(part.limit - known.spent - pace, _ZERO)
            runs_out = part.rest.day_at(left / brings) if left else part.rest.first
        pace += brings
    known = replace(known, projected=known.spent + to_come)
    return known if known.budget is None else replace(known, runs_out_on=runs_out)


def _brought(
    parts: Sequence[_Part], level: tuple[Decimal, int], weigh: Weighing
) -> Iterator[tuple[_Part, Decimal, Decimal]]:
    """What each part brings at this pace, and what will have come by its end."""
    spent, weight = level
    to_come = _ZERO
    for part in parts:
        # Divided last, so that nothing is rounded before.
        brings = min(spent * part.rest.weight(weigh) / weight, part.rest.most(part.bounds))
        to_come = max(to_come, part.at_most(to_come + brings))
        yield part, brings, to_come


def brought_by(
    days: Sequence[date], budget: Budget, calendar: Calendar, weigh: Weighing
) -> list[Decimal]:
    """What is projected to have come, from now on, by the end of each of these days."""
    level = _level(budget, weigh, calendar.today)
    parts = _parts(_as_planned(budget), calendar, ends_on(budget))
    by = [_ZERO] * len(days)
    before = _ZERO
    for part, _, after in _brought(parts, level, weigh) if level else ():
        weight = part.rest.weight(weigh) or 1
        for n, day in enumerate(days):
            if day >= part.rest.first:
                passed = replace(part.rest, last=min(day, part.rest.last)).weight(weigh)
                by[n] = before + (after - before) * passed / weight
        before = after
    return by


def _at_most(left: Decimal | None, amount: Decimal) -> Decimal:
    return amount if left is None else min(amount, max(left, _ZERO))


def _ranged(known: Pace, parts: Sequence[_Part], days: int, ranges: Sequence[Range]) -> Pace:
    if known.projected is None:
        return known
    factors = next((one for one in ranges if days <= one.days), ranges[-1])
    to_come = known.projected - known.spent
    most = _ZERO
    for part in parts:
        most = max(most, part.at_most(most + part.rest.most(part.bounds)))
    high = min(to_come * factors.high, most)
    return replace(known, low=known.spent + to_come * factors.low, high=known.spent + high)


def _recommended(known: Pace, budget: Budget, parts: Sequence[_Part]) -> Pace:
    """From today on, of which part is spent; rounded down, so that it is not exceeded."""
    if known.budget is None or not parts:
        return known
    rest = replace(parts[0].rest, last=parts[-1].rest.last)
    left, later = parts[-1].at_most(known.budget - known.spent), rest.later_days
    if left <= 0:
        return known
    today = rest.calendar.weights.get(rest.calendar.today, 0)
    daily = None
    if rest.goes_on and today > rest.calendar.elapsed:
        daily = (left + budget.spent_today) / (later + 1)
    if later and (daily is None or daily < budget.spent_today):
        daily = left / later
    if daily is None:
        return known
    step = Decimal(1).scaleb(-budget.places)
    return replace(known, recommended_daily=daily.quantize(step, ROUND_DOWN))
