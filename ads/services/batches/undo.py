"""Undoing a batch as a whole: corrections in the ledger, in one transaction, once.

- Each of its ledger rows gets a correction of the negated amount.
- Day totals go back to what they were before it, and so do the instants of their observations, so
  that the file can be imported again; totals that it had replaced count again.
- Its rows that still wait to be matched are discarded; day totals that another batch had
  reported before wait again as they did.
- The undo of a match takes the platform ID from the campaign, and the spend waits again.
- What that starts or stops is enforced before the commit.

An undo is a batch too. Undoing it brings back the ledger rows of the first, such as entries, whose
IDs stay on record. Later records that stand on the batch are refused (:mod:`.standing`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Abs

from ads.holds import is_long
from ads.models import Campaign, Spend, SpendBatch, WaitingSpend
from ads.models.spend import BatchKind
from ads.services import lock_waits, locks, new_batch
from ads.services.actor import current_actor
from ads.services.batches import rematch
from ads.services.batches.standing import (
    MOVED,
    REMAINING,
    BatchFigures,
    InTheWay,
    corrected_since,
    figures_of,
    in_the_way,
    others_since,
)
from ads.services.delivery import (
    Decision,
    Enforced,
    Trigger,
    earliest_month,
    enforce,
    preview_switches,
    supposed_sums,
)
from ads.services.ledger import (
    LONGEST,
    check_text,
    corrections,
    day_totals,
    validation,
    waiting,
)

#: Characters of a reason: it stands in each correction, beside the numbers.
LONGEST_REASON: Final = LONGEST["reason"]

#: Campaigns that a preview names.
NAMED: Final = 100


class CannotUndo(ValueError):
    """Nothing was undone: later records stand on the batch, or it was undone before."""

    def __init__(self, batch: SpendBatch, reasons: list[InTheWay]) -> None:
        super().__init__(
            f"Batch {batch.pk} cannot be undone. {' '.join(map(str, reasons))} Nothing was changed."
        )
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class UndoPreview:
    batch: SpendBatch
    figures: BatchFigures
    in_the_way: list[InTheWay]
    would_start: int = 0
    would_stop: int = 0
    #: The first campaigns that would be switched, and which way.
    switches: list[tuple[Campaign, Decision]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: By how much it changes the ledger for each campaign, where there are several: the most first.
    changes: list[tuple[Campaign, Decimal]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did; ``figures`` are those of the undone batch."""

    batch: SpendBatch
    figures: BatchFigures
    enforced: Enforced


def preview(batch: SpendBatch, *, now: datetime) -> UndoPreview:
    """What :func:`undo` would do at ``now``; nothing is locked and nothing written."""
    figures, reasons = figures_of(batch), in_the_way(batch)
    first: list[Decision] = []
    starts = stops = 0
    if not reasons:
        for decision in _switches(batch, now):
            starts += decision.is_active
            stops += not decision.is_active
            if len(first) < NAMED:
                first.append(decision)
    changes = _changes(batch) if figures.campaigns > 1 else []
    ids = {each.campaign_id for each in first} | {pk for pk, _ in changes}
    named = Campaign.objects.select_related("brand").in_bulk(ids)
    return UndoPreview(
        batch,
        figures,
        reasons,
        starts,
        stops,
        [(named[each.campaign_id], each) for each in first],
        list(_notes(batch, figures)),
        [(named[pk], by) for pk, by in changes],
    )


def _changes(batch: SpendBatch) -> list[tuple[int, Decimal]]:
    """Of the first campaigns, by how much undoing the batch changes the ledger."""
    rows = Spend.objects.filter(batch=batch).order_by().values("campaign")
    sums = rows.annotate(by=-Sum("amount")).exclude(by=0).order_by(Abs("by").desc(), "campaign")
    return list(sums.values_list("campaign", "by")[:NAMED])


