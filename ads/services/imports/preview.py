"""The preview of an import: what recording its staged rows would do, without writing or locking.

So the preview of a million rows keeps no one from recording spend. The sums that would result are
put into a temporary table with the name of the real one: PostgreSQL looks for temporary tables
first, so the one definition of the holds decides on sums that do not exist yet.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction

from ads.models import Campaign, SpendTotal
from ads.models.spend import Kind, Period, sums_of
from ads.rules.calendar import local_date, month_start
from ads.rules.money import format_money, sums_by_currency
from ads.services.currencies import by_currency, the_only
from ads.services.delivery import Decision, preview_switches
from ads.services.imports import recording, tables
from ads.services.imports.formats import PLAIN
from ads.services.imports.outcome import SHOWN, Imported, switch
from ads.services.imports.parsing import Checker, Columns, Found, Reader, by_name
from ads.services.ledger import day_totals, entries

_SUMS: Final = SpendTotal._meta.db_table

#: Platforms round each row to cents, and their totals separately.
_HALF_A_CENT: Final = Decimal("0.005")


def preview_totals(done: Imported, *, source: str) -> None:
    """Fill in what posting the summed day totals would do."""
    moves = day_totals.MOVES.format(staged=f"{tables.SUMMED} AS staged")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {tables.MOVES} AS {moves}", {"source": source})
        cursor.execute(f"DELETE FROM {tables.MOVES} WHERE is_older")  # noqa: S608  (our own names)
        done.older = cursor.rowcount
        cursor.execute(_MOVED.format(**by_currency(tables.MOVES)._asdict()))
        newest, moved = 0, []
        for code, count, *figures in cursor.fetchall():
            newest += count
            moved.append((code, *figures))
    posted = day_totals.posted_of(moved)
    done.recorded, done.difference = posted.recorded, posted.difference
    done.lowered, done.lowered_by = posted.lowered, posted.lowered_by
    done.unchanged = newest - done.recorded
    done.items = newest + done.older


_MOVED: Final = f"""
    SELECT {{code}}, count(*), count(*) FILTER (WHERE amount <> 0), coalesce(sum(amount), 0),
           count(*) FILTER (WHERE amount < 0), coalesce(sum(amount) FILTER (WHERE amount < 0), 0)
      FROM {tables.MOVES} {{join}} {{group}}
"""  # noqa: S608


def preview_entries(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Fill in what inserting the staged entries would do; conflicts are refused."""
    new = entries.NEW.format(staged=f"{tables.ROWS} AS staged")
    values: dict[str, Any] = {"source": source, "kind": Kind.ENTRY.value, "now": now}
    tables.run(f"CREATE TEMP TABLE {tables.MOVES} AS {new}", values)
    tables.run(f"ANALYZE {tables.MOVES}")
    code, join, group = by_currency(tables.MOVES)
    moved = tables.run(
        f"SELECT {code}, count(*), coalesce(sum(amount), 0)"  # noqa: S608
        f" FROM {tables.MOVES} {join} {group}"
    )
    done.recorded = sum(count for _, count, _ in moved)
    done.difference = {code: amount for code, _, amount in moved}
    recording.count_duplicates(done, columns, values, "ads_spend", _THEN_RECORDED)


#: What the file itself would have recorded, as a relation like the ledger.
_THEN_RECORDED: Final = f"""
    (SELECT %(source)s AS source, external_id, campaign_id, amount, description, %(kind)s AS kind,
            date, occurred_at
       FROM {tables.MOVES})
"""  # noqa: S608


def preview_enforcement(done: Imported, now: datetime) -> None:
    """Fill in which campaigns would start and stop."""
    if not tables.note_brands(now):
        return
    first: list[Decision] = []
    with _resulting_sums(now):
        for decision in preview_switches(recording.affected(), now):
            if decision.is_active:
                done.would_start += 1
            else:
                done.would_stop += 1
            if len(first) < SHOWN:
                first.append(decision)
    named = Campaign.objects.select_related("brand").in_bulk([d.campaign_id for d in first])
    done.switches = [
        switch(named[each.campaign_id], is_active=each.is_active, holds=each.holds)
        for each in first
    ]


