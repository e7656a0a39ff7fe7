"""Platform IDs that are not in their one spelling, because two campaigns would have the same."""

from django.db.models import Q

from ads.models import CampaignReference
from ads.rules.platform_ids import PERHAPS_CHANGED, spelled


def apart() -> list[CampaignReference]:
    """The platform IDs that no spend is recorded under until somebody has decided whose they are.

    Each with its campaign and brand, those of one ID together; one query.
    """
    perhaps = CampaignReference.objects.filter(
        Q(account__regex=PERHAPS_CHANGED) | Q(reference__regex=PERHAPS_CHANGED)
    ).select_related("campaign__brand")
    found = [
        ((row.platform, spelled(row.account, account=True), spelled(row.reference)), row)
        for row in perhaps.order_by("pk")
    ]
    found.sort(key=lambda each: each[0])
    return [row for target, row in found if target != (row.platform, row.account, row.reference)]
