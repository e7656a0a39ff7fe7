"""A sentence on every hold of a campaign, whether it applies or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from ads.holds import BUDGET_OF, LIMIT_OF, TOTAL, Hold
from ads.models import Campaign
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.money import format_estimate, format_money
from ads.services import freshness
from ads.services.explain.explanation import (
    BUDGET_NAMES,
    Explanation,
    deciding_now,
)
from ads.services.explain.limits import group_of, limit_of, of_limit, on_its_way_of, spent_of
from ads.services.explain.outlook import applies_at

_SO_FAR: Final = {Period.DAY: "today", Period.MONTH: "this month"}
_IN: Final[Mapping[str, str]] = {"day": "today", "month": "this month", TOTAL: "in total"}


@dataclass(frozen=True, slots=True)
class Condition:
    """One hold: whether it applies, and why, with the figures."""

    hold: Hold
    applies: bool
    sentence: str
    #: When that changes (UTC); None: not before someone acts or spends.
    until: datetime | None


def of(explained: Explanation) -> list[Condition]:
    """One for each hold that can apply to it; no query."""
    applying = {held.code: held for held in explained.holds}
    found = []
    for hold in Hold:
        if held := applying.get(hold.value):
            found.append(Condition(hold, True, held.sentence, held.lifts_at))
        elif _can_apply(hold, explained.campaign):
            until = applies_at(hold, explained.campaign, explained.rules, explained.at)
            found.append(Condition(hold, False, _clear(hold, explained), until))
    return found


def _can_apply(hold: Hold, row: Campaign) -> bool:
    """False for what few campaigns have, and this one has not."""
    few = {
        Hold.TOTAL_BUDGET: row.total_budget,
        Hold.GROUP_BUDGET: group_of(row),
        Hold.STALE_SPEND: row.brand.stale_after_minutes,
    }
    return few.get(hold, True) is not None


def budget_left(
    hold: Hold, spent: Decimal, limit: Decimal | None, currency: str, made_of: str = ""
) -> str:
    """That a limit is not used up, given the spend and what the limit is made of."""
    if limit is None:
        so_far = _SO_FAR[BUDGET_OF[hold].period]
        return f"{BUDGET_NAMES[hold]}: no limit, {format_money(spent, currency)} spent {so_far}"
    figures = spent_of(spent, limit, currency, made_of)
    return f"{BUDGET_NAMES[hold]}: {figures}{'' if made_of else ' spent'}"


def flight(start: date | None, end: date | None) -> str:
    """A flight in words: "2026-11-01 – 2026-11-30"."""
    if start and end:
        return f"{start} – {end}"
    if start:
        return f"from {start}"
    if end:
        return f"until {end}"
    return "any day"


def _clear(hold: Hold, explained: Explanation) -> str:
    """Why ``hold`` does not apply, with the figures."""
    row = explained.campaign
    if hold == Hold.STATUS:
        return f"Status: {Status(row.status).label.lower()}"
    if hold == Hold.BRAND_INACTIVE:
        return f"Brand {row.brand.name} is active"
    if hold == Hold.FLIGHT:
        return f"Flight: {flight(row.start_date, row.end_date)}"
    if hold in (Hold.STALE_SPEND, Hold.GROUP_BUDGET):
        return _heard(row, explained) if hold == Hold.STALE_SPEND else _in_group(row)
    if hold == Hold.DAYPARTING:
        return f"Hours: {_hours(row, explained)}"
    return _left(hold, explained)


def _left(hold: Hold, explained: Explanation) -> str:
    """What is left of a budget, and where its campaign stops if that is before its end."""
    row, budget = explained.campaign, LIMIT_OF[hold]
    made_of = of_limit(budget, row, explained.at)
    spent, limit = getattr(row, budget.spend), limit_of(budget, row)
    currency = row.brand.currency
    left = budget_left(hold, spent, limit, currency, made_of)
    on_its_way = on_its_way_of(budget, row)
    if limit is None or not on_its_way:
        return left
    return f"{left}; stops early, at {format_estimate(limit - on_its_way, currency)}"


def _in_group(row: Campaign) -> str:
    figures, currency = group_of(row), row.brand.currency
    assert figures  # noqa: S101  (else the line is left out)
    its = [
        f"{spent_of(each.spent, each.budget, currency, '')} {_IN[each.period]}"
        for each in figures.budgets
    ]
    return f"Group {figures.name}: {', '.join(its) or 'no limit'}"


def _heard(row: Campaign, explained: Explanation) -> str:
    allowed = freshness.duration(timedelta(minutes=row.brand.stale_after_minutes or 0))
    sources = freshness.sources_of(row)
    if not sources:
        return f"Spend: at most {allowed} old, but no ad platform reports it"
    age = freshness.duration(explained.at - sources[0].heard_at)
    stops = "" if row.brand.stops_when_stale else "; older spend does not stop it"
    return f"Spend: {age} old ({sources[0].name}), {allowed} allowed{stops}"


def _hours(row: Campaign, explained: Explanation) -> str:
    if not row.is_dayparting_enabled:
        return "all day, dayparting is off"
    if not explained.schedules:
        return "all day, no schedule is attached"
    deciding = deciding_now(explained.schedules, explained.at)
    return f"open now ({', '.join(schedule.name for schedule in deciding)})"
