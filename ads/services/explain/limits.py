"""The limits of campaigns, and the allowances that raise them, in words."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, F, Q, QuerySet, Value

from ads.holds import (
    BUDGET_HOLDS,
    LIMIT_OF,
    ON_ITS_WAY,
    AnyBudget,
    BudgetHold,
    GroupFigures,
    Hold,
)
from ads.models import Allowance, Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules import calendar
from ads.rules.allowances import Allowed, limit_words, periods_ahead
from ads.rules.money import format_money
from ads.services.delivery import allowances
from ads.services.ledger import LATEST
from ads.services.planned import course
from ads.services.senders import visibility


def with_allowances(
    rows: Collection[Any], now: datetime, brand_ids: Collection[int] | None = None
) -> None:
    """Give evaluated campaigns their allowances in force (``allowed_by``).

    No query where no limit is raised, else one. ``brand_ids``: those that whoever asks is limited
    to, who then is not told the names of people and keys.
    """
    raised = [row for row in rows if any(_allowed(one, row) for one in BUDGET_HOLDS)]
    found = _in_force(raised, now) if raised else {}
    for row in rows:
        row.allowed_by = {}
    for row in raised:
        today = calendar.local_date(now, row.brand.timezone)
        for budget in BUDGET_HOLDS:
            key = _key(budget, row, calendar.period_start(budget.period, today))
            row.allowed_by[budget.hold] = [_told(one, brand_ids) for one in found.get(key, ())]


def with_groups(rows: Iterable[Any], groups: Mapping[int, GroupFigures]) -> None:
    """Give evaluated campaigns the figures of their budget groups (``in_group``).

    None: in none, or in one that is not among ``groups``, as it holds nothing.
    """
    for row in rows:
        row.in_group = groups.get(row.budget_group_id)


def group_of(row: Any) -> GroupFigures | None:
    """The figures of a campaign's budget group: see :func:`with_groups`."""
    figures: GroupFigures | None = getattr(row, "in_group", None)
    return figures


def with_planned(rows: Collection[Any], now: datetime) -> None:
    """Give evaluated campaigns what is planned of their budgets and their brands' (``planned``).

    By the budget's path; one query.
    """
    brands, campaigns = {row.brand_id for row in rows}, [row.pk for row in rows]
    ahead = course.ahead(brands, campaigns, now) if rows else {}
    for row in rows:
        of_brand, own = ahead.get((row.brand_id, None), {}), ahead.get((row.brand_id, row.pk), {})
        row.planned = {f"brand__{name}": its for name, its in of_brand.items()} | dict(own)


