"""How fresh the spend of campaigns is, in SQL.

The sources of a campaign are the accounts on ad platforms of its platform IDs; on the simulated
platform, the account of its brand's timezone and currency.
"""

from datetime import datetime
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
from django.db.models.functions import Coalesce, Least

from ads.models import Campaign, CampaignReference, Connection, PlatformAccount
from ads.rules.platform_ids import SIMULATED


def asked_accounts() -> QuerySet[Any, Any]:
    """The accounts whose spend is read, with ``heard_at``: up to when it is known."""
    return (
        PlatformAccount.objects.filter(is_read=True)
        .exclude(connection__state=Connection.State.DISCONNECTED)
        .annotate(heard_at=Coalesce(Least("answered_at", "fresh_until"), "created_at"))
    )


def is_stale(campaigns: QuerySet[Campaign] | None, now: datetime) -> Q:
    """A source of the campaign is older than its brand allows, which asked to stop then.

    ``campaigns``: among which it is looked for; None: all. Only brands that asked are looked at.
    """
    asked = Q(brand__stops_when_stale=True)
    those = Campaign.objects.filter(asked).order_by()
    if campaigns is not None:
        those = those.filter(pk__in=campaigns.order_by().values("pk"))
    old = asked_accounts().filter(heard_at__lt=_oldest(now, "brand__stale_after_minutes"))
    simulated = old.filter(
        platform=SIMULATED,
        timezone=OuterRef("brand__timezone"),
        currency=OuterRef("brand__currency"),
    )
    references = CampaignReference.objects.filter(campaign__in=those.values("pk")).order_by()
    old = asked_accounts().filter(
        platform=OuterRef("platform"),
        heard_at__lt=_oldest(now, "campaign__brand__stale_after_minutes"),
    )
    referred = references.filter(
        Exists(old.filter(remote_id=OuterRef("account")))
        | Q(account="") & Exists(old.filter(campaigns__remote_id=OuterRef("reference")))
    )
    # The first condition is cheap, and the only one that is worked out for brands that did not ask.
    return asked & (
        Q(pk__in=referred.values("campaign"))
        | Q(pk__in=those.filter(Exists(simulated)).values("pk"))
    )


def has_stale(now: datetime) -> bool:
    """Is any source older than a brand allows that asked to stop then? One small query."""
    return Campaign.objects.filter(is_stale(None, now)).exists()


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
