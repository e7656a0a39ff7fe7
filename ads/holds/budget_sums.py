"""Sums that are kept nowhere: of a campaign since its flight began, and of budget groups.

Few campaigns have a total budget or a group, so these are added up from the kept sums when they are
asked for, and recording spend has nothing more to keep. A group's are worked out first, once for
all of its campaigns, and handed to SQL as constants.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import (
    Case,
    DateField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from ads.holds.supposing import NOTHING, Supposing
from ads.models import BudgetGroup, Campaign, DeliveryChange, SpendTotal
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start, period_start
from ads.rules.margins import SHARE, limited
from ads.rules.money import is_used_up

#: The period of a budget for all that is spent since a first day.
TOTAL: Final = "total"

#: The periods of a group's budgets in the order in which they are named, and their fields.
GROUP_BUDGETS: Final = {
    Period.DAY.value: "daily_budget",
    Period.MONTH.value: "monthly_budget",
    TOTAL: "total_budget",
}

ZERO: Final = Decimal(0)

#: A group, and a local date of its brand.
Key = tuple[int, date]

#: SQL: spend of any day may hold a row called campaign, as it has a total budget or a group.
IS_LONG: Final = "(campaign.total_budget IS NOT NULL OR campaign.budget_group_id IS NOT NULL)"


def is_long(campaign: str = "") -> Q:
    """The same for the campaign that a path, such as ``campaign__``, leads to."""
    names = ("total_budget", "budget_group")
    return Q(*(Q(**{f"{campaign}{name}__isnull": False}) for name in names), _connector=Q.OR)


class _MonthOf(Func):
    """The first of a date's month, by way of a timestamp that no timezone of a session shifts."""

    template = "date_trunc('month', (%(expressions)s)::timestamp)::date"
    arity = 1
    output_field = DateField()


def spent_since(first: str, key: str = "pk", *, of: str = "campaign") -> Any:
    """SQL for what a campaign has spent since the date at ``first``; NULL there: ever.

    ``key``: where its primary key is. ``of``: the path from a sum to it, or to a group, if that is
    what the key is of.

    Whole months, less the days of the first month before it: a few sums, however long ago it was.
    """
    month = Coalesce(_MonthOf(OuterRef(first)), date.min)
    sums = SpendTotal.objects.filter(**{of: OuterRef(key)}, start__gte=month).order_by()
    before = sums.filter(period=Period.DAY, start__lt=OuterRef(first))
    return _sum(sums.filter(period=Period.MONTH), of) - _sum(before, of)


def spent_in_all(supposing: Supposing = NOTHING) -> Any:
    """SQL for what counts against a campaign's total budget; without one 0, and nothing is read."""
    there_is_one = Q(**{f"{supposing.name('total_budget')}__isnull": False})
    spent = When(there_is_one, then=spent_since(supposing.name("start_date")))
    return Case(spent, default=ZERO, output_field=MoneyField())


def reached_totals(*, margins: bool) -> list[int]:
    """Ids of all campaigns that have used up their total budgets, or with ``margins`` may have.

    In a statement of its own, which looks at those that have one; within the sweep's, PostgreSQL
    would do without parallel workers.
    """
    having = Campaign.objects.filter(total_budget__isnull=False).alias(
        spent=spent_since("start_date")
    )
    reached = having.filter(spent__gte=F("total_budget") * _least(margins=margins))
    return list(reached.order_by().values_list("pk", flat=True))


def reached_groups(days: Collection[date], *, margins: bool) -> set[int]:
    """Ids of all groups with a budget that is used up on one of ``days``, or with ``margins`` may
    be; three queries.

    Adding up in SQL: the sums of all groups are many.
    """
    least = _least(margins=margins)
    members = Campaign.objects.filter(budget_group__isnull=False).order_by()
    budget = Case(
        *(
            When(totals__period=period, then=F(f"budget_group__{GROUP_BUDGETS[period]}"))
            for period in Period
        )
    )
    of_periods = (
        members.filter(totals__start__in=_starts(days))
        .values("budget_group", "totals__period", "totals__start", of_budget=budget)
        .annotate(spent=Sum("totals__amount"))
        .filter(spent__gte=F("of_budget") * least)
    )
    in_all = (
        members.filter(budget_group__total_budget__isnull=False)
        .values("budget_group")
        .annotate(spent=Sum(spent_since("budget_group__start_date")))
        .filter(spent__gte=F("budget_group__total_budget") * least)
    )
    found = {
        pk for those in (of_periods, in_all) for pk in those.values_list("budget_group", flat=True)
    }
    # Of these there need not be any sum.
    zero = Q(*((name, ZERO) for name in GROUP_BUDGETS.values()), _connector=Q.OR)
    return found.union(BudgetGroup.objects.filter(zero).order_by().values_list("pk", flat=True))


