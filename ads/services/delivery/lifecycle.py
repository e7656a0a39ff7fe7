"""What a person does to a campaign: activate it, pause it."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from ads.models import Campaign
from ads.models.campaigns import Status
from ads.services import locks
from ads.services.delivery.enforcement import Trigger, enforce

#: Completed and archived campaigns are resumed on purpose, by editing their status.
PAUSABLE = (Status.DRAFT, Status.ACTIVE, Status.PAUSED)
ACTIVATABLE = (*PAUSABLE, Status.COMPLETED)
#: Running, or going to run.
TO_RUN = (Status.DRAFT, Status.ACTIVE)


def is_pause(before: str | None, after: str) -> bool:
    """Did this change of status pause a campaign? One that was completed was not."""
    return before in TO_RUN and after == Status.PAUSED


def activate(campaign: Campaign, *, now: datetime) -> bool:
    """Activate it. True: it runs now; False: it is archived or on hold."""
    return _set_status(campaign, Status.ACTIVE, ACTIVATABLE, now)


def pause(campaign: Campaign, *, now: datetime) -> bool:
    """Pause it. True: it is paused; False: it is completed or archived."""
    _set_status(campaign, Status.PAUSED, PAUSABLE, now)
    return campaign.status == Status.PAUSED


@transaction.atomic
def _set_status(
    campaign: Campaign, status: Status, allowed: tuple[Status, ...], now: datetime
) -> bool:
    """Set the status if it is one of ``allowed``, enforce, and return whether it delivers."""
    locks.campaigns([campaign.pk])
    mine = Campaign.objects.filter(pk=campaign.pk)
    changing = mine.filter(status__in=allowed).exclude(status=status)
    # Django's own update, without signals: it is enforced right here.
    QuerySet.update(changing, status=status, updated_at=Now())
    enforce(mine, now, Trigger.ACTION, lock_first=True)
    campaign.refresh_from_db(fields=["status", "is_active", "updated_at"])
    return campaign.is_active
