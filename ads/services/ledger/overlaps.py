"""Overlaps: day totals of a campaign and day that another source has reported.

Each campaign-day's money is counted once. A day total is an overlap while its source does not count
on that day (it never reported it, or reported zero, or was replaced) and another one does, on the
same platform: the first part of ``known_as``; a total without a reference speaks for every
platform. Zero is no overlap. Whoever sends it says which is right
(:class:`ads.models.spend.OnOverlap`); once it counts, its source's later reports are no overlaps.

A replaced total is zero from then on and remembers who replaced it, so that the next report of its
source is an overlap again: also where the two are references of one source (a campaign that was
renamed on its platform), and where the one that replaced it has come to zero.

Two references of one source add up, unless they are one ID with its account and without: one
campaign of the platform.

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

from ads.models.spend import BETWEEN
from ads.rules.money import add_sums
from ads.services.currencies import by_currency
from ads.services.errors import Overlap

#: The platform of a relation's totals.
PLATFORM: Final = f"split_part({{}}.known_as, '{BETWEEN}', 1)"

_ACCOUNT: Final = f"split_part({{}}.known_as, '{BETWEEN}', 2)"
_ID: Final = f"split_part({{}}.known_as, '{BETWEEN}', 3)"

#: One ID of a platform, once with its account and once without.
_SAME_ID: Final = f"""
    ({_ID.format("other")} = {_ID.format("staged")}
     AND '' IN ({_ACCOUNT.format("other")}, {_ACCOUNT.format("staged")}))
"""

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
                AND (own.replaced_by <> '' OR %(every_reference)s OR {_SAME_ID})))
       AND ('' IN (other.known_as, staged.known_as)
            OR {PLATFORM.format("other")} = {PLATFORM.format("staged")})
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

_IN_CURRENCIES: Final = """
    SELECT pair.campaign_id, pair.date, known_as, amount, source, on_record, {code}
      FROM ({pairs}) AS pair {join}
"""

_SUMMED: Final = """
    WITH pair AS MATERIALIZED ({pairs})
    SELECT count(DISTINCT campaign_id), count(DISTINCT (campaign_id, date)),
           min(campaign_id), min(date), max(date),
           (SELECT count(*) FROM (SELECT DISTINCT campaign_id, date, known_as FROM pair) AS one),
           (SELECT json_agg(json_build_array(currency, amount::text) ORDER BY currency)
              FROM (SELECT {code} AS currency, sum(amount) AS amount
                      FROM (SELECT DISTINCT campaign_id, date, known_as, amount FROM pair) AS one
                      {join}
                     GROUP BY 1) AS said),
           (SELECT json_agg(json_build_array(source, currency, amount::text)
                            ORDER BY amount DESC, source, currency)
              FROM (SELECT source, {code} AS currency, sum(on_record) AS amount
                      FROM (SELECT DISTINCT campaign_id, date, source, recorded_as, on_record
                              FROM pair) AS one
                      {join}
                     GROUP BY 1, 2) AS other)
      FROM pair
"""

_ON_RECORD: Final = f"""
    WITH day AS MATERIALIZED (
        SELECT DISTINCT campaign_id, date FROM {{staged}}
    ), total AS MATERIALIZED (
        SELECT source, {PLATFORM.format("reported")} AS platform, campaign_id, date,
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
    SELECT source, platform, are_totals, {{code}}, count(DISTINCT campaign_id),
           count(DISTINCT (campaign_id, date)), sum(amount), min(date), max(date)
      FROM (SELECT *, true AS are_totals FROM total
             UNION ALL
            SELECT source, '', campaign_id, date, amount, false FROM entry) AS counted
           {{join}}
     GROUP BY 1, 2, 3, 4
     ORDER BY are_totals DESC, sum(amount) DESC, source, platform
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Overlapping:
    """All overlaps of ``staged`` in sum; amounts by currency."""

    campaigns: int
    #: Campaign-days.
    days: int
    #: The campaign, if it is one; else the first.
    campaign_id: int
    first: date
    last: date
    #: Totals that overlap, and their sum.
    totals: int
    amount: dict[str, Decimal]
    #: What counts on these days by other sources, the largest first.
    on_record: dict[str, dict[str, Decimal]]

    def error(self, source: str) -> Overlap:
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
    """What one source has on record, in one currency, for some campaigns and days."""

    source: str
    #: Of day totals under references; "" for those of the campaign itself, and for entries.
    platform: str
    #: Day totals; else entries and corrections.
    are_totals: bool
    #: Of the amount.
    currency: str
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
    code, join, _ = by_currency("one")
    pairs = (_POSTED if posted else OVERLAPS).format(staged=staged)
    sql = _SUMMED.format(pairs=pairs, code=code, join=join)
    with connection.cursor() as cursor:
        cursor.execute(sql, _values(source, every_reference, values))
        campaigns, days, pk, first, last, totals, amount, on_record = cursor.fetchone()
    if not days:
        return None
    by_source: dict[str, dict[str, Decimal]] = {}
    for other, currency, known in on_record:
        by_source.setdefault(other, {})[currency] = Decimal(known)
    said = {currency: Decimal(reported) for currency, reported in amount}
    return Overlapping(campaigns, days, pk, first, last, totals, said, by_source)


def of_each(
    staged: str,
    *,
    source: str,
    every_reference: bool = False,
    values: Mapping[str, Any] | None = None,
) -> dict[tuple[int, date, str], Overlap]:
    """The refusal of each total of ``staged`` that overlaps, by its campaign, day and known_as."""
    code, join, _ = by_currency("pair")
    with connection.cursor() as cursor:
        sql = _IN_CURRENCIES.format(code=code, join=join, pairs=OVERLAPS.format(staged=staged))
        cursor.execute(sql, _values(source, every_reference, values))
        pairs = cursor.fetchall()
    amounts = {}
    known: dict[tuple[int, date, str], dict[str, dict[str, Decimal]]] = {}
    for pk, day, known_as, amount, other, on_record, currency in pairs:
        key = pk, day, known_as
        amounts[key] = {currency: amount}
        of_key = known.setdefault(key, {})
        of_key[other] = add_sums(of_key.get(other, {}), {currency: on_record})
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
    code, join, _ = by_currency("counted")
    with connection.cursor() as cursor:
        sql = _ON_RECORD.format(staged=staged, code=code, join=join)
        cursor.execute(sql, values)
        return [OnRecord(*row) for row in cursor.fetchall()]


def _values(source: str, every_reference: bool, values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**(values or {}), "source": source, "every_reference": every_reference}
