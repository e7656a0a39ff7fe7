"""Platform IDs that are not in their one spelling, because two campaigns would have the same.

An upgrade left them apart. No incoming spend is under such a spelling, so what is meant for either
campaign waits until somebody has decided.
"""

from collections import defaultdict
from typing import Final

from django.db.models import Q

from ads.models import CampaignReference
from ads.models.spend import known_as, shown
from ads.rules.platform_ids import PERHAPS_CHANGED, spelled

#: IDs that are named; the rest are counted.
_NAMED: Final = 5


def apart() -> dict[str, list[CampaignReference]]:
    """Those platform IDs, with their campaigns and brands, by the ID they would be; one query."""
    perhaps = Q(account__regex=PERHAPS_CHANGED) | Q(reference__regex=PERHAPS_CHANGED)
    rows = CampaignReference.objects.filter(perhaps).select_related("campaign__brand")
    found: dict[str, list[CampaignReference]] = defaultdict(list)
    for row in rows.order_by("platform", "pk"):
        account = spelled(row.account, account=True)
        would_be = known_as(row.platform, account, spelled(row.reference))
        if would_be != row.known_as:
            found[shown(would_be)].append(row)
    return found


def whose(*, of_several: bool = False) -> list[str]:
    """A sentence for each of them: which campaigns have it, and what to do.

    ``of_several``: only for those that several campaigns have.
    """
    found = {
        would_be: rows
        for would_be, rows in apart().items()
        if not of_several or len({row.campaign_id for row in rows}) > 1
    }
    sentences = []
    for would_be, rows in list(found.items())[:_NAMED]:
        if len(rows) == 1:
            sentences.append(
                f"Platform ID {would_be} of {rows[0].campaign} is written as {rows[0]}, under "
                "which no spend comes in. Open and save it, or remove it."
            )
            continue
        had = " and ".join(
            f"{row.campaign.name} of {row.campaign.brand} (as {row})" for row in rows
        )
        sentences.append(
            f"Whose is platform ID {would_be}? {had} had it in different spellings, so its spend "
            "waits as unmatched. Remove it where it is wrong, then open and save the right one."
        )
    if len(found) > _NAMED:
        sentences.append(f"And {len(found) - _NAMED:,} more platform IDs like these.")
    return sentences
