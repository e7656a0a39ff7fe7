"""Overlaps: campaign-days of the file that other sources have reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ads.models.spend import OnOverlap
from ads.rules.money import add_sums, format_money, format_sums
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, days, with_currency
from ads.services.ledger import Overlapping, overlaps

STAGED: Final = f"{tables.SUMMED} AS staged"

_FIND: Final = f"CREATE TEMP TABLE {tables.OVERLAPS} AS {overlaps.OVERLAPS.format(staged=STAGED)}"

#: What ``replace`` would take back: also where the file says zero.
_FIND_REPLACED: Final = f"""
    CREATE TEMP TABLE {tables.REPLACED} AS
    SELECT campaign_id, date, source, known_as, reported.amount
      FROM (SELECT DISTINCT campaign_id, date, source, known_as
              FROM ({overlaps.REPLACED.format(staged=STAGED)}) AS given) AS replaced
      JOIN ads_reportedtotal AS reported USING (campaign_id, date, source, known_as)
"""  # noqa: S608  (the tables' names are our own)

_LISTED: Final = f"""
    WITH pair AS MATERIALIZED (
        SELECT campaign_id, date, known_as, source, recorded_as, on_record, amount
          FROM {tables.OVERLAPS}
         UNION ALL
        SELECT campaign_id, date, NULL, source, known_as, amount, 0
          FROM {tables.REPLACED} AS replaced
         WHERE NOT EXISTS (SELECT FROM {tables.OVERLAPS} AS pair
                            WHERE (pair.campaign_id, pair.date)
                                = (replaced.campaign_id, replaced.date))
    )
    SELECT campaign_id, date, source, on_record, amount, count(*) OVER (),
           (SELECT md5(string_agg(
                       concat_ws('|', campaign_id, date, known_as, source, recorded_as,
                                 trim_scale(on_record), trim_scale(amount)),
                       ',' ORDER BY campaign_id, date, known_as COLLATE "C", source COLLATE "C",
                                    recorded_as COLLATE "C"))
              FROM pair)
      FROM pair
     ORDER BY date, campaign_id, source
     LIMIT {SHOWN}
"""  # noqa: S608

#: By how much each overlapping day would be lower than on record, if the file replaced it.
LOWER: Final = f"""
    SELECT campaign_id, date, least(coalesce(said.amount, 0) - was.amount, 0) AS amount
      FROM (SELECT campaign_id, date, sum(amount) AS amount
              FROM {tables.REPLACED} GROUP BY campaign_id, date) AS was
      LEFT JOIN (SELECT campaign_id, date, sum(amount) AS amount
                   FROM (SELECT DISTINCT campaign_id, date, known_as, amount
                           FROM {tables.OVERLAPS}) AS one
                  GROUP BY campaign_id, date) AS said USING (campaign_id, date)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Overlaps:
    """The overlaps of the staged totals, and what replacing would take back (zero or more)."""

    question: Question
    found: Overlapping
    replaced: Mapping[str, Decimal]

    def check_posted(self, source: str, on_overlap: str, taken_back: Mapping[str, Decimal]) -> None:
        """The totals were posted in this transaction; was it with these overlaps?

        Raises:
            Overlap: others have reported some of these days meanwhile; with the new figures.
        """
        after: Overlapping | None = self.found
        if on_overlap == OnOverlap.ADD:
            after = overlaps.summed(STAGED, source=source, posted=True)
        left = add_sums(self.replaced, taken_back) if on_overlap == OnOverlap.REPLACE else {}
        if after != self.found or any(left.values()):
            raise (after or self.found).error(source)


def overlap(source: str) -> Overlaps | None:
    """The overlaps of the staged totals; None if there are none."""
    values: dict[str, Any] = {"source": source, "every_reference": False}
    tables.run(_FIND, values)
    found = overlaps.summed(STAGED, source=source)
    if found is None:
        return None
    tables.run(_FIND_REPLACED, values)
    rows = tables.run(_LISTED)
    *_, count, figures = rows[0]
    replaced = tables.sums(tables.REPLACED)
    names = with_currency(row[0] for row in rows)
    known = add_sums(*found.on_record.values())
    by = " and ".join(f"{format_sums(sums)} by {other}" for other, sums in found.on_record.items())
    both = add_sums(known, found.amount)
    question = Question(
        "overlap",
        f"{days(found.days)} in this file {'is' if found.days == 1 else 'are'} on record already: "
        f"{by}. The file (source {source}) says {format_sums(found.amount)}.",
        {
            "add": f"Add: it is other money, and both count: {format_sums(both)}",
            "replace": f"Replace: source {source} counts from now on: {format_sums(found.amount)}; "
            f"{format_sums(replaced)} is taken back",
            "skip": f"Skip: what is on record stays: {format_sums(known)}",
        },
        figures,
        ("Campaign", "Brand", "Day", "On record by", "On record", "In the file"),
        2,
        [
            (
                name,
                brand,
                day.isoformat(),
                other,
                format_money(on_record, currency),
                format_money(amount, currency),
            )
            for pk, day, other, on_record, amount, *_ in rows
            for name, brand, currency in [names.get(pk, ("", "", ""))]
        ],
        count,
    )
    return Overlaps(question, found, replaced)
