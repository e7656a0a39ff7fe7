"""When it became known that a budget is used up."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import OperationalError, connection

from ads.holds import ALL_BUDGETS, GROUP_BUDGET, GROUP_BUDGETS, TOTAL, BudgetHold
from ads.models import Campaign
from ads.rules.calendar import (
    UnknownTimezone,
    day_begins,
    local_date,
    next_period,
    period_start,
)
from ads.services.delivery import over_budget
from ads.services.locks import among

#: Of how many campaigns :func:`unenforced` looks up since when; more cross at once only together.
MOST: Final = 5000

#: How many times as long as its work :class:`Sparing` rests: it takes 5% of a processor at most.
REST: Final = 20


_HOLDS: Final = {budget.hold.value: budget for budget in ALL_BUDGETS}

#: Whose budget it is: the campaign's column with the owner's id, the owner's audit, and which
#: allowances are the owner's.
_OWNERS: Final = (
    ("id", "ads_campaignevent", "campaign_id = asked.owner"),
    ("brand_id", "ads_brandevent", "brand_id = asked.owner AND campaign_id IS NULL"),
    ("budget_group_id", "ads_budgetgroupevent", "false"),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on the spend from ``start`` until before ``beyond``, as of ``at``.

    ``column``: one of :data:`_OWNERS`; ``owner``: the id in it. ``budget``: the owner's column with
    the budget. ``begins``: when its period begins; None: it is for none.
    """

    column: str
    owner: int
    budget: str
    start: date
    beyond: date
    begins: datetime | None
    amount: Decimal
    at: datetime


def limits_of(
    campaign: Campaign,
    holds: Iterable[str],
    figures: Callable[[str], Decimal | None],
    at: datetime,
    *,
    group_period: str = "",
) -> list[Limit]:
    """The limits that hold a campaign at ``at``, from its holds and the figures by field.

    ``group_period``: of its budget group's figures. None where its brand's timezone is invalid by
    now.
    """
    try:
        today = local_date(at, campaign.brand.timezone)
    except UnknownTimezone:
        return []
    limits = []
    for hold in holds:
        budget = _HOLDS.get(hold)
        if budget is None or (amount := figures(budget.limit_then)) is None:
            continue
        period, first, whose = TOTAL, campaign.start_date, ("id", campaign.pk)
        if isinstance(budget, BudgetHold):
            period = budget.period.value
            whose = ("brand_id", campaign.brand_id) if budget.of_brand else whose
        elif budget == GROUP_BUDGET:
            if campaign.budget_group is None:  # by now
                continue
            period, first = group_period, campaign.budget_group.start_date
            whose = ("budget_group_id", campaign.budget_group.pk)
        begins = None
        if period == TOTAL:
            start, beyond = first or date.min, date.max
        else:
            start = period_start(period, today)
            beyond = next_period(period, start)
            begins = day_begins(start, campaign.brand.timezone)
        limits.append(Limit(*whose, GROUP_BUDGETS[period], start, beyond, begins, amount, at))
    return limits


@dataclass(frozen=True, slots=True)
class Unenforced:
    """Campaigns that deliver although a budget is used up.

    ``oldest``: the id of the one for which that has been known longest, ``since`` then. None: none,
    or, of the instant, there is no entry that used up the budget (it is 0). ``at``: when it was so.
    """

    count: int
    oldest: int | None
    since: datetime | None
    at: datetime


# The stretches of time in which spend of a campaign counts for the owner. A group's spend is that
# of the campaigns that are in it, whenever they joined: what one has spent comes with it and goes
# with it. As the first event on record says, it has been before.
_ALWAYS: Final = """
    SELECT id AS campaign_id, '-infinity'::timestamptz AS since, NULL::timestamptz AS until
      FROM ads_campaign WHERE {column} = asked.owner
"""
_IN_GROUP: Final = """
    SELECT campaign_id, CASE WHEN is_first THEN '-infinity' ELSE since END AS since, until
      FROM (SELECT event.pgh_obj_id AS campaign_id, event.budget_group_id,
                   event.pgh_created_at AS since,
                   lag(event.pgh_id) OVER its IS NULL AS is_first,
                   lead(event.pgh_created_at) OVER its AS until
              FROM ads_budgetgroup AS budget_group
              JOIN ads_campaign AS campaign USING (brand_id)
              JOIN ads_campaignevent AS event ON event.pgh_obj_id = campaign.id
             WHERE budget_group.id = asked.owner AND event.pgh_created_at <= asked.at
            WINDOW its AS (PARTITION BY event.pgh_obj_id ORDER BY event.pgh_id)) AS event
     WHERE budget_group_id = asked.owner
     UNION ALL
    SELECT id, '-infinity', NULL
      FROM ads_campaign
     WHERE budget_group_id = asked.owner
       AND NOT EXISTS (SELECT FROM ads_campaignevent WHERE pgh_obj_id = ads_campaign.id
                                                       AND pgh_created_at <= asked.at)
"""

