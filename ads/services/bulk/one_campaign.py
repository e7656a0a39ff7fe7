"""What a program does to a campaign, and why it may not deliver all the same."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from ads.models import Campaign
from ads.models.campaign import Status
from ads.services import locks
from ads.services.delivery import lifecycle
from ads.services.explain import Explanation, explain


class ActionRefused(ValueError):
    """The campaign's ``status`` rules the action out; nothing was changed."""

    def __init__(self, action: str, status: Status) -> None:
        super().__init__(
            f"status: it is {status.value}, and {status.value} campaigns are not {action}. "
            "Nothing was changed. To bring it back, set its status in the admin."
        )
        self.action = action
        self.status = status


def activate(campaign: Campaign, *, now: datetime) -> Explanation:
    """Let it run, and tell what holds it all the same; once more changes nothing.

    Raises:
        ActionRefused: it is archived.
        UnknownTimezone: the brand's timezone cannot be read, so nothing decides on it.
        Campaign.DoesNotExist: it has been deleted.
        OperationalError: somebody else keeps it locked.
    """
    return _act(lifecycle.activate, campaign, Status.ACTIVE, "activated", now)


def pause(campaign: Campaign, *, now: datetime) -> Explanation:
    """Stop it until somebody activates it; once more changes nothing.

    Raises:
        ActionRefused: it is completed or archived.
        and as :func:`activate`.
    """
    return _act(lifecycle.pause, campaign, Status.PAUSED, "paused", now)


@transaction.atomic
def _act(
    act: Callable[..., bool], campaign: Campaign, wanted: Status, done: str, now: datetime
) -> Explanation:
    with locks.patience():
        act(campaign, now=now)
    if campaign.status != wanted:
        raise ActionRefused(done, Status(campaign.status))
    return explain(campaign, now)
