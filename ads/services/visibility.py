"""What a sender may see: everything, or the brands it is limited to.

``brand_ids`` is that limit; None: every brand, those to come included. A sender that is limited
cannot learn that another brand exists, so what it is shown is always picked out of these: foreign
ids are then like ids that nobody has.
"""

from collections.abc import Collection

from django.db.models import QuerySet

from ads.models import Brand, Campaign, DeliveryChange


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
