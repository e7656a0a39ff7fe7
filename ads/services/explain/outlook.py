"""What time will change: when a hold lifts, when a campaign returns, when it stops.

All of it assumes that nobody acts and nothing more is spent. The calendar and the hours propose
instants, and the rule itself (:mod:`ads.holds`) decides on them: each campaign names the next
instant to check, and one query answers for all.
"""

from collections import defaultdict
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from django.db.models import Case, F, QuerySet, Value, When

from ads.holds import (
    LIMIT_OF,
    NOTHING,
    BudgetHold,
    Hold,
    Moments,
    Supposing,
    from_bits,
    with_holds,
)
from ads.models import Campaign
from ads.models.fields import MoneyField
from ads.rules import calendar, dayparting
from ads.rules.allowances import Allowed, Limit
from ads.services.explain.limits import budget_of, group_of, on_its_way_of, planned_of
from ads.services.ledger import LATEST

#: So many holds in a row are followed: a budget lifts, then the window is closed …
LONGEST_CHAIN: Final = 60

#: The schedules attached to a campaign.
Schedules = tuple[dayparting.Schedule, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """The next automatic start or stop of a campaign."""

    at: datetime
    delivers: bool
    #: The holds that stop it; none if it starts.
    holds: list[Hold]


#: Yields instants, is sent the holds at each, and returns the change.
_Steps = Generator[datetime, list[Hold], Change | None]


def next_changes(
    rows: Sequence[Campaign],
    schedules: Mapping[int, Schedules],
    now: datetime,
    *,
    rounds: int = LONGEST_CHAIN,
) -> dict[int, Change]:
    """The next automatic change of each campaign, by id; the others are missing.

    ``rows`` are campaigns evaluated at ``now``, with their brands and allowances; ``schedules`` the
    attached ones by campaign id. At most ``rounds`` queries and one more; a change not found by
    then is missing.
    """
    timezones = {row.pk: row.brand.timezone for row in rows}
    has_ends = any(_allowances_end(row) for row in rows)
    groups = {row.pk: row for row in rows if group_of(row)}
    planned = {row.pk: row for row in rows if planned_of(row)}
    has_totals = any(
        row.total_budget is not None or Hold.TOTAL_BUDGET.value in planned_of(row) for row in rows
    )
    has_margins = any(row.brand.stops_early for row in rows)
    steps = {row.pk: _steps(row, schedules.get(row.pk, ()), now) for row in rows}
    changes: dict[int, Change] = {}
    asked: dict[int, datetime] = {}

    def go_on(pk: int, holds: list[Hold] | None) -> None:
        try:
            # A generator is first sent None.
            asked[pk] = steps[pk].send(holds)  # type: ignore[arg-type]
        except StopIteration as done:
            if done.value is not None:
                changes[pk] = done.value

    for pk in steps:
        go_on(pk, None)
    for _ in range(rounds):
        if not asked:
            break
        held = [pk for pk, at in asked.items() if pk in groups and _group_holds(groups[pk], at)]
        moments = Moments.of(
            asked,
            timezones,
            schedules,
            allowances_end=has_ends,
            held_by_groups=held,
            totals=has_totals,
            margins=has_margins,
        )
        those = {planned[pk]: at for pk, at in asked.items() if pk in planned}
        answers = _holds_then(list(asked), moments, _supposing(those))
        asked.clear()
        # One without an answer is being deleted just now.
        for pk, holds in answers.items():
            go_on(pk, holds)
    return changes


def _holds(row: Any) -> list[Hold]:
    return from_bits(row.hold_bits)


def _supposing(asked: Mapping[Campaign, datetime]) -> Supposing:
    """That the budgets of these are what is planned for the instant of each."""
    whens: dict[str, list[When]] = defaultdict(list)
    for row, at in asked.items():
        for path, planned in planned_of(row).items():
            if begun := [budget for begins, budget in planned if begins <= at]:
                then = Value(begun[-1], output_field=MoneyField())
                whens[path].append(When(pk=row.pk, then=then))
    if not whens:
        return NOTHING
    return Supposing({path: Case(*its, default=F(path)) for path, its in whens.items()})


def _holds_then(
    ids: Collection[int], moments: Moments, supposing: Supposing
) -> dict[int, list[Hold]]:
    """The holds of campaigns, by id, each at an instant of its own; one query."""
    those = Campaign.objects.filter(pk__in=ids)
    evaluated: QuerySet[Any] = with_holds(those, moments, supposing)
    rows = evaluated.order_by().values_list("pk", "hold_bits")
    return {pk: from_bits(bits) for pk, bits in rows}


def lifts_at(hold: Hold, row: Campaign, schedules: Schedules, at: datetime) -> datetime | None:
    """When a hold that applies at ``at`` lifts; None: when someone acts."""
    zone = row.brand.timezone
    if hold == Hold.DAYPARTING:
        try:
            return _next_opening(schedules, at)
        except calendar.UnknownTimezone:
            return None
    if hold == Hold.FLIGHT and row.start_date and row.start_date > calendar.local_date(at, zone):
        return calendar.day_begins(row.start_date, zone)
    return next(_turns(hold, row, at, used_up=False), None)


def _turns(hold: Hold, row: Any, after: datetime, *, used_up: bool) -> Iterator[datetime]:
    """The instants after ``after`` at which a budget is used up, or is not: of all at which that
    may change. None of holds that no budget has.
    """
    if hold == Hold.GROUP_BUDGET:
        return _group_turns(row, after, used_up=used_up)
    if hold not in LIMIT_OF:
        return iter(())
    budget = LIMIT_OF[hold]
    own, planned = row.total_budget, planned_of(row).get(hold.value, ())
    allowed: Sequence[Allowed] = ()
    if isinstance(budget, BudgetHold):
        own, planned = budget_of(budget, row), planned_of(row).get(budget.budget, ())
        allowed = getattr(row, "allowed_by", {}).get(hold, ())
    spent = getattr(row, budget.spend) + (on_its_way_of(budget, row) or 0)
    limit = Limit(own, planned, allowed, row.ahead.get(hold, ()))
    return limit.turns(spent, after, used_up=used_up)


def _group_turns(row: Any, after: datetime, *, used_up: bool) -> Iterator[datetime]:
    """The same of the budgets of its group, one of which is enough."""
    begins = {at for periods in row.group_ahead.values() for at, _ in periods if at > after}
    return (at for at in sorted(begins) if _group_holds(row, at) is used_up)


def _group_holds(row: Any, at: datetime) -> bool:
    """Is a budget of its group used up then, with what is spent by now?"""
    figures = group_of(row)
    return any(
        Limit(each.budget - each.on_its_way, ahead=row.group_ahead.get(each.period, ())).is_used_up(
            each.spent, at
        )
        for each in (figures.budgets if figures else ())
    )


def applies_at(hold: Hold, row: Campaign, schedules: Schedules, now: datetime) -> datetime | None:
    """When the clock begins a hold that does not apply at ``now``; None: never."""
    if hold == Hold.FLIGHT:
        return _flight_ends(row)
    if hold == Hold.DAYPARTING and row.is_dayparting_enabled and schedules:
        with suppress(calendar.UnknownTimezone):
            return _next_closing(schedules, now)
    return next(_turns(hold, row, now, used_up=True), None)


def _steps(row: Campaign, schedules: Schedules, now: datetime) -> _Steps:
    holds = _holds(row)
    return _return(holds, row, schedules, now) if holds else _stop(row, schedules, now)


def _return(holds: list[Hold], row: Campaign, schedules: Schedules, now: datetime) -> _Steps:
    """To the first instant without a hold. When one lifts, another may have begun."""
    at = now
    for _ in range(LONGEST_CHAIN):
        lifts = [lifts_at(hold, row, schedules, at) for hold in holds]
        if None in lifts:
            return None
        at = max(lift for lift in lifts if lift is not None)
        if row.is_dayparting_enabled:
            # No need to ask before the hours begin.
            with suppress(calendar.UnknownTimezone):
                at = _next_opening(schedules, at) or at
        holds = yield at
        if not holds:
            return Change(at, delivers=True, holds=[])
    return None


def _stop(row: Campaign, schedules: Schedules, now: datetime) -> _Steps:
    """To the first instant with a hold."""
    edges = sorted({edge for edge in _edges(row, schedules, now) if edge > now})
    for at in edges[:LONGEST_CHAIN]:
        holds = yield at
        if holds:
            return Change(at, delivers=False, holds=holds)
    return None


def _edges(row: Campaign, schedules: Schedules, now: datetime) -> Iterator[datetime]:
    """All instants at which a campaign that delivers at ``now`` may stop."""
    if row.is_dayparting_enabled and schedules:
        with suppress(calendar.UnknownTimezone):
            yield _next_closing(schedules, now) or now
    if ends := _flight_ends(row):
        yield ends
    # What is allowed ends, a budget is planned to be lower, is zero when its period begins anew, or
    # has been spent ahead of time.
    for hold in Hold:
        yield from _turns(hold, row, now, used_up=True)


def _allowances_end(row: Any) -> set[datetime]:
    """The instants at which allowances of the campaign or its brand end before their periods."""
    return {one.until for those in row.allowed_by.values() for one in those if one.until}


def _flight_ends(row: Campaign) -> datetime | None:
    """The midnight after the last day, if there is one."""
    if row.end_date is None or row.end_date >= LATEST:
        return None
    return calendar.day_begins(row.end_date + timedelta(days=1), row.brand.timezone)


# Many campaigns of a page share schedules.
_next_opening = lru_cache(maxsize=1024)(dayparting.next_opening)
_next_closing = lru_cache(maxsize=1024)(dayparting.next_closing)