@contextmanager
def _resulting_sums(now: datetime) -> Iterator[None]:
    """Inside, this session reads the sums of today and this month with the moves in them.

    In a transaction that is rolled back, so that the table is gone however it ends.
    """
    today = local_date(now, tables.LAST_TO_TURN)
    values = {"today": today, "month": month_start(today), "by_month": Period.MONTH.value}
    with transaction.atomic():
        tables.run(f"CREATE TEMP TABLE {_SUMS} AS {_RESULTING}", values)
        tables.run(f"CREATE INDEX ON {_SUMS} (campaign_id, period, start, brand_id)")
        tables.run(f"ANALYZE {_SUMS}")
        yield
        transaction.set_rollback(True)


_COUNTS: Final = "start >= %(today)s OR (period = %(by_month)s AND start >= %(month)s)"

# Read before the table of that name exists, so the real one is read.
_RESULTING: Final = f"""
    SELECT brand_id, campaign_id, period, start, sum(amount) AS amount, sum(waived) AS waived
      FROM (
            SELECT brand_id, campaign_id, period, start, amount, waived
              FROM {_SUMS}
             WHERE brand_id IN (SELECT brand_id FROM {tables.BRANDS}) AND ({_COUNTS})
             UNION ALL
            SELECT brand_id, campaign_id, period, start, amount, 0
              FROM ({sums_of(tables.MOVES)}) AS moved
             WHERE {_COUNTS}
           ) AS summand
     GROUP BY brand_id, campaign_id, period, start
"""  # noqa: S608


def described(reader: Reader, checker: Checker, done: Imported) -> dict[str, Any]:
    """All that a page shows of a preview: its figures, and what the file says and means.

    Lists are cut, counts are not. Sums are by currency.
    """
    good = tables.run(
        _AMOUNTS_AND_DAYS.format(rows=tables.ROWS, **by_currency(tables.ROWS)._asdict())
    )
    waits = tables.run(
        _AMOUNTS_AND_DAYS.format(
            rows=tables.WAITING_ROWS, code="currency", join="", group="GROUP BY 1 ORDER BY 1"
        )
    )
    only = the_only()
    amount = {row[0]: row[1] for row in good}
    waiting_amount = sums_by_currency((row[0] or only, row[1]) for row in waits)
    days = [day for row in (*good, *waits) for day in row[2:] if day is not None]
    campaigns = tables.run(_CAMPAIGNS)
    named = _names(row[0] for row in campaigns)
    in_all = sums_by_currency([*amount.items(), *waiting_amount.items()])
    totals_lines = _totals_lines(checker, done, in_all)
    return {
        **done.as_dict(),
        "plan": reader.plan.as_json(),
        "amount": amount,
        "waiting_amount": waiting_amount,
        "first_date": min(days, default=None),
        "last_date": max(days, default=None),
        "samples": _samples(checker),
        "campaigns": [
            {**named[pk], "rows": rows, "amount": said, "difference": moved}
            for pk, rows, said, moved, _ in campaigns
            if pk in named
        ],
        "campaign_count": campaigns[0][-1] if campaigns else 0,
        "would_start": done.would_start,
        "would_stop": done.would_stop,
        "switches": done.switches,
        "unknown": _unmatched(reader) if done.waiting_rows else [],
        "totals_lines": totals_lines,
        "notes": list(_notes(reader, checker, totals_lines, in_all)),
    }


_AMOUNTS_AND_DAYS: Final = """
    SELECT {code}, coalesce(sum(amount), 0), min(date), max(date) FROM {rows} {join} {group}
"""

_CAMPAIGNS: Final = f"""
    SELECT said.campaign_id, said.rows, said.amount, coalesce(moved.amount, 0), count(*) OVER ()
      FROM (SELECT campaign_id, count(*) AS rows, sum(amount) AS amount
              FROM {tables.ROWS} GROUP BY campaign_id) AS said
      LEFT JOIN (SELECT campaign_id, sum(amount) AS amount
                   FROM {tables.MOVES} GROUP BY campaign_id) AS moved USING (campaign_id)
     ORDER BY said.amount DESC, said.campaign_id
     LIMIT {SHOWN}
"""  # noqa: S608

