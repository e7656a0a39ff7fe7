"""What is left to set up in a new installation."""

from dataclasses import dataclass

from ads.models import Brand, Campaign, Spend
from ads.services import visible


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The first brand, and the first campaign with its brand; None where there is none yet."""

    brand: Brand | None
    campaign: Campaign | None


def first_steps() -> FirstSteps | None:
    """None once there is spend; one query then, three before."""
    if visible.rows(Spend.objects.all()).exists():
        return None
    return FirstSteps(
        brand=visible.rows(Brand.objects.order_by("pk")).first(),
        campaign=visible.rows(Campaign.objects.select_related("brand")).order_by("pk").first(),
    )
