"""The preview of a change of budgets: each budget before and after, and overbooked brands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When

from ads.holds import one_of
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.fields import BUDGETS, CAMPAIGN_BUDGETS, MoneyField
from ads.services import locks
from ads.services.bulk.actions import Action, ChangeBudgets, currency_of

#: Brands, and campaigns, that are listed one by one.
LISTED: Final = 20

#: A budget before and after; None: no limit.
Pair = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Together:
    """What the budgets in one currency add up to, by field, and of how many rows."""

    currency: str
    count: int
    pairs: Mapping[str, Pair]


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of one kind of rows that would change, in the order of their names."""

    #: The first of them, each with its budgets by field.
    first: list[tuple[Brand | Campaign, Mapping[str, Pair]]] = field(default_factory=list)
    count: int = 0
    #: What they add up to in each currency, by code.
    together: list[Together] = field(default_factory=list)
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
    #: Names of the budgets that it is about.
    fields: tuple[str, ...]
    brands: Budgets
    campaigns: Budgets
    overbooked: list[Overbooked]


def preview_budgets(
    action: Action, campaigns: QuerySet[Campaign], brand_ids: Collection[int] = ()
) -> BudgetPreview:
    """Preview a change of the budgets of ``campaigns``, and of brands; six queries at most."""
    brands = Brand.objects.filter(pk__in=locks.among(brand_ids))
    given = {*action.columns(Campaign)[1], *action.columns(Brand)[1]}
    fields = tuple(name for name in CAMPAIGN_BUDGETS if name in given)
    return BudgetPreview(
        fields,
        _budgets(action, brands, fields, "name"),
        _budgets(action, campaigns.select_related("brand"), fields, "brand__name", "name"),
        _overbooked(
            action, campaigns.order_by(), brands, tuple(name for name in fields if name in BUDGETS)
        ),
    )


def currencies(campaigns: QuerySet[Campaign], brand_ids: Collection[int] = ()) -> list[str]:
    """The currencies of the budgets of ``campaigns`` and of brands, by code; one query."""
    concerned = Q(pk__in=campaigns.values("brand")) | Q(pk__in=locks.among(brand_ids))
    found = Brand.objects.filter(concerned).order_by("currency")
    return list(found.values_list("currency", flat=True).distinct())


def _budgets(action: Action, rows: QuerySet[Any], fields: tuple[str, ...], *order: str) -> Budgets:
    only, columns = action.columns(rows.model)
    if not any(name in columns for name in fields):
        return Budgets()
    new = {f"new_{name}": columns.get(name, F(name)) for name in fields}
    changes = action.by_field(rows.model) if isinstance(action, ChangeBudgets) else {}
    currency = currency_of(rows.model)
    found = list(
        rows.order_by(currency)
        .values(currency)
        .annotate(
            count=Count("pk", filter=only),
            **{f"old_{name}": Sum(name, filter=only) for name in fields},
            **{name: Sum(value, filter=only) for name, value in new.items()},
            **{
                f"too_large_{name}": Count("pk", filter=change.makes_too_large(name, currency))
                for name, change in changes.items()
            },
        )
    )
    count = sum(each["count"] for each in found)
    first = rows.filter(only).annotate(**new).order_by(*order)[: min(LISTED, count)]
    return Budgets(
        [
            (row, {name: (getattr(row, name), getattr(row, f"new_{name}")) for name in fields})
            for row in first
        ],
        count,
        [
            Together(
                each[currency],
                each["count"],
                {name: (each[f"old_{name}"], each[f"new_{name}"]) for name in fields},
            )
            for each in found
            if each["count"]
        ],
        {name: sum(each[f"too_large_{name}"] for each in found) for name in changes},
    )


def _overbooked(
    action: Action,
    campaigns: QuerySet[Campaign],
    brands: QuerySet[Brand],
    fields: tuple[str, ...],
) -> list[Overbooked]:
    """Of the brands that it concerns; campaigns that are over for good do not count."""

    def after(rows: QuerySet[Any]) -> dict[str, Case]:
        only, columns = action.columns(rows.model)
        # Most campaigns of the brands are none of these, and their ids say so at once.
        changing = one_of("pk", rows) & only
        return {
            f"new_{name}": Case(
                When(changing, then=columns.get(name, F(name))),
                default=F(name),
                output_field=MoneyField(),
            )
            for name in fields
        }

    concerned = Q(pk__in=campaigns.values("brand")) | Q(pk__in=brands.values("pk"))
    limited = Brand.objects.filter(concerned).annotate(**after(brands)).order_by("name")
    those = list(limited)
    booked = (
        Campaign.objects.filter(brand__in=locks.among(brand.pk for brand in those))
        .exclude(status__in=[Status.COMPLETED, Status.ARCHIVED])
        .order_by()
        .values("brand")
    )
    totals: dict[int, Any] = {
        row["brand"]: row
        for row in booked.annotate(**{name: Sum(new) for name, new in after(campaigns).items()})
    }
    return [
        Overbooked(brand, name, total, limit)
        for name in fields
        for brand in those
        if (limit := getattr(brand, f"new_{name}")) is not None
        and (total := totals.get(brand.pk, {}).get(f"new_{name}")) is not None
        and total > limit
    ]
