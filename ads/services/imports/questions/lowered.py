"""Days that a file lowers by so much that a poorer report may be the reason."""

from decimal import Decimal
from typing import Any, Final

from ads.rules.money import format_money, format_sums
from ads.services.currencies import by_currency
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, days, with_currency

#: A lowering is asked about if it is more than both: a share, and an amount in its currency.
SHARE: Final = Decimal("0.2")
LEAST: Final = Decimal(1)

# What is taken from a campaign that had the platform ID before was the day's, too.
_LOWERED: Final = f"""
    WITH taken AS MATERIALIZED (
        SELECT moved.campaign_id, moved.date, moved.known_as, sum(moved.before_amount) AS amount
          FROM {tables.MOVED} AS moved
          JOIN {tables.SUMMED} AS zero
            ON (zero.campaign_id, zero.date, zero.known_as)
             = (moved.before_id, moved.date, moved.before_as) AND zero.position = 0
         GROUP BY moved.campaign_id, moved.date, moved.known_as
    ), compared AS (
        SELECT staged.campaign_id, staged.date, staged.known_as,
               coalesce({{before}}, 0) + coalesce(taken.amount, 0) AS before,
               staged.amount AS after
          FROM {tables.SUMMED} AS staged
          LEFT JOIN taken USING (campaign_id, date, known_as)
          LEFT JOIN ads_reportedtotal AS reported
            ON reported.source = %(source)s
           AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
           AND reported.known_as = staged.known_as
         WHERE (reported.id IS NULL OR {{condition}}) AND staged.position > 0
    ), lowered AS MATERIALIZED (
        SELECT * FROM compared WHERE before - after > greatest(%(least)s, %(share)s * before)
    )
    SELECT campaign_id, date, before, after, count(*) OVER (),
           (SELECT json_agg(json_build_array(currency, before::text, after::text)
                            ORDER BY currency)
              FROM (SELECT {{code}} AS currency, sum(before) AS before, sum(after) AS after
                      FROM lowered {{join}} GROUP BY 1) AS in_all),
           (SELECT md5(string_agg(concat_ws('|', campaign_id, date, known_as, trim_scale(before),
                                            trim_scale(after)),
                                  ',' ORDER BY campaign_id, date, known_as COLLATE "C"))
              FROM lowered)
      FROM lowered
     ORDER BY before - after DESC, campaign_id, date
     LIMIT {SHOWN}
"""  # noqa: S608  (the tables' names are our own)

#: Before and after the staged totals were posted.
_BEFORE: Final = {
    "before": "reported.amount",
    "condition": "staged.observed_at >= reported.observed_at",
}
_POSTED: Final = {
    "before": "reported.previous",
    "condition": "staged.observed_at = reported.observed_at",
}


def lowered(source: str, *, posted: bool = False) -> Question | None:
    """The question about the staged totals' lowerings; ``posted``: they were, in this transaction.

    None if there are none.
    """
    values: dict[str, Any] = {"source": source, "share": SHARE, "least": LEAST}
    code, join, _ = by_currency("lowered")
    sql = _LOWERED.format(**(_POSTED if posted else _BEFORE), code=code, join=join)
    rows = tables.run(sql, values)
    if not rows:
        return None
    *_, count, in_all, figures = rows[0]
    before = format_sums({currency: Decimal(was) for currency, was, _ in in_all})
    after = format_sums({currency: Decimal(becomes) for currency, _, becomes in in_all})
    least = format_sums({currency: LEAST for currency, *_ in in_all})
    names = with_currency(row[0] for row in rows)
    return Question(
        "lowered",
        f"{days(count)} would be lowered by more than {SHARE:.0%} and {least}: from "
        f"{before} on record to {after}. Is this a newer report of the "
        "same account, and complete?",
        {"accept": "The new figures are right: lower them"},
        figures,
        ("Campaign", "Brand", "Day", "On record", "In the file", "Change"),
        3,
        [
            (
                name,
                brand,
                day.isoformat(),
                format_money(was, currency),
                format_money(becomes, currency),
                format_money(becomes - was, currency),
            )
            for pk, day, was, becomes, *_ in rows
            for name, brand, currency in [names.get(pk, ("", "", ""))]
        ],
        count,
    )
