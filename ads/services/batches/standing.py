"""What a batch has in the ledger, and the later records that stand on it.

A day total that a batch moved goes back to what it was before; that is known only while nobody has
reported the same campaign-day since. An undo takes its batch's rows out of the history: what
remains of a day total are its rows of batches that count, and of none.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.models import SpendBatch, WaitingSpend
from ads.models.spend import BETWEEN, BatchKind, shown
from ads.rules.money import plain
from ads.services.currencies import by_currency
from ads.services.ledger import corrections, day_totals, overlaps

#: The rows of ``reported`` that remain, as ``row``; the newest has the highest id. Those from
#: before batches do not name their total.
REMAINING: Final = """
    ads_spend AS row LEFT JOIN ads_spendbatch AS of_row ON of_row.id = row.batch_id
     WHERE row.campaign_id = reported.campaign_id AND row.date = reported.date
       AND (row.reported_total_id = reported.id
            OR (row.reported_total_id IS NULL AND row.kind = 'day_total'
                AND row.source = reported.source))
       AND (of_row.id IS NULL OR (of_row.counts AND of_row.kind <> 'undo'))
"""

#: The day totals that a batch moved, by how much, and its first row of each.
MOVED: Final = """
    SELECT reported_total_id AS id, sum(amount) AS amount, min(id) AS first
      FROM ads_spend
     WHERE batch_id = %(batch)s AND reported_total_id IS NOT NULL
     GROUP BY 1
"""

# An undo leaves the total to the last batch that remains; that one can be undone next.
_REPORTED_SINCE: Final = f"""
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as, reported.source,
           last.id, last.kind, last.title, last.api_key_id
      FROM ({MOVED}) AS moved
      JOIN ads_reportedtotal AS reported ON reported.id = moved.id
      JOIN ads_campaign AS campaign ON campaign.id = reported.campaign_id
      LEFT JOIN ads_spendbatch AS last ON last.id = reported.batch_id
     WHERE reported.batch_id IS DISTINCT FROM %(batch)s
       AND NOT (%(is_undo)s IS FALSE AND last.id IS NOT NULL
                AND (last.kind = 'undo' OR NOT last.counts)
                AND coalesce((SELECT row.batch_id = %(batch)s FROM {REMAINING}
                               ORDER BY row.id DESC LIMIT 1), false))
     ORDER BY reported.date, campaign.name
     LIMIT 1
"""  # noqa: S608  (nothing in it comes from outside)

# Other days that came in since, while the campaign has the platform ID. They would stay with it,
# and count once more where the ID is matched next.
_CAME_SINCE: Final = f"""
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as, reported.source,
           last.id, last.kind, last.title, last.api_key_id
      FROM ads_spendbatch AS match
      JOIN ads_campaignreference AS carried
        ON carried.campaign_id = match.campaign_id
       AND concat_ws('{BETWEEN}', platform, account, reference) = match.known_as
      JOIN ads_reportedtotal AS reported
        ON reported.campaign_id = match.campaign_id AND reported.known_as = match.known_as
      JOIN ads_campaign AS campaign ON campaign.id = reported.campaign_id
      LEFT JOIN ({MOVED}) AS moved ON moved.id = reported.id
      LEFT JOIN ads_spendbatch AS last
        ON last.id = (SELECT row.batch_id FROM {REMAINING} ORDER BY row.id DESC LIMIT 1)
     WHERE match.id = %(batch)s AND match.kind = 'match'
       AND reported.updated_at > match.recorded_at
       AND reported.amount <> coalesce(moved.amount, 0)
     ORDER BY reported.date
     LIMIT 1
"""  # noqa: S608

# Totals that come back would count beside those that another source has reported meanwhile, and
# nobody was asked: while it counted for nothing, it was no overlap.
_OTHERS_SINCE: Final = f"""
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as, other.source,
           NULL::bigint, NULL, NULL, NULL::bigint
      FROM ({MOVED}) AS moved
      JOIN ads_reportedtotal AS reported ON reported.id = moved.id
      JOIN ads_campaign AS campaign ON campaign.id = reported.campaign_id
      JOIN ads_reportedtotal AS other
        ON other.campaign_id = reported.campaign_id AND other.date = reported.date
       AND (other.source <> reported.source
            OR (other.known_as = '') <> (reported.known_as = ''))
       AND ('' IN (other.known_as, reported.known_as)
            OR {overlaps.PLATFORM.format("other")} = {overlaps.PLATFORM.format("reported")})
      LEFT JOIN ({MOVED}) AS also ON also.id = other.id
     WHERE reported.amount = 0 AND moved.amount <> 0
       AND other.amount <> coalesce(also.amount, 0)
       AND coalesce((SELECT sum(row.amount) FROM ads_spend AS row
                      WHERE row.campaign_id = other.campaign_id AND row.date = other.date
                        AND row.id < moved.first
                        AND (row.reported_total_id = other.id
                             OR (row.reported_total_id IS NULL AND row.source = other.source
                                 AND row.kind <> 'entry'))), 0) = 0
     ORDER BY reported.date, campaign.name
     LIMIT 1
