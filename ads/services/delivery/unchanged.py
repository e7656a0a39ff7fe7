"""Which campaigns a check need not decide on, as nothing has changed since the last one.

A campaign that agreed with the rule still does, if both of what the rule reads are the same:

- **the clock**: the local date of the brand, and which of its schedules are open. Both are worked
  out at every check and compared with those of the last one; so it makes no difference which way
  the clock went, or which timezone database is installed. Allowances that have ended and spend that
  is too old depend on the instant itself: with the first everything is decided on, with the second
  all brands that stop then;
- **rows**: triggers mark the brand in the transaction of each change (``ChangedBrand``). Spend
  marks nothing: every entry writes the brand's sum of its month, and a row says which transaction
  wrote it. Only spend of months long ago marks its brand, so that a check need not look at the sums
  of every month there ever was. Brands that stop early have margins, which always move: they are
  never left out.

What a check found, the next one decides on again, whether it was switched or not.
"""

import functools
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from django.db.models import F

import ads
from ads import freshness
from ads.holds import Clock, Moment, as_array, has_ended
from ads.models import Campaign, LastCheck
from ads.rules.calendar import month_start

#: So long after everything was decided on, it is again, whatever has changed.
TRUSTED_FOR: Final = timedelta(hours=1)

#: Spend that is older marks its brand.
RECENT: Final = timedelta(days=62)

#: Transactions between two checks: the numbers on rows begin anew after 2**32 of them.
_COMPARABLE: Final = 2**30

_DAY: Final = timedelta(days=1)

