"""Day totals: how ad platforms report ("campaign C has cost X so far on day D").

The ledger gets the difference to what that source has reported for that day; a total that was
lowered becomes a correction. An older observation never overrides a newer one.

A campaign may have several references, and a source reports each on its own: they add up. A source
that reported a day by the campaign itself has reported all of it, so a total under a reference
would count twice, and is refused; and the other way round. (Zero counts nothing in either way.)

Statements work on ``staged``: SQL for a relation of that name with the columns campaign_id, date,
known_as, amount and observed_at, one row for each of the first three; all checked already. So a
handful of totals (:data:`ARRAYS`) and a file of a million (a temporary table) are recorded by the
same statements.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.db import connection

from ads.models.references import shown
from ads.services.currencies import by_currency
from ads.services.errors import ReportedOtherwise
from ads.services.ledger.rows import OLDER, RECORDED, UNCHANGED, Answer, DayTotal, Placed, failed

#: A relation of reported totals made of arrays.
ARRAYS: Final = """
    unnest(%(campaigns)s::bigint[], %(dates)s::date[], %(known_as)s::text[],
           %(amounts)s::numeric[], %(observations)s::timestamptz[])
        AS staged (campaign_id, date, known_as, amount, observed_at)
"""

# One statement: every row, new or known, is locked in key order before the ledger gets the
# difference. An older observation is locked too, and changes nothing.
_POST: Final = """
    WITH reported AS (
        INSERT INTO ads_reportedtotal AS reported
               (source, campaign_id, date, known_as, amount, observed_at)
        SELECT %(source)s, campaign_id, date, known_as, amount, observed_at
          FROM {staged}
         ORDER BY campaign_id, date, known_as COLLATE "C"
            ON CONFLICT (campaign_id, date, source, known_as) DO UPDATE
           SET previous = reported.amount, amount = excluded.amount,
               observed_at = excluded.observed_at, updated_at = %(now)s
         WHERE excluded.observed_at >= reported.observed_at
        RETURNING campaign_id, date, known_as, previous, amount, observed_at
    ), recorded AS (
        INSERT INTO ads_spend
               (campaign_id, amount, date, occurred_at, description, source, kind, created_at)
        SELECT campaign_id, amount - previous, date, observed_at,
               CASE WHEN amount < previous
                    THEN format('The day''s total was lowered from %%s to %%s.',
                                trim_scale(previous), trim_scale(amount))
                    ELSE format('The day''s total is %%s.', trim_scale(amount)) END,
               %(source)s,
               CASE WHEN amount < previous THEN 'correction' ELSE 'day_total' END,
               %(now)s
          FROM reported
         WHERE amount <> previous
        RETURNING campaign_id, date, amount
    )
    {answer}
"""

_LISTED: Final = """
    SELECT campaign_id, date, known_as, amount - previous FROM reported WHERE amount <> previous
"""

#: By currency.
_COUNTED: Final = """
    SELECT {code}, count(*), coalesce(sum(recorded.amount), 0),
           count(*) FILTER (WHERE recorded.amount < 0),
           coalesce(sum(recorded.amount) FILTER (WHERE recorded.amount < 0), 0)
      FROM recorded {join} {group}
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


def append(placed: Sequence[Placed], *, source: str, now: datetime) -> list[Answer]:
    """Bring the ledger in line with these, inside the caller's transaction, which enforces.

    Of several for one :data:`Key` the newest counts; the others are older.

    Raises:
        ReportedOtherwise: somebody else has reported one of these days in the other way meanwhile.
    """
    answers = {i: failed(error) for i, error in _reported_otherwise(placed, source).items()}
    good = {i: (_key(total), total.row) for i, total in enumerate(placed) if i not in answers}
    newest = newest_of(good)
    posted = {key: placed[i].row for key, i in newest.items()}
    differences, believed = _post(posted, source=source, now=now) if posted else ({}, set())
    for i, (key, total) in good.items():
        newer, currency = posted[key], placed[i].owner.currency
        if key not in believed or (total.amount, total.observed_at) != (
            newer.amount,
            newer.observed_at,
        ):
            answers[i] = Answer(OLDER, difference=Decimal(0), currency=currency)
        elif i != newest[key] or key not in differences:
            answers[i] = Answer(UNCHANGED, difference=Decimal(0), currency=currency)
        else:
            answers[i] = Answer(RECORDED, difference=differences[key], currency=currency)
    return [answers[i] for i in range(len(placed))]


