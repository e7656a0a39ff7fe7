"""The latest delivery changes."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ads.models import DeliveryChange
from ads.services import visible
from ads.services.history import reasons

#: How many are shown.
MOST: Final = 10
#: How many are read, because some may be shown together.
READ: Final = 200
#: More changes of one brand at the same time and for the same reason are shown together.
APART: Final = 3


@dataclass(frozen=True, slots=True)
class Latest:
    """One change, or several alike of a brand.

    ``campaign_id``, ``campaign``: of one change; None and empty for several. ``count``: how many
    changes; ``is_least``: there may be more. ``at`` is in UTC, ``timezone`` the brand's.
    """

    campaign_id: int | None
    campaign: str
    count: int
    is_least: bool
    brand_id: int
    brand: str
    timezone: str
    at: datetime
    is_active: bool
    why: str


def latest(count: int = MOST) -> list[Latest]:
    """The newest first; two queries at most."""
    changes = list(
        visible.rows(DeliveryChange.objects.select_related("campaign__brand")).order_by(
            "-at", "-id"
        )[:READ]
    )
    alike: dict[Hashable, list[DeliveryChange]] = defaultdict(list)
    for change in changes:
        alike[_alike(change)].append(change)
    groups: list[list[DeliveryChange]] = []
    for same in alike.values():
        groups += [same] if len(same) > APART else [[change] for change in same]
    groups.sort(key=lambda each: each[0].at, reverse=True)
    several = {same[0].pk for same in groups if len(same) > 1}
    why = reasons((same[0] for same in groups[:count]), alike=several)
    # Of those at the end of what was read, there may be others.
    last = changes[-1].at if len(changes) == READ else None
    return [
        _together(same, why[same[0].pk], is_least=same[0].at == last)
        if len(same) > 1
        else _alone(same[0], why[same[0].pk])
        for same in groups[:count]
    ]


def _alike(change: DeliveryChange) -> Hashable:
    return (
        change.at,
        change.campaign.brand_id,
        change.is_active,
        tuple(change.holds),
        change.trigger,
        change.actor,
    )


def _alone(change: DeliveryChange, why: str) -> Latest:
    return Latest(
        campaign_id=change.campaign_id,
        campaign=change.campaign.name,
        count=1,
        is_least=False,
        brand_id=change.campaign.brand_id,
        brand=change.campaign.brand.name,
        timezone=change.campaign.brand.timezone,
        at=change.at,
        is_active=change.is_active,
        why=why,
    )


def _together(changes: list[DeliveryChange], why: str, *, is_least: bool) -> Latest:
    first = changes[0]
    brand = first.campaign.brand
    return Latest(
        campaign_id=None,
        campaign="",
        count=len(changes),
        is_least=is_least,
        brand_id=brand.pk,
        brand=brand.name,
        timezone=brand.timezone,
        at=first.at,
        is_active=first.is_active,
        why=why,
    )
