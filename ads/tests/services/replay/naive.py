"""Three days of a brand, step by step, written from what docs/console.md promises.

Every campaign is looked at by itself at every step; it imports none of the engine's rules. The
first two days are the last of a month.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from ads.services.replay import Budgets

DAY = 288
STEPS = 3 * DAY
NEW_MONTH = 2 * DAY
NONE = Fraction(0)


@dataclass
class Naive:
    """All times in steps of five minutes."""

    #: What each campaign spends in each hour, at its half.
    amounts: Sequence[Sequence[int]]
    budgets: Sequence[Budgets]
    of_brand: Budgets
    every: int
    lag: int
    open_at: int | None
    #: They stop early; None: they do not.
    priorities: Sequence[int] | None
    spent: list[list[int]] = field(default_factory=list)
    on: list[bool] = field(default_factory=list)
    #: What each still spends, and the same with room for those above it: of the day, of the month.
    margins: dict[int, tuple[Fraction, Fraction, Fraction]] = field(default_factory=dict)
    #: When that was worked out, and when each was stopped.
    at: dict[int, int] = field(default_factory=dict)
    stopped: dict[int, int] = field(default_factory=dict)

    @property
    def everyone(self) -> list[int]:
        return list(range(len(self.amounts)))

    def run(self) -> list[tuple[int, int]]:
        """When which campaign is stopped."""
        stops: list[tuple[int, int]] = []
        self.spent = [[] for _ in self.amounts]
        self.on = [False] * len(self.amounts)
        for step in range(STEPS):
            of_day = step % DAY
            is_open = self.open_at is None or of_day >= self.open_at * 12
            is_edge = of_day == 0 or (self.open_at is not None and of_day == self.open_at * 12)
            if is_edge or of_day % self.every == 0:
                if self.priorities is not None:
                    self.work_out(step, self.priorities)
                for index in self.everyone:
                    may = is_open and not self.is_used_up(index, step)
                    if self.on[index] and not may:
                        stops.append((step, index))
                        self.stopped[index] = step
                    self.on[index] = may
            for index, hours in enumerate(self.amounts):
                is_spent = self.on[index] and of_day % 12 == 6
                self.spent[index].append(hours[step // 12] if is_spent else 0)
        return stops

    def known(self, index: int, step: int, first: int) -> int:
        return sum(self.spent[index][first : max(step - self.lag, 0)])

    def sums(self, its: Budgets, those: list[int], step: int) -> list[tuple[int, Decimal]]:
        """What is known of each budget's period, and the budget."""
        firsts = (step // DAY * DAY, 0 if step < NEW_MONTH else NEW_MONTH)
        return [
            (sum(self.known(index, step, first) for index in those), budget)
            for first, budget in zip(firsts, (its.daily, its.monthly), strict=True)
            if budget is not None
        ]

    def is_used_up(self, index: int, step: int) -> bool:
        own, by_day, by_month = self.margins.get(index, (NONE, NONE, NONE))
        day = Budgets(self.of_brand.daily, None)
        month = Budgets(None, self.of_brand.monthly)
        limits = [(*each, own) for each in self.sums(self.budgets[index], [index], step)]
        limits += [(*each, by_day) for each in self.sums(day, self.everyone, step)]
        limits += [(*each, by_month) for each in self.sums(month, self.everyone, step)]
        return any(
            spend >= Fraction(budget) - min(margin, Fraction(budget) / 2)
            for spend, budget, margin in limits
        )

    def rate(self, index: int, step: int) -> Fraction:
        """What is spent in a step, from what became known at each check of the day."""
        midnight = step // DAY * DAY
        found, before = [], 0
        for check in range(midnight, step + 1, self.every):
            if (now := self.known(index, check, midnight)) > before:
                found.append((check, now - before))
                before = now
        until = max(found[-1][0], step - self.lag) if found else 0
        within = [(check, amount) for check, amount in found if until - 6 < check]
        if not within:
            return NONE
        earlier = [check for check, _ in found if until - 24 < check <= until - 6]
        since = earlier[-1] if earlier else within[0][0]
        if within[-1][0] - since < 2:
            return Fraction(sum(amount for _, amount in within), 6 if earlier else 24)
        later = sum(amount for check, amount in within if check > since)
        return Fraction(later, within[-1][0] - since)

    def work_out(self, step: int, priorities: Sequence[int]) -> None:
        """Before a check, of those that are on and not held by what was worked out before."""
        owners = [(self.budgets[index], [index]) for index in self.everyone]
        near = any(
            spend >= Fraction(budget) / 2
            for its, those in [*owners, (self.of_brand, self.everyone)]
            for spend, budget in self.sums(its, those, step)
        )
        free = [index for index in self.everyone if not self.is_used_up(index, step)]
        for index in free:
            self.margins.pop(index, None)
        running = [index for index in free if self.on[index]] if near else []
        rates = {index: self.rate(index, step) for index in running}
        wait = self.lag + Fraction(1, 2)
        held = [index for index in self.margins if index not in free and not self.on[index]]
        begins = step // DAY * DAY
        settled = [index for index in held if self.at[index] <= begins - DAY // 4]
        for index in settled:
            then = self.stopped[index]
            first = then // DAY * DAY
            after = self.known(index, step, first) - self.known(index, then, first)
            rates[index] = Fraction(after) / wait
        stored = {index: self.margins[index] for index in settled}
        self.stage(step, priorities, running, rates)
        for index in settled:
            self.stage(step, priorities, [*running, *settled], rates, [index])
            now = zip(self.margins[index], stored[index], strict=True)
            own, by_day, by_month = (min(each) for each in now)
            self.margins[index] = (own, by_day, by_month)

    def stage(
        self,
        step: int,
        priorities: Sequence[int],
        running: Sequence[int],
        rates: dict[int, Fraction],
        these: Sequence[int] | None = None,
    ) -> None:
        wait = self.lag + Fraction(1, 2)
        month_ends = NEW_MONTH if step < NEW_MONTH else NEW_MONTH + 31 * DAY
        rest = (DAY - step % DAY, month_ends - step)
        for index in running if these is None else these:
            staged = [NONE, NONE]
            for level in sorted({priorities[one] for one in running}, reverse=True):
                if level < priorities[index]:
                    break
                above = sum(rates[one] for one in running if priorities[one] > level)
                also = sum(rates[one] for one in running if priorities[one] >= level)
                staged = [
                    also * wait + min(room, above * left)
                    for room, left in zip(staged, rest, strict=True)
                ]
            self.margins[index] = (rates[index] * wait, staged[0], staged[1])
            self.at[index] = step
