"""Margins: what campaigns still spend before a stop takes effect; they stop by so much early.

Reports come late, and so do stops. What a campaign spends in that time is its rate times its lag.
Campaigns of one brand stop in the order of their priorities: those that go on need room for what
they spend until all that was spent before is known, so a lower priority stops by so much earlier.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ads.rules.money import PLACES

#: The rate is that of the spend in this time, up to the last that is known.
WINDOW: Final = timedelta(minutes=30)
#: An entry was spent since the one before it, if that is not longer ago than this.
BEFORE: Final = timedelta(hours=2)
#: Entries within a shorter time say nothing about a rate: clicks of one second are not a trend.
SHORTEST: Final = timedelta(minutes=10)

#: A margin is at most this share of a limit, so a new day or month never begins held.
SHARE: Final = Decimal("0.5")

#: Half of the time between two checks: a limit is reached between them.
LEAD: Final = timedelta(minutes=2, seconds=30)

#: The lag where none was learned: as late as a platform is that reports at each check.
USUAL_LAG: Final = timedelta(minutes=5)
#: No lag is taken for longer; so long after a stop all of it is known.
LONGEST_LAG: Final = timedelta(hours=6)
#: So many of the last stops are looked at, and at least so many make a lag.
SAMPLES: Final = 30
ENOUGH: Final = 3

NONE: Final = Decimal(0)
_UNIT: Final = Decimal(1).scaleb(-PLACES)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Recent:
    """What is known of a campaign's spend within :data:`WINDOW`."""

    #: All of it, and what was spent since ``since``: when the entry before it came or, without one,
    #: the first of it.
    spent: Decimal
    later: Decimal
    since: datetime
    last_at: datetime

    @property
    def rate(self) -> Decimal:
        """Spend in a second."""
        span = self.last_at - self.since
        if span < SHORTEST:
            # After a silence it may have been spent in all of that, as a morning reported at noon.
            is_first = self.later < self.spent
            return self.spent / _seconds(BEFORE if is_first else WINDOW)
        return self.later / _seconds(span)


@dataclass(frozen=True, slots=True)
class Runner:
    id: int
    #: The lowest stops first.
    priority: int
    #: Spend in a second.
    rate: Decimal
    lag: timedelta

    @property
    def on_its_way(self) -> Decimal:
        """What it spends before a stop on what is known now takes effect."""
        return max(self.rate, NONE) * _seconds(self.lag + LEAD)


def own(runner: Runner) -> Decimal:
    return rounded(runner.on_its_way)


def staged(runners: Iterable[Runner], rest: timedelta) -> dict[int, Decimal]:
    """The margins of a budget that campaigns share, by their ids.

    When those of a priority stop, what they and those above have on its way is spent. Those above
    go on until that is known, and need their own margin then: a stage more for each priority. But
    nobody stops as long as those above cannot spend what is left in ``rest``, the time until the
    budget's period ends.
    """
    by_priority: dict[int, list[Runner]] = defaultdict(list)
    for runner in runners:
        by_priority[runner.priority].append(runner)
    margins: dict[int, Decimal] = {}
    on_its_way = above = rate_above = NONE
    for priority in sorted(by_priority, reverse=True):
        tied = by_priority[priority]
        on_its_way += sum((runner.on_its_way for runner in tied), NONE)
        margin = on_its_way + min(above, rate_above * _seconds(rest))
        margins |= {runner.id: rounded(margin) for runner in tied}
        above = margin
        rate_above += sum((max(runner.rate, NONE) for runner in tied), NONE)
    return margins


def learned(lags: Sequence[timedelta]) -> timedelta | None:
    """The lag that stops had, of which these are the last; None: too few to tell."""
    if len(lags) < ENOUGH:
        return None
    return min(sorted(lags)[len(lags) // 2], LONGEST_LAG)


def lag_of(after: Decimal, rate: Decimal) -> timedelta | None:
    """How long a stop took, given what was reported after it and the rate before; None: unknown."""
    if rate <= 0:
        return None
    seconds = min(max(after, NONE) / rate, _seconds(LONGEST_LAG))
    return timedelta(seconds=round(seconds))


def rate_of(came: Decimal, lag: timedelta) -> Decimal:
    """The rate at which what came after a stop would have been on its way."""
    return came / _seconds(lag + LEAD)


def limited(margin: Decimal, limit: Decimal) -> Decimal:
    """The part of ``margin`` that counts against ``limit``."""
    return min(margin, limit * SHARE)


def is_near(spent: Decimal, limit: Decimal | None) -> bool:
    """Can a margin matter yet?"""
    return limit is not None and spent >= limit * (1 - SHARE)


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_UNIT, ROUND_HALF_UP)


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / 1_000_000
