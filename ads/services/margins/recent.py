"""What campaigns have lately spent, as far as it is known."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

from ads.models.spend import Kind
from ads.rules.margins import BEFORE, WINDOW, Recent

_SECOND: Final = timedelta(seconds=1)


class Asked(NamedTuple):
    """A campaign, its brand's day, the instant of which is asked, and how late spend is known."""

    campaign_id: int
    day: date
    at: datetime
    lag: timedelta


def recent(asked: Sequence[Asked]) -> list[Recent | None]:
    """What each has spent in the last :data:`WINDOW` that is known; None: nothing. One query."""
    if not asked:
        return []
    found: list[Recent | None] = [None] * len(asked)
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*asked, strict=True)]
        cursor.execute(_RECENT, [WINDOW // _SECOND, BEFORE // _SECOND, *columns])
        for number, spent, later, since, last_at in cursor.fetchall():
            found[number - 1] = Recent(spent, later, since, last_at)
    return found


_RECENT: Final = f"""
    WITH asked AS (
        SELECT asked.*, last.at AS last_at, greatest(last.at, asked.at - asked.lag) AS until,
               make_interval(secs => %s) AS span, make_interval(secs => %s) AS before
          FROM unnest(%s::bigint[], %s::date[], %s::timestamptz[], %s::interval[])
               WITH ORDINALITY AS asked (campaign_id, day, at, lag, number)
         CROSS JOIN LATERAL (
                SELECT max(occurred_at) AS at
                  FROM ads_spend AS entry
                 WHERE entry.campaign_id = asked.campaign_id AND entry.date = asked.day
                   AND entry.occurred_at <= asked.at AND entry.kind <> '{Kind.CORRECTION.value}'
               ) AS last
         WHERE last.at IS NOT NULL
    )
    SELECT number, spent, coalesce(later, 0), since, last_at
      FROM asked
     CROSS JOIN LATERAL (
            SELECT coalesce(max(occurred_at) FILTER (WHERE occurred_at <= asked.until - asked.span),
                            min(occurred_at)) AS since
              FROM ads_spend AS entry
             WHERE entry.campaign_id = asked.campaign_id AND entry.date = asked.day
               AND entry.occurred_at > asked.until - asked.before
               AND entry.occurred_at <= asked.until
               AND entry.kind <> '{Kind.CORRECTION.value}'
           ) AS begun
     CROSS JOIN LATERAL (
            SELECT sum(amount) AS spent, sum(amount) FILTER (WHERE occurred_at > since) AS later
              FROM ads_spend AS entry
             WHERE entry.campaign_id = asked.campaign_id AND entry.date = asked.day
               AND entry.occurred_at > asked.until - asked.span
               AND entry.occurred_at <= asked.until
               AND entry.kind <> '{Kind.CORRECTION.value}'
           ) AS summed
     WHERE spent IS NOT NULL
"""  # noqa: S608  (nothing in it comes from outside)
