"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

A campaign may have several references, and a source reports each on its own: they add up. A source
that reported a day by the campaign itself has reported all of it, so a total under a reference
would count twice, and is refused; and the other way round. (Zero counts nothing in either way.)
Another source's totals of the same day are an overlap (:mod:`.overlaps`).

Statements work on ``staged``: SQL for a relation of that name with the columns campaign_id, date,
known_as, amount and observed_at, one row for each of the first three; all checked already. So a
handful of totals (:data:`ARRAYS`) and a file of a million (a temporary table) are recorded by the
same statements.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.db import connection

from ads.models.references import shown
from ads.models.spend import OnOverlap
from ads.rules.money import add_sums, sums_by_currency
from ads.services import new_batch
from ads.services.currencies import ByCurrency, by_currency
from ads.services.errors import Overlap, ReportedOtherwise
from ads.services.ledger import overlaps
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

#: A relation of reported totals made of arrays.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(dates)s::date[], %(known_as)s::text[],
           %(amounts)s::numeric[], %(observations)s::timestamptz[])
        AS staged (campaign_id, date, known_as, amount, observed_at)
"""

# One statement: every row, new or known, is locked in key order before the ledger gets the
# difference. An older observation is locked too, and changes nothing. Totals that are replaced are
# rows among them, of zero and with the name of who replaces them: so two that replace each other's
# never deadlock.
_POST: Final = """
    WITH reported AS (
        INSERT INTO ads_reportedtotal AS reported
               (source, campaign_id, date, known_as, amount, observed_at, replaced_by, batch_id)
        {given}
            ON CONFLICT (campaign_id, date, source, known_as) DO UPDATE
           SET previous = reported.amount, amount = excluded.amount, updated_at = %(now)s,
               batch_id = excluded.batch_id, {changed}
        RETURNING id, source, campaign_id, date, known_as, previous, amount, observed_at,
                  replaced_by
    ), recorded AS (
        INSERT INTO ads_spend
               (campaign_id, amount, date, occurred_at, description, source, kind, created_at,
                batch_id, reported_total_id)
        SELECT campaign_id, amount - previous, date, {occurred_at}, {description}, source,
               CASE WHEN amount < previous THEN 'correction' ELSE 'day_total' END,
               %(now)s, %(batch)s::bigint, id
          FROM reported
         WHERE amount <> previous
    )
    {answer}
"""

_ORDERED: Final = 'ORDER BY campaign_id, date, known_as COLLATE "C"'

_DIFFERENCE: Final = """
    CASE WHEN amount < previous
         THEN format('The day''s total was lowered from %%s to %%s.',
                     trim_scale(previous), trim_scale(amount))
         ELSE format('The day''s total is %%s.', trim_scale(amount)) END
"""

#: The parts of ``_POST`` that add totals. A total that had been replaced keeps that mark until it
#: has been checked: see :meth:`_Posting.run`.
_ADDING: Final = {
    "given": f"""
        SELECT %(source)s, campaign_id, date, known_as, amount, observed_at, '', %(batch)s::bigint
          FROM {{staged}}
        {_ORDERED}
    """,  # noqa: S608  (nothing in it comes from outside)
    "changed": """
        observed_at = excluded.observed_at
        WHERE excluded.observed_at >= reported.observed_at
    """,
    "occurred_at": "observed_at",
    "description": _DIFFERENCE,
}

#: Those that add totals and take others back.
_REPLACING: Final = {
    "given": f"""
        SELECT DISTINCT ON (campaign_id, date, known_as COLLATE "C", source COLLATE "C") *
          FROM (SELECT %(source)s::varchar AS source, campaign_id, date, known_as, amount,
                       observed_at, ''::varchar AS replaced_by, %(batch)s::bigint AS batch_id
                  FROM {{staged}}
                 UNION ALL
                SELECT source, campaign_id, date, known_as, 0, observed_at, %(source)s, %(batch)s
                  FROM ({overlaps.REPLACED}) AS replaced) AS given
        {_ORDERED}, source COLLATE "C", replaced_by
    """,  # noqa: S608
    "changed": """
        observed_at = greatest(reported.observed_at, excluded.observed_at),
        replaced_by = excluded.replaced_by
        WHERE CASE WHEN excluded.replaced_by = ''
                   THEN excluded.observed_at >= reported.observed_at
                   ELSE reported.amount <> 0 END
    """,
    "occurred_at": "CASE WHEN replaced_by = '' THEN observed_at ELSE %(now)s END",
    "description": f"""
        CASE WHEN replaced_by <> ''
             THEN format('The day''s total of %%s was replaced by source %%s.',
                         trim_scale(previous), replaced_by)
             ELSE {_DIFFERENCE} END
    """,
}

_LISTED: Final = """
    SELECT replaced_by <> '', campaign_id, date, known_as, amount - previous
      FROM reported WHERE amount <> previous
