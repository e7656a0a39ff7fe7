"""Delivery changes for another system that follows them: each once, none lost.

Ids are given out before the commit, so "after the last id" would lose changes that commit late.
Changes are followed by ``recorded_at`` (the database's clock as the row was written) and ``id``, up
to an instant before which nothing more can appear:

- A transaction locks the table before it reads the clock for its first row, until its rows are
  visible. So the locks, read first, show who is writing.
- A writer has written nothing earlier than the beginning of its transaction.
- Any other has committed, which the next statement sees, or will read the clock later.

Enforcement writes a later ``recorded_at`` than every change it can see, so the clock may be set
back, as in a failover. If it was far ahead once, changes are shown while nobody is writing: the
next writer sees them and writes later. Only writers of delivery changes delay this, not
long imports or backups, nor replays, which roll back what they write. After a restore of the
database, follow again from that instant (``since``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from ads.models import DeliveryChange
from ads.services.locks import Only

#: Before this instant nothing more can appear; NULL: a writer's beginning is hidden, so nothing new
#: is shown until it ends. It is hidden from other roles without ``pg_read_all_stats``, with
#: ``track_activities`` off, and for prepared transactions. Sessions gone or idle have committed.
_SAFE = f"""
    SELECT CASE WHEN bool_or(hides) THEN NULL
                WHEN count(*) > 0 THEN least(statement_timestamp(), min(began))
                ELSE greatest(statement_timestamp(),
                              (SELECT max(recorded_at) FROM ads_deliverychange)
                              + interval '1 microsecond')
           END
      FROM (
            SELECT activity.xact_start AS began,
                   activity.xact_start IS NULL
                   AND (held.pid IS NULL OR activity.pid IS NOT NULL
                        AND coalesce(activity.state, 'disabled') = 'disabled') AS hides
              FROM pg_locks AS held
              LEFT JOIN pg_stat_activity AS activity ON activity.pid = held.pid
             WHERE held.relation = 'ads_deliverychange'::regclass
               AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND held.mode = 'RowExclusiveLock'
               AND held.granted
               AND held.pid IS DISTINCT FROM pg_backend_pid()
               AND NOT EXISTS (SELECT FROM pg_locks AS replays
                                WHERE replays.pid = held.pid AND replays.locktype = 'advisory'
                                  AND replays.classid = 0 AND replays.objid = {Only.REPLAYING})
           ) AS writer
"""  # noqa: S608  (our own number)


#: By how much the database's clock may be set back without a quiet follower losing a change.
SETBACK: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Position:
    """The last row that was followed."""

    recorded_at: datetime
    id: int


#: Before the first of all.
BEGINNING = Position(datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Followed:
    """The next changes in order, and where to go on."""

    changes: Sequence[DeliveryChange]
    #: Without changes: the position given, or a later one.
    position: Position
    #: Are there more already?
    has_more: bool


def of(
    changes: QuerySet[DeliveryChange], *, brand: int | None, campaign: int | None
) -> QuerySet[DeliveryChange]:
    """Those of this brand and campaign (ids; None: any)."""
    if brand is not None:
        changes = changes.filter(campaign__brand=brand)
    if campaign is not None:
        changes = changes.filter(campaign=campaign)
    return changes


def follow(changes: QuerySet[DeliveryChange], after: Position, *, limit: int) -> Followed:
    """The first ``limit`` of ``changes`` after a position, with campaign and brand; two queries.

    Not inside a REPEATABLE READ transaction.
    """
    # In a statement of its own, before the rows are read.
    with connection.cursor() as cursor:
        cursor.execute(_SAFE)
        (safe,) = cursor.fetchone()
    if safe is None:
        return Followed([], after, has_more=False)
    rows = list(
        changes.filter(recorded_at__gte=after.recorded_at, recorded_at__lt=safe)
        .exclude(recorded_at=after.recorded_at, id__lte=after.id)
        .select_related("campaign__brand")
        .order_by("recorded_at", "id")[: limit + 1]
    )
    page, has_more = rows[:limit], len(rows) > limit
    position = Position(page[-1].recorded_at, page[-1].pk) if page else after
    return Followed(page, position if has_more else _moved_on(position, safe), has_more=has_more)


def _moved_on(position: Position, safe: datetime) -> Position:
    """Where to go on when all before ``safe`` is known.

    Otherwise a follower of one quiet brand would have ever more changes searched. In steps of ten
    minutes, so that answers stay the same for a while, and less :data:`SETBACK`.
    """
    step = safe - SETBACK
    step -= timedelta(minutes=step.minute % 10, seconds=step.second, microseconds=step.microsecond)
    return Position(step, 0) if step > position.recorded_at else position
