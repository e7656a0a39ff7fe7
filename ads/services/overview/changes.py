"""The last times that campaigns were switched."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ads.models import DeliveryChange
from ads.services.delivery_words import why

#: How many are told.
MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words; ``at`` is in UTC, ``timezone`` the brand's."""

    id: int
    campaign_id: int
    campaign: str
    brand: str
    timezone: str
    at: datetime
    is_active: bool
    why: str


def latest(count: int = MOST) -> list[Told]:
    """The newest first; one query."""
    changes = DeliveryChange.objects.select_related("campaign__brand").order_by("-at", "-id")
    return [
        Told(
            id=change.pk,
            campaign_id=change.campaign_id,
            campaign=change.campaign.name,
            brand=change.campaign.brand.name,
            timezone=change.campaign.brand.timezone,
            at=change.at,
            is_active=change.is_active,
            why=why(change),
        )
        for change in changes[:count]
    ]
