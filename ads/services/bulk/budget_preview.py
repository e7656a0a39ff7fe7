"""The preview of a change of budgets: each budget before and after, and overbooked brands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, F, QuerySet, Sum, When

from ads.models import Brand, Campaign
from ads.models.campaign import Status
from ads.models.fields import MoneyField
from ads.services import locks
from ads.services.bulk.actions import Action, ChangeBudgets

BUDGETS: Final = ("daily_budget", "monthly_budget")

#: Brands, and campaigns, that are listed one by one.
LISTED: Final = 20

#: A budget before and after; None: no limit.
Pair = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of one kind of rows that would change, in the order of their names."""

    #: The first of them, each with its budgets by field.
    first: list[tuple[Brand | Campaign, Mapping[str, Pair]]] = field(default_factory=list)
    count: int = 0
    #: What they add up to, by field.
    together: Mapping[str, Pair] = field(default_factory=dict)
    #: How many budgets would exceed the largest valid one and stay as they are, by field.
    too_large: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overbooked:
    """A brand whose campaigns' budgets would add up to more than its own."""

    brand: Brand
    field: str
    campaigns: Decimal
    budget: Decimal


@dataclass(frozen=True, slots=True)
class BudgetPreview:
    """What a change does to budgets."""

    #: Names of the budgets that it is about.
    fields: tuple[str, ...]
    brands: Budgets
    campaigns: Budgets
    overbooked: list[Overbooked]


def preview_budgets(
    action: Action, campaigns: QuerySet[Campaign], brand_ids: Collection[int] = ()
) -> BudgetPreview:
    """Preview a change of the budgets of ``campaigns``, and of brands; about eight queries."""
    brands = Brand.objects.filter(pk__in=locks.among(brand_ids))
    given = {*action.columns(Campaign)[1], *action.columns(Brand)[1]}
    fields = tuple(name for name in BUDGETS if name in given)
    return BudgetPreview(
        fields,
        _budgets(action, brands, fields, "name"),
        _budgets(action, campaigns.select_related("brand"), fields, "brand__name", "name"),
        _overbooked(action, campaigns, brands, fields),
    )


def _budgets(action: Action, rows: QuerySet[Any], fields: tuple[str, ...], *order: str) -> Budgets:
    only, columns = action.columns(rows.model)
    if not any(name in columns for name in fields):
        return Budgets()
    new = {f"new_{name}": columns.get(name, F(name)) for name in fields}
    changed = rows.filter(only).order_by(*order)
    sums = changed.order_by().aggregate(
        count=Count("pk"),
        **{f"old_{name}": Sum(name) for name in fields},
        **{name: Sum(value) for name, value in new.items()},
    )
    changes = action.by_field(rows.model) if isinstance(action, ChangeBudgets) else {}
    counts = {
        name: Count("pk", filter=change.makes_too_large(name)) for name, change in changes.items()
    }
    return Budgets(
        [
            (row, {name: (getattr(row, name), getattr(row, f"new_{name}")) for name in fields})
            for row in changed.annotate(**new)[:LISTED]
        ],
        sums["count"],
        {name: (sums[f"old_{name}"], sums[f"new_{name}"]) for name in fields},
        rows.order_by().aggregate(**counts) if counts else {},
    )


def _overbooked(
    action: Action,
    campaigns: QuerySet[Campaign],
    brands: QuerySet[Brand],
    fields: tuple[str, ...],
) -> list[Overbooked]:
    """Of the brands that it concerns; campaigns that are over for good do not count."""
    only, columns = action.columns(Campaign)
    changed = campaigns.order_by().filter(only).values("pk")
    concerned = {*campaigns.order_by().values_list("brand", flat=True).distinct()}
    concerned |= set(brands.values_list("pk", flat=True))
    booked = (
        Campaign.objects.filter(brand__in=locks.among(concerned))
        .exclude(status__in=[Status.COMPLETED, Status.ARCHIVED])
        .order_by()
        .values("brand")
    )
    only_brands, of_brands = action.columns(Brand)
    found = []
    for name in fields:
        after = Case(
            When(pk__in=changed, then=columns.get(name, F(name))),
            default=F(name),
            output_field=MoneyField(),
        )
        totals = dict(booked.annotate(total=Sum(after)).values_list("brand", "total"))
        budget = Case(
            When(only_brands, pk__in=brands.values("pk"), then=of_brands.get(name, F(name))),
            default=F(name),
            output_field=MoneyField(),
        )
        limited = Brand.objects.filter(pk__in=locks.among(concerned)).annotate(budget=budget)
        found += [
            Overbooked(brand, name, totals[brand.pk], brand.budget)
            for brand in limited.exclude(budget=None).order_by("name")
            if (totals.get(brand.pk) or 0) > brand.budget
        ]
    return found
