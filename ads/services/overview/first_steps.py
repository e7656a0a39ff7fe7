"""What a new installation still lacks."""

from dataclasses import dataclass

from ads.models import Brand, Campaign, Spend


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Which of the first steps are done; spend is the last, so that never is."""

    brand: bool
    campaign: bool


def first_steps() -> FirstSteps | None:
    """None: all are done; one query, and three before."""
    # Spend is of a campaign, and a campaign of a brand.
    if Spend.objects.exists():
        return None
    return FirstSteps(brand=Brand.objects.exists(), campaign=Campaign.objects.exists())
