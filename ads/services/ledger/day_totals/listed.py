"""Appending a few day totals, with an answer for each."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import connection

from ads.models.spend import OnOverlap
from ads.services.errors import Overlap
from ads.services.ledger import overlaps
from ads.services.ledger.day_totals.staged import Key, Posting, otherwise
from ads.services.ledger.day_totals.statements import ARRAYS, BELIEVED, LISTED, OTHERWISE
from ads.services.ledger.rows import (
    OLDER,
    RECORDED,
    SKIPPED,
    UNCHANGED,
    Answer,
    DayTotal,
    Placed,
    failed,
)

K = TypeVar("K", bound=Hashable)


def append(
    placed: Sequence[Placed],
    *,
    source: str,
    now: datetime,
    on_overlap: OnOverlap | None = None,
    every_reference: bool = False,
) -> list[Answer]:
    """Bring the ledger in line with these, inside the caller's transaction, which enforces.

    Of several for one :data:`Key` the newest counts; the others are older. ``on_overlap``: what
    becomes of overlaps; None: they are refused. ``every_reference``: see :mod:`.overlaps`.

    Raises:
        ReportedOtherwise, Overlap: somebody else has reported one of these days meanwhile.
    """
    keyed = {i: (_key(total), total.row) for i, total in enumerate(placed)}
    newest = newest_of(keyed)
    posting = Posting(ARRAYS, source, now, on_overlap, every_reference)
    answers = _not_posted(
        keyed,
        posting.of({key: placed[i].row for key, i in newest.items()}),
        [each.owner.currency for each in placed],
    )
    good = {i: of_key for i, of_key in keyed.items() if i not in answers}
    newest = newest_of(good)
    posted = {key: placed[i].row for key, i in newest.items()}
    differences, taken_back, believed = _post(posting.of(posted)) if posted else ({}, {}, set())
    for i, (key, total) in good.items():
        newer, currency = posted[key], placed[i].owner.currency
        if key not in believed or (total.amount, total.observed_at) != (
            newer.amount,
            newer.observed_at,
        ):
            answers[i] = Answer(OLDER, difference=Decimal(0), currency=currency)
        elif i == newest[key] and (key in differences or key in taken_back):
            moved = differences.get(key, Decimal(0))
            answers[i] = Answer(
                RECORDED, difference=moved, taken_back=taken_back.get(key), currency=currency
            )
        else:
            answers[i] = Answer(UNCHANGED, difference=Decimal(0), currency=currency)
    return [answers[i] for i in range(len(placed))]


def newest_of(totals: dict[int, tuple[K, DayTotal]]) -> dict[K, int]:
    """For each key the position of the total that was observed last; of several, the later one."""
    newest: dict[K, int] = {}
    for i, (key, total) in totals.items():
        if key not in newest or total.observed_at >= totals[newest[key]][1].observed_at:
            newest[key] = i
    return newest


def _not_posted(
    keyed: dict[int, tuple[Key, DayTotal]], posting: "Posting", currencies: Sequence[str]
) -> dict[int, Answer]:
    """The answers of totals that are refused or skipped, by position; one query if there are none.

    Refused are those whose source has reported the day in the other way, in an earlier batch or
    earlier in this one.
    """
    known: dict[Key, str] = {}
    overlapping: dict[Key, Overlap] = {}
    # Of a key with several totals one may be of zero, and the newest.
    spent = {key: total for key, total in keyed.values() if total.amount}
    with connection.cursor() as cursor:
        if not posting.is_alone(cursor):
            cursor.execute(OTHERWISE.format(staged=ARRAYS), posting.of(spent).values)
            known = {(pk, day, known_as): before for pk, day, known_as, before in cursor.fetchall()}
            if posting.on_overlap in (None, OnOverlap.SKIP):
                overlapping = overlaps.of_each(ARRAYS, **posting.asked)
    first: dict[tuple[int, date], str] = {}
    answers: dict[int, Answer] = {}
    for i, (key, total) in keyed.items():
        pk, day, known_as = key
        before = known.get(key)
        if before is None and total.amount:
            before = first.setdefault((pk, day), known_as)
        if total.amount and before is not None and bool(before) is not bool(known_as):
            error = otherwise(pk, day, known_as, before, source=posting.source)
            answers[i] = failed(error)
        elif key in overlapping:
            answers[i] = (
                Answer(SKIPPED, difference=Decimal(0), currency=currencies[i])
                if posting.on_overlap
                else failed(overlapping[key])
            )
    return answers


def _key(total: Placed) -> Key:
    return total.owner.campaign_id, total.date, total.row.known_as


def _post(posting: "Posting") -> tuple[dict[Key, Decimal], dict[Key, Decimal], set[Key]]:
    """The differences recorded, what was taken back for each, and which are the newest known."""
    rows = posting.run(LISTED)
    is_replacing = posting.on_overlap == OnOverlap.REPLACE
    differences: dict[Key, Decimal] = {}
    taken_back: dict[Key, Decimal] = defaultdict(Decimal)
    for marked, pk, day, known_as, by in rows:
        if not (marked and is_replacing):
            differences[pk, day, known_as] = by
    for marked, pk, day, known_as, by in rows:
        if marked and is_replacing:
            taken_back[_in_place_of(pk, day, known_as, posting, differences)] += by
    with connection.cursor() as cursor:
        cursor.execute(BELIEVED.format(staged=ARRAYS), posting.values)
        return differences, taken_back, set(cursor.fetchall())


def _in_place_of(
    campaign_id: int, day: date, known_as: str, posting: "Posting", differences: Collection[Key]
) -> Key:
    """The posted total that is answered with what was taken back; the first, if there are more."""
    keys = zip(*(posting.given[name] for name in ("campaigns", "dates", "known_as")), strict=True)
    return min(
        (
            key
            for key in keys
            if key[:2] == (campaign_id, day) and overlaps.is_same_platform(key[2], known_as)
        ),
        key=lambda key: (key not in differences, key),
    )
