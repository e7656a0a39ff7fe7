"""The preview of a change of budgets: each budget before and after, and overbooked brands."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum

from ads.holds import as_array
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.fields import BUDGETS, CAMPAIGN_BUDGETS
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
    brands = Brand.objects.filter(pk__any_of=as_array(brand_ids))
    given = {*action.columns(Campaign)[1], *action.columns(Brand)[1]}
    fields = tuple(name for name in CAMPAIGN_BUDGETS if name in given)
    of_brands = _sums(action, brands, fields, "pk")
    of_campaigns = _sums(action, campaigns.order_by(), fields, "brand_id", "status")
    return BudgetPreview(
        fields,
        _budgets(action, brands, of_brands, fields, "name"),
        _budgets(
            action,
            campaigns.select_related("brand"),
            of_campaigns,
            fields,
            "brand__name",
            "name",
        ),
        _overbooked(
            {*brand_ids, *(each["brand_id"] for each in of_campaigns)},
            {each["pk"]: each for each in of_brands},
            of_campaigns,
            tuple(name for name in fields if name in BUDGETS),
        ),
    )


def currencies(campaigns: QuerySet[Campaign], brand_ids: Collection[int] = ()) -> list[str]:
    """The currencies of the budgets of ``campaigns`` and of brands, by code; one query."""
    concerned = Q(pk__in=campaigns.values("brand")) | Q(pk__any_of=as_array(brand_ids))
    found = Brand.objects.filter(concerned).order_by("currency")
    return list(found.values_list("currency", flat=True).distinct())


def _sums(
    action: Action, rows: QuerySet[Any], fields: tuple[str, ...], *by: str
) -> list[dict[str, Any]]:
    """What the budgets that would change add up to ``by`` brand, before and after; one query."""
    only, columns = action.columns(rows.model)
    if not any(name in columns for name in fields):
        return []
    changes = action.by_field(rows.model) if isinstance(action, ChangeBudgets) else {}
    currency = currency_of(rows.model)
    return list(
        rows.values(*by, code=F(currency)).annotate(
            count=Count("pk", filter=only),
            **{f"old_{name}": Sum(name, filter=only) for name in fields},
            **{f"new_{name}": Sum(columns.get(name, F(name)), filter=only) for name in fields},
            **{
                f"too_large_{name}": Count("pk", filter=change.makes_too_large(name, currency))
                for name, change in changes.items()
            },
        )
    )


def _budgets(
    action: Action,
    rows: QuerySet[Any],
    sums: Sequence[Mapping[str, Any]],
    fields: tuple[str, ...],
    *order: str,
) -> Budgets:
    if not sums:
        return Budgets()
    only, columns = action.columns(rows.model)
    new = {f"new_{name}": columns.get(name, F(name)) for name in fields}
    by_currency: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in sums:
        if each["count"]:
            by_currency[each["code"]].append(each)
    together = [
        Together(
            code,
            sum(each["count"] for each in same),
            {name: (_sum(f"old_{name}", same), _sum(f"new_{name}", same)) for name in fields},
        )
        for code, same in sorted(by_currency.items())
    ]
    count = sum(each.count for each in together)
    first = rows.filter(only).annotate(**new).order_by(*order)[: min(LISTED, count)]
    return Budgets(
        [
            (row, {name: (getattr(row, name), getattr(row, f"new_{name}")) for name in fields})
            for row in first
        ],
        count,
        together,
        {
            name: sum(each[f"too_large_{name}"] for each in sums)
            for name in fields
            if f"too_large_{name}" in sums[0]
        },
    )


def _sum(name: str, rows: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """As SQL adds up: None where there is nothing to add."""
    given = [row[name] for row in rows if row[name] is not None]
    return sum(given, Decimal(0)) if given else None


def _overbooked(
    brand_ids: Collection[int],
    of_brands: Mapping[int, Mapping[str, Any]],
    of_campaigns: Sequence[Mapping[str, Any]],
    fields: tuple[str, ...],
) -> list[Overbooked]:
    """Of these brands; campaigns that are over for good do not count."""
    those = Brand.objects.filter(pk__any_of=as_array(brand_ids)).order_by("name")
    over = (Status.COMPLETED, Status.ARCHIVED)
    booked: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    campaigns = Campaign.objects.filter(brand__any_of=as_array(brand_ids)).exclude(status__in=over)
    stored: Any = campaigns.order_by().values("brand_id")
    stored = list(stored.annotate(**{name: Sum(name) for name in fields}))
    for name in fields:
        for row in stored:
            booked[row["brand_id"], name] += row[name] or 0
        for row in of_campaigns:
            if row["status"] not in over:
                booked[row["brand_id"], name] += row[f"new_{name}"] or 0
                booked[row["brand_id"], name] -= row[f"old_{name}"] or 0

    def limit(brand: Brand, name: str) -> Any:
        changed = of_brands.get(brand.pk)
        return changed[f"new_{name}"] if changed and changed["count"] else getattr(brand, name)

    return [
        Overbooked(brand, name, total, its)
        for name in fields
        for brand in those
        if (its := limit(brand, name)) is not None and (total := booked[brand.pk, name]) > its
    ]
