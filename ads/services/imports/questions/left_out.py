"""Campaign-days that a report had before, and that the newer file of it leaves out.

A platform that credits a day to zero often leaves it out, so its money would stay on record.

Asked about are the days within the file's span, of the accounts that it names. Where an account is
not named, two files of one platform may be of two accounts: then only reports count of which the
file repeats a campaign-day. A file that does not go beyond such a report's last day is a newer
version of it, so its own campaigns' earlier and later days are asked about as well; one that goes
beyond (the last seven days, each day anew) has moved on, and they are not. Days of archived months
stay as they are.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ads.models.spend import BETWEEN
from ads.rules.money import format_money, format_sums
from ads.services import visible
from ads.services.imports import tables
from ads.services.imports.questions.base import SHOWN, Question, days, with_currency

#: How many days before and after the file's span a report may reach: platforms restate a month.
_REACH: Final = 35

_PARTS: Final = (
    f"split_part({{0}}.known_as, '{BETWEEN}', 1) = account.platform"
    f" AND split_part({{0}}.known_as, '{BETWEEN}', 2) = account.account"
)

_FIND: Final = f"""
    CREATE TEMP TABLE {tables.LEFT_OUT} AS
    WITH said AS (
        SELECT date FROM {tables.SUMMED} UNION ALL SELECT date FROM {tables.WAITING_ROWS}
    ), span AS MATERIALIZED (
        SELECT min(date) AS first, max(date) AS last FROM said
    ), account AS MATERIALIZED (
        SELECT DISTINCT split_part(known_as, '{BETWEEN}', 1) AS platform,
               split_part(known_as, '{BETWEEN}', 2) AS account
          FROM {tables.SUMMED}
         UNION
        SELECT %(platform)s, account FROM {tables.WAITING_ROWS}
    ), renewed AS MATERIALIZED (
        SELECT DISTINCT reported.observed_at
          FROM {tables.SUMMED} AS staged
          JOIN ads_reportedtotal AS reported USING (campaign_id, date)
         WHERE %(are_known)s AND reported.source = %(source)s
           AND reported.observed_at <= %(observed_at)s
    ), day AS MATERIALIZED (
        SELECT DISTINCT campaign_id, date
          FROM ads_spend
         WHERE source = %(source)s
           AND date BETWEEN (SELECT first FROM span) AND (SELECT last FROM span)
    ), within AS (
        SELECT reported.campaign_id, reported.date, reported.known_as
          FROM day
          JOIN ads_reportedtotal AS reported USING (campaign_id, date)
          JOIN account ON {_PARTS.format("reported")}
         WHERE reported.source = %(source)s
           AND (account.account <> '' OR reported.observed_at IN (SELECT * FROM renewed))
    ), around AS (
        SELECT reported.campaign_id, reported.date, reported.known_as,
               max(reported.date) OVER (PARTITION BY reported.observed_at) AS last
          FROM (SELECT DISTINCT campaign_id FROM {tables.SUMMED}) AS staged
          JOIN ads_reportedtotal AS reported USING (campaign_id)
          JOIN account ON {_PARTS.format("reported")}
         WHERE %(are_known)s AND reported.source = %(source)s
           AND reported.observed_at IN (SELECT * FROM renewed)
           AND reported.date BETWEEN (SELECT first FROM span) - {_REACH}
                                 AND (SELECT last FROM span) + {_REACH}
    )
    SELECT campaign_id, date, known_as, reported.amount
      FROM (SELECT campaign_id, date, known_as FROM within
             UNION
            SELECT campaign_id, date, known_as FROM around
             WHERE last >= (SELECT span.last FROM span)) AS found
      JOIN ads_reportedtotal AS reported USING (campaign_id, date, known_as)
     WHERE reported.source = %(source)s AND reported.amount <> 0
       AND (%(brand_ids)s::bigint[] IS NULL
            OR campaign_id IN (SELECT id FROM ads_campaign
                                WHERE brand_id = ANY(%(brand_ids)s::bigint[])))
       AND reported.observed_at <= %(observed_at)s
       AND NOT EXISTS (SELECT FROM ads_archivedmonth AS archived
                        WHERE archived.restored_at IS NULL
                          AND archived.month = date_trunc('month', found.date::timestamp)::date)
       AND NOT EXISTS (SELECT FROM {tables.SUMMED} AS staged
                        WHERE (staged.campaign_id, staged.date, staged.known_as)
                            = (found.campaign_id, found.date, found.known_as))
