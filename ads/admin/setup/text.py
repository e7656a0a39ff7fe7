"""What the pages of setup by file say."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

from django.urls import reverse

from ads.admin.actions import preview_text
from ads.admin.elements import counted
from ads.services.imports import without_options
from ads.services.setup import Applied, ChangedMeanwhile, Preview, Problem, Target

#: Brands and campaigns, and errors, that a page lists; the rest are in a file, or counted.
LISTED: Final = 200

#: What each column is for, and what may stand in it.
COLUMNS: Final = (
    ("brand", "The brand's name. A row without a campaign is about the brand itself."),
    ("campaign", "The campaign's name. One that the brand does not have is created."),
    (
        "brand_id, campaign_id",
        "Which brand or campaign it is, so that it can be renamed. Leave them empty for new ones.",
    ),
    (
        "status",
        "draft, active, paused, completed or archived; of a brand active or paused. New: active.",
    ),
    ("timezone, currency", "Of a brand: Europe/Berlin, EUR. A new brand has UTC and USD."),
    ("daily_budget, monthly_budget", "In the brand's currency: 75, 1,200.50 or $75."),
    (
        "total_budget, budget_group",
        "Of a campaign: its budget for the whole flight, and the budget group that it is in.",
    ),
    ("start_date, end_date", "The first and last day of the flight: 2026-03-31."),
    ("dayparting", "on: it runs in the hours of its schedules; off: they are ignored."),
    ("schedules", "Names of all its schedules, separated by semicolons."),
    (
        "platform_ids",
        "All its IDs on platforms: google_ads / 1234567; meta_ads / account / 2385",
    ),
    (
        "stale_after_minutes, stops_when_stale",
        "Of a brand: how many minutes old spend may be, and whether older stops its campaigns.",
    ),
    (
        "stops_early, priority",
        "Of a brand: on or off. Of a campaign: near the brand's budgets, the lowest stops first.",
    ),
)

__all__ = ["COLUMNS", "done", "meanwhile", "previewed", "refused", "without_options"]


def previewed(found: Preview) -> dict[str, Any]:
    changed = found.plan.changed
    return {
        "name": found.sheet.name,
        "summary": summary(found.counts),
        "headline": preview_text.headline(found.outcome),
        "lines": preview_text.lines(found.outcome),
        "notes": found.plan.notes,
        "rows": [_row(one) for one in islice(changed, LISTED)],
        "more": len(changed) - LISTED,
        "yes": f"Apply to {_what(found.counts)}",
    }


def _row(one: Target) -> dict[str, Any]:
    model = "campaign" if one.brand else "brand"
    return {
        "line": one.line,
        "name": one.name,
        "beside": one.brand.name if one.brand else "brand",
        "link": "" if one.is_new else reverse(f"admin:ads_{model}_change", args=[one.pk]),
        "is_new": one.is_new,
        "changes": [
            {"column": change.label, "old": change.old, "new": change.new}
            for change in one.changes()
            if not (one.is_new and change.column == model)
        ],
    }


def summary(counts: Mapping[str, int]) -> str:
    """ "1 new brand, 3 campaigns changed; 20 rows change nothing."."""
    parts = [
        f"{counted(counts[f'{what}s_{how}'], f'new {what}' if how == 'new' else what)}"
        f"{' changed' if how == 'changed' else ''}"
        for what in ("brand", "campaign")
        for how in ("new", "changed")
        if counts[f"{what}s_{how}"]
    ]
    changed = ", ".join(parts) or "Nothing changes"
    same = counts["unchanged"]
    return f"{changed}{f'; {_same(same)}' if same else ''}."


def _same(rows: int) -> str:
    return f"{counted(rows, 'row')} {'is' if rows == 1 else 'are'} as stored"


def _what(counts: Mapping[str, int]) -> str:
    """ "1 brand and 3 campaigns"."""
    totals = {what: counts[f"{what}s_new"] + counts[f"{what}s_changed"] for what in _KINDS}
    return " and ".join(counted(count, what) for what, count in totals.items() if count)


_KINDS: Final = ("brand", "campaign")


def refused(problems: Sequence[Problem], name: str) -> dict[str, Any]:
    rows = len({one.line for one in problems})
    return {
        "problem_title": f"{counted(len(problems), 'error')} in {counted(rows, 'row')} of {name}",
        "problems": [
            {
                "line": one.line or "",
                "column": one.column,
                "value": one.value,
                "reason": without_options(f"{one.reason[:1].upper()}{one.reason[1:]}"),
            }
            for one in problems[:LISTED]
        ],
        "more_problems": len(problems) - LISTED,
    }


def meanwhile(error: ChangedMeanwhile) -> dict[str, Any]:
    return {"text": str(error), "rows": error.rows, "more": error.count - len(error.rows)}


def done(applied: Applied, name: str) -> str:
    """What was done: "setup.csv: 3 campaigns changed. 1 started, 2 stopped."."""
    enforced = applied.enforced
    switched = f" {counted(enforced.started)} started, {enforced.stopped:,} stopped."
    failed = len(enforced.failed)
    return (
        f"{name}: {summary(applied.counts)}{switched if enforced.switched else ''}"
        f"{f' {counted(failed)} could not be decided on: see the log.' if failed else ''}"
    )
