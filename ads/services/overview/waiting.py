"""Spend that waits because nobody has matched its campaign."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Subquery, Sum, Value

from ads.models import WaitingSpend
from ads.rules.money import sums_by_currency
from ads.services import visible
from ads.services.currencies import the_only


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many unmatched campaigns have waiting spend, and how much, by currency."""

    campaigns: int
    sums: Mapping[str, Decimal]


def waiting() -> Waiting | None:
    """None if nothing waits; else two queries."""
    waits = visible.rows(WaitingSpend.objects.filter(discarded_at=None)).order_by()
    # One unmatched campaign may have spend in two currencies.
    campaigns = waits.values(all=Value(1)).values_list(Count("unknown", distinct=True))
    found = list(waits.values_list("currency", Subquery(campaigns)).annotate(amount=Sum("amount")))
    if not found:
        return None
    only = the_only()
    sums = sums_by_currency((currency or only, amount) for currency, _, amount in found)
    return Waiting(found[0][1], sums)
