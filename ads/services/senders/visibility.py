"""What a sender may see: every brand (``brand_ids`` None), or the brands it is limited to.

A limited sender must not learn that other brands exist, so everything it is shown is selected from
these: ids of other brands are then like ids that do not exist.
"""

from collections.abc import Collection

from django.db.models import QuerySet

from ads.models import Brand, Campaign, DeliveryChange
from ads.services import visible
from ads.services.actor import SYSTEM


def brands(brand_ids: Collection[int] | None) -> QuerySet[Brand]:
    return visible.rows_of(Brand.objects.all(), brand_ids)


def campaigns(brand_ids: Collection[int] | None) -> QuerySet[Campaign]:
    return visible.rows_of(Campaign.objects.all(), brand_ids)


def delivery_changes(brand_ids: Collection[int] | None) -> QuerySet[DeliveryChange]:
    return visible.rows_of(DeliveryChange.objects.all(), brand_ids)


def actor(name: str, brand_ids: Collection[int] | None) -> str:
    """Who made a delivery change, as a sender may know it.

    Limited senders are shown the kind of actor without its name: names of people and keys are the
    agency's own.
    """
    kind, colon, _ = name.partition(": ")
    if brand_ids is None or name == SYSTEM or kind == "task":
        return name
    return kind if colon and kind in ("key", "webhook", "command") else "person"
