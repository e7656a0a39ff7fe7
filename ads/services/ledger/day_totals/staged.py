"""Posting staged day totals, however many: the statements, and checking again under their locks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction

from ads.models.spend import OnOverlap, shown
from ads.rules.money import add_sums, sums_by_currency
from ads.services import new_batch
from ads.services.currencies import ByCurrency, by_currency
from ads.services.errors import ReportedOtherwise
from ads.services.ledger import overlaps
from ads.services.ledger.day_totals import moved
from ads.services.ledger.day_totals.statements import (
    ADDING,
    ADDING_NEW,
    AND_SKIPPED,
    BECAUSE_MOVED,
    BESIDE,
    COUNTED,
    OLDER,
    OTHERWISE,
    POST,
    REPLACING,
    UNMARK,
)
from ads.services.ledger.rows import DayTotal, Key


@dataclass(frozen=True, slots=True)
class Posted:
    """How staged day totals moved the ledger; amounts by currency."""

    #: Totals that did, and by how much in sum.
    recorded: int = 0
    difference: dict[str, Decimal] = field(default_factory=dict)
    #: Those among them that were lowered, and by how much in sum (zero or less).
    lowered: int = 0
    lowered_by: dict[str, Decimal] = field(default_factory=dict)
    #: Totals that are on record of others and were skipped.
    skipped: int = 0
    #: Others' totals that were replaced, and by how much that moved the ledger (zero or less).
    replaced: int = 0
    taken_back: dict[str, Decimal] = field(default_factory=dict)


def post(
    staged: str,
    *,
    source: str,
    now: datetime,
    on_overlap: OnOverlap | None = None,
    every_reference: bool = False,
    are_new: bool = False,
    have_moved: bool = False,
    but: str = "",
) -> Posted:
    """Bring the ledger in line with ``staged``, inside the caller's transaction, which enforces.

    ``staged`` is without those of :data:`OTHERWISE`. ``on_overlap`` and ``every_reference``: as
    :func:`append`. ``are_new``: nothing was on record for any of these days just now, which makes
    recording many of them cheaper; it need not be so any longer. ``have_moved``: some are of
    campaigns that had a platform ID before, which the SQL ``but`` leaves out.

    Raises:
        ReportedOtherwise: as :func:`append`.
        Overlap: there are overlaps, or there are since a choice was made about those on record;
            all of them in sum. The transaction is to be rolled back.
    """
    posting = Posting(
        staged, source, now, on_overlap, every_reference, have_moved=have_moved, but=but
    )
    by = by_currency("reported")
    answer = COUNTED.format(code=by.code, join=by.join)
    if on_overlap == OnOverlap.SKIP:
        posting = replace(posting, staged=overlaps.WITHOUT.format(staged=staged))
        answer += AND_SKIPPED.format(overlaps=overlaps.OVERLAPS.format(staged=staged))
    rows = posting.run(answer, are_new=are_new)
    skipped = sum(count for marked, _, count, *_ in rows if marked is None)
    # Unless others' are replaced, the marked are its own.
    is_replacing = on_overlap == OnOverlap.REPLACE
    own = [row[1:] for row in rows if row[0] is not None and not (row[0] and is_replacing)]
    taken = [row[1:] for row in rows if row[0] and is_replacing]
    replaced = sum(count for _, count, *_ in taken)
    taken_back = {code: amount for code, _, amount, *_ in taken}
    return replace(posted_of(own, by), skipped=skipped, replaced=replaced, taken_back=taken_back)


def posted_of(rows: Sequence[Sequence[Any]], by: ByCurrency) -> Posted:
    """From rows with the code of a currency, how many moved and by how much, likewise lowered."""
    moved = sums_by_currency((row[0], row[2]) for row in rows if row[1])
    return Posted(
        recorded=sum(row[1] for row in rows),
        difference=add_sums(by.zero, moved),
        lowered=sum(row[3] for row in rows),
        lowered_by=sums_by_currency((row[0], row[4]) for row in rows if row[3]),
    )


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be posted, and how; ``given`` are further parameters of ``staged``.

    ``have_moved``: some are of campaigns that no longer have the platform ID: those ``elsewhere``,
    and those that the SQL ``but`` leaves out.
    """

    staged: str
    source: str
    now: datetime
    on_overlap: OnOverlap | None
    every_reference: bool
    given: Mapping[str, Any] = field(default_factory=dict)
    have_moved: bool = False
    elsewhere: frozenset[Key] = frozenset()
    but: str = ""

    def of(self, totals: dict[Key, DayTotal]) -> "Posting":
        """The same of these, for :data:`ARRAYS`."""
        given = {
            "campaigns": [pk for pk, _, _ in totals],
            "dates": [day for _, day, _ in totals],
            "known_as": [known_as for _, _, known_as in totals],
            "amounts": [total.amount for total in totals.values()],
            "observations": [total.observed_at for total in totals.values()],
            "known_as_each": list({known_as for _, _, known_as in totals}),
        }
        return replace(self, given=given)

    @property
    def values(self) -> dict[str, Any]:
        source, every_reference = self.source, self.every_reference
        return {
            **self.given,
            "source": source,
            "every_reference": every_reference,
            "now": self.now,
            "batch": new_batch.current(),
        }

    @property
    def asked(self) -> dict[str, Any]:
        source, every_reference = self.source, self.every_reference
        return {"source": source, "every_reference": every_reference, "values": self.given}

    def run(self, answer: str, *, are_new: bool = False) -> list[tuple[Any, ...]]:
        """Post ``staged`` and check it again; the rows of ``answer``, marked or not at first.

        ``are_new``: see :func:`post`.

        Whoever moves the ledger on a day waits for whoever else does, so one of two that report the
        same day at once sees the other.
        """
        is_replacing = self.on_overlap == OnOverlap.REPLACE
        with connection.cursor() as cursor:
            rows = self._add_new(cursor, answer) if are_new and not is_replacing else None
            if rows is None:
                self._post(cursor, REPLACING if is_replacing else ADDING, answer)
                rows = cursor.fetchall()
            if rows:
                self._check_again(cursor)
            if not is_replacing and any(row[0] for row in rows):
                cursor.execute(UNMARK.format(staged=self.staged), self.values)
        return rows

    def _post(self, cursor: Any, parts: Mapping[str, str], answer: str) -> None:
        given = parts["given"].format(staged=self.staged)
        because = BECAUSE_MOVED if self.have_moved else ""
        description = parts["description"].format(because=because)
        parts = {**parts, "given": given, "description": description}
        cursor.execute(POST.format(**parts, answer=answer), self.values)

    def _add_new(self, cursor: Any, answer: str) -> list[tuple[Any, ...]] | None:
        """Post ``staged``, of which none was on record; None: by now some is, nothing was posted.

        Whoever has just reported one of these days is waited for.
        """
        try:
            with transaction.atomic():
                self._post(cursor, ADDING_NEW, answer)
                return list(cursor.fetchall())
        except IntegrityError:
            return None

    def beside(self, cursor: Any) -> tuple[bool, bool]:
        """Whether something else is on record for these days; if not, no check can fail.

        And whether any may be of a platform ID that has moved.
        """
        of_these = moved.OF_THESE if self.given else ""
        cursor.execute(BESIDE.format(staged=self.staged, of_these=of_these), self.values)
        is_beside, have_moved = cursor.fetchone()
        return is_beside, have_moved

    def _check_again(self, cursor: Any) -> None:
        is_beside, have_moved = self.beside(cursor)
        if have_moved:
            self._check_moved()
        if not is_beside:
            return
        cursor.execute(f"{OTHERWISE.format(staged=self.staged)} LIMIT 1", self.values)
        for pk, day, known_as, before in cursor.fetchall():
            raise otherwise(pk, day, known_as, before, source=self.source)
        if self.on_overlap == OnOverlap.ADD:
            return
        found = overlaps.summed(self.staged, posted=True, **self.asked)
        if found:
            raise found.error(self.source)

    def _check_moved(self) -> None:
        of_others = moved.of_others(self.staged, self.values, but=self.but)
        if of_others - self.elsewhere or moved.earlier(self.staged, self.values):
            raise moved.JustMoved


def count_older(staged: str, *, source: str) -> int:
    """How many of ``staged`` were observed before what is known already."""
    with connection.cursor() as cursor:
        cursor.execute(OLDER.format(staged=staged), {"source": source})
        return int(cursor.fetchone()[0])


def otherwise(
    campaign_id: int, day: date, known_as: str, before: str, *, source: str
) -> ReportedOtherwise:
    """Why a total is refused: its source reported the campaign's day as ``before``."""
    return ReportedOtherwise(
        "campaign",
        shown(known_as) or campaign_id,
        f"source {source} has reported {day} of campaign {campaign_id} "
        f"{f'as {shown(before)}' if before else 'by its own id or name'}, and the day would count "
        "twice; report all of a source's day in one way, by id or name or by references (or zero "
        "in the other way first).",
    )
