"""The receipts of a brand or a campaign, and what they come to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from ads.models import Brand, Campaign, DeliveryChange
from ads.rules.calendar import day_bounds
from ads.services.ledger import EARLIEST, LATEST, summaries
from ads.services.receipts.receipt import ZERO, Delay, Receipt, pauses, receipts_of


@dataclass(frozen=True, slots=True)
class Report:
    """The pauses for used-up budgets on days of the brand's timezone, the oldest first."""

    receipts: tuple[Receipt, ...]

    @property
    def kept(self) -> int:
        return sum(receipt.is_kept for receipt in self.receipts)

    @property
    def over(self) -> Decimal:
        """By how much budgets were overshot together, a brand's once for all its campaigns."""
        return sum((receipt.over for receipt in self._by_budget()), ZERO)

    @property
    def over_by(self) -> dict[Delay, Decimal]:
        """The same by the delay that cost it."""
        by = dict.fromkeys(Delay, ZERO)
        for receipt in self._by_budget():
            if receipt.cost_by is not None:
                by[receipt.cost_by] += receipt.over
        return by

    @property
    def worst(self) -> Receipt | None:
        """The one that was overshot most; None where all were kept."""
        over = [receipt for receipt in self.receipts if not receipt.is_kept]
        return max(over, key=lambda receipt: receipt.over, default=None)

    def _by_budget(self) -> Collection[Receipt]:
        """Of each budget and period, the pause by which it was overshot most."""
        by: dict[tuple[object, ...], Receipt] = {}
        for receipt in self.receipts:
            key = self._key(receipt)
            by[key] = max(by.get(key, receipt), receipt, key=lambda one: one.over)
        return by.values()

    def _key(self, receipt: Receipt) -> tuple[object, ...]:
        return receipt.budget.hold, receipt.owner, receipt.period, receipt.start


def pauses_of(owner: Brand | Campaign, first: date, last: date) -> QuerySet[DeliveryChange]:
    """The pauses of the days from ``first`` to ``last``, both included, the oldest first.

    Raises:
        InvalidSpan: these are too many days, or none.
        UnknownTimezone: the brand's timezone is invalid.
    """
    summaries.check_span(first, last)
    if isinstance(owner, Brand):
        timezone, its = owner.timezone, pauses().filter(campaign__brand=owner)
    else:
        timezone, its = owner.brand.timezone, pauses().filter(campaign=owner)
    begin, _ = day_bounds(max(first, EARLIEST), timezone)
    _, end = day_bounds(min(last, LATEST), timezone)
    within = its.filter(at__gte=begin, at__lt=end)
    return within.select_related("campaign__brand", "campaign__budget_group").order_by("at", "pk")


def report(owner: Brand | Campaign, first: date, last: date) -> Report:
    """The receipts of :func:`pauses_of`; four queries, whatever their number, and few for budgets
    of groups and total budgets.
    """
    return Report(tuple(receipts_of(pauses_of(owner, first, last))))