"""

#: By currency.
_COUNTED: Final = """
    SELECT replaced_by <> '', {code}, count(*), sum(amount - previous),
           count(*) FILTER (WHERE amount < previous),
           coalesce(sum(amount - previous) FILTER (WHERE amount < previous), 0)
      FROM reported {join} WHERE amount <> previous
     GROUP BY 1, 2
"""

_AND_SKIPPED: Final = """
     UNION ALL
    SELECT NULL, '', count(*), 0, 0, 0
      FROM (SELECT DISTINCT campaign_id, date, known_as FROM ({overlaps}) AS pair) AS skipped
"""

#: Whether anything else is on record for the days of ``staged``: if not, no check of it can fail.
_BESIDE: Final = """
    SELECT EXISTS (
        SELECT FROM {staged}
          JOIN ads_reportedtotal AS beside
            ON beside.campaign_id = staged.campaign_id AND beside.date = staged.date
           AND (beside.source, beside.known_as) <> (%(source)s, staged.known_as))
"""

_UNMARK: Final = """
    UPDATE ads_reportedtotal AS own SET replaced_by = ''
      FROM {staged}
     WHERE own.source = %(source)s AND own.campaign_id = staged.campaign_id
       AND own.date = staged.date AND own.known_as = staged.known_as
       AND own.amount <> 0 AND own.replaced_by <> ''
"""

_KNOWN: Final = """
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""

_BELIEVED: Final = f"""
    SELECT staged.campaign_id, staged.date, staged.known_as {_KNOWN}
     WHERE staged.observed_at >= reported.observed_at
"""

#: Totals of ``staged`` that their source has reported in the other way: ``before``.
OTHERWISE: Final = """
    SELECT staged.campaign_id, staged.date, staged.known_as, min(reported.known_as) AS before
      FROM {staged}
      JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND (reported.known_as = '') <> (staged.known_as = '')
     WHERE staged.amount <> 0 AND reported.amount <> 0
     GROUP BY staged.campaign_id, staged.date, staged.known_as
"""

_OLDER: Final = f"SELECT count(*) {_KNOWN} WHERE staged.observed_at < reported.observed_at"

#: By how much each of ``staged`` would move the ledger; ``is_older``: a newer one is known, so not
#: at all.
MOVES: Final = """
    SELECT staged.campaign_id, staged.date, staged.amount - coalesce(reported.amount, 0) AS amount,
           coalesce(reported.observed_at > staged.observed_at, false) AS is_older
      FROM {staged}
      LEFT JOIN ads_reportedtotal AS reported
        ON reported.source = %(source)s
       AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
       AND reported.known_as = staged.known_as
"""

#: Campaign, day and reference: a source has one total for each.
Key = tuple[int, date, str]
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
    posting = _Posting(ARRAYS, source, now, on_overlap, every_reference)
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
    keyed: dict[int, tuple[Key, DayTotal]], posting: "_Posting", currencies: Sequence[str]
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


def _key(total: Placed) -> Key:
    return total.owner.campaign_id, total.date, total.row.known_as


