"""Which accounts on ad platforms are the sources of campaigns' spend, and how fresh it is, in SQL.

The sources of a campaign are the accounts of its platform IDs, see :func:`reporting`. If there is
none, it is the simulated platform's account of its brand's timezone and currency.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce, Greatest, Least

from ads.models import Campaign, CampaignReference, Connection, PlatformAccount
from ads.rules.platform_ids import SIMULATED


def asked_accounts() -> QuerySet[Any, Any]:
    """The accounts whose spend is read, with ``heard_at``: up to when it is known.

    And ``ages_from``: the instant from which it grows old, not before the account has been read.
    """
    answered = Least("answered_at", "fresh_until")
    return (
        PlatformAccount.objects.filter(is_read=True)
        .exclude(connection__state=Connection.State.DISCONNECTED)
        .annotate(
            heard_at=Coalesce(answered, "read_since", "created_at"),
            ages_from=Greatest("heard_at", "read_since"),
        )
    )


def reporting(accounts: QuerySet[Any, Any]) -> Q:
    """One of these accounts reports the spend of the platform ID that the outer query is about.

    That is the account that the ID names. An ID that names none is of each account that has its
    campaign, unless another ID names both; where spend is recorded, and campaigns are switched
    (``MATCHED`` of the models), it is the same.
    """
    there = accounts.filter(platform=OuterRef("platform"))
    both = CampaignReference.objects.filter(
        platform=OuterRef("platform"),
        account=OuterRef("remote_id"),
        reference=OuterRef(OuterRef("reference")),
    )
    having_it = there.filter(~Exists(both), campaigns__remote_id=OuterRef("reference"))
    return Exists(there.filter(remote_id=OuterRef("account"))) | Q(account="") & Exists(having_it)


def is_connected() -> Exists:
    """Whether the campaign that the outer query is about is on a connected ad platform."""
    its = CampaignReference.objects.filter(campaign=OuterRef("pk"))
    return Exists(its.filter(reporting(PlatformAccount.objects.filter(is_read=True))))


def is_stale(campaigns: QuerySet[Campaign] | None, now: datetime) -> Q:
    """A source of the campaign is older than its brand allows, which asked to stop then.

    ``campaigns``: among which it is looked for; None: all. Only brands that asked are looked at.
    """
    asked = Q(brand__stops_when_stale=True)
    those = Campaign.objects.filter(asked).order_by()
    if campaigns is not None:
        those = those.filter(pk__in=campaigns.order_by().values("pk"))
    simulated = asked_accounts().filter(
        ages_from__lt=_oldest(now, "brand__stale_after_minutes"),
        platform=SIMULATED,
        timezone=OuterRef("brand__timezone"),
        currency=OuterRef("brand__currency"),
    )
    old = asked_accounts().filter(
        ages_from__lt=_oldest(now, "campaign__brand__stale_after_minutes")
    )
    references = CampaignReference.objects.filter(campaign__in=those.values("pk")).order_by()
    referred = references.filter(reporting(old))
    # The first condition is cheap, and the only one that is worked out for brands that did not ask.
    return asked & (
        Q(pk__in=referred.values("campaign"))
        | Q(pk__in=those.filter(Exists(simulated), ~is_connected()).values("pk"))
    )


def has_stale(campaigns: QuerySet[Campaign] | None, strictest: int, now: datetime) -> bool:
    """Is a source of these campaigns older than its brand allows, which asked to stop then?

    ``campaigns``: None: all. ``strictest``: the fewest minutes that their brands allow.
    A small query, and a larger one where some account is older than that.
    """
    those = Campaign.objects.all() if campaigns is None else campaigns.order_by()
    return is_any_old(strictest, now) and those.filter(is_stale(campaigns, now)).exists()


def is_any_old(minutes: int, now: datetime) -> bool:
    """Is any account's spend known only up to more than ``minutes`` ago? A small query."""
    return asked_accounts().filter(ages_from__lt=now - timedelta(minutes=minutes)).exists()


def _oldest(now: datetime, minutes: str) -> Any:
    allowed = Func(
        OuterRef(minutes),
        function="make_interval",
        template="%(function)s(mins => %(expressions)s)",
        output_field=DurationField(),
    )
    return ExpressionWrapper(
        Value(now, output_field=DateTimeField()) - allowed, output_field=DateTimeField()
    )
