"""Spend that waits because nobody has matched its campaign."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from ads.models import WaitingSpend


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many unmatched campaigns have waiting spend, and how much; US dollars."""

    campaigns: int
    amount: Decimal


def waiting() -> Waiting | None:
    """None if nothing waits; one query."""
    waits = WaitingSpend.objects.filter(discarded_at=None)
    found = waits.aggregate(campaigns=Count("unknown", distinct=True), amount=Sum("amount"))
    return Waiting(**found) if found["campaigns"] else None
