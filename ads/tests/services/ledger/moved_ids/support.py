"""What the tests of platform IDs that move share."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from ads.models import Campaign, CampaignReference
from ads.tests.services.ledger.support import TODAY
from ads.tests.support import totals


def move(carried: CampaignReference, campaign: Campaign) -> None:
    """As the form does."""
    carried.campaign = campaign
    carried.save()


def days(*campaigns: Campaign, day: date = TODAY) -> Sequence[Any]:
    """What each has spent on a day."""
    return [totals(campaign).get(("day", day), 0) for campaign in campaigns]
