"""What sources last said about the references of a campaign."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from ads.models import Campaign, CampaignReference, ReportedTotal
from ads.models.references import BETWEEN


def with_last_report(campaign: Campaign) -> QuerySet[Any]:
    """The campaign's references, each with ``day`` and ``reported``; one query.

    ``day`` is the last date for which a source reported a day total under it, ``reported`` the
    amount in US dollars; None: never.
    """
    between = Value(BETWEEN)
    reports = ReportedTotal.objects.filter(
        campaign=OuterRef("campaign"),
        known_as=Concat(
            OuterRef("platform"), between, OuterRef("account"), between, OuterRef("reference")
        ),
    ).order_by("-date")
    return CampaignReference.objects.filter(campaign=campaign).annotate(
        day=Subquery(reports.values("date")[:1]), reported=Subquery(reports.values("amount")[:1])
    )
