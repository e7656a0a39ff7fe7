"""The one path of spend into the ledger, whoever sends it. For each row, in this order:

- *check* (:mod:`.validation`): its values, without a query;
- *place* (:mod:`.placement`): its campaign, one query for each way of naming one, and its day;
- *append* (:mod:`.entries`, :mod:`.day_totals`), or *keep* it until its campaign is known
  (:mod:`.waiting`);
- *enforce* (:mod:`.crossings`): what was crossed, in the same transaction;
  a single entry that crosses nothing is appended in one statement (:mod:`.shortcut`);
- *answer*.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, OperationalError, connection, transaction

from ads.models import Campaign, Spend
from ads.models.spend import Kind, OnOverlap
from ads.rules.money import sums_by_currency
from ads.services import campaign_lookup, lock_waits, locks, new_batch
from ads.services.campaign_lookup import Owner, Reference
from ads.services.delivery import Enforced
from ads.services.errors import InvalidSpend, Overlap, ReportedOtherwise, SpendConflict
from ads.services.ledger import archived, day_totals, entries, shortcut, waiting
from ads.services.ledger.crossings import StaleTimezoneError, enforce_crossed
from ads.services.ledger.placement import check_unmatched, place
from ads.services.ledger.rows import (
    DUPLICATE,
    NOT_RECORDED,
    RECORDED,
    UNCHANGED,
    WAITING,
    Answer,
    Placed,
    Recorded,
    Row,
    SpendEntry,
    failed,
    moves,
)
from ads.services.ledger.validation import check_row, check_text
from ads.services.new_batch import NewBatch

#: How often a batch looks again that others get ahead of, as when several sources replace each
#: other's totals at once.
_LOOKS: Final = 5

#: The constraint that a sum breaks which has become too large.
_TOO_LARGE: Final = "spend_total_amount_is_in_range"
_TOO_LARGE_REASON: Final = (
    "with all of these, the day or month of a campaign or brand would come to "
    "1,000,000,000,000,000 or more; check the amounts."
)


def record(
    rows: Sequence[Row | InvalidSpend],
    *,
    source: str,
    now: datetime,
    kind: Kind = Kind.ENTRY,
    brand_ids: frozenset[int] | None = None,
    keep_good: bool = False,
    on_overlap: OnOverlap | None = None,
    together: NewBatch | None = None,
) -> Recorded:
    """Record entries, corrections or day totals in one transaction, and enforce what they cross.

    Args:
        rows: one that is an InvalidSpend is refused with it.
        source: who reports them; external IDs are unique within it.
        brand_ids: the brands that the sender may write to; None: every brand.
        keep_good: record the good rows although others are bad; else all or none. Conflicts are
            then looked for once no row is refused.
        on_overlap: what becomes of day totals of which another source's are on record; None:
            they are refused.
        together: the batch to make of them, which can be undone; None: they are in none.

    Raises:
        InvalidSpend: ``source`` cannot be recorded.
        Locked: another session keeps sums locked; nothing was recorded.
    """
    check_text("source", source, required=True)

    def batch() -> _Batch:
        return _Batch(rows, source, now, kind, brand_ids, keep_good, on_overlap, together)

    # A brand that has moved, a campaign that is gone, a day that somebody else has reported since
    # it was looked up, or one in an archived month: look again.
    with suppress(StaleTimezoneError, ReportedOtherwise, Overlap, IntegrityError):
        return batch().record(trust_loaded=True)
    refusal: InvalidSpend
    for _ in range(_LOOKS):
        again = batch()
        try:
            return again.record(trust_loaded=False)
        except (ReportedOtherwise, Overlap) as error:
            refusal = error
        except IntegrityError as error:
            refusal = too_large(error)
            break
    return again.refused(refusal)


def too_large(error: IntegrityError) -> InvalidSpend:
    """Why rows are refused that make a sum too large; another error is raised again."""
    if _TOO_LARGE not in str(error):
        raise error
    return InvalidSpend("amount", None, _TOO_LARGE_REASON)


def record_all(
    rows: Sequence[Row],
    *,
    source: str,
    now: datetime,
    kind: Kind = Kind.ENTRY,
    on_overlap: OnOverlap | None = None,
) -> Recorded:
    """Record all rows or none.

    Raises:
        InvalidSpend: a row cannot be recorded; with its field, value and the remedy.
        Overlap: another source's day totals are on record, and ``on_overlap`` is None.
        SpendConflict: an external ID was recorded with other content.
    """
    recorded = record(rows, source=source, now=now, kind=kind, on_overlap=on_overlap)
    for answer in recorded.answers:
        if answer.error:
            raise answer.error
    return recorded


def record_one(entry: SpendEntry, *, source: str, now: datetime, kind: Kind = Kind.ENTRY) -> Spend:
    """Record one entry of a campaign; as it is in the ledger, or not saved if it is of zero.

    Raises:
        InvalidSpend, SpendConflict: as :func:`record_all`.
    """
    if isinstance(entry.campaign, Reference):
        raise InvalidSpend("campaign", entry.campaign, "give a Campaign or its id.")
    recorded = record_all([entry], source=source, now=now, kind=kind)
    (answer,), ((row, owner, day, occurred_at),) = recorded.answers, recorded.placed
    if answer.entry_id and answer.outcome == DUPLICATE:
        return Spend.objects.get(pk=answer.entry_id)  # as recorded: details left out may differ
    spend = Spend(
        pk=answer.entry_id,
        campaign_id=owner.campaign_id,
        amount=row.amount,
        date=day,
        occurred_at=occurred_at,
        description=row.description,
        source=source,
        external_id=row.external_id,
        kind=kind,
        recorded_by=entries.recorder(kind),
        created_at=now,
    )
    if isinstance(entry.campaign, Campaign):
        spend.campaign = entry.campaign
    if answer.entry_id:
        spend._state.adding = False  # noqa: SLF001  (as Django's bulk_create does)
        spend._state.db = connection.alias  # noqa: SLF001
    return spend


def append(
    placed: Sequence[Placed],
    *,
    source: str,
    now: datetime,
    kind: Kind,
    on_overlap: OnOverlap | None = None,
    has_waited: bool = False,
    brand_ids: Collection[int] | None = None,
) -> list[Answer]:
    """Append placed rows, inside the caller's transaction, which enforces.

    ``on_overlap`` is for day totals, ``brand_ids`` for entries: the brands of which the sender may
    know; None: every brand. ``has_waited``: for its campaign, so that nobody knows yet
    which of its references it is (see :mod:`.overlaps`), or that it was recorded before and its
    match undone.
    """
    if kind == Kind.DAY_TOTAL:
        return day_totals.append(
            placed,
            source=source,
            now=now,
            on_overlap=on_overlap,
            every_reference=has_waited,
        )
    return entries.append(
        placed, source=source, now=now, kind=kind, brand_ids=brand_ids, has_waited=has_waited
    )


class _TakenBack(Exception):
    """The batch was all or none, and a row turned out to be bad."""


@dataclass(slots=True)
class _Batch:
    rows: Sequence[object]
    source: str
    now: datetime
    kind: Kind
    brand_ids: frozenset[int] | None
    keep_good: bool
    on_overlap: OnOverlap | None
    together: NewBatch | None
    answers: list[Answer] = field(init=False)
    #: Rows by their positions: with their campaigns, and those whose reference is not matched.
    placed: dict[int, Placed] = field(default_factory=dict)
    unmatched: dict[int, Any] = field(default_factory=dict)
    enforced: Enforced = field(default_factory=Enforced)
    batch_id: int | None = None
    #: Its only entry was not taken by :mod:`.shortcut`.
    was_tried: bool = False

    def __post_init__(self) -> None:
        self.answers = [Answer(NOT_RECORDED)] * len(self.rows)

    def record(self, *, trust_loaded: bool) -> Recorded:
        looks_again = not trust_loaded
        checked: dict[int, Row] = {}
        for i, row in enumerate(self.rows):
            try:
                checked[i] = check_row(row, self.kind, self.now)
            except InvalidSpend as error:
                self.answers[i] = failed(error)
        # A brand that is loaded saves a look-up, unless a day is worked out from its timezone that
        # enforcement does not compare with the brand as it is.
        trust_loaded = trust_loaded and all(row.occurred_at is None for row in checked.values())
        try:
            if not (trust_loaded and self._append_remembered(checked)):
                self._append_found(checked, trust_loaded=trust_loaded, looks_again=looks_again)
        except OperationalError as error:
            if not lock_waits.is_in_the_way(error) or connection.in_atomic_block:
                raise
            raise self._locked() from error.__cause__
        except _TakenBack:
            answers = [one if one.error else Answer(NOT_RECORDED) for one in self.answers]
            return Recorded(answers, is_recorded=False)
        return Recorded(
            self.answers,
            is_recorded=True,
            placed=list(self.placed.values()),
            enforced=self.enforced,
            batch_id=self.batch_id,
        )

    def _append_found(
        self, checked: Mapping[int, Row], *, trust_loaded: bool, looks_again: bool
    ) -> None:
        found = campaign_lookup.find(
            (row.campaign for row in checked.values()), self.brand_ids, trust_loaded=trust_loaded
        )
        self._place(checked, found)
        if looks_again:
            for i, refusal in archived.refusals(self.placed, self.source).items():
                del self.placed[i]
                self.answers[i] = failed(refusal)
        self._check_good()
        if (self.placed or self.unmatched) and not self._append_alone():
            with transaction.atomic(), lock_waits.in_line(self._brands()):
                self._append_together()

    def _append_remembered(self, checked: Mapping[int, Row]) -> bool:
        """As :meth:`_append_alone`, without looking the campaign up. Was it?

        The function compares what is remembered with the brand as it is. Nothing is refused for it.
        """
        row = checked.get(0)
        if row is None or not isinstance(row.campaign, int):
            return False
        owner = campaign_lookup.remembered(row.campaign, self.brand_ids)
        if owner is None:
            return False
        with suppress(InvalidSpend):
            self.placed[0] = place(row, owner, self.now)
        if self._append_alone():
            return True
        self.placed.clear()
        return False

    def _locked(self) -> lock_waits.Locked:
        return lock_waits.Locked(lock_waits.locked_brands(self._brands()))

    def _brands(self) -> set[int]:
        return {placed.owner.brand_id for placed in self.placed.values()}

    def refused(self, error: InvalidSpend) -> Recorded:
        """The answer where the database refused the batch as a whole."""
        answer = failed(error)
        return Recorded([one if one.error else answer for one in self.answers], is_recorded=False)

    def _place(self, rows: Mapping[int, Row], found: Mapping[Any, Owner]) -> None:
        for i, row in rows.items():
            try:
                if (owner := found.get(row.campaign)) is not None:
                    self.placed[i] = place(row, owner, self.now)
                else:
                    check_unmatched(row, self.now)
                    self.unmatched[i] = row
            except InvalidSpend as error:
                self.answers[i] = failed(error)

    def _append_alone(self) -> bool:
        """Append the only entry in one statement, if it changes nothing else. Was it?"""
        if len(self.rows) > 1 or not self.placed or self.kind != Kind.ENTRY or self.was_tried:
            return False
        (placed,) = self.placed.values()
        self.was_tried = True
        with suppress(shortcut.NotTaken):
            pk, self.batch_id = shortcut.record(
                placed, source=self.source, now=self.now, kind=self.kind, batch=self.together
            )
            self.answers = [Answer(RECORDED, pk)]
            return True
        return False

    def _append_together(self) -> None:
        if self.together is None:
            self._append()
            return
        made = self.together.make(source=self.source, now=self.now)
        with new_batch.recording(made):
            self._append()
        rows = sum(
            answer.is_new and answer.outcome in (RECORDED, UNCHANGED, WAITING)
            for answer in self.answers
        )
        moved = moved_by((placed, self.answers[i]) for i, placed in self.placed.items())
        if new_batch.close(made, rows=rows, sums=moved):
            self.batch_id = made.pk

    def _append(self) -> None:
        kept = self._await_references() if self.unmatched else {}
        placed = list(self.placed.values())
        recording = partial(append, on_overlap=self.on_overlap, brand_ids=self.brand_ids)
        answers = self._step(recording, self.placed, placed) if placed else []
        if self.unmatched:
            rows = [(kept[row.campaign], row) for row in self.unmatched.values()]
            keeping = partial(waiting.keep, brand_ids=self.brand_ids)
            self._step(keeping, self.unmatched, rows)
        self._check_good()
        if kept:
            waiting.forget_empty(kept.values())
        self.enforced = enforce_crossed(placed, answers, self.now, self.kind)

    def _step(
        self, step: Callable[..., list[Answer]], positions: Iterable[int], rows: Sequence[Any]
    ) -> list[Answer]:
        answers = step(rows, source=self.source, now=self.now, kind=self.kind)
        for i, answer in zip(positions, answers, strict=True):
            self.answers[i] = self._hide(answer)
        return answers

    def _hide(self, answer: Answer) -> Answer:
        """Without another campaign's id, if the sender may not know of it."""
        error = answer.error
        if self.brand_ids is None or not isinstance(error, SpendConflict):
            return answer
        return failed(error.without_recorded()) if error.field == "campaign" else answer

    def _check_good(self) -> None:
        if not self.keep_good and any(answer.error for answer in self.answers):
            raise _TakenBack

    def _await_references(self) -> dict[Reference, int]:
        """Lock the unknown references, and find those that have been matched by now.

        Matching takes the same locks: a row that is about to wait is seen by it, or sees it here.
        """
        references = {row.campaign: row.campaign for row in self.unmatched.values()}
        kept = locks.unknown_references(references, self.brand_ids, self.now)
        unmatched, self.unmatched = self.unmatched, {}
        self._place(unmatched, campaign_lookup.by_reference(references, self.brand_ids))
        return kept


def moved_by(answered: Iterable[tuple[Placed, Answer]]) -> dict[str, Decimal]:
    """By how much these rows moved the ledger, by currency."""
    return sums_by_currency(
        (owner.currency, amount)
        for placed, answer in answered
        for owner, amount in moves(placed, answer)
    )
