"""What pacing is worked out from, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

#: Spend within this share of what is expected is on pace.
TOLERANCE: Final = Decimal("0.10")
#: The share of the period before which its pace means nothing.
LEAST_SEEN: Final = Decimal("0.05")
#: Whole days of spend before which nothing is projected.
LEAST_DAYS: Final = 3
#: How much the weeks before today count for the level of spend, the last one first.
LEVEL_WEEKS: Final = (4, 1)
#: Whole days from which the weekdays' profile is learned: four weeks.
PROFILE_DAYS: Final = 28
#: Shares of weekdays are in millionths of their mean, and at most a hundred times that.
MILLION: Final = 1_000_000
MOST_SHARE: Final = 100 * MILLION
#: A day counts at most so many times the mean of its like: one spike is no trend.
SPIKE: Final = 2
#: Days with spend before which none is called a spike.
SPIKE_OF: Final = 3
#: Weight of a second on an ordinary day.
UNIT: Final = 1000

_ZERO: Final = Decimal(0)


class PaceState(StrEnum):
    """Spend against what is expected by now."""

    OVER = "over"
    ON_PACE = "on_pace"
    UNDER = "under"
    #: It began too recently, or too little of the period has passed.
    NOT_ENOUGH_DATA = "not_enough_data"
    #: People have paused it, or its flight has ended: no more is expected.
    NOT_RUNNING = "not_running"
    NO_BUDGET = "no_budget"

    @property
    def label(self) -> str:
        return {"over": "Over pace", "under": "Under pace"}.get(
            self.value, self.value.replace("_", " ").capitalize()
        )


class Basis(StrEnum):
    """What the figures rest on, beside the passing of time."""

    #: The weekdays' profile of the last four weeks.
    WEEKDAYS = "weekdays"
    #: The hours in which it may run.
    HOURS = "hours"
    #: The flight begins or ends within the period.
    FLIGHT = "flight"
    #: It began within the period.
    FIRST_SPEND = "first_spend"
    #: Days of the period that are expected to differ.
    EVENTS = "events"
    #: Budgets that are planned for later days of it.
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Range:
    """The factors of a projection between which four out of five turned out to be.

    ``low`` and ``high`` times the projected rest, when ``days`` or fewer are left, today included.
    """

    days: int
    low: Decimal
    high: Decimal


#: From generated spend (``manage.py backtest_pacing --generated``), until an installation has a
#: month of its own.
RANGES: Final = (
    Range(3, Decimal("0.79"), Decimal("1.26")),
    Range(7, Decimal("0.83"), Decimal("1.22")),
    Range(14, Decimal("0.83"), Decimal("1.23")),
    Range(21, Decimal("0.83"), Decimal("1.25")),
    Range(31, Decimal("0.81"), Decimal("1.27")),
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the days can bring to owners with the same hours, timezone and events.

    ``weights``: of each day from the earlier of four weeks before ``today`` and the period's begin,
    to the period's end. ``elapsed``: how much of today's weight has passed. ``basis``: hours and
    events, where they make a difference.
    """

    today: date
    elapsed: int
    weights: Mapping[date, int]
    basis: frozenset[Basis] = frozenset()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the other budgets that an owner is subject to let through; None: there are none.

    ``left_today`` and ``daily``: today, and on each later day. ``left``: until the period ends.
    """

    left_today: Decimal | None = None
    daily: Decimal | None = None
    left: Decimal | None = None

    @classmethod
    def of(cls, period: str, budget: Decimal, left: Decimal) -> "Bounds":
        """Those of one budget of a "day", "month" or "total", of which so much is left."""
        return cls(left_today=left, daily=budget) if period == "day" else cls(left=left)

    def within(self, other: "Bounds") -> "Bounds":
        """The least of both."""
        return Bounds(
            _least(self.left_today, other.left_today),
            _least(self.daily, other.daily),
            _least(self.left, other.left),
        )


def _least(*amounts: Decimal | None) -> Decimal | None:
    return min((amount for amount in amounts if amount is not None), default=None)


@dataclass(frozen=True, slots=True)
class Step:
    """What is planned: a budget's limit and bounds from ``first`` on, a day after today.

    ``bounds.left``: from now on, as everywhere.
    """

    first: date
    limit: Decimal | None
    bounds: Bounds = Bounds()


@dataclass(frozen=True, slots=True)
class Budget:
    """An owner's budget in one period, ``first`` to ``last``, and what was spent.

    ``limit``: the budget and what is allowed beyond it; None: no budget. ``spent`` of it so far,
    ``spent_today`` today. ``bounds``: of the other budgets that stop it.
    ``steps``: what is planned of all of these, by day.
    ``by_day``: spend of the days before today, four weeks and the period's. ``ran_before``: it
    spent in the month before (of a day: before today). ``runs``: people want it to. ``start``,
    ``end``: of its flight. ``places``: decimal places of its currency.
    """

    first: date
    last: date
    spent: Decimal
    limit: Decimal | None
    by_day: Mapping[date, Decimal]
    spent_today: Decimal = _ZERO
    bounds: Bounds = Bounds()
    steps: Sequence[Step] = ()
    ran_before: bool = False
    runs: bool = True
    start: date | None = None
    end: date | None = None
    places: int = 2


@dataclass(frozen=True, slots=True)
class Pace:
    """How a budget is being spent; amounts in the owner's currency.

    ``budget``: what it comes to at the end of the period, as planned.
    ``expected`` by now, and ``pace_percent``: spent ÷ expected. ``projected``: at the end of the
    period, between ``low`` and ``high`` in four of five cases. ``runs_out_on``: the day, if it is
    within the period. ``recommended_daily``: the daily budget that would spend what is left.
    ``as_of``: when it was worked out, if not just now. None: unknown, or without a budget there is
    none.
    """

    state: PaceState
    spent: Decimal
    budget: Decimal | None
    expected: Decimal | None = None
    pace_percent: Decimal | None = None
    projected: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    runs_out_on: date | None = None
    recommended_daily: Decimal | None = None
    basis: frozenset[Basis] = frozenset()
    as_of: datetime | None = None

    @property
    def has_enough_data(self) -> bool:
        """Is there a projection?"""
        return self.projected is not None

    @property
    def will_exceed(self) -> bool:
        """Would it spend more than its budget, at this pace and if nothing stopped it?

        Not yet if it ``runs_out_on`` a day before more is planned that suffices.
        """
        if self.budget is None or self.projected is None:
            return False
        return self.projected > self.budget

    @property
    def left_over(self) -> Decimal | None:
        """What is projected to be left, if that is more than the tolerance; else None."""
        if self.budget is None or self.projected is None:
            return None
        left = self.budget - self.projected
        return left if left > self.budget * TOLERANCE else None
