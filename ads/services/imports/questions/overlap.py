"""Overlaps: campaign-days of the file that other sources have reported."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ads.models.spend import OnOverlap
from ads.rules.money import format_usd
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, days, named
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
              FROM pair),
           (SELECT coalesce(sum(amount), 0) FROM {tables.REPLACED})
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
    replaced: Decimal

    def check_posted(self, source: str, on_overlap: str, taken_back: Decimal) -> None:
        """The totals were posted in this transaction; was it with these overlaps?

        Raises:
            Overlap: others have reported some of these days meanwhile; with the new figures.
        """
        after: Overlapping | None = self.found
        if on_overlap == OnOverlap.ADD:
            after = overlaps.summed(STAGED, source=source, posted=True)
        if after != self.found or (
            on_overlap == OnOverlap.REPLACE and -taken_back != self.replaced
        ):
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
    *_, count, figures, replaced = rows[0]
    names = named(row[0] for row in rows)
    known = sum(found.on_record.values(), Decimal(0))
    by = " and ".join(f"{format_usd(total)} by {other}" for other, total in found.on_record.items())
    question = Question(
        "overlap",
        f"{days(found.days)} in this file {'is' if found.days == 1 else 'are'} on record already: "
        f"{by}. The file (source {source}) says {format_usd(found.amount)}.",
        {
            "add": f"Add: it is other money, and both count: {format_usd(known + found.amount)}",
            "replace": f"Replace: source {source} counts from now on: {format_usd(found.amount)}; "
            f"{format_usd(replaced)} is taken back",
            "skip": f"Skip: what is on record stays: {format_usd(known)}",
        },
        figures,
        ("Campaign", "Brand", "Day", "On record by", "On record", "In the file"),
        2,
        [
            (
                *names.get(pk, ("", "")),
                day.isoformat(),
                other,
                format_usd(on_record),
                format_usd(amount),
            )
            for pk, day, other, on_record, amount, *_ in rows
        ],
        count,
    )
    return Overlaps(question, found, replaced)