"""  # noqa: S608

_AS_TEXT: Final = (
    f"{{0}}.platform || '{BETWEEN}' || {{0}}.account || '{BETWEEN}' || {{0}}.reference"
)

# Likewise beside those of another campaign that has got the platform ID: one ID's day counts once.
_FOR_ANOTHER_SINCE: Final = f"""
    WITH had AS MATERIALIZED (
        SELECT DISTINCT platform, account, reference, campaign_id
          FROM ads_campaignreferenceevent
          JOIN (SELECT platform, reference FROM ads_campaignreferenceevent
                 GROUP BY platform, reference
                HAVING count(DISTINCT campaign_id) > 1) AS moved USING (platform, reference)
    )
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as
      FROM ({MOVED}) AS moved
      JOIN ads_reportedtotal AS reported ON reported.id = moved.id
      JOIN ads_campaign AS campaign ON campaign.id = reported.campaign_id
      JOIN had AS own ON own.campaign_id = reported.campaign_id
                     AND {_AS_TEXT.format("own")} = reported.known_as
      JOIN had AS another
        ON another.platform = own.platform AND another.reference = own.reference
       AND (another.account = own.account OR '' IN (another.account, own.account))
       AND another.campaign_id <> own.campaign_id
      JOIN ads_reportedtotal AS other
        ON other.campaign_id = another.campaign_id AND other.date = reported.date
       AND other.source = reported.source AND other.known_as = {_AS_TEXT.format("another")}
      LEFT JOIN ({MOVED}) AS also ON also.id = other.id
     WHERE reported.amount = 0 AND moved.amount <> 0
       AND other.amount <> coalesce(also.amount, 0)
     ORDER BY reported.date, campaign.name
     LIMIT 1
"""  # noqa: S608

_CORRECTED_SINCE: Final = f"""
    SELECT count(*) OVER (), entry.id, later.id
      FROM ads_spend AS entry
      JOIN ads_spend AS later
        ON later.campaign_id = entry.campaign_id AND later.date = entry.date
       AND later.kind = 'correction' AND later.id > entry.id
       AND starts_with(later.description, format('{corrections.CORRECTS}%%s: ', entry.id))
      LEFT JOIN ads_spendbatch AS of_later ON of_later.id = later.batch_id
     WHERE entry.batch_id = %(batch)s
       AND (of_later.id IS NULL OR of_later.kind <> 'undo')
     ORDER BY entry.id
     LIMIT 1
"""  # noqa: S608

#: As a pattern of LIKE.
_REPLACED_BY: Final = day_totals.REPLACED_BY.format("%%", "%%")

#: By currency.
_FIGURES: Final = """
    SELECT {code}, count(*), coalesce(sum(entry.amount), 0), count(DISTINCT campaign_id), min(date),
           max(date), count(*) FILTER (WHERE returns),
           coalesce(sum(-entry.amount) FILTER (WHERE returns), 0)
      FROM (SELECT entry.*, amount < 0 AND entry.reported_total_id IS NOT NULL
                   AND entry.description LIKE '{replaced_by}'
                   AS returns
              FROM ads_spend AS entry
             WHERE batch_id = %(batch)s) AS entry {join}
     {group}
"""


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A reason why a batch cannot be undone, with the remedy."""

    reason: str
    #: The same without the batches, sources and people of others.
    discreet: str
    #: The batch that the reason names, and its key, which may know of it.
    batch_id: int | None = None
    api_key_id: int | None = None

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """What a batch has in the ledger; amounts by currency."""

    #: Rows of the ledger, their sums, and their campaigns and days.
    rows: int
    sums: dict[str, Decimal]
    campaigns: int
    first: date | None
    last: date | None
    #: Other sources' day totals that it replaced, and how much of them it took back.
    replaced: int
    taken_back: dict[str, Decimal]
    #: Rows that still wait to be matched.
    waiting: int = 0

    @property
    def change(self) -> dict[str, Decimal]:
        """By how much undoing it moves the ledger."""
        return {code: -amount for code, amount in self.sums.items()}

    @property
    def seen(self) -> str:
        """What whoever confirms has seen, to be compared with what is."""
        sums = ", ".join(f"{code} {plain(amount)}" for code, amount in self.sums.items())
        return f"{self.rows} rows; {sums}; {self.waiting} waiting"


