"""The undo of a match: the campaign loses the platform ID, and the spend waits again."""

from datetime import datetime
from typing import Final

from django.db import connection

from ads.models import CampaignReference, MatchedSpend, SpendBatch
from ads.models.spend import BatchKind, parts
from ads.services import locks
from ads.services.campaign_lookup import Reference
from ads.services.ledger import waiting


def await_reference(batch: SpendBatch, now: datetime) -> int | None:
    """Lock the unmatched reference of a match, made if need be; its id. None: it is no match.

    Whoever records what waits for it holds the same lock.
    """
    if batch.kind != BatchKind.MATCH:
        return None
    row = MatchedSpend.objects.filter(match=batch).values_list("row", flat=True).first() or {}
    platform, account, identifier = parts(batch.known_as)
    reference = Reference(platform, account, identifier, row.get("name", ""))
    return locks.unknown_references([reference], batch.only_brands, now)[reference]


def wait_again(batch: SpendBatch, unknown_id: int) -> None:
    """Take the ID from the campaign, and let the rows wait as they did, skipped ones too."""
    platform, account, reference = parts(batch.known_as)
    CampaignReference.objects.filter(
        campaign=batch.campaign, platform=platform, account=account, reference=reference
    ).delete()
    given = {"match": batch.pk, "unknown": unknown_id}
    with connection.cursor() as cursor:
        cursor.execute(
            _SKIP_NO_MORE, {**given, "since": batch.recorded_at, "because": waiting.OVERLAPPED}
        )
        cursor.execute(_WAIT_AGAIN, given)


# The newest of each day, unless one waits.
_SKIP_NO_MORE: Final = """
    UPDATE ads_waitingspend SET discarded_at = NULL, discarded_by = '', discarded_because = ''
     WHERE id IN (SELECT DISTINCT ON (source, date) id
                    FROM ads_waitingspend AS skipped
                   WHERE unknown_id = %(unknown)s AND discarded_at >= %(since)s
                     AND discarded_because = %(because)s
                     AND NOT EXISTS (SELECT FROM ads_waitingspend AS newer
                                      WHERE newer.unknown_id = skipped.unknown_id
                                        AND newer.source = skipped.source
                                        AND newer.date = skipped.date
                                        AND newer.kind = skipped.kind
                                        AND newer.discarded_at IS NULL)
                   ORDER BY source, date, id DESC)
"""

_WAIT_AGAIN: Final = """
    WITH back AS (DELETE FROM ads_matchedspend WHERE match_id = %(match)s RETURNING row)
    INSERT INTO ads_waitingspend
           (unknown_id, kind, amount, currency, date, timezone, occurred_at, observed_at,
            description, source, external_id, received_at, refusal, discarded_by,
            discarded_because, batch_id, before)
    SELECT %(unknown)s, kind, amount, currency, date, timezone, occurred_at, observed_at,
           description, source, external_id, received_at, '', '', '', batch_id, before
      FROM back, jsonb_populate_record(NULL::ads_waitingspend, back.row) AS again
     ORDER BY again.id
        ON CONFLICT DO NOTHING
"""
