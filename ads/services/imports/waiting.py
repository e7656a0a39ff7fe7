"""Rows of unmatched campaigns: their spend waits, as spend from the API does.

See :mod:`ads.services.ledger.waiting`; here are the same steps for any number of staged rows.
"""

from datetime import datetime
from typing import Any, Final

from ads.models.spend import BETWEEN, Kind
from ads.rules.money import LIMIT, sums_by_currency
from ads.services import locks, new_batch, visible
from ads.services.currencies import the_only
from ads.services.imports import conflicts, tables
from ads.services.imports.outcome import Imported
from ads.services.imports.parsing import Columns
from ads.services.imports.recording import refuse_undone, too_large
from ads.services.imports.refusals import BadRow
from ads.services.ledger import entries
from ads.services.ledger import waiting as statements

#: References that are listed; the rest are counted.
SHOWN: Final = 20

_MAKE: Final = f"""
    CREATE TEMP TABLE {tables.UNMATCHED} AS
    SELECT %s::text AS platform, account, reference, max(name) AS name,
           count(*) AS rows, sum(amount) AS amount, max(currency) AS currency,
           row_number() OVER (ORDER BY account, reference) AS number
      FROM {tables.WAITING_ROWS}
     GROUP BY account, reference
"""  # noqa: S608  (the tables' names are our own)

#: The unmatched references, with the rows kept for them, if any.
_KNOWN: Final = f"""
      FROM {tables.UNMATCHED} AS made
      LEFT JOIN ads_unknownreference AS known
        ON known.platform = made.platform AND known.account = made.account
       AND known.reference = made.reference
       AND known.only_brands IS NOT DISTINCT FROM %(only_brands)s::bigint[]
"""

_OF_KNOWN: Final = f"""
    {_KNOWN}
      JOIN {tables.WAITING_ROWS} AS waiting
        ON waiting.account = made.account AND waiting.reference = made.reference
"""

_TOTALS: Final = f"""
    (SELECT known.id AS unknown_id, waiting.date, trim_scale(sum(waiting.amount)) AS amount,
            %(observed_at)s::timestamptz AS observed_at, made.currency,
            max(waiting.timezone) AS timezone
     {_OF_KNOWN}
      GROUP BY known.id, waiting.date, made.currency) AS given
"""

#: The waiting spend, as a relation of staged entries. In place of its campaign it has the id of the
#: unmatched reference, or a number below zero while there is none.
_ENTRIES: Final = f"""
    (SELECT coalesce(known.id, -made.number) AS campaign_id, waiting.amount, waiting.date,
            waiting.currency, waiting.occurred_at, waiting.description, waiting.external_id,
            waiting.position,
            waiting.date IS NOT NULL AS date_given,
            waiting.occurred_at IS NOT NULL AS occurred_at_given,
            concat_ws('{BETWEEN}', made.platform, made.account, made.reference) AS known_as,
            concat_ws(' / ', made.platform, nullif(made.account, ''), made.reference) AS called
     {_OF_KNOWN}) AS staged
"""

#: The first of each external id that is not waiting yet.
_FIRSTS: Final = f"""
    (SELECT DISTINCT ON (external_id COLLATE "C")
            %(source)s AS source, external_id, campaign_id, called, amount, description,
            %(kind)s AS kind, date, occurred_at
       FROM {_ENTRIES}
      WHERE NOT EXISTS (SELECT FROM {statements.KEPT} AS kept
                         WHERE kept.source = %(source)s
                           AND kept.external_id = staged.external_id)
      ORDER BY external_id COLLATE "C", position)
"""  # noqa: S608

#: The name of an unmatched reference.
_CALLED: Final = """
    (SELECT concat_ws(' / ', platform, nullif(account, ''), reference)
       FROM ads_unknownreference WHERE id = recorded.campaign_id)
"""


def add_up(done: Imported, platform: str) -> None:
    """List the unmatched references, with their rows and sums; no lock."""
    if not done.are_entries:
        for position, rows, reference, day, amount in tables.run(_TOO_LARGE, [LIMIT]):
            reason = too_large(f"reference {reference!r}", day, amount)
            done.refused.add(BadRow.at(position, reason))
            done.waiting_rows -= rows
    for position, rows, reference, codes in tables.run(_IN_SEVERAL):
        reason = (
            f"currency: the rows of reference {reference!r} are in {codes}; one campaign has one."
        )
        done.refused.add(BadRow.at(position, reason))
        done.waiting_rows -= rows
    tables.run(_MAKE, [platform])
    tables.analyze(tables.UNMATCHED)
    _count(done)


def _count(done: Imported) -> None:
    found = tables.run(
        f"SELECT currency, count(*), sum(amount) FROM {tables.UNMATCHED}"  # noqa: S608
        " WHERE rows > 0 GROUP BY currency ORDER BY currency"
    )
    done.unmatched_count = sum(count for _, count, _ in found)
    only = the_only()
    done.waiting_amount = sums_by_currency(
        (currency or only, amount) for currency, _, amount in found
    )
    done.unmatched = [reference for (reference,) in tables.run(_FIRST)]


_FIRST: Final = f"""
    SELECT concat_ws(' / ', platform, nullif(account, ''), reference)
      FROM {tables.UNMATCHED} WHERE rows > 0 ORDER BY amount DESC, account, reference LIMIT {SHOWN}
"""  # noqa: S608