def figures_of(batch: SpendBatch) -> BatchFigures:
    waiting = WaitingSpend.objects.filter(batch=batch, discarded_at=None).count()
    with connection.cursor() as cursor:
        cursor.execute(
            _FIGURES.format(replaced_by=_REPLACED_BY, **by_currency("entry")._asdict()),
            {"batch": batch.pk},
        )
        found = cursor.fetchall()
    return BatchFigures(
        rows=sum(row[1] for row in found),
        sums={row[0]: row[2] for row in found},
        campaigns=sum(row[3] for row in found),
        first=min((row[4] for row in found if row[4]), default=None),
        last=max((row[5] for row in found if row[5]), default=None),
        replaced=sum(row[6] for row in found),
        taken_back={row[0]: row[7] for row in found if row[6]},
        waiting=waiting,
    )


def in_the_way(batch: SpendBatch) -> list[InTheWay]:
    """Why it cannot be undone; empty: it can."""
    undone = SpendBatch.objects.filter(undoes=batch).first()
    if undone is not None and batch.counts:
        again = undone
        while (later := SpendBatch.objects.filter(undoes=again).first()) is not None:
            again = later
        text = "It was undone and brought back."
        return [
            InTheWay(f"{text} Undo batch {again.pk} instead.", text, again.pk, again.api_key_id)
        ]
    if undone is not None:
        on = f"It was undone on {undone.recorded_at:%Y-%m-%d %H:%M} UTC"
        by = f"by {undone.recorded_by}, batch {undone.pk}: {undone.reason}"
        return [InTheWay(f"{on} ({by}).", f"{on}.", undone.pk)]
    if batch.archived_entries:
        text = (
            f"{batch.archived_entries:,} of its entries are archived. Have their months brought "
            "back first (restore_archive)."
        )
        return [InTheWay(text, text)]
    if batch.undoes is not None and batch.undoes.kind == BatchKind.MATCH:
        text = "It undid a match. Match the platform ID again instead."
        return [InTheWay(text, text)]
    return [*matched_since(batch), *reported_since(batch), *corrected_since(batch)]


def matched_since(batch: SpendBatch) -> list[InTheWay]:
    """The matches that have recorded spend which waited since the batch."""
    matches = SpendBatch.objects.filter(matched__batch=batch).distinct().order_by("pk")
    text = "Part of it waited and has been matched since"
    return [
        InTheWay(f"{text}: {called(match)}. Undo that match first.", f"{text}.", match.pk)
        for match in matches[:_NAMED]
    ]


_NAMED: Final = 5


def reported_since(batch: SpendBatch) -> list[InTheWay]:
    row = _first(_REPORTED_SINCE, batch) or _first(_CAME_SINCE, batch)
    if row is None:
        return others_since(batch)
    count, campaign, day, known_as, source, pk, kind, title, key = row
    total = _total(count, campaign, day, known_as)
    if pk is None:
        return [_by_source(total, source)]
    later = called(SpendBatch(pk=pk, kind=kind, title=title))
    return [
        InTheWay(
            f"{total}: reported again since by {later}. Undo that batch first.",
            f"{total}: reported again since.",
            pk,
            key,
        )
    ]


def others_since(batch: SpendBatch) -> list[InTheWay]:
    """The campaign-days that come back, and that count already.

    Another source has reported them since, or the same one for another campaign.
    """
    if row := _first(_OTHERS_SINCE, batch):
        count, campaign, day, known_as, source, *_ = row
        return [_by_source(_total(count, campaign, day, known_as), source)]
    if row := _first(_FOR_ANOTHER_SINCE, batch):
        text = f"{_total(*row)}: it has been reported since for another campaign, to which the "
        text += f"platform ID has moved. {_REMEDY}"
        return [InTheWay(text, text)]
    return []


def _total(count: int, campaign: str, day: date, known_as: str) -> str:
    total = f"{campaign} on {day}" + (f" ({shown(known_as)})" if known_as else "")
    return total + (f" and {count - 1:,} more campaign-days" if count > 1 else "")


def _by_source(total: str, source: str) -> InTheWay:
    return InTheWay(
        f"{total}: source {source} has reported it since. {_REMEDY}",
        f"{total}: reported again since. {_REMEDY}",
    )


_REMEDY: Final = "Report the right total instead, or record a correction."


def corrected_since(batch: SpendBatch) -> list[InTheWay]:
    row = _first(_CORRECTED_SINCE, batch)
    if row is None:
        return []
    count, entry, correction = row
    more = f" and {count - 1:,} more" if count > 1 else ""
    text = f"Entry {entry}{more} has been corrected since"
    remedy = "taking it back would correct it twice. Correct the remaining entries one by one."
    return [InTheWay(f"{text} (entry {correction}), and {remedy}", f"{text}, and {remedy}")]


def called(batch: SpendBatch) -> str:
    """A batch for people: "batch 12 (import of may.csv)"."""
    what = str(BatchKind(batch.kind).label).lower()
    of = f" of {batch.title}" if batch.title and batch.kind != BatchKind.API else ""
    return f"batch {batch.pk} ({what}{of})"


def _first(sql: str, batch: SpendBatch) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"batch": batch.pk, "is_undo": batch.kind == BatchKind.UNDO})
        return cursor.fetchone()
