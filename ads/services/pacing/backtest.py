"""The backtest: projections of a past month, on what is on record or on made-up spend."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from ads.platforms.curve import SATURDAY
from ads.rules.calendar import next_month
from ads.rules.pacing import PROFILE_DAYS
from ads.services.pacing import measure, ranges
from ads.services.pacing.measure import History, Result

_DAY: Final = timedelta(days=1)

#: Shares of campaigns that begin within these months, and that change their level once in them.
_BEGINS_LATE: Final = 0.3
_CHANGES: Final = 0.5
#: Standard deviations: of a day, of a weekday's profile, of the drift from day to day.
_NOISE: Final = 0.18
_PROFILE: Final = 0.08
_DRIFT: Final = 0.035
#: Days without spend, and with a spike, in a thousand.
_OFF: Final = 6
_SPIKE: Final = 4
#: What weekends bring, at the least and at the most; the same of those that sell to businesses.
_WEEKEND: Final = (0.55, 1.1)
_BUSINESS: Final = 0.2
_BUSINESS_WEEKEND: Final = (0.05, 0.4)


def of_history(month: date, most: int) -> list[Result]:
    """Of campaigns of this installation that spent in ``month``, ``most`` at most.

    With the ranges of its own months, but for those learned from this one.
    """
    return measure.compare(ranges.histories_of(month, most), month, ranges.not_learned_from(month))


def of_generated(campaigns: int, month: date, *, seed: int, event: bool) -> list[Result]:
    """Of made-up campaigns; ranges are learned from as many others, without the event."""
    black_friday = {}
    if event:
        friday = next_month(month) - timedelta(days=4)
        factors = (2.5, 1.8, 1.5, 2.0)
        black_friday = {friday + timedelta(days=n): factor for n, factor in enumerate(factors)}
    others = _generated(campaigns, month, seed + 1, {})
    learned = [one for one, _ in measure.learn(others, month)]
    tried = _generated(campaigns, month, seed, black_friday)
    return measure.compare(tried, month, learned or ranges.learned())


def _generated(
    campaigns: int, month: date, seed: int, event: dict[date, float]
) -> Sequence[History]:
    first = month - timedelta(days=2 * PROFILE_DAYS)
    last = next_month(month) - timedelta(days=1)
    return made_up(campaigns, first, last, seed=seed, event=event)


def made_up(
    campaigns: int, first: date, last: date, *, seed: int, event: dict[date, float] | None = None
) -> list[dict[date, Decimal]]:
    """What so many made-up campaigns spent on each day, the same for the same ``seed``.

    ``event``: how much more on some days.
    """
    chances = (random.Random(f"{seed}/{n}") for n in range(campaigns))  # noqa: S311  (made-up spend)
    return [_history(chance, first, last, event or {}) for chance in chances]


def _history(
    chance: random.Random, first: date, last: date, event: dict[date, float]
) -> dict[date, Decimal]:
    days = (last - first).days + 1
    level = math.exp(chance.gauss(4, 1))
    weekend = chance.uniform(*(_BUSINESS_WEEKEND if chance.random() < _BUSINESS else _WEEKEND))
    profile = [
        (weekend if weekday >= SATURDAY else 1) * math.exp(chance.gauss(0, _PROFILE))
        for weekday in range(7)
    ]
    begins = chance.randrange(days) if chance.random() < _BEGINS_LATE else 0
    changes = chance.randrange(days) if chance.random() < _CHANGES else -1
    factor = math.exp(chance.gauss(0, 0.45))
    found: dict[date, Decimal] = {}
    for n in range(begins, days):
        day = first + n * _DAY
        if n == changes:
            level *= factor
        level *= math.exp(chance.gauss(0, _DRIFT))
        dice = chance.randrange(1000)
        if dice < _OFF:
            continue
        spent = level * profile[day.weekday()] * math.exp(chance.gauss(0, _NOISE))
        spent *= event.get(day, 1) * (6 if dice < _OFF + _SPIKE else 1)
        found[day] = Decimal(str(round(spent, 2)))
    return found
