"""How many campaigns are in each state and on each hold, and which are close to a budget."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial, reduce
from operator import or_
from typing import Any, Final

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import NullIf

from ads.holds import BUDGET_HOLDS, BudgetHold, Hold, Moment, from_bits, waived_at, with_holds
from ads.models import Brand, Campaign, SpendTotal
from ads.models.campaigns import STATES, State, Status
from ads.models.fields import MoneyField
from ads.models.spend import Period
from ads.services import pacing, visible
from ads.services.explain import limits, shown_state
from ads.services.overview.near import MOST, NEAR, Near
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
    """Count the campaigns at ``now``; eight queries."""
    states = _states()
    moment = Moment.at(now, visible.rows(Campaign.objects.all()))
    by_bits = _by_bits(moment)
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
        near=_near(moment),
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


def _by_bits(moment: Moment) -> dict[int, int]:
    """How many of those paused by the system have exactly these holds."""
    paused = visible.rows(Campaign.objects.filter(STATES[State.PAUSED_BY_SYSTEM.label]))
    evaluated: QuerySet[Any] = with_holds(paused, moment).order_by()
    return dict(evaluated.values_list("hold_bits").annotate(n=Count("pk")))


def _near(moment: Moment) -> list[Near]:
    """The closest to a budget first, from half of it on; what is used up comes last."""
    rows: Any = with_holds(
        Campaign.objects.filter(pk__in=_nearest(moment)).select_related("brand"), moment
    )
    # Between the two queries a budget can be taken away.
    rows = [row for row in rows if row.daily_limit or row.monthly_limit]
    limits.with_groups(rows, moment.groups)
    paces = pacing.stored_of(row for row in rows if row.monthly_limit)
    near = [_as_near(row, paces.get(row.pk), moment.now) for row in rows]
    near.sort(key=lambda each: (each.is_used_up, -each.spent / each.limit, each.id))
    return near[:MOST]


def _nearest(moment: Moment) -> list[int]:
    """Ids of the campaigns closest to one of their own budgets.

    It begins with the totals, which are few for each date. A campaign can be found twice, by its
    day and by its month.
    """
    now = reduce(
        or_,
        (
            Q(period=limit.period, start=start, campaign__brand__timezone__in=zones)
            for limit in _OWN
            for start, zones in moment.period_starts(limit.period).items()
        ),
    )
    starts = {start for limit in _OWN for start in moment.period_starts(limit.period)}
    budget = Case(
        *(When(period=limit.period, then=F(f"campaign__{limit.budget}")) for limit in _OWN),
        output_field=MoneyField(),
    )
    limit: Any = budget + waived_at(moment.now, of_brands=False)
    return list(
        visible.rows(SpendTotal.objects.filter(now, start__in=starts))
        .filter(campaign__status=Status.ACTIVE)
        .alias(share=F("amount") / NullIf(limit, Value(Decimal(0))))
        .filter(share__gte=NEAR)
        .order_by(Case(When(share__lt=1, then=0), default=1), F("share").desc(), "campaign")
        .values_list("campaign_id", flat=True)[: len(_OWN) * MOST]
    )


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