_TOO_LARGE: Final = f"""
    WITH large AS (
        SELECT account, reference, date, sum(amount) AS amount FROM {tables.WAITING_ROWS}
         GROUP BY account, reference, date HAVING sum(amount) >= %s
    ), gone AS (
        DELETE FROM {tables.WAITING_ROWS} AS waiting USING large
         WHERE (waiting.account, waiting.reference, waiting.date)
             = (large.account, large.reference, large.date)
        RETURNING waiting.position, waiting.reference, waiting.date, large.amount
    )
    SELECT min(position), count(*), reference, date, amount
      FROM gone GROUP BY reference, date, amount ORDER BY 1
"""  # noqa: S608


#: Days of one reference in several currencies would be added up.
_IN_SEVERAL: Final = f"""
    WITH several AS (
        SELECT account, reference, string_agg(DISTINCT currency, ' and ') AS codes
          FROM {tables.WAITING_ROWS}
         GROUP BY account, reference HAVING count(DISTINCT currency) > 1
    ), gone AS (
        DELETE FROM {tables.WAITING_ROWS} AS waiting USING several
         WHERE (waiting.account, waiting.reference) = (several.account, several.reference)
        RETURNING waiting.position, waiting.reference, several.codes
    )
    SELECT min(position), count(*), reference, codes FROM gone GROUP BY reference, codes ORDER BY 1
"""  # noqa: S608


def keep(
    done: Imported, columns: Columns, *, source: str, observed_at: datetime, now: datetime
) -> list[int]:
    """Keep the staged rows as waiting spend, in the caller's transaction; conflicts are refused.

    Returns the ids of references that have been matched since they were looked up: their waiting
    spend is to be recorded after the commit.
    """
    locks.staged_unknown_references(f"{tables.UNMATCHED} AS given", now)
    values: dict[str, Any] = {"source": source, "now": now, "observed_at": observed_at}
    values |= {"kind": Kind.ENTRY.value, "batch": new_batch.current()}
    values["only_brands"] = values["brand_ids"] = visible.only_brands()
    if done.are_entries:
        _leave_recorded(done, columns, values)
        tables.run(statements.KEEP_ENTRIES.format(staged=_ENTRIES), values)
        _refuse(done, columns, values, recorded=statements.KEPT, recorded_campaign=_CALLED)
    else:
        tables.run(statements.KEEP_TOTALS.format(given=_TOTALS), values)
    statements.forget_empty(
        tables.run(f"SELECT coalesce(array_agg(known.id), '{{}}') {_KNOWN}", values)[0][0]
    )
    return [pk for (pk,) in tables.run(_CARRIED)]


def preview(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Refuse the conflicts that :func:`keep` would; nothing is locked or changed."""
    if done.are_entries:
        values = {"source": source, "now": now, "kind": Kind.ENTRY.value}
        values["only_brands"] = values["brand_ids"] = visible.only_brands()
        _leave_recorded(done, columns, values)
        _refuse(done, columns, values, recorded=statements.KEPT, recorded_campaign=_CALLED)
        _refuse(done, columns, values, recorded=_FIRSTS, recorded_campaign="recorded.called")


def _refuse(done: Imported, columns: Columns, values: dict[str, Any], **relation: str) -> int:
    """Refuse entries whose ids the relation has with other content; how many."""
    count, _ = conflicts.refuse(
        done.refused,
        columns,
        values,
        staged=_ENTRIES,
        offered_campaign="staged.called",
        **{"differs": entries.DIFFERS_WAITING, **relation},
    )
    done.waiting_rows -= count
    return count


def _leave_recorded(done: Imported, columns: Columns, values: dict[str, Any]) -> None:
    """Leave out ids on record: duplicates of a campaign that had the platform ID, or refused."""
    differs = entries.DIFFERS_UNMATCHED
    refused = _refuse(done, columns, values, recorded=entries.TAKEN, differs=differs)
    undone = refuse_undone(done, values, _ENTRIES, differs)
    ((left_out,),) = tables.run(_LEAVE_RECORDED, values)
    if not left_out:
        return
    tables.run(_COUNT_AGAIN)
    _count(done)
    done.waiting_rows -= left_out - refused
    done.duplicates += left_out - refused - undone


_LEAVE_RECORDED: Final = f"""
    WITH gone AS (
        DELETE FROM {tables.WAITING_ROWS} AS waiting USING {entries.TAKEN} AS recorded
         WHERE recorded.source = %(source)s AND recorded.external_id = waiting.external_id
        RETURNING 1
    )
    SELECT count(*) FROM gone
"""  # noqa: S608

_COUNT_AGAIN: Final = f"""
    UPDATE {tables.UNMATCHED} AS made SET rows = kept.rows, amount = kept.amount
      FROM (SELECT number, count(waiting.position) AS rows,
                   coalesce(sum(waiting.amount), 0) AS amount
              FROM {tables.UNMATCHED} LEFT JOIN {tables.WAITING_ROWS} AS waiting
             USING (account, reference)
             GROUP BY number) AS kept
     WHERE kept.number = made.number
"""  # noqa: S608


_CARRIED: Final = f"""
    SELECT carried.id
      FROM {tables.UNMATCHED} AS made
      JOIN ads_campaignreference AS carried USING (platform, account, reference)
"""  # noqa: S608
