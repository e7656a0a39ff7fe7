"""What a campaign spends on a day, step by step, if nothing stops it. Pure arithmetic.

Amounts are whole millionths of the currency. A step is five minutes (:data:`STEP`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Final

STEP: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AsItWas:
    """One campaign's day on record."""

    #: What was spent, by step.
    timed: Mapping[int, int]
    #: What is known of the day as a whole only, corrections (below zero) included.
    untimed: int
    #: For each step: did it run, and was it off because a person wanted it to be?
    ran: Sequence[bool]
    unwanted: Sequence[bool]

    @property
    def total(self) -> int:
        return sum(self.timed.values()) + self.untimed


@dataclass(frozen=True, slots=True)
class Demand:
    """What a campaign spends in each step in which it is on."""

    amounts: list[int]
    #: Whether a step's amount is an estimate: the campaign was off then.
    estimated: list[bool]


def demand(day: AsItWas, usual: tuple[int, int]) -> Demand:
    """The day's demand; ``usual``: how much the campaign spent in how many steps in all.

    On record: the day's total, by when it was spent, so far as the ledger says; the rest evenly
    over the time in which the campaign ran. While the system kept it off, it is estimated: as much
    as in an average step of the day in which it ran, or the usual. While a person kept it off, it
    is nothing.
    """
    recorded = _recorded(day)
    if all(day.ran):
        return Demand(recorded, [False] * len(recorded))
    whole, running = (sum(recorded), sum(day.ran)) if any(day.ran) else usual
    amounts, estimated, count = [], [], 0
    for ran, unwanted, amount in zip(day.ran, day.unwanted, recorded, strict=True):
        is_estimated = not (ran or unwanted or amount) and running > 0
        estimated.append(is_estimated)
        if is_estimated:
            # As differences of multiples, so that nothing is lost to rounding.
            amounts.append(whole * (count + 1) // running - whole * count // running)
            count += 1
        else:
            amounts.append(amount)
    return Demand(amounts, estimated)


def _recorded(day: AsItWas) -> list[int]:
    """The day's total by step; nothing if corrections leave nothing of it."""
    steps = len(day.ran)
    if (total := day.total) <= 0:
        return [0] * steps
    weights = [max(day.timed.get(step, 0), 0) for step in range(steps)]
    if day.untimed > 0:
        for step, share in _evenly(day.untimed, _when(day)):
            weights[step] += share
    return _scaled(weights, total)


def _when(day: AsItWas) -> list[int]:
    """The steps in which spend of an unknown time belongs."""
    running = [step for step, ran in enumerate(day.ran) if ran]
    wanted = [step for step, unwanted in enumerate(day.unwanted) if not unwanted]
    return running or wanted or list(range(len(day.ran)))


def _evenly(amount: int, steps: Sequence[int]) -> list[tuple[int, int]]:
    shares = _scaled([1] * len(steps), amount)
    return list(zip(steps, shares, strict=True))


def _scaled(weights: Sequence[int], total: int) -> list[int]:
    """``total`` divided by ``weights``, exactly: the shares add up to it."""
    whole = sum(weights)
    if whole == total:
        return list(weights)
    bounds = [0, *(reached * total // whole for reached in accumulate(weights))]
    return [after - before for before, after in pairwise(bounds)]
