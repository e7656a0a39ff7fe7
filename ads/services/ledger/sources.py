"""The sources that the ledger has entries of, without reading its entries."""

from typing import Final

from django.db import connection

#: So many are told; an installation has a handful.
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
    """Their names in alphabetical order; one query that looks up as many rows as there are."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [MOST])
        return [source for (source,) in cursor.fetchall()]
