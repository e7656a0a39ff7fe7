"""The preview of an import: what recording its staged rows would do, without writing or locking.

So the preview of a million rows keeps no one from recording spend. The sums that would result are
put into a temporary table with the name of the real one: PostgreSQL looks for temporary tables
first, so the one definition of the holds decides on sums that do not exist yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ads.models import Campaign
from ads.models.spend import Kind, OnOverlap
from ads.rules.money import sums_by_currency
from ads.services import visible
from ads.services.currencies import by_currency, the_only
from ads.services.delivery import Decision, preview_switches, supposed_sums
from ads.services.imports import questions, recording, tables
from ads.services.imports.outcome import SHOWN, Imported, switch
from ads.services.imports.parsing import Checker, Columns, Found, New, Reader, by_name
from ads.services.ledger import day_totals, entries


def preview_totals(done: Imported, *, source: str) -> None:
    """Fill in what posting the summed day totals would do.

    Those that overlap count if they replace what is on record, or are to be added; while nobody
    has decided they are left out.
    """
    counted = f"{tables.SUMMED} AS staged"
    has_overlaps = any(each.code == "overlap" for each in done.questions)
    answer = done.answers.get("overlap")
    if has_overlaps and answer in (None, OnOverlap.SKIP):
        counted = _WITHOUT_OVERLAPS
        ((overlapping,),) = tables.run(f"SELECT count(*) FROM {_OVERLAPPING}")  # noqa: S608
        if answer:
            done.skipped_overlaps = overlapping
        else:
            done.undecided, done.undecided_amount = overlapping, tables.sums(_OVERLAPPING, "one")
    moves = day_totals.MOVES.format(staged=counted)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {tables.MOVES} AS {moves}", {"source": source})
        cursor.execute(f"DELETE FROM {tables.MOVES} WHERE is_older")  # noqa: S608  (our own names)
        done.older = cursor.rowcount
        by = by_currency(tables.MOVES)
        cursor.execute(_MOVED.format(**by._asdict()))
        newest, moved = 0, []
        for code, count, *figures in cursor.fetchall():
            newest += count
            moved.append((code, *figures))
        posted = day_totals.posted_of(moved, by)
        done.recorded, done.difference = posted.recorded, posted.difference
        done.lowered, done.lowered_by = posted.lowered, posted.lowered_by
        if has_overlaps and answer == OnOverlap.REPLACE:
            cursor.execute(_TAKE_BACK)
            done.replaced = cursor.rowcount
            replaced = tables.sums(tables.REPLACED)
            done.taken_back = {code: -amount for code, amount in replaced.items()}
    done.unchanged = newest - done.recorded
    done.items = newest + done.older + done.undecided + done.skipped_overlaps


_WITHOUT_OVERLAPS: Final = f"""
    (SELECT * FROM {tables.SUMMED} AS summed
      WHERE NOT EXISTS (SELECT FROM {tables.OVERLAPS} AS pair
                         WHERE (pair.campaign_id, pair.date, pair.known_as)
                             = (summed.campaign_id, summed.date, summed.known_as))) AS staged
"""  # noqa: S608

_OVERLAPPING: Final = f"""
    (SELECT DISTINCT campaign_id, date, known_as, amount FROM {tables.OVERLAPS}) AS one
"""  # noqa: S608

_TAKE_BACK: Final = f"""
    INSERT INTO {tables.MOVES} (campaign_id, date, amount)
    SELECT campaign_id, date, -amount FROM {tables.REPLACED}
"""  # noqa: S608

_MOVED: Final = f"""
    SELECT {{code}}, count(*), count(*) FILTER (WHERE amount <> 0), coalesce(sum(amount), 0),
           count(*) FILTER (WHERE amount < 0), coalesce(sum(amount) FILTER (WHERE amount < 0), 0)
      FROM {tables.MOVES} {{join}} {{group}}
"""  # noqa: S608


def preview_entries(done: Imported, columns: Columns, *, source: str, now: datetime) -> None:
    """Fill in what inserting the staged entries would do; conflicts are refused."""
    recording.refuse_archived(done, source)
    new = entries.NEW.format(staged=f"{tables.ROWS} AS staged")
    values: dict[str, Any] = {"source": source, "kind": Kind.ENTRY.value, "now": now}
    values["brand_ids"] = visible.only_brands()
    tables.run(f"CREATE TEMP TABLE {tables.MOVES} AS {new}", values)
    tables.run(f"ANALYZE {tables.MOVES}")
    code, join, group = by_currency(tables.MOVES)
    moved = tables.run(
        f"SELECT {code}, count(*), coalesce(sum(amount), 0)"  # noqa: S608
        f" FROM {tables.MOVES} {join} {group}"
    )
    done.recorded = sum(count for _, count, _ in moved)
    done.difference = {code: amount for code, _, amount in moved}
    recording.count_duplicates(done, columns, values, entries.ON_RECORD, _THEN_RECORDED)


#: What the file itself would have recorded, as a relation like the ledger.
_THEN_RECORDED: Final = f"""
    (SELECT %(source)s AS source, external_id, campaign_id, amount, description, %(kind)s AS kind,
            date, occurred_at
       FROM {tables.MOVES})
