"""What starts and stops, and how budgets change, as text: "412 will start; 38 stay off: …"."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse

from ads.admin.elements import budget, counted
from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.money import LIMIT, format_money
from ads.services.bulk import BudgetPreview, LimitsPreview, Overbooked, Pair, PriorityPreview
from ads.services.delivery import Kind, Outcome, Reason

#: Why campaigns are off.
WHY: Final[Mapping[Reason, str]] = {
    Status.DRAFT: "draft",
    Status.PAUSED: "paused by a user",
    Status.COMPLETED: "completed",
    Status.ARCHIVED: "archived",
    Hold.BRAND_INACTIVE: "brand paused",
    Hold.FLIGHT: "outside the flight",
    Hold.BRAND_DAILY_BUDGET: "brand's daily budget used up",
    Hold.BRAND_MONTHLY_BUDGET: "brand's monthly budget used up",
    Hold.DAILY_BUDGET: "daily budget used up",
    Hold.MONTHLY_BUDGET: "monthly budget used up",
    Hold.TOTAL_BUDGET: "total budget used up",
    Hold.GROUP_BUDGET: "budget of its group used up",
    Hold.STALE_SPEND: "spend too old",
    Hold.DAYPARTING: "outside the hours",
    "restored": "held back after the restore",
}

#: Overbooked brands that are named.
NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    count: int
    #: The reasons; empty where they go without saying.
    why: str
    first: tuple[Campaign, ...]

    @property
    def written(self) -> str:
        return f"{self.count:,}"

    @property
    def others(self) -> str:
        """ "and 1,204 more": besides those that are named, if any are."""
        more = self.count - len(self.first)
        return f"and {more:,} more" if self.first and more else ""


def reasons(counts: Mapping[Reason, int]) -> str:
    """ "30 daily budget used up, 8 outside the hours"; a single reason without its count."""
    if len(counts) == 1:
        return WHY[next(iter(counts))]
    return ", ".join(f"{count:,} {WHY[why]}" for why, count in counts.items())


def lines(outcome: Outcome) -> list[Line]:
    undecided = Kind(outcome.undecided)
    rows = [
        ("Will start", outcome.starts, ""),
        ("Will stop", outcome.stops, _why_stopped(outcome)),
        ("Stay off", outcome.stays_off, reasons(outcome.kept_off_by)),
        ("Keep running", outcome.keeps_running, ""),
        ("Undecided", undecided, "their brand's timezone is invalid"),
    ]
    return [Line(label, kind.count, why, kind.first) for label, kind, why in rows if kind.count]


def headline(outcome: Outcome) -> str:
    return _sentence(outcome, ("will start", "will start"), "will stop")


def done(outcome: Outcome) -> str:
    return _sentence(outcome, ("now delivers", "now deliver"), "stopped")


def _sentence(outcome: Outcome, start: tuple[str, str], stop: str) -> str:
    parts = [
        (outcome.starts, start, ""),
        (outcome.stops, (stop, stop), _why_stopped(outcome)),
        (outcome.stays_off, ("stays off", "stay off"), reasons(outcome.kept_off_by)),
        (outcome.keeps_running, ("keeps running", "keep running"), ""),
        (Kind(outcome.undecided), ("is undecided", "are undecided"), "invalid timezone"),
    ]
    clauses = []
    for kind, (one, many), why in parts:
        if kind.count:
            alone = outcome.count == 1 and kind.first
            who = kind.first[0].name if alone else f"{kind.count:,}"
            verb = one if kind.count == 1 else many
            clauses.append(f"{who} {verb}{f': {why}' if why else ''}")
    # A list of reasons has commas of its own.
    return f"{'; '.join(clauses)}." if clauses else "No campaign starts or stops."


def _why_stopped(outcome: Outcome) -> str:
    """Why some stop; a status, or the brand's switch, is what the action is for."""
    by = outcome.stopped_by
    is_wanted = all(isinstance(why, Status) or why == Hold.BRAND_INACTIVE for why in by)
    return "" if is_wanted else reasons(by)


def budgets(preview: BudgetPreview) -> dict[str, Any] | None:
    if not (preview.brands.count or preview.campaigns.count):
        return None
    brands, campaigns = preview.brands, preview.campaigns
    names_brand = len({row.brand_id for row, _ in campaigns.first if isinstance(row, Campaign)}) > 1
    rows = [_row(row, pairs, names_brand) for row, pairs in (*brands.first, *campaigns.first)]
    more = [
        f"and {counted(kind.count - len(kind.first), f'more {one}')}"
        for kind, one in ((brands, "brand"), (campaigns, "campaign"))
        if kind.count > len(kind.first)
    ]
    return {
        "columns": [name.replace("_", " ").capitalize() for name in preview.fields],
        "rows": rows,
        "more": ", ".join(more),
        "together": [
            {
                "label": f"{counted(sums.count)} together",
                "cells": [_cell(*sums.pairs[name], sums.currency) for name in preview.fields],
            }
            for sums in campaigns.together
            if sums.count > 1
        ],
        "warnings": _overbooked(preview.overbooked),
    }


