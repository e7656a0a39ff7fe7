"""What a new installation still lacks."""

from dataclasses import dataclass

from ads.models import Brand, Campaign, Spend


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """The first brand and campaign, None where there is none yet; spend is what is always missing.

    The campaign comes with its brand.
    """

    brand: Brand | None
    campaign: Campaign | None


def first_steps() -> FirstSteps | None:
    """None: all are done; one query then, and three before."""
    # Spend is of a campaign, and a campaign of a brand.
    if Spend.objects.exists():
        return None
    return FirstSteps(
        brand=Brand.objects.order_by("pk").first(),
        campaign=Campaign.objects.select_related("brand").order_by("pk").first(),
    )