def undo(
    batch: SpendBatch,
    *,
    reason: str,
    now: datetime,
    seen: str | None = None,
    api_key_id: int | None = None,
) -> Undone:
    """Undo a batch, in one transaction, and enforce what that crosses.

    Args:
        batch: what to undo; an undo, too.
        reason: why; required, at most :data:`LONGEST_REASON` characters.
        seen: the figures that whoever confirms was shown; None: whatever they are.
        api_key_id: the key that undoes it, which may then undo the undo; None: it is a person, and
            what people undo no key brings back.

    Raises:
        InvalidSpend: ``reason`` is missing or too long.
        CannotUndo: later records stand on it, it was undone before, it has grown since it was
            seen, or somebody holds its locks; nothing was changed.
    """
    check_text("reason", reason, required=True)
    try:
        return _undo(batch, reason, now, seen, api_key_id)
    except OperationalError as error:
        if not lock_waits.is_in_the_way(error):
            raise
        reasons = [_plainly("Spend of the same days is being recorded. Try again in a minute.")]
        raise CannotUndo(batch, reasons) from error


def _undo(
    batch: SpendBatch, reason: str, now: datetime, seen: str | None, api_key_id: int | None
) -> Undone:
    with transaction.atomic():
        locks.one_at_a_time(locks.Only.UNDOING)
        rematched = rematch.await_reference(batch, now)
        mine = WaitingSpend.objects.filter(batch=batch, discarded_at=None)
        locks.waiting_references(mine.order_by().values("unknown_id"))
        locked = locks.last_batch(pk=batch.pk)
        if locked is None:
            raise CannotUndo(batch, [_plainly("There is no such batch.")])
        given: dict[str, Any] = {"batch": locked.pk, "now": now}
        locks.reported_totals(_TOUCHED, given)
        reasons = in_the_way(locked)
        figures = figures_of(locked)
        if not reasons and seen is not None and seen != figures.seen:
            reasons = [_plainly("It has changed since you were shown its preview; look again.")]
        if reasons:
            raise CannotUndo(locked, reasons)
        undoing = _made(locked, reason, figures, now, api_key_id)
        given |= {"undo": undoing.pk, "by": undoing.recorded_by, "reason": reason}
        if rematched is not None:
            rematch.wait_again(locked, rematched)
        _flip(locked)
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_BACK, given)
            # Those rows have waited for whoever was correcting these entries or reporting these
            # days; who comes later waits for this, and then sees the totals as they are then.
            if reasons := [*corrected_since(locked), *others_since(locked)]:
                raise CannotUndo(locked, reasons)
            cursor.execute(_REWIND, {**given, "earliest": validation.EARLIEST})
        because = f"Undone with batch {locked.pk}: {reason}"
        waiting.put_back(locked.pk)
        waiting.discard(mine, because=because, now=now)
        affected = _campaigns(_brands(locked, now))
        enforced = enforce(affected, now, Trigger.CORRECTION, lock_first=True)
    return Undone(undoing, figures, enforced)


def _plainly(reason: str) -> InTheWay:
    return InTheWay(reason, reason)


def _made(
    batch: SpendBatch, reason: str, figures: BatchFigures, now: datetime, api_key_id: int | None
) -> SpendBatch:
    return SpendBatch.objects.create(
        kind=BatchKind.UNDO,
        title=batch.title,
        source=batch.source,
        recorded_by=current_actor(),
        recorded_at=now,
        rows=figures.rows + figures.waiting,
        amounts=new_batch.as_text(figures.change),
        spend_import=batch.spend_import,
        api_key_id=api_key_id,
        campaign=batch.campaign,
        undoes=batch,
        reason=reason,
    )


def _flip(batch: SpendBatch) -> None:
    """It no longer counts; what it undid itself does again, and so on."""
    one: SpendBatch | None = batch
    counts = False
    while one is not None:
        SpendBatch.objects.filter(pk=one.pk).update(counts=counts)
        one, counts = one.undoes, not counts


#: The day totals that it moved or confirmed last.
_TOUCHED: Final = f"""
    SELECT id FROM ({MOVED}) AS moved
     UNION
    SELECT id FROM ads_reportedtotal WHERE batch_id = %(batch)s
"""  # noqa: S608  (nothing in it comes from outside)

