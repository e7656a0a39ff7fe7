"""When it became known that a budget is used up."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import connection

from ads.holds import BUDGET_HOLDS, BudgetHold, Hold
from ads.models import Campaign
from ads.models.spend import Period
from ads.rules.calendar import local_date, next_month, period_start
from ads.services.delivery import preview_switches

#: By hold.
BUDGETS: Final = {budget.hold: budget for budget in BUDGET_HOLDS}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a campaign or a brand (``owner``: its id) in a period, as of ``until``."""

    of_brand: bool
    owner: int
    period: Period
    start: date
    amount: Decimal
    until: datetime

    @classmethod
    def of(
        cls,
        budget: BudgetHold,
        *,
        campaign: int,
        brand: int,
        timezone: str,
        amount: Decimal,
        at: datetime,
        until: datetime,
    ) -> "Limit":
        """That of ``budget`` for a campaign at ``at``."""
        start = period_start(budget.period, local_date(at, timezone))
        owner = brand if budget.of_brand else campaign
        return cls(budget.of_brand, owner, budget.period, start, amount, until)


@dataclass(frozen=True, slots=True)
class Unenforced:
    """Campaigns that deliver although a budget is used up.

    ``oldest``: the id of the one for which that has been known longest, ``since`` then. None: none,
    or, of the instant, there is no entry that used up the budget (it is 0).
    """

    count: int = 0
    oldest: int | None = None
    since: datetime | None = None


# The entry that took the sum over the limit, the last if there are several, or the last edit of
# budgets, whichever is later.
_KNOWN: Final = """
    SELECT asked.number,
           greatest((
                SELECT created_at
                  FROM (
                        SELECT entry.id, entry.created_at, entry.amount,
                               sum(entry.amount) OVER (ORDER BY entry.id) AS spent
                          FROM ads_campaign AS campaign
                          JOIN ads_spend AS entry ON entry.campaign_id = campaign.id
                         WHERE campaign.{column} = asked.owner
                           AND entry.date >= asked.first AND entry.date < asked.beyond
                           AND entry.created_at <= asked.until
                       ) AS running
                 WHERE spent >= asked.amount AND spent - amount < asked.amount
                 ORDER BY id DESC LIMIT 1
           ), (
                SELECT max(pgh_created_at) FROM {events}
                 WHERE pgh_obj_id = asked.owner AND pgh_created_at <= asked.until
           )) AS known_at
      FROM unnest(%s::int[], %s::bigint[], %s::date[], %s::date[], %s::numeric[], %s::timestamptz[])
           AS asked (number, owner, first, beyond, amount, until)
"""


def known_since(limits: Collection[Limit]) -> dict[Limit, datetime]:
    """When it became known that each was used up; without those for which no record says so.

    Two queries at most. The ledger's entries count from when they were recorded, not from when the
    money was spent.
    """
    found: dict[Limit, datetime] = {}
    for of_brand, column, events in (
        (False, "id", "ads_campaignevent"),
        (True, "brand_id", "ads_brandevent"),
    ):
        asked = [limit for limit in dict.fromkeys(limits) if limit.of_brand is of_brand]
        if not asked:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                _KNOWN.format(column=column, events=events),
                [
                    list(range(len(asked))),
                    [limit.owner for limit in asked],
                    [limit.start for limit in asked],
                    [_beyond(limit) for limit in asked],
                    [limit.amount for limit in asked],
                    [limit.until for limit in asked],
                ],
            )
            found |= {asked[number]: at for number, at in cursor.fetchall() if at is not None}
    return found


def unenforced(now: datetime) -> Unenforced:
    """The campaigns that enforcement should have stopped for a budget by ``now``."""
    asked: dict[int, list[Limit]] = {}
    decisions = {
        decision.campaign_id: decision
        for decision in preview_switches(Campaign.objects.filter(is_active=True), now)
        if not BUDGETS.keys().isdisjoint(decision.holds)
    }
    rows = Campaign.objects.filter(pk__in=decisions).values_list(
        "pk", "brand_id", "brand__timezone"
    )
    for pk, brand, timezone in rows:
        decision = decisions[pk]
        asked[pk] = [
            Limit.of(
                budget,
                campaign=pk,
                brand=brand,
                timezone=timezone,
                amount=amount,
                at=now,
                until=now,
            )
            for budget in _budgets(decision.holds)
            if (amount := decision.figures[budget.budget.replace("__", "_")]) is not None
        ]
    known = known_since([limit for limits in asked.values() for limit in limits])
    since = {
        pk: min(instants)
        for pk, limits in asked.items()
        if (instants := [known[limit] for limit in limits if limit in known])
    }
    oldest = min(since, key=lambda pk: since[pk], default=None)
    return Unenforced(len(asked), oldest, since[oldest] if oldest is not None else None)


def _budgets(holds: Iterable[Hold]) -> list[BudgetHold]:
    return [BUDGETS[hold] for hold in holds if hold in BUDGETS]


def _beyond(limit: Limit) -> date:
    """The day after the period."""
    if limit.period == Period.MONTH:
        return next_month(limit.start)
    return date.fromordinal(limit.start.toordinal() + 1)
