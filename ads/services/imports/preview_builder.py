"""Describing what has been staged, and what it would do, to people."""

from decimal import Decimal
from typing import Any, Final

from django.db import connection

from ads.holds import Hold
from ads.models import Campaign
from ads.rules.money import format_usd
from ads.services.imports.formats import PLAIN
from ads.services.imports.parsing import Checker, Found, Reader, Sample, Waiting, by_name
from ads.services.imports.preview import (
    SHOWN,
    Preview,
    PreviewCampaign,
    PreviewProblem,
    PreviewRow,
    PreviewSwitch,
    PreviewTotals,
    PreviewUnknown,
)
from ads.services.imports.staging import Change, Imported, tables

#: Platforms round each row to cents, and their totals by themselves.
_HALF_A_CENT: Final = Decimal("0.005")

_SUMS: Final = f"""
    SELECT count(*), coalesce(sum(amount), 0), min(date), max(date) FROM {tables.ROWS}
"""  # noqa: S608  (the tables' names are our own)

_WAITING_SUMS: Final = f"""
    SELECT coalesce(sum(amount), 0), min(date), max(date) FROM {tables.WAITING_ROWS}
"""  # noqa: S608

_CAMPAIGNS: Final = f"""
    SELECT said.campaign_id, said.rows, said.amount, coalesce(moved.amount, 0), count(*) OVER ()
      FROM (SELECT campaign_id, count(*) AS rows, sum(amount) AS amount
              FROM {tables.ROWS} GROUP BY campaign_id) AS said
      LEFT JOIN (SELECT campaign_id, sum(amount) AS amount
                   FROM {tables.MOVES} GROUP BY campaign_id) AS moved USING (campaign_id)
     ORDER BY said.amount DESC, said.campaign_id
     LIMIT {SHOWN}
"""  # noqa: S608

_UNKNOWN: Final = f"""
    SELECT platform, account, reference, name, rows, amount
      FROM {tables.UNKNOWN}
     ORDER BY amount DESC, account, reference
     LIMIT {SHOWN}
"""  # noqa: S608


def described(reader: Reader, checker: Checker, done: Imported) -> Preview:
    """The whole preview of what has been staged and foreseen."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS)
        _, amount, first, last = cursor.fetchone()
        cursor.execute(_WAITING_SUMS)
        waiting_amount, waiting_first, waiting_last = cursor.fetchone()
    campaigns, campaign_count = _campaigns()
    dates = [day for day in (first, last, waiting_first, waiting_last) if day is not None]
    preview = Preview(
        plan=reader.plan,
        header=reader.header,
        header_line=reader.header_line,
        are_entries=done.are_entries,
        rows=done.rows,
        amount=amount,
        waiting_rows=done.waiting,
        waiting_amount=waiting_amount,
        first_date=min(dates, default=None),
        last_date=max(dates, default=None),
        items=done.items,
        recorded=done.recorded,
        difference=done.difference,
        lowered=done.lowered,
        lowered_by=done.lowered_by,
        duplicates=done.duplicates,
        zero=done.zero,
        unchanged=done.unchanged,
        older=done.older,
        rounded=done.rounded,
        rounded_by=done.rounded_by,
        skipped=done.skipped,
        samples=_samples(checker.samples),
        campaigns=campaigns,
        campaign_count=campaign_count,
        would_stop=done.would_stop,
        would_start=done.would_start,
        switches=[_switch(change) for change in done.changes],
        unknown=_unknown(reader) if done.waiting else [],
        unknown_count=done.waiting_references,
        problems=[
            PreviewProblem(row.first_line, row.last_line, row.reason)
            for row in sorted(checker.refused.shown, key=lambda row: row.first_line)
        ],
        problem_count=checker.refused.count,
    )
    preview.totals_lines = _totals_lines(checker, preview)
    preview.notes = _notes(reader, checker, preview)
    return preview


def _campaigns() -> tuple[list[PreviewCampaign], int]:
    with connection.cursor() as cursor:
        cursor.execute(_CAMPAIGNS)
        rows = cursor.fetchall()
    named = _named([row[0] for row in rows])
    listed = [
        PreviewCampaign(pk, *named[pk], rows=count, amount=amount, difference=difference)
        for pk, count, amount, difference, _ in rows
        if pk in named
    ]
    return listed, rows[0][-1] if rows else 0


def _named(ids: list[int]) -> dict[int, tuple[str, str]]:
    """The campaigns' names and their brands'."""
    rows = Campaign.objects.filter(pk__in=ids).values_list("pk", "name", "brand__name")
    return {pk: (name, brand) for pk, name, brand in rows}


def _samples(samples: list[Sample]) -> list[PreviewRow]:
    named = _named([each.campaign.id for each in samples if isinstance(each.campaign, Found)])
    shown = []
    for each in samples:
        row = PreviewRow(
            each.line, each.cells, date=each.date, amount=each.amount, reason=each.reason
        )
        if isinstance(each.campaign, Found) and each.campaign.id in named:
            row.campaign_id = each.campaign.id
            row.campaign, row.brand = named[each.campaign.id]
        elif isinstance(each.campaign, Waiting):
            row.reference = each.campaign.reference
        shown.append(row)
    return shown


def _switch(change: Change) -> PreviewSwitch:
    campaign, decision = change.campaign, change.decision
    holds = [str(Hold(hold).label) for hold in decision.holds]
    return PreviewSwitch(campaign.pk, campaign.name, campaign.brand.name, decision.is_active, holds)


def _unknown(reader: Reader) -> list[PreviewUnknown]:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN)
        unknown = [PreviewUnknown(*row) for row in cursor.fetchall()]
    alike = by_name({each.name for each in unknown}, reader.plan.brand_id)
    for each in unknown:
        candidates = alike.get(each.name, [])
        if len(candidates) == 1:
            each.suggested_id = candidates[0].id
            each.suggested = f"{candidates[0].brand} / {candidates[0].name}"
    return unknown


def _totals_lines(checker: Checker, preview: Preview) -> list[PreviewTotals]:
    rows = preview.rows + preview.waiting_rows
    tolerance = _HALF_A_CENT * (rows + 1)
    lines = []
    for line in checker.totals_lines:
        agrees: bool | None = None
        # Rows that were refused are missing in the sum.
        if line.is_comparable and line.amount is not None and not preview.problem_count:
            difference = line.amount - preview.amount - preview.waiting_amount
            agrees = abs(difference) <= tolerance
        lines.append(PreviewTotals(line.line, line.label, line.amount, agrees))
    return lines


def _notes(reader: Reader, checker: Checker, preview: Preview) -> list[str]:
    notes = list(reader.sniffed.notes)
    compared = [line for line in preview.totals_lines if line.agrees is not None]
    if compared and not any(line.agrees for line in compared):
        line = compared[0]
        notes.append(
            f"Line {line.line} ({line.label or 'totals'}) says {_usd(line.amount)} in all, and the "
            f"rows add up to {_usd(preview.amount + preview.waiting_amount)}. Is the file whole?"
        )
    if not checker.knows_currency and reader.plan.format != PLAIN.code:
        notes.append(
            "The file does not say in which currency its amounts are; they are taken for US "
            "dollars."
        )
    if reader.ends_abruptly and checker.columns.amount == checker.columns.width - 1:
        notes.append(
            "The last line has no line end. If the file was cut off there, its amount may lack "
            "digits: compare it with the original."
        )
    return notes


def _usd(amount: Any) -> str:
    return format_usd(amount) if amount is not None else "nothing"
