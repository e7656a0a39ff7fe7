"""What a replay came to."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ads.models import Brand, Campaign
from ads.rules.money import format_estimate, format_money
from ads.services.replay.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Stop:
    """A campaign was stopped, and was started again at ``until`` if it was."""

    campaign: Campaign
    at: datetime
    until: datetime | None
    holds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one campaign did and would have done. Amounts are in the brand's currency."""

    campaign: Campaign
    #: On record.
    recorded: Decimal
    #: In the replay, and how much of that is an estimate, because the campaign was off then.
    replayed: Decimal
    estimated: Decimal
    #: Spent beyond the daily budgets of the replay.
    over: Decimal
    #: Left of the daily budgets of the days on which it was stopped for them.
    unspent: Decimal
    stops: int


@dataclass(frozen=True, slots=True)
class Replayed:
    brand: Brand
    scenario: Scenario
    campaigns: tuple[Outcome, ...]
    #: In the order in which they happened.
    stops: tuple[Stop, ...]
    #: By accounting day, on record and in the replay.
    days: tuple[tuple[date, Decimal, Decimal], ...]
    #: Spent beyond the brand's daily budget.
    over: Decimal
    #: Left of it on the days on which campaigns were stopped for it.
    unspent: Decimal

    @property
    def recorded(self) -> Decimal:
        return sum((one.recorded for one in self.campaigns), Decimal(0))

    @property
    def replayed(self) -> Decimal:
        return sum((one.replayed for one in self.campaigns), Decimal(0))

    @property
    def estimated(self) -> Decimal:
        return sum((one.estimated for one in self.campaigns), Decimal(0))

    def money(self, amount: Decimal) -> str:
        """An amount of what would have been, as people read it: if in part estimated, rounded."""
        write = format_estimate if self.estimated else format_money
        return write(amount, self.brand.currency)
