"""What sources reported: their names, and their last totals of a campaign's platform IDs."""

from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from ads.models import Campaign, CampaignReference, ReportedTotal, Spend
from ads.models.spend import BETWEEN
from ads.services import visible

#: An installation has a handful.
MOST: Final = 200

#: From each source to the next one in the index.
_LOOK = """
    WITH RECURSIVE known (source) AS (
        (SELECT source FROM ads_spend ORDER BY source LIMIT 1)
        UNION ALL
        SELECT (SELECT source FROM ads_spend WHERE source > known.source ORDER BY source LIMIT 1)
          FROM known
         WHERE known.source IS NOT NULL
    )
    SELECT source FROM known WHERE source IS NOT NULL LIMIT %s
"""


def ledger_sources() -> list[str]:
    """Their names in alphabetical order; one query that looks up as many rows as there are.

    For people who are limited to brands, those of their campaigns' entries, which are all read.
    """
    if visible.brand_ids() is not None:
        own = visible.rows(Spend.objects.order_by("source"))
        return list(own.values_list("source", flat=True).distinct()[:MOST])
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [MOST])
        return [source for (source,) in cursor.fetchall()]


def latest_of_sources() -> list[tuple[str, date, datetime]]:
    """Each source in the ledger, its latest day, and when its last entry was recorded."""
    found = []
    for source in ledger_sources():
        entries = Spend.objects.filter(source=source).order_by("-date", "-id")
        if (latest := entries.values_list("date", "created_at").first()) is not None:
            found.append((source, *latest))
    return found


def with_last_report(campaign: Campaign) -> QuerySet[Any]:
    """The campaign's references, each with the ``day`` of its last total and what was ``reported``.

    None: never. One query.
    """
    between = Value(BETWEEN)
    reports = ReportedTotal.objects.filter(
        campaign=OuterRef("campaign"),
        known_as=Concat(
            OuterRef("platform"),
            between,
            OuterRef("account"),
            between,
            OuterRef("reference"),
            output_field=TextField(),
        ),
    ).order_by("-date")
    return CampaignReference.objects.filter(campaign=campaign).annotate(
        day=Subquery(reports.values("date")[:1]), reported=Subquery(reports.values("amount")[:1])
    )