"""  # noqa: S608


def preview_enforcement(done: Imported, now: datetime) -> None:
    """Fill in which campaigns would start and stop, and ask whether they may start."""
    asked = {each.code for each in done.questions}
    open_ = [
        _LOWER[each.code]
        for each in questions.unanswered(done.questions, done.answers)
        if each.code in _LOWER
    ]
    staged = tables.ROWS if done.are_entries else tables.SUMMED
    left_out = (tables.LEFT_OUT,) if "left_out" in asked else ()
    if not tables.note_brands(now, staged, *left_out, brand_id=done.created_in):
        return
    lowers = bool(open_ or tables.run(f"SELECT 1 FROM {tables.MOVES} WHERE amount < 0 LIMIT 1"))  # noqa: S608
    created = done.created.ids if done.created else set()
    anyway = (questions.starting(now) if lowers else set()) | created
    running = 0
    first: list[Decision] = []
    started: set[int] = set()
    with supposed_sums(tables.MOVES, _BRANDS, now):
        for decision in preview_switches(tables.affected(), now):
            if decision.campaign_id in created:
                running += 1
                continue
            if decision.is_active:
                done.would_start += 1
                started.add(decision.campaign_id)
            else:
                done.would_stop += 1
            if len(first) < SHOWN:
                first.append(decision)
    if done.created:
        done.created.note_running(running)
    certain = started - anyway if lowers else set()
    possible = certain
    if open_:
        with supposed_sums(_lowest(open_), _BRANDS, now):
            possible = certain | (questions.starting(now) - anyway)
    if question := questions.starts(possible, certain):
        done.questions.append(question)
    named = Campaign.objects.select_related("brand").in_bulk([d.campaign_id for d in first])
    done.switches = [
        switch(named[each.campaign_id], is_active=each.is_active, holds=each.holds)
        for each in first
    ]


_BRANDS: Final = f"SELECT brand_id FROM {tables.BRANDS}"  # noqa: S608  (our own names)

#: By how much the answer to an open question can lower campaigns and days.
_LOWER: Final = {
    "overlap": questions.LOWER,
    "left_out": f"SELECT campaign_id, date, -amount AS amount FROM {tables.LEFT_OUT}",  # noqa: S608
}


def _lowest(lower: Sequence[str]) -> str:
    """The moves with the answers that leave the least on record, as a relation."""
    moves = f"SELECT campaign_id, date, amount FROM {tables.MOVES}"  # noqa: S608
    return f"({' UNION ALL '.join((moves, *lower))}) AS lowest"


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
    said = {code for code, *_ in waits} | {each.currency for each in done.refused.missing.values()}
    waiting_amount = sums_by_currency((row[0] or only, row[1]) for row in waits)
    days = [day for row in (*good, *waits) for day in row[2:] if day is not None]
    campaigns = tables.run(_CAMPAIGNS)
    named = _names(row[0] for row in campaigns)
    values = {
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
        "missing": _missing(done),
        "says": {
            "currency": checker.currency or (said.pop() if len(said) == 1 else ""),
            "timezone": checker.days.timezone,
        },
        "on_record": [asdict(each) for each in done.on_record],
    }
    if done.created:  # there is none of them yet
        for row in (*values["campaigns"], *values["switches"], *values["created"]["campaigns"]):
            if row["campaign_id"] in done.created.ids:
                row["campaign_id"] = None
    return values


def _missing(done: Imported) -> list[dict[str, Any]]:
    """The campaigns that a file of no platform names and that could be created."""
    only = the_only()
    first = sorted(
        done.refused.missing.items(), key=lambda each: (-(each[1].amount or 0), each[0])
    )[:SHOWN]
    return [
        {
            "name": name,
            "rows": each.rows,
            "amount": each.amount,
            "currency": each.currency or only,
        }
        for name, each in first
    ]


_AMOUNTS_AND_DAYS: Final = """
    SELECT {code}, coalesce(sum(amount), 0), min(date), max(date) FROM {rows} {join} {group}
"""

_CAMPAIGNS: Final = f"""
    SELECT campaign_id, coalesce(said.rows, 0), coalesce(said.amount, 0) AS amount,
           coalesce(moved.amount, 0), count(*) OVER ()
      FROM (SELECT campaign_id, count(*) AS rows, sum(amount) AS amount
              FROM {tables.ROWS} GROUP BY campaign_id) AS said
      FULL JOIN (SELECT campaign_id, sum(amount) AS amount
                   FROM {tables.MOVES} GROUP BY campaign_id) AS moved USING (campaign_id)
     ORDER BY 3 DESC, campaign_id
     LIMIT {SHOWN}
"""  # noqa: S608

_UNMATCHED: Final = f"""
    SELECT platform, account, reference, name, rows, amount, currency
      FROM {tables.UNMATCHED}
     WHERE rows > 0
     ORDER BY amount DESC, account, reference
     LIMIT {SHOWN}
"""  # noqa: S608


def _names(ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    keys = ("campaign_id", "campaign", "brand", "currency")
    return {
        pk: dict(zip(keys, (pk, *row), strict=True))
        for pk, row in questions.with_currency(ids).items()
    }


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
            **(
                {"campaign": each.campaign.name, "brand": each.campaign.brand}
                if isinstance(each.campaign, New)
                else {}
            ),
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
