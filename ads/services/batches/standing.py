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
from ads.models.batches import BatchKind
from ads.models.references import shown

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

#: The day totals that a batch moved, and by how much.
MOVED: Final = """
    SELECT reported_total_id AS id, sum(amount) AS amount
      FROM ads_spend
     WHERE batch_id = %(batch)s AND reported_total_id IS NOT NULL
     GROUP BY 1
"""

# An undo leaves the total to the last batch that remains; that one can be undone next.
_REPORTED_SINCE: Final = f"""
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as, reported.source,
           last.id, last.kind, last.title
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

# Totals that come back could count beside those of another source, which met none then.
_OTHERS_SINCE: Final = f"""
    SELECT count(*) OVER (), campaign.name, reported.date, reported.known_as, other.source,
           NULL::bigint, NULL, NULL
      FROM ({MOVED}) AS moved
      JOIN ads_reportedtotal AS reported ON reported.id = moved.id
      JOIN ads_campaign AS campaign ON campaign.id = reported.campaign_id
      JOIN ads_reportedtotal AS other
        ON other.campaign_id = reported.campaign_id AND other.date = reported.date
       AND other.id <> reported.id AND other.amount <> 0
       AND coalesce(other.batch_id > %(batch)s,
                    other.updated_at > (SELECT recorded_at FROM ads_spendbatch
                                         WHERE id = %(batch)s))
     WHERE %(is_undo)s
     ORDER BY reported.date, campaign.name
     LIMIT 1
"""  # noqa: S608

_CORRECTED_SINCE: Final = """
    SELECT count(*) OVER (), entry.id, later.id
      FROM ads_spend AS entry
      JOIN ads_spend AS later
        ON later.campaign_id = entry.campaign_id AND later.date = entry.date
       AND later.kind = 'correction' AND later.id > entry.id
       AND starts_with(later.description, format('Correction of entry %%s: ', entry.id))
      LEFT JOIN ads_spendbatch AS of_later ON of_later.id = later.batch_id
     WHERE entry.batch_id = %(batch)s AND entry.reported_total_id IS NULL
       AND (of_later.id IS NULL OR of_later.kind <> 'undo')
     ORDER BY entry.id
     LIMIT 1
"""

_FIGURES: Final = """
    SELECT count(*), coalesce(sum(amount), 0), count(DISTINCT campaign_id), min(date), max(date),
           count(*) FILTER (WHERE returns), coalesce(sum(-amount) FILTER (WHERE returns), 0)
      FROM (SELECT entry.*, amount < 0 AND entry.reported_total_id IS NOT NULL
                   AND entry.description LIKE 'The day''s total of %% was replaced by source %%'
                   AS returns
              FROM ads_spend AS entry
             WHERE batch_id = %(batch)s) AS entry
"""


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A reason why a batch cannot be undone, with the remedy."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """What a batch has in the ledger; amounts in the campaigns' currency."""

    #: Rows of the ledger, their sum, and their campaigns and days.
    rows: int
    amount: Decimal
    campaigns: int
    first: date | None
    last: date | None
    #: Other sources' day totals that it replaced, and how much of them it took back.
    replaced: int
    taken_back: Decimal
    #: Rows that still wait to be matched.
    waiting: int = 0


def figures_of(batch: SpendBatch) -> BatchFigures:
    """What undoing the batch takes back."""
    waiting = WaitingSpend.objects.filter(batch=batch, discarded_at=None).count()
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"batch": batch.pk})
        return BatchFigures(*cursor.fetchone(), waiting)


def in_the_way(batch: SpendBatch) -> list[InTheWay]:
    """Why it cannot be undone; empty: it can."""
    undone = SpendBatch.objects.filter(undoes=batch).first()
    if undone is not None and batch.counts:
        again = undone
        while (later := SpendBatch.objects.filter(undoes=again).first()) is not None:
            again = later
        return [InTheWay(f"It was undone and brought back. Undo batch {again.pk} instead.")]
    if undone is not None:
        by = f"by {undone.recorded_by}, batch {undone.pk}: {undone.reason}"
        return [InTheWay(f"It was undone on {undone.recorded_at:%Y-%m-%d %H:%M} UTC ({by}).")]
    if batch.undoes is not None and batch.undoes.kind == BatchKind.MATCH:
        return [InTheWay("It undid a match. Match the platform ID again instead.")]
    return [*matched_since(batch), *reported_since(batch), *corrected_since(batch)]


def matched_since(batch: SpendBatch) -> list[InTheWay]:
    """The matches that have recorded spend which waited since the batch."""
    matches = SpendBatch.objects.filter(
        kind=BatchKind.MATCH, counts=True, brought_by__contains=[batch.pk]
    )
    return [
        InTheWay(
            f"Part of it waited and has been matched since: {called(match)}. Undo that match first."
        )
        for match in matches.order_by("pk")[:_NAMED]
    ]


_NAMED: Final = 5


def reported_since(batch: SpendBatch) -> list[InTheWay]:
    """The campaign-days of the batch that have been reported since."""
    row = _first(_REPORTED_SINCE, batch) or _first(_OTHERS_SINCE, batch)
    if row is None:
        return []
    count, campaign, day, known_as, source, pk, kind, title = row
    total = f"{campaign} on {day}" + (f" ({shown(known_as)})" if known_as else "")
    more = f" and {count - 1:,} more campaign-days" if count > 1 else ""
    if pk is None:
        return [
            InTheWay(
                f"{total}{more}: source {source} has reported it since. Report the right total "
                "instead, or record a correction."
            )
        ]
    later = called(SpendBatch(pk=pk, kind=kind, title=title))
    return [InTheWay(f"{total}{more}: reported again since by {later}. Undo that batch first.")]


def corrected_since(batch: SpendBatch) -> list[InTheWay]:
    """The entries of the batch that somebody has corrected since."""
    row = _first(_CORRECTED_SINCE, batch)
    if row is None:
        return []
    count, entry, correction = row
    more = f" and {count - 1:,} more" if count > 1 else ""
    return [
        InTheWay(
            f"Entry {entry}{more} has been corrected since (entry {correction}), and taking it "
            "back would correct it twice. Correct the remaining entries one by one."
        )
    ]


def called(batch: SpendBatch) -> str:
    """A batch for people: "batch 12 (import of may.csv)"."""
    what = str(BatchKind(batch.kind).label).lower()
    of = f" of {batch.title}" if batch.title and batch.kind != BatchKind.API else ""
    return f"batch {batch.pk} ({what}{of})"


def _first(sql: str, batch: SpendBatch) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"batch": batch.pk, "is_undo": batch.kind == BatchKind.UNDO})
        return cursor.fetchone()
