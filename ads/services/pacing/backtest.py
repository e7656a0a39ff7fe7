"""The backtest: projections of a past month, on what is on record or on made-up spend."""

from collections.abc import Sequence
from datetime import date, timedelta

from ads.rules.calendar import next_month
from ads.rules.pacing import PROFILE_DAYS
from ads.services.pacing import generated, measure, ranges
from ads.services.pacing.measure import History, Result


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
    return generated.histories(campaigns, first, last, seed=seed, event=event)
