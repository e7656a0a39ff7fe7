"""Days that a file lowers by so much that a poorer report may be the reason."""

from decimal import Decimal
from typing import Any, Final

from ads.rules.money import format_usd
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, days, named

#: A lowering is asked about if it is more than both: a share, and an amount.
SHARE: Final = Decimal("0.2")
LEAST: Final = Decimal(1)

_LOWERED: Final = f"""
    WITH lowered AS MATERIALIZED (
        SELECT staged.campaign_id, staged.date, staged.known_as, {{before}} AS before,
               staged.amount AS after
          FROM {tables.SUMMED} AS staged
          JOIN ads_reportedtotal AS reported
            ON reported.source = %(source)s
           AND reported.campaign_id = staged.campaign_id AND reported.date = staged.date
           AND reported.known_as = staged.known_as
         WHERE {{condition}} AND staged.position > 0
           AND {{before}} - staged.amount > greatest(%(least)s, %(share)s * {{before}})
    )
    SELECT campaign_id, date, before, after, count(*) OVER (), sum(before) OVER (),
           sum(after) OVER (),
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
    rows = tables.run(_LOWERED.format(**(_POSTED if posted else _BEFORE)), values)
    if not rows:
        return None
    *_, count, before, after, figures = rows[0]
    names = named(row[0] for row in rows)
    return Question(
        "lowered",
        f"{days(count)} would be lowered by more than {SHARE:.0%} and {format_usd(LEAST)}: from "
        f"{format_usd(before)} on record to {format_usd(after)}. Is this a newer report of the "
        "same account, and complete?",
        {"accept": "The new figures are right: lower them"},
        figures,
        ("Campaign", "Brand", "Day", "On record", "In the file", "Change"),
        3,
        [
            (
                *names.get(pk, ("", "")),
                day.isoformat(),
                format_usd(was),
                format_usd(becomes),
                format_usd(becomes - was),
            )
            for pk, day, was, becomes, *_ in rows
        ],
        count,
    )
