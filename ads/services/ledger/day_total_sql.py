"""The statements that bring the ledger in line with day totals.

They work on ``staged``: SQL for a relation of that name with the columns campaign_id, date,
known_as, amount and observed_at, one row for each of the first three. So the same ones serve a
handful of totals (:data:`ARRAYS`) and a file of a million (a temporary table).
"""

from typing import Final

#: A relation of reported totals made of arrays.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(dates)s::date[], %(known_as)s::text[],
           %(amounts)s::numeric[], %(observations)s::timestamptz[])
        AS staged (campaign_id, date, known_as, amount, observed_at)
"""

# One statement: every row, new or known, is locked in key order before the ledger gets the
# difference to what it said. An older observation is locked too, and leaves everything as it is.
POST: Final = """
    WITH reported AS (
        INSERT INTO ads_reportedtotal AS reported
               (source, campaign_id, date, known_as, amount, observed_at)
        SELECT %(source)s, campaign_id, date, known_as, amount, observed_at
          FROM {staged}
         ORDER BY campaign_id, date, known_as COLLATE "C"
            ON CONFLICT (campaign_id, date, source, known_as) DO UPDATE
           SET previous = reported.amount, amount = excluded.amount,
               observed_at = excluded.observed_at, updated_at = %(now)s
         WHERE excluded.observed_at >= reported.observed_at
        RETURNING campaign_id, date, known_as, previous, amount, observed_at
    ), recorded AS (
        INSERT INTO ads_spend
               (campaign_id, amount, date, occurred_at, description, source, kind, created_at)
        SELECT campaign_id, amount - previous, date, observed_at,
               CASE WHEN amount < previous
                    THEN format('The day''s total was lowered from %%s to %%s.',
                                trim_scale(previous), trim_scale(amount))
                    ELSE format('The day''s total is %%s.', trim_scale(amount)) END,
               %(source)s,
               CASE WHEN amount < previous THEN 'correction' ELSE 'day_total' END,
               %(now)s
          FROM reported
         WHERE amount <> previous
        RETURNING campaign_id, date, amount
    )
    {answer}
"""

LISTED: Final = """
    SELECT campaign_id, date, known_as, amount - previous FROM reported WHERE amount <> previous
"""

COUNTED: Final = """
    SELECT count(*), coalesce(sum(amount), 0),
           count(*) FILTER (WHERE amount < 0), coalesce(sum(amount) FILTER (WHERE amount < 0), 0)
      FROM recorded
"""

KNOWN: Final = """
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""

BELIEVED: Final = f"""
    SELECT staged.campaign_id, staged.date, staged.known_as {KNOWN}
     WHERE staged.observed_at >= reported.observed_at
"""

#: Of ``staged``, what its source has reported in the other way, and ``before``, how (one of them).
OTHERWISE: Final = """
    SELECT staged.campaign_id, staged.date, staged.known_as, min(reported.known_as) AS before
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND (reported.known_as = '') <> (staged.known_as = '')
     WHERE staged.amount <> 0 AND reported.amount <> 0
     GROUP BY staged.campaign_id, staged.date, staged.known_as
"""

OLDER: Final = f"SELECT count(*) {KNOWN} WHERE staged.observed_at < reported.observed_at"

#: By how much each of ``staged`` would move the ledger, as :data:`POST` does it; ``is_older``:
#: not at all, as something newer is known.
MOVES: Final = """
    SELECT staged.campaign_id, staged.date, staged.amount - coalesce(reported.amount, 0) AS amount,
           coalesce(reported.observed_at > staged.observed_at, false) AS is_older
      FROM {staged}
      LEFT JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""
