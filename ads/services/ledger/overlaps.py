"""Overlaps: day totals of a campaign and day that another source has reported.

Each campaign-day's money is counted once. A day total is an overlap while its source does not count
on that day (it never reported it, or reported zero, or was replaced) and another one does, on the
same platform: the first part of ``known_as``; a total without a reference speaks for every
platform. Zero is no overlap. Whoever sends it says which is right
(:class:`ads.models.spend.OnOverlap`); once it counts, its source's later reports are no overlaps.

A replaced total is zero from then on and remembers who replaced it, so that the next report of its
source is an overlap again: also where the two are references of one source (a campaign that was
renamed on its platform), and where the one that replaced it has come to zero.

Statements work on ``staged``, as in :mod:`ads.services.ledger.day_totals`, so one statement serves
a handful of totals and a file of a million. ``%(source)s`` reports them; ``%(every_reference)s``
says whether other references of that source are overlaps too, as they are for spend that has waited
for its campaign: nobody knows yet whether the reference is another one of it, or its new name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.models.references import BETWEEN
from ads.services.errors import Overlap

_PLATFORM: Final = f"split_part({{}}.known_as, '{BETWEEN}', 1)"

#: Totals of ``staged`` with each total on record (``other``) that they overlap with; ``own`` is
#: what their source has on record itself.
_FROM: Final = f"""
      FROM {{staged}}
      JOIN ads_reportedtotal AS other
        ON other.campaign_id = staged.campaign_id AND other.date = staged.date
      LEFT JOIN ads_reportedtotal AS own
        ON own.source = %(source)s AND own.campaign_id = staged.campaign_id
       AND own.date = staged.date AND own.known_as = staged.known_as
     WHERE (other.source <> %(source)s
            OR (other.known_as <> staged.known_as AND '' NOT IN (other.known_as, staged.known_as)
                AND (own.replaced_by <> '' OR %(every_reference)s)))
       AND ('' IN (other.known_as, staged.known_as)
            OR {_PLATFORM.format("other")} = {_PLATFORM.format("staged")})
       AND (other.amount <> 0 OR (other.source = own.replaced_by AND other.replaced_by = ''))
       AND {{own_does_not_count}}
"""

#: Before ``staged`` is posted. Of an older observation nothing is recorded, so it is no overlap.
_BEFORE: Final = """
    coalesce(own.amount, 0) = 0 AND coalesce(own.observed_at <= staged.observed_at, true)
"""

#: Just after it was posted, which made ``own`` count.
_AFTER: Final = """
    own.previous = 0 AND own.amount <> 0 AND own.observed_at = staged.observed_at
"""

_PAIRS: Final = f"""
    SELECT staged.campaign_id, staged.date, staged.known_as, staged.amount,
           other.source || CASE WHEN other.source = %(source)s THEN ' under another ID' ELSE '' END
               AS source,
           other.known_as AS recorded_as, other.amount AS on_record
      {_FROM}
       AND staged.amount <> 0
"""

#: A relation of overlaps: campaign_id, date, known_as and amount of ``staged``, each with every
#: total that it overlaps with: its source (for people), known_as (``recorded_as``) and amount
#: (``on_record``).
OVERLAPS: Final = _PAIRS.replace("{own_does_not_count}", _BEFORE)

#: The same for ``staged`` that was posted in this transaction.
_POSTED: Final = _PAIRS.replace("{own_does_not_count}", _AFTER)

#: Totals on record that ``staged`` replaces; zero replaces too.
REPLACED: Final = f"""
    SELECT other.source, other.campaign_id, other.date, other.known_as, other.observed_at
      {_FROM.replace("{own_does_not_count}", _BEFORE)}
       AND other.amount <> 0
"""

#: ``staged`` without its overlaps.
WITHOUT: Final = f"""
    (SELECT staged.*
       FROM {{staged}}
       LEFT JOIN (SELECT DISTINCT campaign_id, date, known_as FROM ({OVERLAPS}) AS pair)
                 AS overlap USING (campaign_id, date, known_as)
      WHERE overlap.campaign_id IS NULL) AS staged
"""  # noqa: S608  (nothing in it comes from outside)

_SUMMED: Final = """
    WITH pair AS MATERIALIZED ({pairs})
    SELECT count(DISTINCT campaign_id), count(DISTINCT (campaign_id, date)),
           min(campaign_id), min(date), max(date),
           (SELECT count(*) FROM (SELECT DISTINCT campaign_id, date, known_as FROM pair) AS one),
           (SELECT sum(amount)
              FROM (SELECT DISTINCT campaign_id, date, known_as, amount FROM pair) AS one),
           (SELECT json_object_agg(source, amount::text ORDER BY amount DESC, source)
              FROM (SELECT source, sum(on_record) AS amount
                      FROM (SELECT DISTINCT campaign_id, date, source, recorded_as, on_record
                              FROM pair) AS one
                     GROUP BY source) AS other)
      FROM pair