def _post(posting: "_Posting") -> tuple[dict[Key, Decimal], dict[Key, Decimal], set[Key]]:
    """The differences recorded, what was taken back for each, and which are the newest known."""
    rows = posting.run(_LISTED)
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
        cursor.execute(_BELIEVED.format(staged=ARRAYS), posting.values)
        return differences, taken_back, set(cursor.fetchall())


def _in_place_of(
    campaign_id: int, day: date, known_as: str, posting: "_Posting", differences: Collection[Key]
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
) -> Posted:
    """Bring the ledger in line with ``staged``, inside the caller's transaction, which enforces.

    ``staged`` is without those of :data:`OTHERWISE`. ``on_overlap`` and ``every_reference``: as
    :func:`append`.

    Raises:
        ReportedOtherwise: as :func:`append`.
        Overlap: there are overlaps, or there are since a choice was made about those on record;
            all of them in sum. The transaction is to be rolled back.
    """
    posting = _Posting(staged, source, now, on_overlap, every_reference)
    by = by_currency("reported")
    answer = _COUNTED.format(code=by.code, join=by.join)
    if on_overlap == OnOverlap.SKIP:
        posting = replace(posting, staged=overlaps.WITHOUT.format(staged=staged))
        answer += _AND_SKIPPED.format(overlaps=overlaps.OVERLAPS.format(staged=staged))
    rows = posting.run(answer)
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
class _Posting:
    """What is to be posted, and how; ``given`` are further parameters of ``staged``."""

    staged: str
    source: str
    now: datetime
    on_overlap: OnOverlap | None
    every_reference: bool
    given: Mapping[str, Any] = field(default_factory=dict)

    def of(self, totals: dict[Key, DayTotal]) -> "_Posting":
        """The same of these, for :data:`ARRAYS`."""
        given = {
            "campaigns": [pk for pk, _, _ in totals],
            "dates": [day for _, day, _ in totals],
            "known_as": [known_as for _, _, known_as in totals],
            "amounts": [total.amount for total in totals.values()],
            "observations": [total.observed_at for total in totals.values()],
        }
        return replace(self, given=given)

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of the statements."""
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
        """Arguments for asking about overlaps."""
        source, every_reference = self.source, self.every_reference
        return {"source": source, "every_reference": every_reference, "values": self.given}

    def run(self, answer: str) -> list[tuple[Any, ...]]:
        """Post ``staged`` and check it again; the rows of ``answer``, marked or not at first.

        Whoever moves the ledger on a day waits for whoever else does, so one of two that report the
        same day at once sees the other.
        """
        is_replacing = self.on_overlap == OnOverlap.REPLACE
        parts = _REPLACING if is_replacing else _ADDING
        sql = _POST.format(
            **{**parts, "given": parts["given"].format(staged=self.staged)}, answer=answer
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, self.values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            if rows:
                self._check_again(cursor)
            if not is_replacing and any(row[0] for row in rows):
                cursor.execute(_UNMARK.format(staged=self.staged), self.values)
        return rows

    def is_alone(self, cursor: Any) -> bool:
        """Whether nothing else is on record for these days: then no check can fail."""
        cursor.execute(_BESIDE.format(staged=self.staged), self.values)
        return not cursor.fetchone()[0]

    def _check_again(self, cursor: Any) -> None:
        if self.is_alone(cursor):
            return
        cursor.execute(f"{OTHERWISE.format(staged=self.staged)} LIMIT 1", self.values)
        for pk, day, known_as, before in cursor.fetchall():
            raise otherwise(pk, day, known_as, before, source=self.source)
        if self.on_overlap == OnOverlap.ADD:
            return
        found = overlaps.summed(self.staged, posted=True, **self.asked)
        if found:
            raise found.error(self.source)


def count_older(staged: str, *, source: str) -> int:
    """How many of ``staged`` were observed before what is known already."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDER.format(staged=staged), {"source": source})
        return int(cursor.fetchone()[0])
