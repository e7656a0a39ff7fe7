"""Conflicts: entries whose external ids are on record with other content."""

from collections.abc import Iterator
from typing import Any, Final

from django.db import connection

from ads.services import visible
from ads.services.errors import SpendConflict
from ads.services.imports.parsing import Columns
from ads.services.imports.refusals import BadRow, Refused
from ads.services.ledger import entries

#: In place of what is recorded, for people who are limited to brands.
_ANOTHER: Final = "another entry"

#: Conflicts fetched together; each has all fields of both entries.
_BATCH: Final = 1000

_FIELDS: Final = ("campaign", "amount", "date", "occurred_at", "description", "external_id")

_CONFLICTS: Final = """
    SELECT count(*) OVER (), count(*) FILTER (WHERE offered_amount = 0) OVER (),
           position, differs, before, offered
      FROM (
            SELECT staged.position, staged.amount AS offered_amount, {differs} AS differs,
                   json_build_object(
                       'campaign', {recorded_campaign},
                       'amount', trim_scale(recorded.amount)::text,
                       'description', recorded.description, 'kind', recorded.kind,
                       'date', recorded.date, 'occurred_at', recorded.occurred_at) AS before,
                   json_build_object(
                       'campaign', {offered_campaign},
                       'amount', trim_scale(staged.amount)::text,
                       'description', staged.description, 'kind', %(kind)s,
                       'date', staged.date, 'occurred_at', staged.occurred_at,
                       'external_id', staged.external_id) AS offered
              FROM {repeated}
           ) AS compared
     WHERE differs IS NOT NULL
     ORDER BY position
     LIMIT %(shown)s
"""


def refuse(
    refused: Refused,
    columns: Columns,
    values: dict[str, Any],
    *,
    staged: str,
    recorded: str,
    offered_campaign: str = "staged.campaign_id",
    recorded_campaign: str = "recorded.campaign_id",
    differs: str = entries.DIFFERS,
) -> tuple[int, int]:
    """Refuse the entries of ``staged`` whose ids ``recorded`` has with other content.

    Both are SQL as :mod:`ads.services.ledger.entries` needs it; ``offered_campaign`` and
    ``recorded_campaign`` are the campaigns' names in messages; ``differs`` is the first field that
    differs, or NULL. Returns how many conflicts there are, and how many of them are of zero.
    """
    sql = _CONFLICTS.format(
        differs=differs,
        recorded_campaign=recorded_campaign,
        offered_campaign=offered_campaign,
        repeated=entries.REPEATED.format(staged=staged, recorded=recorded),
    )
    # All of them only if there is a sink: they may be a million.
    shown = None if refused.sink else refused.limit
    count = of_zero = listed = 0
    for row in _rows(sql, {**values, "shown": shown}):
        count, of_zero, position, field, before, offered = row
        listed += 1
        conflict = SpendConflict(
            source=values["source"],
            external_id=offered["external_id"],
            field=field,
            # Of a source that several share, the entry may be another brand's.
            recorded=before[field] if visible.brand_ids() is None else _ANOTHER,
            offered=offered[field],
        )
        refused.add(BadRow.at(position, conflict, _cells(offered, columns)))
    refused.count += count - listed
    return count, of_zero


def _rows(sql: str, values: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(_BATCH):
            yield from rows


def _cells(offered: dict[str, Any], columns: Columns) -> list[str]:
    """The row as it was understood; the file's other columns are not staged."""
    cells = [""] * columns.width
    for field in _FIELDS:
        at = getattr(columns, field)
        if at is not None and offered[field] is not None:
            cells[at] = str(offered[field])
    return cells
