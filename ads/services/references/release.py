"""Recording waiting spend, once a campaign has its platform ID.

It goes into the ledger as all spend does, and counts on its own days. Rows that the ledger refuses
(a day that has not come in the brand's timezone, an external ID that was used meanwhile, an overlap
about which nobody has chosen) go on waiting, with the reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from django.db import OperationalError, connection, transaction

from ads.models import SpendBatch, UnknownReference, WaitingSpend
from ads.models.spend import BatchKind, Kind, OnOverlap
from ads.rules.money import add_sums, sums_by_currency
from ads.services import campaign_lookup, lock_waits, locks, new_batch
from ads.services.actor import current_actor
from ads.services.campaign_lookup import Reference
from ads.services.delivery import Enforced
from ads.services.errors import InvalidSpend
from ads.services.isolation import isolate
from ads.services.ledger import (
    SKIPPED,
    DayTotal,
    Placed,
    Row,
    SpendEntry,
    append,
    archived,
    check_same_day,
    enforce_crossed,
    moved_by,
    place,
    waiting,
)

logger = structlog.stdlib.get_logger(__name__)

#: Rows that are recorded in one transaction.
BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class Settled:
    #: Rows that are in the ledger now, duplicates included.
    recorded: int = 0
    #: Rows that go on waiting, each with the reason in ``refusal``.
    refused: int = 0
    #: Day totals that overlap and were discarded, as whoever matched them chose.
    skipped: int = 0
    #: How much of other totals was taken back in their place, by currency: negative sums.
    taken_back: Mapping[str, Decimal] = field(default_factory=dict)
    #: How much was taken from campaigns that had the ID before, by currency: negative sums.
    taken: Mapping[str, Decimal] = field(default_factory=dict)
    enforced: Enforced = field(default_factory=Enforced)
    #: Ids of the unknown references that failed; the reason is in the log.
    failed: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        return self.recorded + self.refused + self.skipped

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(
            self.recorded + other.recorded,
            self.refused + other.refused,
            self.skipped + other.skipped,
            add_sums(self.taken_back, other.taken_back),
            add_sums(self.taken, other.taken),
            self.enforced + other.enforced,
            self.failed + other.failed,
        )


def record_waiting(
    now: datetime,
    *,
    references: Collection[int] | None = None,
    at_most: int | None = None,
    on_overlap: OnOverlap | None = None,
) -> Settled:
    """Record waiting spend whose platform ID a campaign now has.

    ``references`` (ids of campaigns' references) left out are all of them. ``at_most`` rows for
    each, rounded up to whole batches, day totals first; the periodic task records the rest.
    ``on_overlap``: what becomes of day totals of which others are on record, by another source or
    under another reference of the same one; None: they go on waiting.

    In batches with a commit each, so that nobody waits long for a lock. A reference that fails
    never stops the others, and neither does a brand whose sums another session keeps locked.
    """
    brand_of = _due(references)
    locked: set[int] = set()

    def record(unknown_ids: Sequence[int]) -> Settled:
        (unknown_id,) = unknown_ids
        brand_id = brand_of[unknown_id]
        if brand_id not in locked:
            try:
                return _record_under(unknown_id, now, at_most, on_overlap)
            except OperationalError as error:
                if not lock_waits.is_in_the_way(error):
                    raise
                names = lock_waits.locked_brands([brand_id])
                locked.update([brand_id] if names else [])
                logger.warning("Spend goes on waiting", error=str(lock_waits.Locked(names)))
        return Settled(failed=(unknown_id,))

    done, failed = isolate(
        list(brand_of), record, size=1, what="Recording the waiting spend of reference"
    )
    return sum(done, start=Settled(failed=tuple(failed)))


_DUE: Final = """
    SELECT unknown.id, campaign.brand_id
      FROM ads_unknownreference AS unknown
      JOIN ads_campaignreference AS known USING (platform, account, reference)
      JOIN ads_campaign AS campaign ON campaign.id = known.campaign_id
     WHERE (known.id = ANY(%(references)s::bigint[]) OR %(references)s IS NULL)
       AND (unknown.only_brands IS NULL OR campaign.brand_id = ANY(unknown.only_brands))
       AND EXISTS (SELECT FROM ads_waitingspend
                    WHERE unknown_id = unknown.id AND discarded_at IS NULL)
     ORDER BY unknown.id
"""


def due(references: Collection[int] | None) -> list[int]:
    """The unmatched references whose spend can be recorded, under these platform IDs; None: any."""
    return list(_due(references))


def _due(references: Collection[int] | None) -> dict[int, int]:
    """The same, each with the brand of its campaign."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"references": None if references is None else list(references)})
        return dict(cursor.fetchall())


def _record_under(
    unknown_id: int, now: datetime, at_most: int | None, on_overlap: OnOverlap | None
) -> Settled:
    """Everything that waits for one reference, by kind and source, in the order received.

    Day totals first: they are few, and the choice is for them.
    """
    waits = WaitingSpend.objects.filter(unknown=unknown_id, discarded_at=None).order_by()
    groups = sorted(
        waits.values_list("source", "kind").distinct(),
        key=lambda group: (group[1] != Kind.DAY_TOTAL, group),
    )
    done = Settled()
    for source, kind in groups:
        after: int | None = 0
        while after is not None:
            after, batch = _record_batch(unknown_id, source, Kind(kind), after, now, on_overlap)
            done += batch
            if at_most is not None and done.rows >= at_most:
                return done
    with transaction.atomic():
        if locks.unknown_reference(unknown_id):
            waiting.forget_empty([unknown_id])
    return done


@transaction.atomic
def _record_batch(
    unknown_id: int,
    source: str,
    kind: Kind,
    after: int,
    now: datetime,
    on_overlap: OnOverlap | None,
) -> tuple[int | None, Settled]:
    """Record the next rows after this id; the last id among them, None if there were none.

    One source and kind, and so one statement that moves the sums: two in one transaction could
    lock the sums in another order than somebody else.
    """
    unknown = locks.unknown_reference(unknown_id)
    if unknown is None:
        return None, Settled()
    # Meanwhile another campaign may have it, or none.
    reference = Reference(unknown.platform, unknown.account, unknown.reference)
    brands = None if unknown.only_brands is None else frozenset(unknown.only_brands)
    owner = campaign_lookup.by_reference([reference], brands).get(reference)
    if owner is None:
        return None, Settled()
    waits = WaitingSpend.objects.filter(
        unknown=unknown_id, discarded_at=None, source=source, kind=kind, pk__gt=after
    )
    rows = list(waits.order_by("pk")[:BATCH])
    if not rows:
        return None, Settled()
    refusals: dict[int, str] = {}
    placed: dict[int, Placed] = {}
    for row in rows:
        try:
            if row.timezone and row.date:
                check_same_day(row.date, row.timezone, owner.timezone)
            placed[row.pk] = place(
                _as_sent(row, reference), owner, now, received_at=row.received_at
            )
        except InvalidSpend as error:
            refusals[row.pk] = str(error)
    for pk, refusal in archived.refusals(placed, source).items():
        del placed[pk]
        refusals[pk] = str(refusal)
    good = list(placed.values())
    batch = _match_batch(unknown, owner.campaign_id, now)
    with new_batch.recording(batch):
        answers = (
            append(
                good,
                source=source,
                now=now,
                kind=kind,
                on_overlap=on_overlap,
                has_waited=True,
                brand_ids=brands,
            )
            if good
            else []
        )
    skipped = []
    for pk, answer in zip(placed, answers, strict=True):
        if answer.error:
            refusals[pk] = str(answer.error)
        elif answer.outcome == SKIPPED:
            skipped.append(pk)
    enforced = enforce_crossed(good, answers, now, kind)
    waiting.discard(waits.filter(pk__in=skipped), because=waiting.OVERLAPPED, now=now)
    recorded = [row.pk for row in rows if row.pk not in {*refusals, *skipped}]
    _put_away(recorded, batch, unknown.name)
    _note(refusals)
    batch_sums = add_sums(batch.sums, moved_by(zip(good, answers, strict=True)))
    # What it skipped waits again with its undo, so it is of the batch, too.
    settled_rows = batch.rows + len(recorded) + len(skipped)
    new_batch.close(batch, rows=settled_rows, sums=batch_sums)
    taken_back = sums_by_currency(
        (answer.currency or owner.currency, answer.taken_back)
        for answer in answers
        if answer.taken_back
    )
    taken = sums_by_currency(
        (other.currency, amount)
        for answer in answers
        for other, amount in answer.elsewhere
        if amount < 0
    )
    settled = Settled(len(recorded), len(refusals), len(skipped), taken_back, taken, enforced)
    return rows[-1].pk, settled


def _match_batch(unknown: UnknownReference, campaign_id: int, now: datetime) -> SpendBatch:
    """The batch of what waited for the reference and is the campaign's; undone, a new one is made.

    In the transaction that has locked the reference. The rest of a match goes into the same batch.
    """
    known = locks.last_batch(
        kind=BatchKind.MATCH, campaign=campaign_id, known_as=unknown.known_as, counts=True
    )
    return known or SpendBatch.objects.create(
        kind=BatchKind.MATCH,
        title=str(unknown)[:255],
        recorded_by=current_actor(),
        recorded_at=now,
        campaign_id=campaign_id,
        known_as=unknown.known_as,
        only_brands=unknown.only_brands,
    )


def _as_sent(row: WaitingSpend, reference: Reference) -> Row:
    if row.kind == Kind.DAY_TOTAL:
        return DayTotal(
            reference,
            row.date,
            row.amount,
            row.observed_at or row.received_at,
            row.currency or None,
        )
    return SpendEntry(
        reference,
        row.amount,
        row.description,
        row.date,
        row.occurred_at,
        row.external_id,
        row.currency or None,
    )


def _put_away(recorded: Collection[int], match: SpendBatch, name: str) -> None:
    """Keep what was recorded with its match, as it waited under a reference of this name."""
    values: dict[str, Any] = {"ids": list(recorded), "match": match.pk, "name": name}
    with connection.cursor() as cursor:
        cursor.execute(_PUT_AWAY, values)


_PUT_AWAY: Final = """
    WITH gone AS (DELETE FROM ads_waitingspend WHERE id = ANY(%(ids)s::bigint[]) RETURNING *)
    INSERT INTO ads_matchedspend (match_id, batch_id, row)
    SELECT %(match)s, batch_id, to_jsonb(gone) || jsonb_build_object('name', %(name)s::text)
      FROM gone
     ORDER BY id
"""


def _note(refusals: dict[int, str]) -> None:
    """Note with these rows why they go on waiting."""
    if refusals:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ads_waitingspend AS kept SET refusal = given.refusal"
                "  FROM unnest(%s::bigint[], %s::text[]) AS given (id, refusal)"
                " WHERE kept.id = given.id AND kept.refusal <> given.refusal",
                [list(refusals), list(refusals.values())],
            )
