"""The undo of a match: the campaign loses the platform ID, and the spend waits again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ads.models import CampaignReference, SpendBatch
from ads.models.batches import BatchKind
from ads.models.references import BETWEEN
from ads.services import locks
from ads.services.campaign_lookup import Reference


def await_reference(batch: SpendBatch, now: datetime) -> int | None:
    """Lock the unmatched reference of a match, made if need be; its id. None: it is no match.

    Whoever records what waits for it holds the same lock.
    """
    if batch.kind != BatchKind.MATCH:
        return None
    reference = Reference(*batch.known_as.split(BETWEEN))
    return locks.unknown_references([reference], batch.only_brands, now)[reference]


def wait_again(batch: SpendBatch, unknown_id: int, given: Mapping[str, Any]) -> None:
    """Take the ID from the campaign, and keep what the match recorded; before it is taken back."""
    platform, account, reference = batch.known_as.split(BETWEEN)
    CampaignReference.objects.filter(
        campaign=batch.campaign, platform=platform, account=account, reference=reference
    ).delete()
    values = {**given, "unknown": unknown_id, "known_as": batch.known_as}
    values["brought_by"] = list(batch.brought_by)
    with connection.cursor() as cursor:
        cursor.execute(_WAIT_AGAIN, values)


# Of one batch of a source that brought it, it is that one's again.
_WAIT_AGAIN: Final = """
    WITH brought AS (
        SELECT source, min(id) AS id FROM ads_spendbatch
         WHERE id = ANY(%(brought_by)s::bigint[]) GROUP BY source HAVING count(*) = 1
    ), again AS (
        SELECT 'day_total' AS kind, total.amount, total.date, NULL::timestamptz AS occurred_at,
               total.observed_at, '' AS description, total.source,
               %(now)s::timestamptz AS received_at
          FROM ads_reportedtotal AS total
         WHERE total.known_as = %(known_as)s AND total.amount <> 0
           AND total.id IN (SELECT reported_total_id FROM ads_spend WHERE batch_id = %(batch)s)
         UNION ALL
        SELECT kind, amount, date, occurred_at, NULL, description, source, created_at
          FROM ads_spend
         WHERE batch_id = %(batch)s AND reported_total_id IS NULL
    )
    INSERT INTO ads_waitingspend
           (unknown_id, kind, amount, date, occurred_at, observed_at, description, source,
            received_at, refusal, discarded_by, discarded_because, batch_id)
    SELECT %(unknown)s, again.kind, again.amount, again.date, again.occurred_at, again.observed_at,
           again.description, again.source, again.received_at, '', '', '', brought.id
      FROM again LEFT JOIN brought ON brought.source = again.source
     ORDER BY again.date
        ON CONFLICT (unknown_id, date, source)
           WHERE kind = 'day_total' AND discarded_at IS NULL DO NOTHING
"""
