"""What a program does to a campaign, and why it may still not deliver."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from ads.models import Campaign
from ads.models.campaigns import Status
from ads.services.delivery import lifecycle
from ads.services.explain import Explanation, explain

_DONE = {Status.ACTIVE: "activated", Status.PAUSED: "paused"}


class ActionRefused(ValueError):
    """The campaign's ``status`` rules the action out; nothing was changed."""

    def __init__(self, wanted: Status, status: Status) -> None:
        super().__init__(
            f"status: it is {status.value}, and {status.value} campaigns are not {_DONE[wanted]}. "
            "Nothing was changed. To bring it back, set its status in the admin."
        )
        self.status = status


@transaction.atomic
def set_status(
    campaign: Campaign,
    wanted: Status,
    *,
    now: datetime,
    brand_ids: Collection[int] | None = None,
) -> Explanation:
    """Activate or pause a campaign, and explain what holds it then; again changes nothing.

    Raises:
        ActionRefused: an archived campaign is not activated, a completed one not paused either.
        UnknownTimezone: the brand's timezone is invalid, so nothing decides on it.
        Campaign.DoesNotExist: it has been deleted.
        OperationalError: somebody else keeps it locked.
    """
    if wanted == Status.ACTIVE:
        lifecycle.activate(campaign, now=now)
    else:
        lifecycle.pause(campaign, now=now)
    if campaign.status != wanted:
        raise ActionRefused(wanted, Status(campaign.status))
    return explain(campaign, now, brand_ids=brand_ids)