_UNMATCHED: Final = f"""
    SELECT platform, account, reference, name, rows, amount, currency
      FROM {tables.UNMATCHED}
     ORDER BY amount DESC, account, reference
     LIMIT {SHOWN}
"""  # noqa: S608


def _names(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The campaigns' ids, names, brands and currencies."""
    rows = Campaign.objects.filter(pk__in=set(ids)).values_list(
        "pk", "name", "brand__name", "brand__currency"
    )
    keys = ("campaign_id", "campaign", "brand", "currency")
    return {row[0]: dict(zip(keys, row, strict=True)) for row in rows}


_NO_CAMPAIGN: Final = {"campaign_id": None, "campaign": None, "brand": None}


def _samples(checker: Checker) -> list[dict[str, Any]]:
    """The first rows, as they stand in the file and as they were understood."""
    named = _names(s.campaign.id for s in checker.samples if isinstance(s.campaign, Found))
    only = the_only()
    return [
        {
            "line": each.line,
            "cells": each.cells,
            **(_NO_CAMPAIGN | {"currency": each.currency or only}),
            **named.get(getattr(each.campaign, "id", 0), {}),
            "reference": getattr(each.campaign, "reference", None),
            "date": each.date,
            "amount": each.amount,
            "reason": each.reason,
        }
        for each in checker.samples
    ]


def _unmatched(reader: Reader) -> list[dict[str, Any]]:
    """The references that no campaign has, with the one campaign of the same name, if any."""
    keys = ("platform", "account", "reference", "name", "rows", "amount", "currency")
    unmatched = [dict(zip(keys, row, strict=True)) for row in tables.run(_UNMATCHED)]
    only = the_only()
    alike = by_name({each["name"] for each in unmatched}, reader.plan.brand_id)
    for each in unmatched:
        each["currency"] = each["currency"] or only
        candidates = alike.get(each["name"], [])
        alone = candidates[0] if len(candidates) == 1 else None
        each["suggested_id"] = alone and alone.id
        each["suggested"] = alone and f"{alone.brand} / {alone.name}"
    return unmatched


def _totals_lines(
    checker: Checker, done: Imported, in_all: Mapping[str, Decimal]
) -> list[dict[str, Any]]:
    """The lines of totals; ``agrees`` with the sum of the rows, None if not comparable.

    Rows that name no currency are in the one that the others have.
    """
    currencies = {code for code in in_all if code}
    total = sum(in_all.values(), Decimal(0))
    tolerance = _HALF_A_CENT * (done.rows + done.waiting_rows + 1)
    return [
        {
            "line": line.line,
            "label": line.label,
            "amount": line.amount,
            # Refused rows are missing in the sum.
            "agrees": abs(line.amount - total) <= tolerance
            if line.is_comparable
            and line.amount is not None
            and not done.refused.count
            and len(currencies) <= 1
            else None,
        }
        for line in checker.totals_lines
    ]


def _notes(
    reader: Reader,
    checker: Checker,
    totals_lines: list[dict[str, Any]],
    in_all: Mapping[str, Decimal],
) -> Iterator[str]:
    """Warnings to read before confirming."""
    yield from reader.sniffed.notes
    compared = [line for line in totals_lines if line["agrees"] is not None]
    if compared and not any(line["agrees"] for line in compared):
        line, currency = compared[0], max(in_all, default="")
        said, total = (
            format_money(amount, currency)
            for amount in (line["amount"], sum(in_all.values(), Decimal(0)))
        )
        yield (
            f"Line {line['line']} ({line['label'] or 'totals'}) has a total of "
            f"{said}, but the rows add up to {total}. "
            "Is the file complete?"
        )
    codes = [code for code in in_all if code]
    if not checker.knows_currency and (reader.plan.format != PLAIN.code or len(codes) > 1):
        read_as = f" ({', '.join(codes)})" if codes else ""
        yield (
            f"The file does not name its currency; the amounts are read in each brand's{read_as}."
        )
    if reader.ends_abruptly and checker.columns.amount == checker.columns.width - 1:
        yield (
            "The last line has no line end. If the file was cut off there, its amount may lack "
            "digits: compare it with the original."
        )