#: Of all campaigns; beyond it, deciding on everything takes less time.
SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to decide on."""

    #: Ids of campaigns; None: all.
    campaign_ids: Sequence[int] | None
    clock: Clock
    is_any_old: bool
    last: LastCheck
    #: Of :class:`LastCheck`, as of this look.
    oldest_writer: int
    seen: Mapping[str, int]
    database: str
    #: Ids of the marks that it has seen.
    marks: Sequence[int]


def look(now: datetime, *, everything: bool = False) -> Look:
    """What a check at ``now`` is to decide on, or ``everything``.

    What is committed later, the next check looks at. So it comes before anything else that the
    check reads.
    """
    last, _ = LastCheck.objects.get_or_create(pk=1, defaults={"everything_at": now})
    with connection.cursor() as cursor:
        # A month more, for entries of transactions that began before the last check.
        since = month_start(last.sums_from - _DAY) if last.sums_from else date.min
        cursor.execute(_LOOK, [since, last.oldest_writer, json.dumps(last.seen)])
        oldest_writer, seen, database, marks, marked, spent = cursor.fetchone()
    clock = Clock.at(now, Campaign.objects.all())
    is_any_old = clock.strictest is not None and freshness.is_any_old(clock.strictest, now)
    ids = None
    if (
        not everything
        and (last.rule, last.database) == (rule(), database)
        and 0 <= oldest_writer - last.oldest_writer < _COMPARABLE
        and abs(now - last.everything_at) < TRUSTED_FOR
        and None not in marked
        and not has_ended(now)
    ):
        ids = _concerned({*marked, *spent}, clock, last, old=is_any_old or last.is_any_old)
    return Look(ids, clock, is_any_old, last, oldest_writer, json.loads(seen), database, marks)


def remember(look: Look, moment: Moment, again: Collection[int]) -> None:
    """Have the next check leave out what has not changed since ``look``, but for ``again``.

    ``moment``: what was decided with. ``again``: ids of the campaigns that were found. If another
    check has ended meanwhile, the next decides on everything: that one may have decided at a later
    instant, and deleted marks that this one has not seen.
    """
    mine = LastCheck.objects.filter(pk=look.last.pk, number=look.last.number)
    with transaction.atomic(), connection.cursor() as cursor:
        if mine.update(
            number=F("number") + 1,
            everything_at=look.clock.now if look.campaign_ids is None else F("everything_at"),
            oldest_writer=look.oldest_writer,
            sums_from=month_start((look.clock.now - RECENT).date()),
            seen=look.seen,
            database=look.database,
            # With allowances that have ended, decisions rest on the instant.
            rule=rule() if moment.allowances_end is None else "",
            dates=_dates(look.clock),
            ranks=_ranks(look.clock),
            is_any_old=look.is_any_old or moment.stale,
        ):
            cursor.execute(_FORGET, [as_array(look.marks)])
        else:
            LastCheck.objects.update(number=F("number") + 1, rule="")
        if again:
            cursor.execute(_AGAIN, [as_array(again)])


def _concerned(
    brand_ids: Collection[int], clock: Clock, last: LastCheck, *, old: bool
) -> list[int] | None:
    """Ids of the campaigns of these brands, and of those for which the clock has moved on.

    None: so many that everything is decided on. ``old``: and of brands that stop when spend is.
    """
    dates, ranks = _dates(clock), _ranks(clock)
    zones = {zone for zone, day in dates.items() if last.dates.get(zone) != day}
    schedules = {
        pk for pk in ranks.keys() | last.ranks.keys() if ranks.get(pk) != last.ranks.get(pk)
    }
    with connection.cursor() as cursor:
        cursor.execute(
            _CONCERNED,
            [
                as_array(brand_ids),
                # Nobody decides on the last, which every check says.
                [*zones, *clock.unreadable],
                old,
                as_array(schedules),
                SHARE,
            ],
        )
        ((ids, are_many),) = cursor.fetchall()
    return None if are_many else ids


def _dates(clock: Clock) -> dict[str, str]:
    """The local date of each timezone. Strings, as in JSON."""
    return {zone: f"{day}" for day, zones in clock.dates.items() for zone in zones}


def _ranks(clock: Clock) -> dict[str, int]:
    return {f"{pk}": rank for rank, pks in clock.ranks.items() for pk in pks}


@functools.cache
def rule() -> str:
    """Hash of our code: another version decides on everything once."""
    digest = hashlib.sha256()
    for path in code():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def code() -> list[Path]:
    """Files of all that may decide: everything but tests and migrations, so none is forgotten."""
    folder = Path(ads.__file__).parent
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.relative_to(folder).parts[0] not in ("tests", "migrations")
    ]


#: In one statement, so at one instant. All transactions before the snapshot's *xmin* had ended, and
#: those of savepoints in them, whose numbers are higher than theirs. Of later ones a snapshot does
#: not say: it does not list savepoints. So the sums that these have written are kept, each with its
#: writer, which had ended if it is seen and writes no more. But for this very transaction.
_LOOK: Final = """
    WITH of_now AS MATERIALIZED (
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest_writer
    ),
    written AS MATERIALIZED (
        SELECT id, brand_id, xmin::text::bigint AS writer
          FROM ads_spendtotal
         WHERE campaign_id IS NULL AND period = 'month' AND start >= %s
           -- By a transaction with that number or a later one.
           AND ((xmin::text::bigint - %s) & 4294967295) < 2147483648
    )
    SELECT oldest_writer,
           (SELECT coalesce(jsonb_object_agg(id, writer), '{}')
              FROM written
             WHERE ((writer - oldest_writer) & 4294967295) < 2147483648
               AND pg_current_xact_id_if_assigned() IS NULL),
           (SELECT system_identifier FROM pg_control_system())
           || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()),
           ARRAY(SELECT id FROM ads_changedbrand),
           ARRAY(SELECT DISTINCT brand_id FROM ads_changedbrand),
           ARRAY(SELECT DISTINCT brand_id FROM written
                  WHERE %s::jsonb ->> id::text IS DISTINCT FROM writer::text)
      FROM of_now
"""

_CONCERNED: Final = """
    WITH concerned AS MATERIALIZED (
        SELECT campaign.id
          FROM ads_campaign AS campaign
         WHERE brand_id IN (
               SELECT id FROM ads_brand
                WHERE id IN (SELECT unnest(%s::bigint[])) OR timezone = ANY(%s)
                   OR stops_early OR (stops_when_stale AND %s))
         UNION
        SELECT campaign_id FROM ads_campaignschedule
         WHERE schedule_id IN (SELECT unnest(%s::bigint[]))
    )
    SELECT ARRAY(SELECT id FROM concerned),
           (SELECT count(*) FROM concerned)
           > %s * (SELECT greatest(reltuples, 100000)
                     FROM pg_class WHERE oid = 'ads_campaign'::regclass)
"""

_FORGET: Final = "DELETE FROM ads_changedbrand WHERE id IN (SELECT unnest(%s::bigint[]))"

_AGAIN: Final = """
    INSERT INTO ads_changedbrand (brand_id)
    SELECT DISTINCT brand_id FROM ads_campaign WHERE id IN (SELECT unnest(%s::bigint[]))
"""
