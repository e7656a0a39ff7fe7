"""Delivery changes for another system that follows them: it misses none, and sees each once.

The numbers of rows are given out before the commit, so "after the last number I have seen" would
lose a change whose transaction commits late. Changes are followed in the order of ``recorded_at``
(the database's clock as the row was written; ``id`` where two are the same), and only up to an
instant before which nothing more can appear:

- A transaction locks the table before it reads the clock for its first row, and keeps that lock
  until what it wrote can be seen by all. So the locks, looked at first, tell who is writing now.
- Whoever holds one has written nothing earlier than the beginning of its transaction.
- Whoever holds none has committed, and the next statement sees that; or has not written yet, and
  will read the clock later than this statement began.

Enforcement writes a later ``recorded_at`` than that of every change it can see, so the database's
clock may be set back, as when another server takes over. Should it have been far ahead once, the
last change is ahead of the clock until that has caught up; while nobody is writing, all there is
can be told nevertheless: whoever writes next sees it, and writes later. A change waits for
transactions that write delivery changes, and for no others: not for a long import, nor for a
backup. After a database has been restored to an earlier state, what was followed since then may be
gone, and its ids be given again: follow anew from that instant (``since``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import QuerySet

from ads.models import DeliveryChange

#: Before this instant nothing more can appear; none: a writer hides when it began.
#:
#: It hides it from a role that is neither its own nor of ``pg_read_all_stats`` (only the
#: application's role writes delivery changes), or if its ``track_activities`` is off; a prepared
#: transaction has no session. Until such a one has ended, nothing new is told. Sessions that are
#: gone or idle by now have committed.
_SAFE = """
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
           ) AS writer
"""


#: By how much the database's clock may be set back, as when another server takes over, without a
#: quiet follower losing a change. (One that was just told a change loses none in any case.)
SETBACK: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has followed: up to this row, which was the last."""

    recorded_at: datetime
    id: int


#: Before the first of all.
BEGINNING = Position(datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class Followed:
    """The next changes in their order, and from where to go on."""

    changes: Sequence[DeliveryChange]
    #: Also when there are none: then it is where the question came from, or further on.
    position: Position
    #: Are there more already?
    has_more: bool


def of(
    changes: QuerySet[DeliveryChange], *, brand: int | None, campaign: int | None
) -> QuerySet[DeliveryChange]:
    """Those of ``changes`` that are of this brand and campaign (ids; None: any)."""
    if brand is not None:
        changes = changes.filter(campaign__brand=brand)
    if campaign is not None:
        changes = changes.filter(campaign=campaign)
    return changes


def follow(changes: QuerySet[DeliveryChange], after: Position, *, limit: int) -> Followed:
    """The first ``limit`` of ``changes`` after a position, each with its campaign and brand.

    Two queries.

    Not inside a transaction that keeps one snapshot for all its statements (REPEATABLE READ).
    """
    # In a statement of its own, before the rows are read: see above.
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
    told, has_more = rows[:limit], len(rows) > limit
    position = Position(told[-1].recorded_at, told[-1].pk) if told else after
    return Followed(told, position if has_more else _moved_on(position, safe), has_more=has_more)


def _moved_on(position: Position, safe: datetime) -> Position:
    """Where to go on from when all before ``safe`` has been told.

    Without it, who follows one quiet brand among many would have all changes since its last one
    searched at every question, more each day. By steps of the clock alone, so that it tells nothing
    of others and an answer stays as it is for a while; some minutes back, lest a clock that is set
    back loses a change.
    """
    step = safe - SETBACK
    step -= timedelta(minutes=step.minute % 10, seconds=step.second, microseconds=step.microsecond)
    return Position(step, 0) if step > position.recorded_at else position
