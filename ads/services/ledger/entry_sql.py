"""The two statements by which entries reach the ledger, each written once.

They work on ``staged``: SQL for a relation of that name with the columns campaign_id, amount, date,
occurred_at, description, external_id, position, and date_given and occurred_at_given (whether the
caller named them, or they were worked out); all checked already. So the same statements serve one
click (:data:`ARRAYS`) and a file of a million (a temporary table). ``%(source)s``, ``%(kind)s``,
``%(recorded_by)s`` and ``%(now)s`` are the same for all.
"""

from typing import Final

#: A relation of staged entries made of arrays; ``position`` counts from 1.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(amounts)s::numeric[], %(dates)s::date[],
           %(instants)s::timestamptz[], %(descriptions)s::text[], %(external_ids)s::text[],
           %(dates_given)s::boolean[], %(instants_given)s::boolean[])
           WITH ORDINALITY
           AS staged (campaign_id, amount, date, occurred_at, description, external_id,
                      date_given, occurred_at_given, position)
"""

#: Inserts what is new: an amount of zero leaves the ledger as it is, and an id is recorded once.
#: By external id, in one collation everywhere, so that two batches with the same ids wait for each
#: other in one order; entries without one as they stand.
INSERT: Final = """
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source,
                           external_id, kind, recorded_by, created_at)
    SELECT campaign_id, amount, date, occurred_at, description, %(source)s,
           external_id, %(kind)s, %(recorded_by)s, %(now)s
      FROM {staged}
     WHERE amount <> 0
     ORDER BY external_id COLLATE "C" NULLS FIRST, position
        ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING
"""

#: Entries offered under an id that the ledger has, as ``staged`` and ``recorded``.
REPEATED: Final = """
    {staged}
      JOIN {recorded} AS recorded
        ON recorded.source = %(source)s AND recorded.external_id = staged.external_id
       AND recorded.external_id IS NOT NULL
"""

#: The first field in which an entry offered again is another than the one recorded; NULL: it is the
#: same, and a no-op. Only what the caller gave is compared.
DIFFERS: Final = """
    CASE WHEN recorded.campaign_id <> staged.campaign_id THEN 'campaign'
         WHEN recorded.amount <> staged.amount THEN 'amount'
         WHEN recorded.description <> staged.description THEN 'description'
         WHEN recorded.kind <> %(kind)s THEN 'kind'
         WHEN staged.date_given AND recorded.date IS DISTINCT FROM staged.date THEN 'date'
         WHEN staged.occurred_at_given AND recorded.occurred_at IS DISTINCT FROM staged.occurred_at
         THEN 'occurred_at' END
"""

#: The entries of ``staged``, all with an external id, that :data:`INSERT` would insert.
NEW: Final = """
    SELECT DISTINCT ON (external_id COLLATE "C") *
      FROM {staged}
     WHERE amount <> 0
       AND NOT EXISTS (SELECT FROM ads_spend AS recorded
                        WHERE recorded.source = %(source)s
                          AND recorded.external_id = staged.external_id)
     ORDER BY external_id COLLATE "C", position
"""