def _least(*, margins: bool) -> Value:
    """The share of a budget from which it may be used up."""
    return Value(1 - SHARE if margins else Decimal(1))


def _sum(sums: QuerySet[SpendTotal], of: str) -> Any:
    total = sums.values(of).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total), ZERO, output_field=MoneyField())


@dataclass(frozen=True, slots=True)
class GroupBudget:
    """One budget of a group. Amounts are in the brand's currency."""

    #: "day", "month" or "total".
    period: str
    spent: Decimal
    budget: Decimal
    #: What is still spent before a stop takes effect, of brands that stop early.
    on_its_way: Decimal = ZERO

    @property
    def is_used_up(self) -> bool:
        """Or nearly: what is on its way uses it up."""
        return is_used_up(self.spent, self.budget - self.on_its_way)

    @property
    def share(self) -> Decimal:
        """How much of it is used, 1 for all."""
        return self.spent / self.budget if self.budget else Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class GroupFigures:
    id: int
    name: str
    budgets: tuple[GroupBudget, ...]

    @property
    def used_up(self) -> tuple[GroupBudget, ...]:
        return tuple(budget for budget in self.budgets if budget.is_used_up)

    @property
    def is_early(self) -> bool:
        """Do they hold its campaigns before all of any of them is on record?"""
        return bool(self.used_up) and all(each.spent < each.budget for each in self.used_up)

    @property
    def leading(self) -> GroupBudget | None:
        """The first that is used up, else the one that is used the most; None without budgets."""
        if self.used_up:
            return self.used_up[0]
        return max(self.budgets, key=lambda budget: budget.share, default=None)


def of_groups(
    keys: Collection[Key],
    supposing: Supposing = NOTHING,
    *,
    groups: Mapping[int, Any] | None = None,
    margins: bool = False,
) -> dict[Key, GroupFigures]:
    """The figures of groups, each on a local date of its brand; at most three queries.

    ``groups``: they themselves, if they have been read already. ``margins``: with what is on its
    way of brands that stop early, by a query more.
    """
    if not keys:
        return {}
    groups = groups or _read({pk for pk, _ in keys})
    in_all = _in_all(
        [group for group in groups.values() if group.total_budget is not None], supposing
    )
    sums = _of_periods(groups, {day for _, day in keys}, supposing)
    on_its_way = _on_its_way(groups, supposing) if margins else {}
    found = {}
    for pk, day in keys:
        if pk not in groups:
            continue
        spent: dict[str, Decimal] = {TOTAL: in_all.get(pk, ZERO)}
        for period in Period:
            spent[period] = sums.get((pk, period, period_start(period, day)), ZERO)
        its = tuple(
            GroupBudget(period, spent[period], budget, limited(on_its_way.get(pk, ZERO), budget))
            for period, budget in _budgets(groups[pk]).items()
            if budget is not None
        )
        found[pk, day] = GroupFigures(pk, groups[pk].name, its)
    return found


def later_sums(group_ids: Collection[int], since: date) -> Mapping[tuple[int, str, date], Decimal]:
    """What groups have spent in days and months from ``since`` on, also ahead of time."""
    rows = _members(group_ids, NOTHING).filter(totals__start__gte=period_start("month", since))
    sums = rows.values_list("of_group", "totals__period", "totals__start")
    return {
        (group, period, start): spent
        for group, period, start, spent in sums.annotate(spent=Sum("totals__amount"))
    }


