"""What a sender may see: everything, or the brands it is limited to.

``brand_ids`` is that limit; None: every brand, those to come included. A sender that is limited
cannot learn that another brand exists, so what it is shown is always picked out of these: foreign
ids are then like ids that nobody has.
"""

from collections.abc import Collection

from django.db.models import QuerySet

from ads.models import Brand, Campaign, DeliveryChange
from ads.services.actor import SYSTEM


def brands(brand_ids: Collection[int] | None) -> QuerySet[Brand]:
    """The brands that may be seen."""
    every = Brand.objects.all()
    return every if brand_ids is None else every.filter(pk__in=brand_ids)


def campaigns(brand_ids: Collection[int] | None) -> QuerySet[Campaign]:
    """The campaigns that may be seen."""
    every = Campaign.objects.all()
    return every if brand_ids is None else every.filter(brand__in=brand_ids)


def delivery_changes(brand_ids: Collection[int] | None) -> QuerySet[DeliveryChange]:
    """The delivery changes that may be seen."""
    every = DeliveryChange.objects.all()
    return every if brand_ids is None else every.filter(campaign__brand__in=brand_ids)


def actor(name: str, brand_ids: Collection[int] | None) -> str:
    """Who set a delivery change off, as may be told.

    Limited senders are told what it was, and no names: those of people and of other keys are the
    agency's own, and may speak of other brands.
    """
    kind, colon, _ = name.partition(": ")
    if brand_ids is None or name == SYSTEM or kind == "task":
        return name
    return kind if colon and kind in ("key", "webhook", "command") else "person"
