"""The statements of day totals; ``{staged}``: what they work on (see the package)."""

from typing import Final

from ads.services.ledger import overlaps
from ads.services.ledger.day_totals import moved

#: A relation of reported totals made of arrays.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(dates)s::date[], %(known_as)s::text[],
           %(amounts)s::numeric[], %(observations)s::timestamptz[])
        AS staged (campaign_id, date, known_as, amount, observed_at)
"""

# One statement: every row, new or known, is locked in key order before the ledger gets the
# difference. An older observation is locked too, and changes nothing, and nor does one that is sent
# again as it is on record: it stays with its batch. Totals that are replaced are rows among them,
# of zero and with the name of who replaces them: so two that replace each other's never deadlock.
POST: Final = """
    WITH reported AS (
        INSERT INTO ads_reportedtotal AS reported
               (source, campaign_id, date, known_as, amount, observed_at, replaced_by, batch_id)
        {given}
        {known}
        RETURNING id, source, campaign_id, date, known_as, previous, amount, observed_at,
                  replaced_by
    ), recorded AS (
        INSERT INTO ads_spend
               (campaign_id, amount, date, occurred_at, description, source, kind, created_at,
                batch_id, reported_total_id)
        SELECT campaign_id, amount - previous, date, {occurred_at}, {description}, source,
               CASE WHEN amount < previous THEN 'correction' ELSE 'day_total' END,
               %(now)s, %(batch)s::bigint, id
          FROM reported
         WHERE amount <> previous
    )
    {answer}
"""

#: What becomes of totals that are on record already.
_KNOWN: Final = """
            ON CONFLICT (campaign_id, date, source, known_as) DO UPDATE
           SET previous = reported.amount, amount = excluded.amount, updated_at = %(now)s,
               batch_id = excluded.batch_id, {changed}
"""

_IS_NEWS: Final = """
    (excluded.observed_at > reported.observed_at
     OR (excluded.observed_at = reported.observed_at
         AND (excluded.amount, '') <> (reported.amount, reported.replaced_by)))
"""

_ORDERED: Final = 'ORDER BY campaign_id, date, known_as COLLATE "C"'

_DIFFERENCE: Final = """
    CASE WHEN amount < previous
         THEN format('The day''s total was lowered from %%s to %%s.',
                     trim_scale(previous), trim_scale(amount)){because}
         ELSE 'The day''s total is ' || trim_scale(amount) || '.' END
"""

#: Where IDs have moved, what the correction of such a total says besides.
BECAUSE_MOVED: Final = f"""
    || CASE WHEN amount = 0 AND {moved.HAS_LEFT}
            THEN ' Its platform ID has moved: the day counts for another campaign.' ELSE '' END
"""

#: The parts of ``POST`` that add totals. A total that had been replaced keeps that mark until it
#: has been checked: see :meth:`.staged.Posting.run`.
ADDING: Final = {
    "given": f"""
        SELECT %(source)s, campaign_id, date, known_as, amount, observed_at, '', %(batch)s::bigint
          FROM {{staged}}
        {_ORDERED}
    """,  # noqa: S608  (nothing in it comes from outside)
    "known": _KNOWN.format(
        changed=f"""
        observed_at = excluded.observed_at
        WHERE {_IS_NEWS}
        """
    ),
    "occurred_at": "observed_at",
    "description": _DIFFERENCE,
}

#: Those that add totals of which none is on record; any that is fails on the unique constraint. A
#: quarter less work, since PostgreSQL looks for each total twice where it may be known.
ADDING_NEW: Final = {**ADDING, "known": ""}

#: What the correction of a replaced total says, quoted for SQL: which total, and by which source.
REPLACED_BY: Final = "The day''s total of {} was replaced by source {}."

#: Those that add totals and take others back.
REPLACING: Final = {
    "given": f"""
        SELECT DISTINCT ON (campaign_id, date, known_as COLLATE "C", source COLLATE "C") *
          FROM (SELECT %(source)s::varchar AS source, campaign_id, date, known_as, amount,
                       observed_at, ''::varchar AS replaced_by, %(batch)s::bigint AS batch_id
                  FROM {{staged}}
                 UNION ALL
                SELECT source, campaign_id, date, known_as, 0, observed_at, %(source)s, %(batch)s
                  FROM ({overlaps.REPLACED}) AS replaced) AS given
        {_ORDERED}, source COLLATE "C", replaced_by
    """,  # noqa: S608
    "known": _KNOWN.format(
        changed=f"""
        observed_at = greatest(reported.observed_at, excluded.observed_at),
        replaced_by = excluded.replaced_by
        WHERE CASE WHEN excluded.replaced_by = '' THEN {_IS_NEWS}
                   ELSE reported.amount <> 0 END
        """
    ),
    "occurred_at": "CASE WHEN replaced_by = '' THEN observed_at ELSE %(now)s END",
    "description": f"""
        CASE WHEN replaced_by <> ''
             THEN format('{REPLACED_BY.format("%%s", "%%s")}',
                         trim_scale(previous), replaced_by)
             ELSE {_DIFFERENCE} END
    """,
}

LISTED: Final = """
    SELECT replaced_by <> '', campaign_id, date, known_as, amount - previous
      FROM reported WHERE amount <> previous
"""

#: By currency.
COUNTED: Final = """
    SELECT replaced_by <> '', {code}, count(*), sum(amount - previous),
           count(*) FILTER (WHERE amount < previous),
           coalesce(sum(amount - previous) FILTER (WHERE amount < previous), 0)
      FROM reported {join} WHERE amount <> previous
     GROUP BY 1, 2
"""

AND_SKIPPED: Final = """
     UNION ALL
    SELECT NULL, '', count(*), 0, 0, 0
      FROM (SELECT DISTINCT campaign_id, date, known_as FROM ({overlaps}) AS pair) AS skipped
"""

#: Whether anything else is on record for the days of ``staged``: if not, no check of it can fail.
#: And whether any may be of a platform ID that has moved.
BESIDE: Final = f"""
    SELECT EXISTS (
        SELECT FROM {{staged}}
          JOIN ads_reportedtotal AS beside
            ON beside.campaign_id = staged.campaign_id AND beside.date = staged.date
           AND (beside.source, beside.known_as) <> (%(source)s, staged.known_as)),
           {moved.ANY_HAS}
"""  # noqa: S608

UNMARK: Final = """
    UPDATE ads_reportedtotal AS own SET replaced_by = ''
      FROM {staged}
     WHERE own.source = %(source)s AND own.campaign_id = staged.campaign_id
       AND own.date = staged.date AND own.known_as = staged.known_as
       AND own.amount <> 0 AND own.replaced_by <> ''
"""

_ON_RECORD: Final = """
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""

BELIEVED: Final = f"""
    SELECT staged.campaign_id, staged.date, staged.known_as,
           reported.batch_id IS NOT DISTINCT FROM %(batch)s::bigint {_ON_RECORD}
     WHERE staged.observed_at >= reported.observed_at
"""  # noqa: S608

#: Totals of ``staged`` that their source has reported in the other way: ``before``.
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

OLDER: Final = f"SELECT count(*) {_ON_RECORD} WHERE staged.observed_at < reported.observed_at"

#: By how much each of ``staged`` would move the ledger; ``is_older``: a newer one is known, so not
#: at all.
MOVES: Final = """
    SELECT staged.campaign_id, staged.date, staged.amount - coalesce(reported.amount, 0) AS amount,
           coalesce(reported.observed_at > staged.observed_at, false) AS is_older
      FROM {staged}
      LEFT JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""
