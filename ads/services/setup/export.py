"""Brands and campaigns as a setup file, which can be edited and read back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from ads.models import Brand, Campaign
from ads.services import visible
from ads.services.exports import Export, portions
from ads.services.setup import stored
from ads.services.setup.columns import BRAND, CAMPAIGN, COLUMNS
from ads.services.setup.plan import Plan
from ads.services.team import labels


def export(brands: QuerySet[Brand], campaigns: QuerySet[Campaign]) -> Export:
    """These brands, each followed by those of these campaigns that are its own."""

    def rows() -> Iterator[Sequence[object]]:
        listed = brands.select_related("account_manager").order_by("name", "pk")
        waiting = {brand.pk: brand for brand in listed}
        of_brands = labels.names_of(Brand, waiting)
        currencies = {pk: brand.currency for pk, brand in waiting.items()}
        ordered = campaigns.filter(brand__in=brands.order_by().values("pk"))
        ordered = ordered.select_related("brand").order_by("brand__name", "brand", "name", "pk")
        for some in portions(ordered):
            ids = [campaign.pk for campaign in some]
            schedules, references = stored.schedules_of(ids), stored.references_of(ids)
            labeled = labels.names_of(Campaign, ids)
            groups = stored.groups_of(ids)
            for campaign in some:
                while campaign.brand_id in waiting:  # and those before it, which have none
                    yield _brand(waiting.pop(next(iter(waiting))), of_brands)
                values = {
                    "schedules": schedules.get(campaign.pk, ()),
                    "platform_ids": references.get(campaign.pk, ()),
                    "labels": labeled.get(campaign.pk, ()),
                    "budget_group": groups.get(campaign.pk, ""),
                }
                yield _campaign(campaign, values, currencies[campaign.brand_id])
        yield from (_brand(brand, of_brands) for brand in waiting.values())

    return Export("setup", COLUMNS, rows)


def export_changes(plan: Plan) -> Export:
    columns = ("line", "brand", "campaign", "what", "column", "before", "after")
    return Export(
        "setup-changes",
        columns,
        lambda: (
            (line, brand, campaign, what, change.column, change.old, change.new)
            for line, brand, campaign, what, change in plan.told()
        ),
    )


def _brand(brand: Brand, labeled: Mapping[int, tuple[str, ...]]) -> list[str]:
    values = {"labels": labeled.get(brand.pk, ())}
    cells = {
        name: column.cell(
            getattr(brand, column.field) if column.field else values[name], brand.currency
        )
        for name, column in BRAND.items()
    }
    if visible.brand_ids() is not None:
        cells["account_manager"] = ""  # people are not shown to them; empty leaves it as it is
    return _row({"brand_id": str(brand.pk), **cells})


def _campaign(campaign: Campaign, values: dict[str, Any], currency: str) -> list[str]:
    cells = {
        name: column.cell(
            getattr(campaign, column.field) if column.field else values[name], currency
        )
        for name, column in CAMPAIGN.items()
    }
    ids = {"brand_id": str(campaign.brand_id), "campaign_id": str(campaign.pk)}
    return _row({**ids, "brand": campaign.brand.name, **cells})


def _row(cells: dict[str, str]) -> list[str]:
    return [cells.get(column, "") for column in COLUMNS]
