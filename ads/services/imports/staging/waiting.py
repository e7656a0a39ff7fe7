"""Rows of a file whose campaign nobody knows yet: they wait, as those that come in singly do.

See :mod:`ads.services.references.waiting`; here are the same steps for any number of staged rows.
"""

from datetime import datetime
from typing import Any, Final

from django.db import connection

from ads.models.spend import Kind
from ads.rules.money import LIMIT
from ads.services import locks
from ads.services.imports.errors import BadRow
from ads.services.imports.parsing import Columns
from ads.services.imports.staging import conflicts, tables
from ads.services.imports.staging.recording import Imported, too_large
from ads.services.references import waiting as statements

#: References that are named; the rest are counted.
SHOWN: Final = 20

_MAKE: Final = f"""
    CREATE TEMP TABLE {tables.UNKNOWN} AS
    SELECT %s::text AS platform, account, reference, max(name) AS name,
           count(*) AS rows, sum(amount) AS amount,
           row_number() OVER (ORDER BY account, reference) AS number
      FROM {tables.WAITING_ROWS}
     GROUP BY account, reference
"""  # noqa: S608  (the tables' names are our own)

#: The unknown references, with their rows as they are kept (where they are).
_KNOWN: Final = f"""
      FROM {tables.UNKNOWN} AS made
      LEFT JOIN ads_unknownreference AS known
        ON known.platform = made.platform AND known.account = made.account
       AND known.reference = made.reference AND known.only_brands IS NULL
"""

_OF_KNOWN: Final = f"""
    {_KNOWN}
      JOIN {tables.WAITING_ROWS} AS waiting
        ON waiting.account = made.account AND waiting.reference = made.reference
"""

_TOTALS: Final = f"""
    (SELECT known.id AS unknown_id, waiting.date, trim_scale(sum(waiting.amount)) AS amount,
            %(observed_at)s::timestamptz AS observed_at
     {_OF_KNOWN}
      GROUP BY known.id, waiting.date) AS given
"""

#: What waits, as a relation of staged entries. For its campaign stands the id of the unknown
#: reference, or, as long as that is not kept, a number below zero.
_ENTRIES: Final = f"""
    (SELECT coalesce(known.id, -made.number) AS campaign_id, waiting.amount, waiting.date,
            waiting.occurred_at, waiting.description, waiting.external_id, waiting.position,
            waiting.date IS NOT NULL AS date_given,
            waiting.occurred_at IS NOT NULL AS occurred_at_given,
            concat_ws(' / ', made.platform, nullif(made.account, ''), made.reference) AS called
     {_OF_KNOWN}) AS staged
"""

#: The first of each external id that does not wait yet.
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

#: What an unknown reference is called.
_CALLED: Final = """
    (SELECT concat_ws(' / ', platform, nullif(account, ''), reference)
       FROM ads_unknownreference WHERE id = recorded.campaign_id)
"""


def add_up(done: Imported, platform: str) -> None:
    """List the references that nobody carries, with their rows and sums; no lock."""
    if not done.are_entries:
        _refuse_too_large(done)
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, [platform])
        cursor.execute(f"ANALYZE {tables.UNKNOWN}")
        cursor.execute(f"SELECT count(*), sum(amount) FROM {tables.UNKNOWN}")  # noqa: S608
        done.waiting_references, done.waiting_amount = cursor.fetchone()
        cursor.execute(
            "SELECT concat_ws(' / ', platform, nullif(account, ''), reference)"  # noqa: S608
            f" FROM {tables.UNKNOWN} ORDER BY amount DESC, account, reference LIMIT {SHOWN}"
        )
        done.waiting_under = [reference for (reference,) in cursor.fetchall()]


def _refuse_too_large(done: Imported) -> None:
    """Refuse the days whose rows add up to more than a day may have; leaves them out."""
    with connection.cursor() as cursor:
        cursor.execute(_TOO_LARGE, [LIMIT])
        for position, rows, reference, day, amount in cursor.fetchall():
            reason = too_large(f"reference {reference!r}", day, amount)
            done.refused.add(BadRow(position, position, reason))
            done.waiting -= rows


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


def keep(
    done: Imported, columns: Columns, *, source: str, observed_at: datetime, now: datetime
) -> list[int]:
    """Let the staged rows wait, in the caller's transaction; conflicts are refused.

    Returns the ids of references that a campaign has come to carry since they were looked up: what
    waits under them is to be recorded after the commit.
    """
    locks.staged_unknown_references(f"{tables.UNKNOWN} AS given", now)
    values: dict[str, Any] = {"source": source, "now": now, "observed_at": observed_at}
    values["kind"] = Kind.ENTRY.value
    with connection.cursor() as cursor:
        if done.are_entries:
            _refuse_recorded(done, columns, values)
            cursor.execute(statements.KEEP_ENTRIES.format(staged=_ENTRIES), values)
            _refuse_kept(done, columns, values)
        else:
            cursor.execute(statements.KEEP_TOTALS.format(given=_TOTALS), values)
        cursor.execute(f"SELECT coalesce(array_agg(known.id), '{{}}') {_KNOWN}")
        statements.forget_empty(cursor.fetchone()[0])
        cursor.execute(_CARRIED)
        return [pk for (pk,) in cursor.fetchall()]


def foresee(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Refuse the conflicts that :func:`keep` would; nothing is locked or changed."""
    if done.are_entries:
        values = {"source": source, "now": now, "kind": Kind.ENTRY.value}
        _refuse_recorded(done, columns, values)
        _refuse_kept(done, columns, values)
        again = conflicts.refuse(
            done.refused,
            columns,
            values,
            staged=_ENTRIES,
            recorded=_FIRSTS,
            offered_campaign="staged.called",
            recorded_campaign="recorded.called",
        )
        done.waiting -= again.count


def _refuse_recorded(done: Imported, columns: Columns, values: dict[str, Any]) -> None:
    """Leave out ids that the ledger has: nobody can tell whether it is the same entry."""
    found = conflicts.refuse(
        done.refused,
        columns,
        values,
        staged=_ENTRIES,
        offered_campaign="staged.called",
        differs="'campaign'",
    )
    done.waiting -= found.count
    if found.count:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {tables.WAITING_ROWS} AS waiting USING ads_spend AS recorded"  # noqa: S608
                " WHERE recorded.source = %(source)s"
                "   AND recorded.external_id = waiting.external_id",
                values,
            )


def _refuse_kept(done: Imported, columns: Columns, values: dict[str, Any]) -> None:
    """Of ids that wait already, those with other content."""
    found = conflicts.refuse(
        done.refused,
        columns,
        values,
        staged=_ENTRIES,
        recorded=statements.KEPT,
        offered_campaign="staged.called",
        recorded_campaign=_CALLED,
    )
    done.waiting -= found.count


_CARRIED: Final = f"""
    SELECT carried.id
      FROM {tables.UNKNOWN} AS made
      JOIN ads_campaignreference AS carried USING (platform, account, reference)
"""  # noqa: S608