def there_are() -> tuple[bool, bool, bool]:
    """Are there any budget groups, campaigns with a total budget, and margins? One small query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM ads_budgetgroup),"
            " EXISTS (SELECT FROM ads_campaign WHERE total_budget IS NOT NULL),"
            " EXISTS (SELECT FROM ads_spendmargin)"
        )
        groups, totals, margins = cursor.fetchone()
    return groups, totals, margins


def today(groups: QuerySet[BudgetGroup], now: datetime) -> list[Key]:
    """Each of ``groups`` with the local date of its brand; without those of invalid timezones."""
    keys: list[Key] = []
    dates: dict[str, date] = {}
    for pk, zone in groups.order_by().values_list("pk", "brand__timezone"):
        with suppress(UnknownTimezone):
            keys.append((pk, dates.setdefault(zone, local_date(now, zone))))
    return keys


def of_campaigns(campaigns: Iterable[Campaign], now: datetime) -> dict[int, GroupFigures]:
    """The figures of their groups at ``now``, by the group's id; no query without groups.

    ``campaigns`` have their brands at hand.
    """
    campaigns = list(campaigns)
    margins = any(campaign.brand.stops_early for campaign in campaigns)
    keys: set[Key] = set()
    groups: dict[int, BudgetGroup] = {}
    is_loaded = Campaign._meta.get_field("budget_group").is_cached
    for campaign in campaigns:
        if campaign.budget_group_id is not None:
            with suppress(UnknownTimezone):
                keys.add((campaign.budget_group_id, local_date(now, campaign.brand.timezone)))
            if is_loaded(campaign) and campaign.budget_group:
                groups[campaign.budget_group_id] = campaign.budget_group
    known = groups if groups.keys() >= {pk for pk, _ in keys} else None
    found = of_groups(keys, groups=known, margins=margins)
    return {pk: figures for (pk, _), figures in found.items()}


def _read(ids: Collection[int]) -> dict[int, Any]:
    """Of many groups, instances of the model would take most of the memory."""
    rows = BudgetGroup.objects.order_by().filter(pk__in=ids)
    columns = ("pk", "name", "start_date", *GROUP_BUDGETS.values())
    return {group.pk: group for group in rows.values_list(*columns, named=True)}


def _budgets(group: Any) -> dict[str, Decimal | None]:
    return {period: getattr(group, field) for period, field in GROUP_BUDGETS.items()}


def _members(group_ids: Collection[int], supposing: Supposing, *names: str) -> QuerySet[Any, Any]:
    """The campaigns of these groups, with ``of_group``, as they are supposed to be.

    ``names``: what else of them is read.
    """
    group = supposing.name("budget_group")
    aliases = {name: of for name, of in supposing.aliases().items() if name in (group, *names)}
    members = Campaign.objects.alias(**aliases).filter(**{f"{group}__in": list(group_ids)})
    return members.order_by().annotate(of_group=F(group))


def _on_its_way(group_ids: Collection[int], supposing: Supposing) -> dict[int, Decimal]:
    """What the campaigns of these groups still spend, of brands that stop early.

    Of those that deliver or were stopped by a group. What another budget has stopped would
    otherwise count as long as that one is used up: the margin that stopped it stays.
    """
    early = supposing.name("brand__stops_early")
    last = DeliveryChange.objects.filter(campaign=OuterRef("pk")).order_by("-at", "-id")
    members = (
        _members(group_ids, supposing, early)
        .filter(**{early: True}, spend_margin__isnull=False)
        .alias(stopped_by=Subquery(last.values("holds")[:1]))
        .filter(Q(is_active=True) | Q(stopped_by__contains=["group_budget"]))
    )
    sums = members.values_list("of_group").annotate(on_its_way=Sum("spend_margin__own"))
    return dict(sums)


def _in_all(groups: Collection[Any], supposing: Supposing) -> dict[int, Decimal]:
    """What these groups have spent since their first day: months, less the days before it."""
    if not groups:
        return {}
    by_month: dict[date, list[int]] = defaultdict(list)
    within: dict[date, list[int]] = defaultdict(list)
    for group in groups:
        first = group.start_date or date.min
        by_month[month_start(first)].append(group.pk)
        if first.day != 1:
            within[first].append(group.pk)
    members = _members([group.pk for group in groups], supposing)
    months = members.filter(totals__period=Period.MONTH, totals__start__gte=_date_of(by_month))
    found: dict[int, Decimal] = defaultdict(Decimal)
    for pk, amount in months.values_list("of_group").annotate(spent=Sum("totals__amount")):
        found[pk] += amount
    if within:
        some = _members([pk for pks in within.values() for pk in pks], supposing)
        days = some.filter(
            totals__period=Period.DAY,
            totals__start__gte=_date_of(by_month),
            totals__start__lt=_date_of(within),
        )
        for pk, amount in days.values_list("of_group").annotate(spent=Sum("totals__amount")):
            found[pk] -= amount
    return found


def _date_of(groups: Mapping[date, Collection[int]]) -> Case:
    """SQL for the date of a member's group."""
    return Case(
        *(When(of_group__in=pks, then=Value(day)) for day, pks in groups.items()),
        output_field=DateField(),
    )


def _of_periods(
    group_ids: Collection[int], days: Collection[date], supposing: Supposing
) -> Mapping[tuple[int, str, date], Decimal]:
    rows = (
        _members(group_ids, supposing)
        .filter(totals__start__in=_starts(days))
        .values_list("of_group", "totals__period", "totals__start")
        .annotate(spent=Sum("totals__amount"))
    )
    return {(group, period, start): spent for group, period, start, spent in rows}


def _starts(days: Collection[date]) -> set[date]:
    return {period_start(period, day) for day in days for period in Period}