def limits(preview: LimitsPreview) -> dict[str, Any] | None:
    if not preview.first:
        return None
    brands = {one.owner.brand_id for one in preview.first if isinstance(one.owner, Campaign)}
    periods = {one.period for one in preview.first}
    return {
        "head": "Limits",
        "columns": ["Spent", "Limit"],
        "rows": [
            _row(
                one.owner,
                {"spent": (one.spent, one.spent), "limit": (one.before, one.after)},
                len(brands) > 1,
                "" if len(periods) == 1 else f"{_OF[one.period]} ",
            )
            for one in preview.first
        ],
        "more": f"and {preview.more:,} more" if preview.more else "",
        "together": None,
        "warnings": _not_enough(preview),
    }


def priorities(preview: PriorityPreview, priority: int) -> dict[str, Any] | None:
    if not preview.count:
        return None
    more = preview.count - len(preview.first)
    return {
        "head": "Campaign",
        "columns": ["Priority"],
        "rows": [
            {
                "name": row.name,
                "beside": row.brand.name,
                "link": reverse("admin:ads_campaign_change", args=[row.pk]),
                "cells": [{"old": str(row.priority), "new": str(priority)}],
            }
            for row in preview.first
        ],
        "more": f"and {counted(more, 'more campaign')}" if more else "",
    }


def without_effect(preview: PriorityPreview) -> list[str]:
    """Where a priority means nothing yet."""
    count = preview.without_effect
    if not count:
        return []
    of = "is of a brand that does" if count == 1 else "are of brands that do"
    until = "the priority counts once that is switched on, on the brand's page."
    return [f"{counted(count)} {of} not stop early: {until}"]


_OF: Final = {Period.DAY: "today", Period.MONTH: "this month"}


def _not_enough(preview: LimitsPreview) -> list[str]:
    """Those that have spent more than the new limit, so they would not run on."""
    listed = [
        f"{one.owner.name} has spent {format_money(one.spent, one.currency)} {_OF[one.period]}, "
        f"which uses up {format_money(one.after, one.currency)} too. To let it run on, allow more "
        f"than {format_money(one.spent - one.before, one.currency)}."
        for one in preview.first
        if one.before < one.after <= one.spent
    ]
    return listed[:NAMED]


def _overbooked(found: Sequence[Overbooked]) -> list[str]:
    warnings = [
        f"Campaigns of {one.brand.name} would have "
        f"{format_money(one.campaigns, one.brand.currency)} a "
        f"{'day' if one.field == 'daily_budget' else 'month'} together; its "
        f"{one.field.replace('_', ' ')} is {format_money(one.budget, one.brand.currency)}."
        for one in found[:NAMED]
    ]
    if found[NAMED:]:
        more = counted(len(found) - NAMED, "more brand budget")
        warnings.append(f"Campaigns would exceed {more}.")
    return warnings


def _row(
    row: Brand | Campaign, pairs: Mapping[str, Pair], names_brand: bool, when: str = ""
) -> dict[str, Any]:
    if isinstance(row, Brand):
        beside, brand = "brand", row
    else:
        beside, brand = row.brand.name if names_brand else "", row.brand
    return {
        "name": row.name,
        "beside": f"{when}{beside}".strip(),
        "link": reverse(f"admin:ads_{row._meta.model_name}_change", args=[row.pk]),
        "cells": [_cell(*pair, brand.currency) for pair in pairs.values()],
    }


def _cell(old: Decimal | None, new: Decimal | None, currency: str) -> dict[str, str]:
    return {"old": "" if old == new else budget(old, currency), "new": budget(new, currency)}


def too_large(preview: BudgetPreview) -> list[str]:
    """The budgets that stay as they are because they would be too large."""
    return [
        f"{counted(count, one)} {'keeps its' if count == 1 else 'keep their'} "
        f"{name.replace('_', ' ')}: it would come to {LIMIT:,} or more, and a budget has "
        "to be below that. Raise it by less, or take the limit away."
        for found, one in ((preview.brands, "brand"), (preview.campaigns, "campaign"))
        for name, count in found.too_large.items()
        if count
    ]