"""

_ON_RECORD: Final = f"""
    WITH day AS MATERIALIZED (
        SELECT DISTINCT campaign_id, date FROM {{staged}}
    ), total AS MATERIALIZED (
        SELECT source, {_PLATFORM.format("reported")} AS platform, campaign_id, date,
               sum(amount) AS amount
          FROM day JOIN ads_reportedtotal AS reported USING (campaign_id, date)
         WHERE amount <> 0
         GROUP BY 1, 2, 3, 4
    ), entry AS (
        SELECT source, campaign_id, date, sum(amount) AS amount
          FROM (SELECT source, campaign_id, date, amount
                  FROM day JOIN ads_spend AS spend USING (campaign_id, date)
                 UNION ALL
                SELECT source, campaign_id, date, -amount FROM total) AS beside
         GROUP BY 1, 2, 3
        HAVING sum(amount) <> 0
    )
    SELECT source, platform, are_totals, count(DISTINCT campaign_id),
           count(DISTINCT (campaign_id, date)), sum(amount), min(date), max(date)
      FROM (SELECT *, true AS are_totals FROM total
             UNION ALL
            SELECT source, '', campaign_id, date, amount, false FROM entry) AS counted
     GROUP BY 1, 2, 3
     ORDER BY are_totals DESC, sum(amount) DESC, source, platform
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Overlapping:
    """All overlaps of ``staged`` in sum; amounts in the campaigns' currency."""

    campaigns: int
    #: Campaign-days.
    days: int
    #: The campaign, if it is one; else the first.
    campaign_id: int
    first: date
    last: date
    #: Totals that overlap, and their sum.
    totals: int
    amount: Decimal
    #: What counts on these days by other sources, the largest first.
    on_record: dict[str, Decimal]

    def error(self, source: str) -> Overlap:
        """The refusal where nobody chose."""
        days = f"on {self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        if self.days == 1:
            where = f"campaign {self.campaign_id} {days}"
        elif self.campaigns == 1:
            where = f"{self.days:,} days of campaign {self.campaign_id}, {days}"
        else:
            where = f"{self.days:,} days of {self.campaigns:,} campaigns, {days}"
        return Overlap(where, source=source, amount=self.amount, on_record=self.on_record)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What one source has on record for some campaigns and days; ``amount`` in their currency."""

    source: str
    #: Of day totals under references; "" for those of the campaign itself, and for entries.
    platform: str
    #: Day totals; else entries and corrections.
    are_totals: bool
    campaigns: int
    #: Campaign-days.
    days: int
    amount: Decimal
    first: date
    last: date


def summed(
    staged: str,
    *,
    source: str,
    every_reference: bool = False,
    values: Mapping[str, Any] | None = None,
    posted: bool = False,
) -> Overlapping | None:
    """The overlaps of ``staged``, which ``values`` are for, in sum; None if there are none.

    ``posted``: staged was posted in this transaction.
    """
    sql = _SUMMED.format(pairs=(_POSTED if posted else OVERLAPS).format(staged=staged))
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(source, every_reference, values))
        campaigns, days, pk, first, last, totals, amount, on_record = cursor.fetchone()
    if not days:
        return None
    by_source = {other: Decimal(known) for other, known in on_record.items()}
    return Overlapping(campaigns, days, pk, first, last, totals, amount, by_source)


def of_each(
    staged: str,
    *,
    source: str,
    every_reference: bool = False,
    values: Mapping[str, Any] | None = None,
) -> dict[tuple[int, date, str], Overlap]:
    """The refusal of each total of ``staged`` that overlaps, by its campaign, day and known_as."""
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS.format(staged=staged), _values(source, every_reference, values))
        pairs = cursor.fetchall()
    amounts = {}
    known: dict[tuple[int, date, str], dict[str, Decimal]] = {}
    for pk, day, known_as, amount, other, _, on_record in pairs:
        key = pk, day, known_as
        amounts[key] = amount
        of_key = known.setdefault(key, {})
        of_key[other] = of_key.get(other, Decimal(0)) + on_record
    return {
        key: Overlap(
            f"campaign {key[0]} on {key[1]}",
            source=source,
            amount=amounts[key],
            on_record=dict(sorted(known[key].items())),
        )
        for key in known
    }


def is_same_platform(known_as: str, other: str) -> bool:
    """Whether totals under these may be the same money."""
    return "" in (known_as, other) or (
        known_as.partition(BETWEEN)[0] == other.partition(BETWEEN)[0]
    )


def on_record(staged: str, *, values: Mapping[str, Any] | None = None) -> list[OnRecord]:
    """What is on record for the campaigns and days of ``staged``, by source: day totals first.

    It adds up to what they have spent. ``staged`` needs only the columns campaign_id and date.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ON_RECORD.format(staged=staged), values)
        return [OnRecord(*row) for row in cursor.fetchall()]


def _values(source: str, every_reference: bool, values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**(values or {}), "source": source, "every_reference": every_reference}