def newest_of(totals: dict[int, tuple[K, DayTotal]]) -> dict[K, int]:
    """For each key the position of the total that was observed last; of several, the later one."""
    newest: dict[K, int] = {}
    for i, (key, total) in totals.items():
        if key not in newest or total.observed_at >= totals[newest[key]][1].observed_at:
            newest[key] = i
    return newest


def _reported_otherwise(placed: Sequence[Placed], source: str) -> dict[int, ReportedOtherwise]:
    """Why totals are refused whose source has reported the day in the other way; by position.

    In an earlier batch, or earlier in this one; one query.
    """
    counting = {i: _key(total) for i, total in enumerate(placed) if total.row.amount}
    if not counting:
        return {}
    totals = {key: placed[i].row for i, key in counting.items()}
    with connection.cursor() as cursor:
        cursor.execute(OTHERWISE.format(staged=ARRAYS), {"source": source, **_arrays(totals)})
        known = {(pk, day, known_as): before for pk, day, known_as, before in cursor.fetchall()}
    first: dict[tuple[int, date], str] = {}
    refused = {}
    for i, (pk, day, known_as) in counting.items():
        before = known.get((pk, day, known_as))
        if before is None:
            before = first.setdefault((pk, day), known_as)
        if bool(before) is not bool(known_as):
            refused[i] = otherwise(pk, day, known_as, before, source=source)
    return refused


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


def _arrays(totals: dict[Key, DayTotal]) -> dict[str, Any]:
    """Parameters for :data:`ARRAYS`."""
    return {
        "campaigns": [pk for pk, _, _ in totals],
        "dates": [day for _, day, _ in totals],
        "known_as": [known_as for _, _, known_as in totals],
        "amounts": [total.amount for total in totals.values()],
        "observations": [total.observed_at for total in totals.values()],
    }


def _check_again(cursor: Any, staged: str, values: dict[str, Any]) -> None:
    """Refuse days that someone else has reported in the other way since they were looked up.

    Two who move the ledger on one day wait for each other, so one of them sees the other's report.
    """
    cursor.execute(f"{OTHERWISE.format(staged=staged)} LIMIT 1", values)
    for pk, day, known_as, before in cursor.fetchall():
        raise otherwise(pk, day, known_as, before, source=values["source"])


def _post(
    totals: dict[Key, DayTotal], *, source: str, now: datetime
) -> tuple[dict[Key, Decimal], set[Key]]:
    """The differences recorded, and the keys whose totals are the newest known."""
    values = {"source": source, "now": now, **_arrays(totals)}
    with connection.cursor() as cursor:
        cursor.execute(_POST.format(staged=ARRAYS, answer=_LISTED), values)
        differences = {(pk, day, known_as): by for pk, day, known_as, by in cursor.fetchall()}
        if differences:
            _check_again(cursor, ARRAYS, values)
        cursor.execute(_BELIEVED.format(staged=ARRAYS), values)
        return differences, set(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Posted:
    """How staged day totals moved the ledger; amounts by currency."""

    #: Totals that did, and by how much in sum.
    recorded: int
    difference: dict[str, Decimal]
    #: Those among them that were lowered, and by how much in sum (zero or less).
    lowered: int
    lowered_by: dict[str, Decimal]


def post(staged: str, *, source: str, now: datetime) -> Posted:
    """Bring the ledger in line with ``staged``, inside the caller's transaction, which enforces.

    ``staged`` is without those of :data:`OTHERWISE`.

    Raises:
        ReportedOtherwise: as :func:`append`.
    """
    values: dict[str, Any] = {"source": source, "now": now}
    with connection.cursor() as cursor:
        counted = _COUNTED.format(**by_currency("recorded")._asdict())
        cursor.execute(_POST.format(staged=staged, answer=counted), values)
        posted = posted_of(cursor.fetchall())
        if posted.recorded:
            _check_again(cursor, staged, values)
    return posted


def posted_of(rows: Iterable[tuple[str, int, Decimal, int, Decimal]]) -> Posted:
    """From a row for each currency: code, how many moved and by how much, likewise lowered."""
    found = list(rows)
    return Posted(
        recorded=sum(row[1] for row in found),
        difference={row[0]: row[2] for row in found},
        lowered=sum(row[3] for row in found),
        lowered_by={row[0]: row[4] for row in found if row[3]},
    )


def count_older(staged: str, *, source: str) -> int:
    """How many of ``staged`` were observed before what is known already."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDER.format(staged=staged), {"source": source})
        return int(cursor.fetchone()[0])
