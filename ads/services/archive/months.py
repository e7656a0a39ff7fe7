"""Archiving a month of the ledger, and bringing it back: each in one transaction.

::

    archive     write the file; read it back and compare it with the ledger, row by row
                note the month; delete just those rows     -- the triggers keep their sums and IDs
    bring back  the file is the one that was noted, by its SHA-256
                insert its rows under their ids            -- the triggers take the sums back
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet, Sum

from ads.models import ArchivedMonth, ArchivedSpend, Campaign
from ads.rules.calendar import month_start
from ads.rules.money import plain
from ads.services import lock_waits, locks, visible
from ads.services.actor import current_actor
from ads.services.archive import files
from ads.services.archive.files import ROWS, ArchiveError

#: For how long after its end a month stays in the ledger: platforms restate their figures for a
#: month or so, and people correct them after that.
KEPT: Final = timedelta(days=62)

#: How long it waits for each lock: nobody waits for an answer.
PATIENCE: Final = "30s"

#: Corrections may have been archived without a reason, before the ledger asked for one.
_SAYS_WHY: Final = r"""
    CASE WHEN kind = 'correction' AND description !~ '\S' THEN 'No reason was given.'
         ELSE description END
"""


@dataclass(slots=True)
class MonthFigures:
    month: date
    entries: int = 0
    #: By currency.
    sums: dict[str, Decimal] = field(default_factory=dict)
    #: Unmatched rows of the month: once it is archived, they could not be recorded any more.
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ArchivedSpan:
    entries: int
    first: date
    last: date


def archived_span(campaign: Campaign | None = None) -> ArchivedSpan | None:
    """What is archived, of a campaign or in all; None: nothing. One query."""
    rows: QuerySet[Any] = visible.rows(ArchivedSpend.objects.all())
    day = "date"
    if campaign is not None:
        rows = rows.filter(campaign=campaign)
    elif visible.brand_ids() is None:  # there are fewer months
        rows, day = ArchivedMonth.objects.filter(restored_at=None), "month"
    found = rows.order_by().aggregate(count=Sum("entries"), first=Min(day), last=Max(day))
    if not found["count"]:
        return None
    return ArchivedSpan(found["count"], month_start(found["first"]), month_start(found["last"]))


def latest_before(now: datetime) -> date:
    """The first day of the earliest month that must stay in the ledger at ``now``."""
    return month_start((now - KEPT).date())


def months_before(before: date, now: datetime) -> list[MonthFigures]:
    """The months with entries before the month ``before``; archived ones are left out.

    Raises:
        ArchiveError: ``before`` is too late.
    """
    if before > (latest := latest_before(now)):
        raise ArchiveError(
            f"{before:%Y-%m} is too late: the last {KEPT.days} days stay in the ledger, because "
            f"platforms restate them. Use {latest:%Y-%m} or earlier."
        )
    found: dict[date, MonthFigures] = {}
    rows = _rows(
        """
        SELECT date_trunc('month', entry.date::timestamp)::date, brand.currency,
               sum(entry.count), sum(entry.amount)
          FROM (SELECT campaign_id, date, count(*) AS count, sum(amount) AS amount
                  FROM ads_spend WHERE date < %s GROUP BY campaign_id, date) AS entry
          JOIN ads_campaign AS campaign ON campaign.id = entry.campaign_id
          JOIN ads_brand AS brand ON brand.id = campaign.brand_id
         WHERE date_trunc('month', entry.date::timestamp)::date NOT IN
               (SELECT month FROM ads_archivedmonth WHERE restored_at IS NULL)
         GROUP BY 1, 2 ORDER BY 1, 2
        """,
        [before],
    )
    for month, currency, count, amount in rows:
        figures = found.setdefault(month, MonthFigures(month))
        figures.entries += int(count)
        figures.sums[currency] = amount
    for month, count in _rows(_WAITING):
        if month in found:
            found[month].waiting = int(count)
    return list(found.values())


#: By month. What has no date counts on the day of an instant in its brand's timezone; the brand is
#: not known yet, so it may be a day of two months.
_WAITING: Final = """
    SELECT date_trunc('month', day)::date, count(DISTINCT id)
      FROM (SELECT id, date, coalesce(occurred_at, received_at) AT TIME ZONE 'UTC' AS at
              FROM ads_waitingspend WHERE discarded_at IS NULL) AS waiting
     CROSS JOIN unnest(CASE WHEN date IS NULL THEN ARRAY[at - interval '12 h', at + interval '14 h']
                            ELSE ARRAY[date::timestamp] END) AS perhaps (day)
     GROUP BY 1
