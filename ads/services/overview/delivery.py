"""How many campaigns are in each state and on each hold, and which are close to a budget."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from django.db.models import Case, Count, F, QuerySet, When

from ads.holds import BUDGET_HOLDS, BudgetHold, Hold, Moment, from_bits, with_holds
from ads.models import Brand, Campaign
from ads.models.campaigns import STATES, State, Status
from ads.models.spend import Period
from ads.services import pacing, visible
from ads.services.explain import limits, shown_state
from ads.services.overview.near import Near
from ads.services.overview.statements import NEAREST, run
from ads.services.pacing import Pace

#: A campaign's own budgets, of the day and of the month.
_OWN: Final = tuple(limit for limit in BUDGET_HOLDS if not limit.of_brand)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The campaigns at one instant.

    ``states``: how many are in each state. Of those paused by the system, ``held`` have each hold,
    ``several`` more than one, ``free`` none (they start at the next check), and ``undecided`` a
    brand with an invalid timezone. ``near``: those closest to their own budgets.
    """

    states: dict[State, int]
    held: dict[Hold, int]
    several: int
    free: int
    undecided: int
    near: list[Near]

    @property
    def campaigns(self) -> int:
        """How many there are, whatever their state."""
        return sum(self.states.values())


def delivery(now: datetime) -> Delivery:
    """Count the campaigns at ``now``; seven queries."""
    states = _states()
    moment = Moment.at(now, visible.rows(Campaign.objects.all()))
    by_bits, nearest = _held_and_nearest(moment)
    # What a person paused is not paused by the system.
    by_users = (Hold.STATUS, Hold.BRAND_INACTIVE)
    held: dict[Hold, int] = {hold: 0 for hold in Hold if hold not in by_users}
    for bits, count in by_bits.items():
        for hold in from_bits(bits):
            held[hold] += count
    return Delivery(
        states=states,
        held=held,
        several=sum(count for bits, count in by_bits.items() if len(from_bits(bits)) > 1),
        free=by_bits.get(0, 0),
        undecided=max(states[State.PAUSED_BY_SYSTEM] - sum(by_bits.values()), 0),
        near=_near(nearest, moment),
    )


def _states() -> dict[State, int]:
    counts = dict.fromkeys(State, 0)
    columns = ("status", "is_active", "brand__is_active")
    campaigns = visible.rows(Campaign.objects.order_by())
    rows = campaigns.values_list(*columns).annotate(n=Count("pk"))
    for status, is_active, brand_is_active, count in rows:
        brand = Brand(is_active=brand_is_active)
        counts[Campaign(status=status, is_active=is_active, brand=brand).state_code] += count
    return counts


#: Counts those that are held by the same holds, and names those that are near a budget.
_HELD_AND_NEAREST: Final = f"""
    WITH owner (id, hold_bits, day_spend, day_limit, month_spend, month_limit)
      AS MATERIALIZED ({{rows}})
    SELECT hold_bits, count(*), NULL FROM owner WHERE hold_bits IS NOT NULL GROUP BY hold_bits
     UNION ALL
    SELECT NULL, NULL, id FROM ({NEAREST}) AS nearest
"""  # noqa: S608


def _held_and_nearest(moment: Moment) -> tuple[dict[int, int], list[int]]:
    """How many of those paused by the system have exactly these holds, and who is near a budget.

    The sums of all campaigns are read for both at once.
    """
    running = visible.rows(Campaign.objects.filter(status=Status.ACTIVE))
    of_many = visible.brand_ids() is None
    evaluated: QuerySet[Any] = with_holds(running, moment, of_many=of_many).order_by()
    paused = When(STATES[State.PAUSED_BY_SYSTEM.label], then=F("hold_bits"))
    figures = (name for own in _OWN for name in (own.spend, own.limit))
    found = run(_HELD_AND_NEAREST, evaluated.values_list("pk", Case(paused), *figures))
    return {bits: n for bits, n, _ in found if n}, [pk for _, n, pk in found if not n]


def _near(nearest: Collection[int], moment: Moment) -> list[Near]:
    """The closest to a budget first, from half of it on; what is used up comes last."""
    rows: Any = with_holds(Campaign.objects.filter(pk__in=nearest).select_related("brand"), moment)
    # Between the two queries a budget can be taken away.
    rows = [row for row in rows if row.daily_limit or row.monthly_limit]
    limits.with_groups(rows, moment.groups)
    paces = pacing.stored_of((row for row in rows if row.monthly_limit), moment.now)
    near = [_as_near(row, paces.get(row.pk), moment.now) for row in rows]
    near.sort(key=lambda each: (each.is_used_up, -each.spent / each.limit, each.id))
    return near


def _as_near(row: Any, pace: Pace | None, now: datetime) -> Near:
    near = max((each for each in _OWN if getattr(row, each.limit)), key=partial(_share, row))
    spent, limit = getattr(row, near.spend), getattr(row, near.limit)
    # With dayparting, spend is not even over the day.
    is_even = near.period == Period.DAY and not row.is_dayparting_enabled
    return Near(
        id=row.pk,
        name=row.name,
        brand=row.brand.name,
        timezone=row.brand.timezone,
        currency=row.brand.currency,
        period=near.period,
        spent=spent,
        limit=limit,
        delivers=row.is_active,
        state=shown_state(row, from_bits(row.hold_bits), now),
        pace=pace if near.period == Period.MONTH else None,
        used_up_at=pacing.used_up_at(spent, limit, row.brand.timezone, now)
        if is_even and row.is_active
        else None,
    )


def _share(row: Any, limit: BudgetHold) -> Decimal:
    share: Decimal = getattr(row, limit.spend) / getattr(row, limit.limit)
    return share
