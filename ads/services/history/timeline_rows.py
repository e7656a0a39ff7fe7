"""The rows of a timeline from all its tables, by one statement.

Each source gives the first rows after a position in one order (instant, source, id), so a page
costs the same however long the history is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection

from ads.models import Brand, Campaign
from ads.services.history.audit import NOBODY
from ads.services.history.timeline_sql import MODELS, OF_BRAND, OF_CAMPAIGN, Position, Source


@dataclass(frozen=True, slots=True)
class Row:
    """One row of one source; ``row`` and ``before`` are its columns by name, from JSON."""

    source: Source
    at: datetime
    id: int
    row: dict[str, Any]
    #: Of an edit: the row before it.
    before: dict[str, Any] | None
    context: str
    actor: str

    def event(self) -> Any:
        """The row as its event or delivery change; not to be saved."""
        return _event(self.source, self.row)

    def event_before(self) -> Any:
        return _event(self.source, self.before) if self.before else None

    def events(self) -> list[Any]:
        return [_event(self.source, row) for row in self.row["events"]]


def read(
    owner: Campaign | Brand, sources: Sequence[Source], after: Position | None, limit: int
) -> list[Row]:
    """The first ``limit`` rows of ``sources`` that come ``after`` a position, in order."""
    parts = OF_BRAND if isinstance(owner, Brand) else OF_CAMPAIGN
    wanted = [source for source in sources if source in parts]
    parameters: dict[str, Any] = {
        "owner": owner.pk,
        "brand": owner.pk if isinstance(owner, Brand) else owner.brand_id,
        "limit": limit,
        "at": after.at if after else None,
        "id": after.id if after else None,
    }
    union = "\nUNION ALL\n".join(
        f"(SELECT {source.value} AS source, part.*"  # noqa: S608
        f"   FROM ({parts[source](source, after)}) AS part)"
        for source in wanted
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT found.source, found.at, found.id, found.row::text, found.before::text,
                   found.context::text,
                   concat_ws(', file ', context.metadata ->> 'actor', context.metadata ->> 'file')
              FROM ({union}) AS found
              LEFT JOIN pghistory_context AS context ON context.id = found.context
             ORDER BY found.at DESC, found.source, found.id DESC
             LIMIT %(limit)s
            """,  # noqa: S608  (nothing in it comes from outside)
            parameters,
        )
        return [row_of(*columns) for columns in cursor.fetchall()]


def row_of(
    source: int,
    at: datetime,
    pk: int,
    row: str,
    before: str | None,
    context: str | None,
    actor: str | None = None,
) -> Row:
    return Row(Source(source), at, pk, _read(row), _read(before), context or "", actor or NOBODY)


def _read(text: str | None) -> Any:
    return json.loads(text, parse_float=Decimal) if text else None


def _event(source: Source, row: dict[str, Any]) -> Any:
    model = apps.get_model("ads", MODELS[source])
    columns = model._meta.concrete_fields
    return model(**{column.attname: column.to_python(row[column.attname]) for column in columns})
