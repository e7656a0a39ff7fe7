"""Comparing this process's clock with the database's.

Whoever decides reads its own clock: days, hours and allowances begin and end by it. So a clock that
is wrong starts and stops campaigns at the wrong time, and completes flights for good. All processes
share one database, so each compares its clock with that one: of two that differ too much nobody
knows which is right, and neither is relied on.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import connection

logger = structlog.stdlib.get_logger(__name__)

#: Seconds of a difference from which on it is said.
WORTH_SAYING: Final = 3.0

#: Seconds for which a comparison holds, if this clock is not set meanwhile.
KEPT: Final = 10.0

#: Seconds until the same is logged again.
SAID_EVERY: Final = 300.0

#: Seconds by which this clock may move against the machine's uptime without being compared again.
_STEP: Final = 1.0


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """How far this process's clock is from the database's, in seconds."""

    #: This process's clock when they were compared (UTC).
    here: datetime
    #: How far it is ahead; negative: behind.
    seconds: float
    #: How far ``seconds`` may be off: half of the time that the question took.
    within: float = 0.0

    @property
    def certain(self) -> float:
        """By how much the clocks differ at least."""
        return max(abs(self.seconds) - self.within, 0.0)

    @property
    def is_worth_saying(self) -> bool:
        """Do they differ by more than a few seconds?"""
        return self.certain > WORTH_SAYING

    @property
    def is_too_large(self) -> bool:
        """Do they differ so much that nothing may be changed? ``CLOCK_TOLERANCE`` says."""
        tolerance: int = settings.CLOCK_TOLERANCE
        return 0 < tolerance < self.certain

    def there(self, here: datetime) -> datetime:
        """What the database's clock says when this process's says ``here``."""
        return here - timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        there = self.there(self.here)
        which = "ahead of" if self.seconds > 0 else "behind"
        return (
            f"This process's clock is {abs(self.seconds):,.0f} s {which} the database's: it says "
            f"{self.here:%Y-%m-%d %H:%M:%S} UTC, and the database's {there:%Y-%m-%d %H:%M:%S} UTC. "
            "Set the one that is wrong, and keep both machines in time (NTP)."
        )


class ClockDiffers(Exception):
    """The clocks differ too much to change anything; nothing was changed."""

    def __init__(self, difference: ClockDifference) -> None:
        super().__init__(f"{difference}")
        self.difference = difference


@dataclass(frozen=True, slots=True)
class _Compared:
    difference: ClockDifference
    #: On the monotonic clock.
    at: float
    #: How far this clock was from the monotonic one; another now: it has been set.
    offset: float

    def holds(self) -> bool:
        uptime = time.monotonic()
        is_set = abs(time.time() - uptime - self.offset) > _STEP
        return uptime - self.at < KEPT and not is_set


# Two threads may as well each compare, so nothing here needs a lock.
_last: _Compared | None = None
_said_at: float | None = None


def clock_difference() -> ClockDifference:
    """Compare now; one query."""
    global _last  # noqa: PLW0603  (one per process, as there is one clock)
    before, began = time.time(), time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        there = float(cursor.fetchone()[0])
    uptime = time.monotonic()
    half = (uptime - began) / 2
    here = datetime.fromtimestamp(before, UTC)
    difference = ClockDifference(here, before + half - there, half)
    _last = _Compared(difference, uptime, before - began)
    _say(difference)
    return difference


def say_clock() -> str:
    """Log how far the clocks differ, if by more than a few seconds; the same in a sentence."""
    if not settings.CLOCK_TOLERANCE:
        return ""
    difference = clock_difference()
    return str(difference) if difference.is_worth_saying else ""


def require_clock(*, anew: bool = False) -> None:
    """Refuse to go on where this clock and the database's differ too much.

    Compares every :data:`KEPT` seconds, when this clock has been set, and ``anew`` at once;
    otherwise without a query.

    Raises:
        ClockDiffers: with the difference and the remedy.
    """
    if not settings.CLOCK_TOLERANCE:
        return
    last = None if anew else _last
    difference = last.difference if last and last.holds() else clock_difference()
    if difference.is_too_large:
        raise ClockDiffers(difference)


def _say(difference: ClockDifference) -> None:
    global _said_at  # noqa: PLW0603
    if not difference.is_worth_saying:
        _said_at = None
    elif _said_at is None or time.monotonic() - _said_at > SAID_EVERY:
        _said_at = time.monotonic()
        say = logger.error if difference.is_too_large else logger.warning
        say(str(difference), seconds=round(difference.seconds, 1))
