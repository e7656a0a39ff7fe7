"""A month of one brand's receipts."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ads.models import Brand
from ads.rules.calendar import day_begins, next_month
from ads.services.receipts.receipt import ZERO, Delay, Receipt, pauses, receipts_of


@dataclass(frozen=True, slots=True)
class Report:
    """The pauses of a brand's campaigns for used-up budgets in one of its months, oldest first."""

    brand: Brand
    month: date
    receipts: tuple[Receipt, ...]

    @property
    def kept(self) -> int:
        """How many budgets were kept."""
        return sum(receipt.is_kept for receipt in self.receipts)

    @property
    def over(self) -> Decimal:
        """By how much budgets were overshot together, a brand's once for all its campaigns."""
        return sum(self._by_budget().values(), ZERO)

    @property
    def over_by(self) -> dict[Delay, Decimal]:
        """The same by the delay that cost it."""
        by = dict.fromkeys(Delay, ZERO)
        delays = {self._key(receipt): receipt.cost_by for receipt in self.receipts}
        for key, over in self._by_budget().items():
            delay = delays[key]
            if delay is not None:
                by[delay] += over
        return by

    @property
    def worst(self) -> Receipt | None:
        """The one that was overshot most; None where all were kept."""
        over = [receipt for receipt in self.receipts if not receipt.is_kept]
        return max(over, key=lambda receipt: receipt.over, default=None)

    def _by_budget(self) -> dict[tuple[object, ...], Decimal]:
        by: dict[tuple[object, ...], Decimal] = {}
        for receipt in self.receipts:
            key = self._key(receipt)
            by[key] = max(by.get(key, ZERO), receipt.over)
        return by

    def _key(self, receipt: Receipt) -> tuple[object, ...]:
        owner = None if receipt.budget.of_brand else receipt.change.campaign_id
        return receipt.budget.hold, owner, receipt.start


def month_of(brand: Brand, month: date) -> Report:
    """The receipts of the month that begins at ``month``.

    Raises:
        UnknownTimezone: the brand's timezone is invalid.
    """
    begin, end = _bounds(brand, month)
    changes = (
        pauses()
        .filter(campaign__brand=brand, at__gte=begin, at__lt=end)
        .select_related("campaign__brand")
        .order_by("at", "pk")
    )
    return Report(brand, month, tuple(receipts_of(changes)))


def _bounds(brand: Brand, month: date) -> tuple[datetime, datetime]:
    return day_begins(month, brand.timezone), day_begins(next_month(month), brand.timezone)
