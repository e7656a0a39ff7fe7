"""Campaigns in a replay: what each has spent, and when that is known."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Limits:
    """The budgets of a campaign, or those that campaigns share, in millionths; None: no limit."""

    daily: int | None
    monthly: int | None
    total: int | None = None
    #: What counts against ``total`` from before the replay.
    before: int = 0


@dataclass(slots=True)
class Spender:
    """One campaign in the replay; amounts are millionths."""

    limits: Limits
    is_on: bool = False
    amounts: Sequence[int] = ()
    estimated: Sequence[bool] = ()
    #: What was spent before each step of today, and yesterday.
    today: list[int] = field(default_factory=lambda: [0])
    yesterday: list[int] = field(default_factory=lambda: [0])
    #: In the month, and in the replay, before yesterday.
    earlier: int = 0
    closed: int = 0
    #: Is yesterday of the same month?
    same_month: bool = True
    #: What of yesterday and today is in the copy's ledger.
    told_yesterday: int = 0
    told_today: int = 0
    total: int = 0
    total_estimated: int = 0
    over: int = 0
    unspent: int = 0

    def known(self, step: int, lag: int) -> tuple[int, int]:
        """Of yesterday and today, what is known at the beginning of ``step``."""
        behind = step - lag
        if behind >= 0:
            return self.yesterday[-1], self.today[min(behind, len(self.today) - 1)]
        return self.yesterday[max(len(self.yesterday) - 1 + behind, 0)], 0

    def known_of_month(self, step: int, lag: int) -> int:
        """Of the month, what is known at the beginning of ``step``."""
        of_yesterday, of_today = self.known(step, lag)
        return self.earlier + (of_yesterday if self.same_month else 0) + of_today

    def known_in_all(self, step: int, lag: int) -> int:
        """Of the replay, what is known at the beginning of ``step``."""
        return self.closed + sum(self.known(step, lag))

    def run(self, until: int) -> None:
        """Go on to the beginning of step ``until``: spending if it is on."""
        reached = len(self.today) - 1
        if self.is_on:
            steps = accumulate(self.amounts[reached:until], initial=self.today[-1])
            self.today[-1:] = steps
        else:
            self.today += [self.today[-1]] * (until - reached)

    def cut(self, step: int) -> None:
        """It stopped at the beginning of ``step``: take back what it spent after."""
        self.today[step + 1 :] = [self.today[step]] * (len(self.today) - 1 - step)


@dataclass(frozen=True, slots=True)
class Checks:
    """When a day's checks are. All in steps."""

    #: From one check to the next.
    every: int
    #: How much later than it is spent money is known.
    lag: int
    #: The day's steps.
    steps: int

    def first(
        self, spenders: Sequence[Spender], limits: Limits, begins: int, ends: int
    ) -> int | None:
        """The first check after ``begins`` at which what is known of their spend reaches a budget.

        None: there is none until ``ends``, up to which they have spent.
        """
        found = []
        if limits.daily is not None:
            found.append(self._first_of_day(spenders, limits.daily, begins, ends))
        if limits.monthly is not None:
            known = Spender.known_of_month
            found.append(self._first_of(known, spenders, limits.monthly, begins, ends))
        if limits.total is not None:
            left = limits.total - limits.before
            found.append(self._first_of(Spender.known_in_all, spenders, left, begins, ends))
        return min((step for step in found if step is not None), default=None)

    def _first_of_day(
        self, spenders: Sequence[Spender], limit: int, begins: int, ends: int
    ) -> int | None:
        if sum(spender.today[-1] for spender in spenders) < limit:
            return None
        sums = spenders[0].today
        if len(spenders) > 1:
            sums = list(map(sum, zip(*(spender.today for spender in spenders), strict=True)))
        return self._check(max(bisect_left(sums, limit) + self.lag, begins + 1), ends)

    def _first_of(
        self,
        known: Callable[[Spender, int, int], int],
        spenders: Sequence[Spender],
        limit: int,
        begins: int,
        ends: int,
    ) -> int | None:
        if sum(known(spender, ends, 0) for spender in spenders) < limit:
            return None
        step = self._check(begins + 1, ends)
        while step is not None:
            if sum(known(spender, step, self.lag) for spender in spenders) >= limit:
                return step
            step = self._check(step + 1, ends)
        return None

    def _check(self, step: int, ends: int) -> int | None:
        """The first check at ``step`` or later; None after ``ends``, or the day."""
        step = -(-step // self.every) * self.every
        return step if step <= ends and step < self.steps else None