# The instant at which the sum was taken over the limit, the last if there are several, the last
# edit of the budget or of the day from which it counts, or the last end of what was allowed beyond
# it, whichever is latest. The first event on record is an edit only if it made the owner. A
# decision sees entries that are a little younger than its instant.
_KNOWN: Final = """
    SELECT asked.number,
           greatest((
                WITH member AS ({members}), spent AS (
                    SELECT campaign_id, created_at, amount
                      FROM ads_spend AS entry
                     WHERE campaign_id IN (SELECT campaign_id FROM member)
                       AND date >= asked.start AND date < asked.beyond
                       AND created_at <= asked.at + interval '2 minutes'
                     UNION ALL
                    SELECT campaign_id, '-infinity', amount
                      FROM ads_archivedspend
                     WHERE campaign_id IN (SELECT campaign_id FROM member)
                       AND date >= asked.start AND date < asked.beyond
                ), step AS (
                    SELECT greatest(created_at, since) AS at, amount
                      FROM spent JOIN member USING (campaign_id)
                     WHERE until IS NULL OR created_at < until
                     UNION ALL
                    SELECT until, -amount
                      FROM spent JOIN member USING (campaign_id)
                     WHERE created_at < until
                )
                SELECT nullif(at, '-infinity')
                  FROM (SELECT at, amount, sum(amount) OVER (ORDER BY at) AS spent
                          FROM (SELECT at, sum(amount) AS amount FROM step GROUP BY at) AS step
                       ) AS running
                 WHERE spent >= asked.amount AND spent - amount < asked.amount
                 ORDER BY at DESC LIMIT 1
           ), (
                SELECT max(pgh_created_at)
                  FROM (
                        SELECT pgh_created_at, its, lag(its) OVER by_id AS before,
                               lag(pgh_id) OVER by_id IS NULL AND pgh_label <> 'insert' AS is_first
                          FROM (
                                SELECT pgh_id, pgh_created_at, pgh_label,
                                       jsonb_build_array(
                                           to_jsonb(event) -> asked.budget,
                                           CASE WHEN asked.budget = 'total_budget'
                                                THEN to_jsonb(event) -> 'start_date' END
                                       ) AS its
                                  FROM {events} AS event
                                 WHERE pgh_obj_id = asked.owner AND pgh_created_at <= asked.at
                               ) AS event
                        WINDOW by_id AS (ORDER BY pgh_id)
                       ) AS edit
                 WHERE its IS DISTINCT FROM before AND NOT is_first
           ), (
                SELECT max(until)
                  FROM ads_allowance
                 WHERE {allowed} AND start = asked.start AND until <= asked.at
                   AND undone_at IS NULL
                   AND period = CASE asked.budget WHEN 'daily_budget' THEN 'day'
                                                  WHEN 'monthly_budget' THEN 'month' END
           )) AS known_at
      FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::date[], %s::date[], %s::numeric[],
                  %s::timestamptz[])
           AS asked (number, owner, budget, start, beyond, amount, at)
"""


def known_since(limits: Iterable[Limit]) -> dict[Limit, datetime]:
    """When it became known that each was used up; without those for which no record says so.

    Three queries at most. The ledger's entries count from when they were recorded, not from when
    the money was spent; those of days to come, from when these begin.
    """
    each = dict.fromkeys(limits)
    found: dict[Limit, datetime] = {}
    for column, events, allowed in _OWNERS:
        asked = [limit for limit in each if limit.column == column]
        if not asked:
            continue
        members = _IN_GROUP if column == "budget_group_id" else _ALWAYS.format(column=column)
        with connection.cursor() as cursor:
            cursor.execute(
                _KNOWN.format(members=members, events=events, allowed=allowed),
                [
                    list(range(len(asked))),
                    [limit.owner for limit in asked],
                    [limit.budget for limit in asked],
                    [limit.start for limit in asked],
                    [limit.beyond for limit in asked],
                    [limit.amount for limit in asked],
                    [limit.at for limit in asked],
                ],
            )
            for number, at in cursor.fetchall():
                if at is not None:
                    found[asked[number]] = max(at, asked[number].begins or at)
    return found


def earliest(limits: Iterable[Limit], known: Mapping[Limit, datetime]) -> datetime | None:
    """The first instant at which one of ``limits`` was known to be used up."""
    return min((known[limit] for limit in limits if limit in known), default=None)


def unenforced(now: datetime) -> Unenforced:
    """The campaigns that enforcement should have stopped for a budget by ``now``."""
    decisions = {decision.campaign_id: decision for decision in over_budget(now)}
    rows = Campaign.objects.filter(pk__in=among(sorted(decisions)[:MOST]))
    asked = {
        row.pk: limits_of(row, each.holds, each.figures.get, now, group_period=each.group_period)
        for row in rows.select_related("brand", "budget_group")
        if (each := decisions[row.pk])
    }
    known = known_since(limit for limits in asked.values() for limit in limits)
    since = {pk: at for pk, limits in asked.items() if (at := earliest(limits, known))}
    oldest = min(since, key=lambda pk: since[pk], default=None)
    return Unenforced(len(decisions), oldest, since.get(oldest or 0), now)


class Sparing:
    """:func:`unenforced`, worked out anew only after :data:`REST` times what it took.

    Among a million campaigns it takes a second, and monitors ask every few. What took too long is
    not tried again sooner either.
    """

    def __init__(self) -> None:
        self._found: Unenforced | OperationalError | None = None
        self._until = 0.0

    def __call__(self, now: datetime) -> Unenforced:
        """The answer, perhaps of a little before ``now``.

        Raises:
            OperationalError: it took too long.
        """
        began = time.monotonic()
        if self._found is None or began >= self._until:
            try:
                self._found = unenforced(now)
            except OperationalError as error:
                self._found = error
            self._until = began + (time.monotonic() - began) * REST
        if isinstance(self._found, OperationalError):
            raise self._found
        return self._found


#: For all requests of this process.
sparing: Final = Sparing()