"""  # noqa: S608  (the tables' names are our own)

#: The file has those days under IDs that have moved.
_LESS_MOVED: Final = f"""
    DELETE FROM {tables.LEFT_OUT} AS found USING {tables.MOVED} AS moved
     WHERE (moved.before_id, moved.date, moved.before_as)
         = (found.campaign_id, found.date, found.known_as)
"""  # noqa: S608

_LISTED: Final = f"""
    SELECT campaign_id, date, amount, count(*) OVER (),
           (SELECT md5(string_agg(concat_ws('|', campaign_id, date, known_as, trim_scale(amount)),
                                  ',' ORDER BY campaign_id, date, known_as COLLATE "C"))
              FROM {tables.LEFT_OUT})
      FROM {tables.LEFT_OUT}
     ORDER BY amount DESC, campaign_id, date
     LIMIT {SHOWN}
"""  # noqa: S608

_SET_TO_ZERO: Final = f"""
    INSERT INTO {tables.SUMMED} (campaign_id, date, known_as, amount, observed_at, position)
    SELECT campaign_id, date, known_as, 0, %s, 0 FROM {tables.LEFT_OUT}
"""  # noqa: S608


def left_out(
    source: str, *, platform: str, observed_at: datetime, are_known: bool, lacks_rows: bool
) -> Question | None:
    """The question about what the staged file leaves out; None if nothing.

    ``are_known``: some of its campaign-days are on record. ``lacks_rows``: some rows were refused,
    so nobody can say what the file leaves out; then what is on record can only be kept.
    """
    values: dict[str, Any] = {
        "source": source,
        "platform": platform,
        "observed_at": observed_at,
        "are_known": are_known,
        # Of whoever imports it: a file says nothing of campaigns that they may not see.
        "brand_ids": visible.only_brands(),
    }
    tables.run(_FIND, values)
    tables.run(_LESS_MOVED)
    rows = tables.run(_LISTED)
    if not rows:
        return None
    *_, count, figures = rows[0]
    amount = format_sums(tables.sums(tables.LEFT_OUT))
    names = with_currency(row[0] for row in rows)
    choices = {
        "zero": f"Zero: they cost nothing after all; {amount} is taken back",
        "keep": f"Keep what is on record: {amount}",
    }
    text = (
        f"{days(count)} that the source {source} reported before {'is' if count == 1 else 'are'} "
        f"not in this file: {amount} on record. Platforms often leave out what they have "
        "credited to zero; a filtered or shorter report leaves out more."
    )
    if lacks_rows:
        del choices["zero"]
        text += (
            " Some rows of this file are refused and may be for these days, so the days cannot be "
            "set to zero."
        )
    return Question(
        "left_out",
        text,
        choices,
        figures,
        ("Campaign", "Brand", "Day", "On record"),
        1,
        [
            (name, brand, day.isoformat(), format_money(on_record, currency))
            for pk, day, on_record, *_ in rows
            for name, brand, currency in [names.get(pk, ("", "", ""))]
        ],
        count,
    )


def set_to_zero(observed_at: datetime) -> tuple[int, dict[str, Decimal]]:
    """Stage a total of zero for each; how many, and by how much that lowers the ledger.

    They have no place in the file: their position is 0.
    """
    tables.run(_SET_TO_ZERO, [observed_at])
    ((count,),) = tables.run(f"SELECT count(*) FROM {tables.LEFT_OUT}")  # noqa: S608
    return count, {code: -amount for code, amount in tables.sums(tables.LEFT_OUT).items()}