_TAKE_BACK: Final = f"""
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source, kind,
                           recorded_by, created_at, batch_id, reported_total_id)
    SELECT campaign_id, -amount, date, %(now)s,
           format('{corrections.CORRECTS}%%s: undone with batch %%s: %%s', id, %(batch)s::bigint,
                  %(reason)s::text),
           source, 'correction', %(by)s, %(now)s, %(undo)s, reported_total_id
      FROM ads_spend
     WHERE batch_id = %(batch)s
     ORDER BY id
"""  # noqa: S608

#: As a regular expression, with the source.
_REPLACED_BY: Final = day_totals.REPLACED_BY.format(".*", "(.*)").removesuffix(".") + r"\."

# From what remains: the last observation, and whether the total is replaced.
_REWIND: Final = f"""
    UPDATE ads_reportedtotal AS total
       SET amount = rewound.amount, previous = total.amount, batch_id = %(undo)s,
           updated_at = %(now)s, observed_at = rewound.observed_at,
           replaced_by = rewound.replaced_by
      FROM (
            SELECT reported.id, reported.amount - coalesce(moved.amount, 0) AS amount,
                   least(reported.observed_at,
                         coalesce(remaining.observed_at, %(earliest)s::timestamptz)) AS observed_at,
                   CASE WHEN reported.amount = coalesce(moved.amount, 0)
                        THEN coalesce(remaining.replaced_by, '') ELSE '' END AS replaced_by
              FROM ({_TOUCHED}) AS touched
              JOIN ads_reportedtotal AS reported ON reported.id = touched.id
              LEFT JOIN ({MOVED}) AS moved ON moved.id = reported.id
             CROSS JOIN LATERAL (
                    SELECT max(seen.occurred_at) FILTER (WHERE seen.by IS NULL) AS observed_at,
                           (array_agg(seen.by ORDER BY seen.id DESC))[1] AS replaced_by
                      FROM (SELECT row.id, row.occurred_at,
                                   substring(row.description FROM
                                       '^{_REPLACED_BY}$')
                                   AS by
                              FROM {REMAINING}) AS seen
                   ) AS remaining
           ) AS rewound
     WHERE total.id = rewound.id
"""  # noqa: S608


#: Its rows in the ledger, negated.
_MOVES: Final = """
    (SELECT campaign_id, date, -amount AS amount FROM ads_spend WHERE batch_id = %(batch)s) AS moves
"""


def _brands(batch: SpendBatch, now: datetime) -> list[int]:
    """The brands whose current budgets it affects.

    Spend of a past month holds only campaigns with a total budget or a group.
    """
    counts = Q(date__gte=earliest_month(now)) | is_long("campaign__")
    entries = Spend.objects.filter(counts, batch=batch).order_by()
    return list(entries.values_list("campaign__brand", flat=True).distinct())


def _campaigns(brands: list[int]) -> QuerySet[Campaign]:
    return Campaign.objects.filter(brand__in=locks.among(brands))


def _switches(batch: SpendBatch, now: datetime) -> Iterator[Decision]:
    if not (brands := _brands(batch, now)):
        return
    given = {"batch": batch.pk, "brands": brands}
    with supposed_sums(_MOVES, "SELECT unnest(%(brands)s::bigint[])", now, given):
        yield from preview_switches(_campaigns(brands), now)


def _notes(batch: SpendBatch, figures: BatchFigures) -> Iterator[str]:
    if batch.kind == BatchKind.MATCH:
        yield (
            "The platform ID is taken from the campaign, and its spend waits again to be matched."
        )
    if batch.kind == BatchKind.UNDO:
        yield "It brings back what the undone batch had in the ledger."
        if WaitingSpend.objects.filter(batch=batch.undoes).exclude(discarded_at=None).exists():
            yield "Rows that had waited to be matched stay discarded: import or send them again."
    if figures.replaced:
        yield "Totals that it had replaced count again."
    if figures.waiting and (back := waiting.count_back(batch.pk)):
        yield (
            f"Of the waiting rows, {back:,} had been reported before: they wait again as they did."
        )
