"""How campaigns of the simulated platform spend over a day, as pure functions.

The same question always has the same answer: every amount is computed from the beginning of the
day, in integers, and rounded down to the cent once.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Final

from ads.rules.calendar import day_begins, local_time

#: How a day's spend is spread over its local hours, in thousandths.
HOURLY: Final = (
    20, 15, 12, 12, 12, 14, 22, 33, 43, 49, 52, 53,
    55, 53, 51, 50, 51, 55, 61, 66, 69, 63, 51, 38,
)  # fmt: skip

MILLION: Final = 1_000_000
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)
#: The volume of a day of 24 hours: thousandths times microseconds.
WHOLE: Final = sum(HOURLY) * (_HOUR // _MICROSECOND)

SATURDAY: Final = 5
#: Millionths of a weekday's spend.
WEEKEND: Final = 750_000
LEAST_NOISE: Final = 850_000
MOST_NOISE: Final = 1_150_000
#: A campaign's spend per day, in millionths of its daily budget: most stay below it, some run hot
#: and would spend it several times over.
ORDINARY: Final = (550_000, 900_000)
HOT: Final = (3 * MILLION, 6 * MILLION)
HOT_ONE_IN: Final = 4
#: The same for campaigns without a daily budget, in any currency.
WITHOUT_BUDGET: Final = (20, 120)


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which a campaign was on, ``[since, until)``, at ``pace`` a day."""

    since: datetime
    until: datetime
    pace: Decimal


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A calendar day of a timezone, usually of 23 to 25 hours, and each hour's share of it.

    A repeated hour counts both times, a skipped one not at all.
    """

    date: date
    begins: datetime
    ends: datetime
    shares: tuple[int, ...]
    #: The volume before each hour.
    before: tuple[int, ...]

    def volume(self, since: datetime, until: datetime) -> int:
        """The part of the day within ``[since, until)``, in units of ``WHOLE``."""
        return max(self._until(until) - self._until(since), 0)

    def _until(self, instant: datetime) -> int:
        elapsed = min(max(instant, self.begins), self.ends) - self.begins
        hours, rest = divmod(elapsed, _HOUR)
        return self.before[hours] + self.shares[hours] * (rest // _MICROSECOND)


@lru_cache(maxsize=2048)
def local_day(day: date, timezone: str) -> LocalDay:
    """The calendar day ``day`` of ``timezone``."""
    begins, ends = day_begins(day, timezone), day_begins(day + _DAY, timezone)
    hours = (ends - begins) // _HOUR + 1  # the last one is cut short, usually to nothing
    shares = tuple(HOURLY[local_time(begins + n * _HOUR, timezone).hour] for n in range(hours))
    before = accumulate((share * (_HOUR // _MICROSECOND) for share in shares), initial=0)
    return LocalDay(day, begins, ends, shares, tuple(before))


def is_hot(seed: int, brand: str, campaign: str) -> bool:
    """Whether the campaign spends several times its daily budget a day if nothing stops it.

    By names, so that the same sample data behaves alike in every database.
    """
    return _hash(seed, brand, campaign, "hot") % HOT_ONE_IN == 0


def pace(seed: int, brand: str, campaign: str, daily_budget: Decimal | None) -> Decimal:
    """The campaign's spend on a weekday when always on, in US dollars."""
    number = _hash(seed, brand, campaign, "pace")
    if daily_budget is None:
        return Decimal(_within(WITHOUT_BUDGET, number))
    share = _within(HOT if is_hot(seed, brand, campaign) else ORDINARY, number)
    return _amount(_millionths(daily_budget) * share // MILLION)


def noise(seed: int, campaign_id: int, day: date) -> int:
    """The day's spend relative to the pace, in millionths."""
    number = _hash(seed, campaign_id, day.isoformat())
    level = _within((LEAST_NOISE, MOST_NOISE), number)
    return level * WEEKEND // MILLION if day.weekday() >= SATURDAY else level


def spent(runs: Iterable[Run], day: LocalDay, level: int, places: int = 2) -> Decimal:
    """The spend of the parts of ``runs`` within ``day``, rounded down to so many decimal places.

    ``level`` is the day's :func:`noise`.
    """
    unit = MILLION // 10**places
    volume = sum(_millionths(run.pace) * day.volume(run.since, run.until) for run in runs)
    return _amount(volume * level // (WHOLE * MILLION) // unit * unit)


def least_spent(daily_budget: Decimal, since: datetime, until: datetime, day: LocalDay) -> Decimal:
    """The least that a hot campaign with this budget spends while on, rounded down to the cent."""
    slowest = _amount(_millionths(daily_budget) * HOT[0] // MILLION)
    return spent([Run(since, until, slowest)], day, LEAST_NOISE * WEEKEND // MILLION)


def _hash(*parts: object) -> int:
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def _within(bounds: tuple[int, int], number: int) -> int:
    low, high = bounds
    return low + number % (high - low + 1)


def _millionths(amount: Decimal) -> int:
    return int(amount * MILLION)


def _amount(millionths: int) -> Decimal:
    return Decimal(millionths) / MILLION
