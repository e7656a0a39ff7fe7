"""Appending a few day totals, with an answer for each."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db import connection

from ads.models.spend import OnOverlap
from ads.services import campaign_lookup
from ads.services.errors import Overlap
from ads.services.ledger import overlaps
from ads.services.ledger.day_totals import moved
from ads.services.ledger.day_totals.staged import Posting, otherwise
from ads.services.ledger.day_totals.statements import ARRAYS, BELIEVED, LISTED, OTHERWISE
from ads.services.ledger.rows import (
    OLDER,
    RECORDED,
    SKIPPED,
    UNCHANGED,
    Answer,
    DayTotal,
    Key,
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
    looking = posting.of({key: placed[i].row for key, i in newest.items()})
    with connection.cursor() as cursor:
        is_beside, have_moved = looking.beside(cursor)
    if have_moved:
        moved.await_earlier(ARRAYS, looking.values)
    earlier = moved.earlier(ARRAYS, looking.values) if have_moved else []
    stays = {one.key: one.before for one in earlier if one.stays}
    keyed = {i: (stays.get(key, key), total) for i, (key, total) in keyed.items()}
    answers = _not_posted(
        keyed,
        posting.of({keyed[i][0]: placed[i].row for i in newest.values()}),
        [each.owner.currency for each in placed],
        is_alone=not (is_beside or earlier),
    )
    good = {i: of_key for i, of_key in keyed.items() if i not in answers}
    newest = newest_of(good)
    posted = {key: placed[i].row for key, i in newest.items()}
    zeros: dict[Key, list[Key]] = defaultdict(list)
    for one in earlier:
        key = stays.get(one.key, one.key)
        if key in posted and one.before not in posted:
            zeros[key].append(one.before)
    differences, taken_back, believed = (
        _post(posting, posted, zeros, set(stays.values())) if posted else ({}, {}, {})
    )
    owners = campaign_lookup.by_id({one.before[0] for one in earlier})
    for i, (key, total) in good.items():
        newer, owner = posted[key], placed[i].owner
        if key not in believed or (total.amount, total.observed_at) != (
            newer.amount,
            newer.observed_at,
        ):
            answers[i] = Answer(OLDER, difference=Decimal(0), currency=owner.currency)
            continue
        by = {one: differences[one] for one in (key, *zeros[key]) if one in differences}
        if i == newest[key] and (by or key in taken_back):
            own = (owner.campaign_id, *key[1:])
            answers[i] = Answer(
                RECORDED,
                difference=by.pop(own, Decimal(0)),
                taken_back=taken_back.get(key),
                currency=owner.currency,
                elsewhere=tuple((owners[pk], amount) for (pk, _, _), amount in by.items()),
            )
        else:
            answers[i] = Answer(
                UNCHANGED,
                difference=Decimal(0),
                currency=owner.currency,
                is_new=believed[key],
            )
    return [answers[i] for i in range(len(placed))]


def newest_of(totals: dict[int, tuple[K, DayTotal]]) -> dict[K, int]:
    """For each key the position of the total that was observed last; of several, the later one."""
    newest: dict[K, int] = {}
    for i, (key, total) in totals.items():
        if key not in newest or total.observed_at >= totals[newest[key]][1].observed_at:
            newest[key] = i
    return newest


def _not_posted(
    keyed: dict[int, tuple[Key, DayTotal]],
    posting: "Posting",
    currencies: Sequence[str],
    *,
    is_alone: bool,
) -> dict[int, Answer]:
    """The answers of totals that are refused or skipped, by position.

    Refused are those whose source has reported the day in the other way, in an earlier batch or
    earlier in this one.
    """
    known: dict[Key, str] = {}
    overlapping: dict[Key, Overlap] = {}
    # Of a key with several totals one may be of zero, and the newest.
    spent = {key: total for key, total in keyed.values() if total.amount}
    if not is_alone:
        with connection.cursor() as cursor:
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


def _post(
    posting: "Posting",
    totals: dict[Key, DayTotal],
    zeros: Mapping[Key, Collection[Key]],
    staying: Collection[Key],
) -> tuple[dict[Key, Decimal], dict[Key, Decimal], dict[Key, bool]]:
    """The differences recorded, what was taken back for each, and which are the newest known.

    Those that were known word for word are False.

    ``zeros``: those that are set to zero with each of ``totals``. ``staying``: those among
    ``totals`` of which another campaign has the platform ID.
    """
    of_zero = {
        other: replace(totals[key], amount=Decimal(0))
        for key, those in zeros.items()
        for other in those
    }
    elsewhere = frozenset((*of_zero, *staying))
    posting = replace(
        posting.of({**totals, **of_zero}), have_moved=bool(of_zero), elsewhere=elsewhere
    )
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
        believed = {(pk, day, known_as): is_new for pk, day, known_as, is_new in cursor.fetchall()}
    return differences, taken_back, believed


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
