"""Which total budgets and budget groups spend has crossed: the closer look of few campaigns.

Their sums span months and campaigns, so two entries may each leave room in a budget that both use
up, and have no sum in common that would make one wait for the other. So this first takes the
brands' lock, and reads the sums in statements after it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from ads.holds import TOTAL, budget_sums
from ads.models import BudgetGroup, Campaign
from ads.rules.calendar import local_date, period_start
from ads.rules.money import is_used_up
from ads.services import locks

#: What was recorded, by campaign and day.
Moved = Mapping[tuple[int, date], Decimal]


def crossed(brands: Mapping[int, int], moved: Moved, now: datetime) -> Q:
    """The campaigns that may have to switch after ``moved`` was recorded; empty for none.

    ``brands``: the brand of each campaign with a total budget or a group, by id. Where a budget is
    used up as it was before, those that deliver.
    """
    locks.long_budgets(brands.values())
    by_campaign: dict[int, dict[date, Decimal]] = defaultdict(dict)
    for (campaign, day), amount in moved.items():
        if campaign in brands:
            by_campaign[campaign][day] = amount
    rows: Any = Campaign.objects.filter(pk__in=by_campaign).annotate(
        spent=budget_sums.spent_in_all()
    )
    ids: set[int] = set()
    groups: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pk, group, first, is_active, budget, spent in rows.values_list(
        "pk", "budget_group", "start_date", "is_active", "total_budget", "spent"
    ):
        if group is not None:
            for day, amount in by_campaign[pk].items():
                groups[group][day] += amount
        if _matters(spent, _since(first, by_campaign[pk]), budget, delivers=is_active):
            ids.add(pk)
    return (Q(pk__in=ids) if ids else Q()) | _of_groups(groups, now)


def _of_groups(moved: Mapping[int, Mapping[date, Decimal]], now: datetime) -> Q:
    if not moved:
        return Q()
    delivering = Campaign.objects.filter(budget_group=OuterRef("pk"), is_active=True)
    rows: Any = BudgetGroup.objects.filter(pk__in=moved).select_related("brand")
    groups = {row.pk: row for row in rows.annotate(delivers=Exists(delivering))}
    # The brand's timezone was valid when the spend was placed.
    keys = [(pk, local_date(now, group.brand.timezone)) for pk, group in groups.items()]
    found = set()
    for (pk, today), figures in budget_sums.of_groups(keys, groups=groups).items():
        for each in figures.budgets:
            amount = (
                _since(groups[pk].start_date, moved[pk])
                if each.period == TOTAL
                else _within(each.period, today, moved[pk])
            )
            if _matters(each.spent, amount, each.budget, delivers=groups[pk].delivers):
                found.add(pk)
    return Q(budget_group__in=found) if found else Q()


def _matters(spent: Decimal, moved: Decimal, budget: Decimal | None, *, delivers: bool) -> bool:
    is_now = is_used_up(spent, budget)
    return is_now is not is_used_up(spent - moved, budget) or (is_now and delivers)


def _since(first: date | None, moved: Mapping[date, Decimal]) -> Decimal:
    return sum((amount for day, amount in moved.items() if not first or day >= first), Decimal(0))


def _within(period: str, today: date, moved: Mapping[date, Decimal]) -> Decimal:
    start = period_start(period, today)
    return sum(
        (amount for day, amount in moved.items() if period_start(period, day) == start), Decimal(0)
    )