"""


def archive(figures: MonthFigures, directory: Path, now: datetime) -> ArchivedMonth:
    """Move the month's entries into a file of ``directory``.

    Raises:
        ArchiveError: rows of it are unmatched, or it could not be written, or read back as it was;
            the ledger is as before.
    """
    month = figures.month
    if figures.waiting:
        raise ArchiveError(
            f"{month:%Y-%m}: {figures.waiting:,} unmatched row{'s' * (figures.waiting > 1)} of it "
            "could not be recorded any more: match or discard them first."
        )
    path = directory / f"spend-{month:%Y-%m}.csv.gz"
    with _moving():
        if path.exists():  # it may be the only copy of what was archived before
            path = path.with_name(f"spend-{month:%Y-%m}-{now:%Y%m%dT%H%M%S}.csv.gz")
        count = files.write(path, month)
        files.load(path)
        _compare(path, count)
        archived = ArchivedMonth.objects.create(
            month=month,
            file=path.name,
            sha256=files.sha256_of(path),
            size=path.stat().st_size,
            entries=count,
            amounts=_sums(),
            sources=_sources(),
            archived_at=now,
            archived_by=current_actor(),
            is_moving=True,
        )
        deleted = _run(
            f"DELETE FROM ads_spend USING {ROWS} AS row WHERE ads_spend.id = row.id"  # noqa: S608
        )
        if deleted != count:
            raise ArchiveError(f"{deleted:,} of {count:,} entries were there; nothing was changed.")
        archived.is_moving = False
        archived.save(update_fields=["is_moving"])
    return archived


def bring_back(path: Path, now: datetime) -> ArchivedMonth:
    """Bring the entries of an archived month back into the ledger; their sums stay.

    Raises:
        ArchiveError: the file is not that of an archived month; the ledger is as before.
    """
    digest = files.sha256_of(path)
    with _moving():
        known = ArchivedMonth.objects.filter(sha256=digest).first()
        if known is None:
            is_known = ArchivedMonth.objects.filter(file=path.name).exists()
            raise ArchiveError(
                f"{path} is not {'as it was written' if is_known else 'the file of a month'} "
                "(SHA-256). Use another copy of it. Nothing was brought back."
            )
        if known.restored_at is not None:
            raise ArchiveError(f"{known} is in the ledger already: {path} was brought back before.")
        header = files.load(path)
        known.is_moving = True
        known.save(update_fields=["is_moving"])
        names = ", ".join(header)
        read = ", ".join(_SAYS_WHY if name == "description" else name for name in header)
        inserted = _run(
            f"INSERT INTO ads_spend ({names}) SELECT {read} FROM {ROWS} ORDER BY id"  # noqa: S608
        )
        if inserted != known.entries:
            raise ArchiveError(f"{path} has {inserted:,} entries, not {known.entries:,}.")
        known.is_moving, known.restored_at, known.restored_by = False, now, current_actor()
        known.save(update_fields=["is_moving", "restored_at", "restored_by"])
    return known


@contextmanager
def _moving() -> Iterator[None]:
    """A transaction of one archiver, which may take its time."""
    with transaction.atomic():
        locks.without_timeouts()
        lock_waits.wait_up_to(PATIENCE)
        locks.one_at_a_time(locks.Only.ARCHIVING)
        yield


def _compare(path: Path, count: int) -> None:
    """Each row that was read back is as the ledger has it."""
    same = ", ".join(f"ads_spend.{name}" for name in files.columns())
    read = ", ".join(f"row.{name}" for name in files.columns())
    ((alike,),) = _rows(
        f"SELECT count(*) FROM {ROWS} AS row JOIN ads_spend ON ads_spend.id = row.id"  # noqa: S608
        f" WHERE ({same}) IS NOT DISTINCT FROM ({read})"
    )
    if alike != count:
        raise ArchiveError(
            f"{path} was written, but {count - alike:,} of {count:,} rows cannot be read back as "
            "they are in the ledger. Check the disk. Nothing was archived."
        )


def _sums() -> dict[str, str]:
    rows = _rows(
        f"""
        SELECT brand.currency, sum(row.amount) FROM {ROWS} AS row
          JOIN ads_campaign AS campaign ON campaign.id = row.campaign_id
          JOIN ads_brand AS brand ON brand.id = campaign.brand_id
         GROUP BY brand.currency ORDER BY brand.currency
        """  # noqa: S608
    )
    return {currency: plain(amount) for currency, amount in rows}


def _sources() -> list[str]:
    rows = _rows(
        f"SELECT DISTINCT source FROM {ROWS} WHERE external_id IS NOT NULL ORDER BY 1"  # noqa: S608
    )
    return [source for (source,) in rows]


def _run(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def _rows(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
