"""What to replay, and otherwise than it was in what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ads.models import Brand
from ads.rules.calendar import local_date, month_start, next_month
from ads.services import restored
from ads.services.ledger import archived
from ads.services.replay.demand import STEP

#: A quarter, with room for its longest months.
MOST_DAYS: Final = 93

#: Minutes; each a whole number of steps.
CHECKS: Final = (5, 10, 15, 30, 60)
LONGEST_LAG: Final = 12 * 60

_STEP_MINUTES: Final = STEP // timedelta(minutes=1)


class InvalidScenario(ValueError):
    """What cannot be replayed; carries ``field``, ``value`` and the reason with its remedy."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        super().__init__(field, value, reason)
        self.field = field
        self.value = value
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.value} cannot be used: {self.reason}"


@dataclass(frozen=True, slots=True)
class Budgets:
    """Budgets to suppose, in the brand's currency; None is no limit."""

    daily: Decimal | None
    monthly: Decimal | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Days of a brand to replay. Whatever is not given is as it is set today.

    ``first`` and ``last`` are accounting days, both included.
    """

    first: date
    last: date
    #: The brand's own.
    brand: Budgets | None = None
    #: By a campaign's ID; the others have ``percent`` of today's.
    campaigns: Mapping[int, Budgets] = field(default_factory=dict)
    percent: Decimal = Decimal(100)
    #: Ids of the schedules that all campaigns have in place of their own; empty: all hours.
    schedules: frozenset[int] | None = None
    #: Minutes from one check to the next.
    check_every: int = _STEP_MINUTES
    #: Minutes from when money is spent (or was recorded, where only that is known) until it counts.
    lag: int = 0
    #: Whether campaigns stop early; None: as the brand is set.
    stops_early: bool | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def check(self, brand: Brand, now: datetime) -> None:
        """Raise InvalidScenario if it cannot be replayed for ``brand``."""
        today = local_date(now, brand.timezone)
        if self.last < self.first:
            raise InvalidScenario("to", self.last, f"use {self.first} or later.")
        if self.last >= today:
            raise InvalidScenario("to", self.last, "use a day that has ended.")
        if self.days > MOST_DAYS:
            reason = f"these are {self.days} days; replay {MOST_DAYS} at most."
            raise InvalidScenario("from", self.first, reason)
        month = month_start(self.first)
        gone = archived.archived_months()
        while month <= self.last:
            if month in gone:
                reason = (
                    f"the entries of {month:%Y-%m} are archived; have them brought back first "
                    "(restore_archive)."
                )
                raise InvalidScenario("from", self.first, reason)
            month = next_month(month)
        if self.check_every not in CHECKS:
            allowed = ", ".join(map(str, CHECKS))
            raise InvalidScenario("check_every", self.check_every, f"use one of {allowed} minutes.")
        if not 0 <= self.lag <= LONGEST_LAG or self.lag % _STEP_MINUTES:
            reason = f"use minutes from 0 to {LONGEST_LAG}, in steps of {_STEP_MINUTES}."
            raise InvalidScenario("lag", self.lag, reason)
        if self.percent < 0:
            raise InvalidScenario("budgets", self.percent, "use 0 or more percent.")
        if restored.is_held():
            reason = "the database was restored, and nothing starts until an operator resumes."
            raise InvalidScenario("brand", brand.name, reason)
