"""Campaigns filtered and sorted by computed figures, in SQL.

What is asked of one list is asked at one :class:`~ads.holds.Moment`, and can be combined.
"""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Final

from django.db import models
from django.db.models import Case, DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value, When

from ads.holds import (
    BUDGET_HOLDS,
    LOCAL_DATE,
    AnyBudget,
    BudgetHold,
    Moment,
    ended,
    not_begun,
    with_dates,
    with_spend,
)
from ads.models import Campaign
from ads.models.fields import MoneyField

#: The campaign's own budgets.
OWN: Final = tuple(budget for budget in BUDGET_HOLDS if not budget.of_brand)

#: A flight that ends within so many days, today not counted, "ends soon".
SOON: Final = 7

#: More than any budget can be used.
BEYOND_ALL: Final = Decimal(10**30)


class Flight(models.TextChoices):
    """Where a campaign stands in its flight, by the local date of its brand."""

    RUNNING = "running", "In its flight"
    NOT_BEGUN = "not_begun", "Not begun"
    ENDS_SOON = "ends_soon", f"Ends within {SOON} days"
    ENDED = "ended", "Ended"
    NONE = "none", "Without dates"


def used(
    campaigns: QuerySet[Campaign], moment: Moment, budgets: Collection[AnyBudget], percent: int
) -> QuerySet[Campaign]:
    """The campaigns that have used at least ``percent`` of the limit of one of these ``budgets``.

    A limit of zero counts as used up.
    """
    share = Decimal(percent) / 100
    reached = {
        f"{budget.spend}__gte": ExpressionWrapper(
            F(budget.limit) * share, output_field=MoneyField()
        )
        for budget in budgets
    }
    return with_spend(campaigns, moment, budgets).filter(Q(**reached, _connector=Q.OR))


def in_flight(campaigns: QuerySet[Campaign], moment: Moment, flight: Flight) -> QuerySet[Campaign]:
    """The campaigns at this point of their flight."""
    dated = Q(start_date__isnull=False) | Q(end_date__isnull=False)
    # A date and an interval make a timestamp.
    soon = ExpressionWrapper(F(LOCAL_DATE) + timedelta(days=SOON), output_field=DateTimeField())
    running = dated & ~not_begun() & ~ended()
    return with_dates(campaigns, moment).filter(
        {
            Flight.RUNNING: running,
            Flight.NOT_BEGUN: not_begun(),
            Flight.ENDS_SOON: running & Q(end_date__lte=soon),
            Flight.ENDED: ended(),
            Flight.NONE: ~dated,
        }[flight]
    )


def share_of(budget: BudgetHold) -> Case:
    """The used share of a limit, to sort campaigns :func:`with_spend` by; None without a budget.

    A used up limit of zero comes before every other.
    """
    return Case(
        When(**{budget.limit: 0, f"{budget.spend}__gte": 0}, then=Value(BEYOND_ALL)),
        When(**{budget.limit: 0}, then=Value(Decimal(0))),
        default=F(budget.spend) / F(budget.limit),
        output_field=models.DecimalField(),
    )