def with_ahead(rows: Collection[Any], now: datetime) -> None:
    """Give evaluated campaigns the periods to come, with what was spent in them ahead of time.

    Of the budgets of their own and their brands' (``ahead``, by hold), and of their groups
    (``group_ahead``, by period). One query; ``rows`` are :func:`with_groups`.
    """
    if not rows:
        return
    first = min(calendar.local_date(now, row.brand.timezone) for row in rows)
    ahead: QuerySet[Any] = SpendTotal.objects.filter(start__gt=first, start__lt=LATEST).order_by()
    whose = Q(campaign__in=[row.pk for row in rows])
    whose |= Q(campaign=None, brand__in={row.brand_id for row in rows})
    columns = ("group", "brand", "campaign", "period", "start", "amount", "waived")
    no_group = Value(None, output_field=BigIntegerField())
    totals = ahead.filter(whose).annotate(group=no_group).values_list(*columns)
    if groups := {figures.id for row in rows if (figures := group_of(row))}:
        # Not as one condition: PostgreSQL would read the sums to come of everybody.
        shared = ahead.filter(campaign__budget_group__in=groups)
        members = shared.annotate(group=F("campaign__budget_group")).values_list(*columns)
        totals = totals.union(members, all=True)
    counts: dict[tuple[Any, ...], dict[date, Decimal]] = defaultdict(dict)
    in_groups: dict[tuple[Any, ...], dict[date, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for group, brand, campaign, period, start, amount, waived in totals:
        if group is None:
            counts[brand, campaign, period][start] = amount - waived
        else:
            in_groups[group, period][start] += amount
    for row in rows:
        zone = row.brand.timezone
        row.ahead = {
            budget.hold: periods_ahead(
                budget.period,
                counts[row.brand_id, None if budget.of_brand else row.pk, budget.period],
                now,
                zone,
            )
            for budget in BUDGET_HOLDS
        }
        row.group_ahead = {
            period: periods_ahead(period, in_groups[row.budget_group_id, period], now, zone)
            for period in (Period if group_of(row) else ())
        }


def planned_of(row: Any) -> Mapping[str, course.Course]:
    """What is planned of the budgets of a campaign: see :func:`with_planned`."""
    planned: Mapping[str, course.Course] = getattr(row, "planned", {})
    return planned


def limit_of(budget: AnyBudget, row: Any) -> Decimal | None:
    """The limit of an evaluated campaign: its budget and what is allowed beyond it; None: none."""
    limit: Decimal | None = getattr(row, budget.limit)
    return limit


def on_its_way_of(budget: AnyBudget, row: Any) -> Decimal | None:
    """What is still spent before a stop takes effect; None: the brand does not stop early."""
    amount: Decimal | None = getattr(row, ON_ITS_WAY[budget], None)
    return amount


def is_early(hold: Hold, row: Any) -> bool:
    """Does a budget hold an evaluated campaign before all of it is on record?"""
    if hold == Hold.GROUP_BUDGET:
        figures = group_of(row)
        return figures is not None and figures.is_early
    budget = LIMIT_OF.get(hold)
    limit = limit_of(budget, row) if budget else None
    return budget is not None and limit is not None and getattr(row, budget.spend) < limit


def budget_of(budget: BudgetHold, row: Campaign) -> Decimal | None:
    """The budget of a hold; None: no limit."""
    owner: Any = row.brand if budget.of_brand else row
    amount: Decimal | None = getattr(owner, f"{budget.period.word}_budget")
    return amount


def of_limit(budget: AnyBudget, row: Any, now: datetime) -> str:
    """What a raised limit is made of: see :func:`limit_words`."""
    if not isinstance(budget, BudgetHold):
        return ""
    those = getattr(row, "allowed_by", {}).get(budget.hold, ())
    own = budget_of(budget, row) or Decimal(0)
    allowed, brand = _allowed(budget, row), row.brand
    return limit_words(own, allowed, those, now, brand.timezone, brand.currency)


def made_of(row: Any, now: datetime, *, of_brand: bool) -> dict[Period, str]:
    """The same of the campaign's own limits, or of its brand's, by period."""
    budgets = (one for one in BUDGET_HOLDS if one.of_brand is of_brand)
    return {budget.period: of_limit(budget, row, now) for budget in budgets}


def spent_of(spent: Decimal, limit: Decimal, currency: str, made_of: str) -> str:
    """ "$65.40 of $150.21: $75.00 budget + $75.21 allowed by admin until midnight"."""
    figures = f"{format_money(spent, currency)} of {format_money(limit, currency)}"
    return f"{figures}: {made_of}" if made_of else figures


def _allowed(budget: BudgetHold, row: Any) -> Decimal:
    limit, own = limit_of(budget, row), budget_of(budget, row)
    return limit - own if limit is not None and own is not None else Decimal(0)


#: Brand, campaign, period and its start.
_Key = tuple[int, int | None, str, date]


def _key(budget: BudgetHold, row: Campaign, start: date) -> _Key:
    return row.brand_id, None if budget.of_brand else row.pk, budget.period, start


def _in_force(rows: Sequence[Any], now: datetime) -> Mapping[_Key, list[Allowed]]:
    today = {calendar.local_date(now, row.brand.timezone) for row in rows}
    starts = {calendar.period_start(period, day) for day in today for period in Period}
    those = Q(campaign__in=[row.pk for row in rows])
    those |= Q(campaign=None, brand__in={row.brand_id for row in rows})
    found: dict[_Key, list[Allowed]] = defaultdict(list)
    for one in Allowance.objects.in_force(now).filter(those, start__in=starts):
        key = (one.brand_id, one.campaign_id, one.period, one.start)
        found[key].append(allowances.allowed(one))
    return found


def _told(allowed: Allowed, brand_ids: Collection[int] | None) -> Allowed:
    return replace(allowed, by=visibility.actor(allowed.by, brand_ids))
