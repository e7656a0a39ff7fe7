"""Enforcement after spend, if it can have changed which campaigns deliver.

Deciding costs milliseconds, recording an entry less than one; and most entries change nothing. So
the four sums that an entry has moved are first compared with their budgets; those of total budgets
and groups, which few campaigns have, after that. Two cases lead to a decision, which
:mod:`ads.holds` alone makes:

- a budget was used up before and is not now, or the other way round;
- a budget is used up, yet a campaign that it should have stopped delivers (spend that bypassed the
  services, a switch that failed).

Where a brand stops early, its margins are worked out anew, and near a limit its campaigns decided
on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Q, QuerySet

from ads.holds import BUDGET_HOLDS, IS_LONG, WAIVED_AT, BudgetHold
from ads.models import Campaign
from ads.models.spend import Kind, Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start, period_start
from ads.services import margins, messages
from ads.services.campaign_lookup import Owner
from ads.services.delivery import Enforced, Trigger, enforce, long_budgets
from ads.services.ledger.rows import Answer, Placed, moves

_CROSSED = 2
_USED_UP = 1


def _answer(budget: BudgetHold) -> str:
    """SQL: crossed in either direction, used up as it was before, or NULL.

    A subquery rather than a join: planning seven joins takes PostgreSQL three times as long as
    looking up four rows.
    """
    owner = "brand" if budget.of_brand else "campaign"
    campaign = "IS NULL" if budget.of_brand else "= moved.campaign_id"
    limit = f"{owner}.{budget.period.word}_budget"
    used_up = f"amount - allowed >= {limit}"
    was_used_up = f"amount - allowed - moved.{owner}_{budget.period.value} >= {limit}"
    return f"""
        (SELECT CASE WHEN ({used_up}) IS DISTINCT FROM ({was_used_up}) THEN {_CROSSED}
                     WHEN {used_up} THEN {_USED_UP} END
           FROM ads_spendtotal AS total
          CROSS JOIN LATERAL (
                SELECT {WAIVED_AT.format(now="moved.now")} AS allowed OFFSET 0
               ) AS beyond
          WHERE brand_id = moved.brand_id AND campaign_id {campaign}
            AND period = '{budget.period.value}' AND start = moved.{budget.period.value})
    """  # noqa: S608  (nothing in it comes from outside)


def _answers(*, of_brand: bool) -> str:
    return ", ".join(_answer(budget) for budget in BUDGET_HOLDS if budget.of_brand is of_brand)


#: The columns of ``moved``, and their types: whose sums moved, today there, and by how much those
#: of today and of this month did.
MOVED: Final = {
    "campaign_id": "bigint",
    "brand_id": "bigint",
    "timezone": "text",
    "currency": "text",
    "day": "date",
    "month": "date",
    "campaign_day": "numeric",
    "campaign_month": "numeric",
    "brand_day": "numeric",
    "brand_month": "numeric",
    "now": "timestamptz",
}

#: The question: whose sums that moved have to be looked at, and why. ``{moved}`` is a relation with
#: the columns of :data:`MOVED`. OFFSET 0 keeps it from looking up again what is mentioned twice.
QUESTION: Final = f"""
    SELECT campaign_id, brand_id, of_brand, of_campaign, is_stale, is_long, stops_early
      FROM (
            SELECT campaign_id, brand_id, is_stale, is_long, stops_early,
                   campaign_answer = {_CROSSED}
                   OR (campaign_answer = {_USED_UP} AND is_active) AS of_campaign,
                   brand_answer = {_CROSSED}
                   OR (brand_answer = {_USED_UP}
                       AND EXISTS (SELECT FROM ads_campaign AS running
                                    WHERE running.brand_id = answered.brand_id
                                      AND running.is_active)) AS of_brand
              FROM (
                    SELECT moved.campaign_id, moved.brand_id, campaign.is_active,
                           (campaign.brand_id, brand.timezone, brand.currency)
                               <> (moved.brand_id, moved.timezone, moved.currency) AS is_stale,
                           {IS_LONG} AS is_long,
                           brand.stops_early,
                           greatest({_answers(of_brand=True)}) AS brand_answer,
                           greatest({_answers(of_brand=False)}) AS campaign_answer
                      FROM {{moved}} AS moved ({", ".join(MOVED)})
                      JOIN ads_campaign AS campaign ON campaign.id = moved.campaign_id
                      JOIN ads_brand AS brand ON brand.id = moved.brand_id
                    OFFSET 0
                   ) AS answered
           ) AS concerned
     WHERE of_brand OR of_campaign OR is_stale OR is_long OR stops_early
"""  # noqa: S608  (nothing in it comes from outside)


class _Found(NamedTuple):
    campaign_id: int
    brand_id: int
    of_brand: bool | None
    of_campaign: bool | None
    is_stale: bool
    is_long: bool
    stops_early: bool


class StaleTimezoneError(Exception):
    """The brand is in another timezone than the spend's day was worked out for."""


def enforce_crossed(
    placed: Iterable[Placed], answers: Iterable[Answer], now: datetime, kind: Kind
) -> Enforced:
    """Enforce the campaigns that may have to switch; inside the transaction that recorded.

    The money was spent, so a campaign that fails does not undo the entry: it is logged, and the
    sweep tries again. One query if nothing was crossed, and some for total budgets and groups.

    Raises:
        StaleTimezoneError: a brand's timezone or currency has changed since it was read.
    """
    moved: dict[tuple[Owner, date], Decimal] = defaultdict(Decimal)
    for row, answer in zip(placed, answers, strict=True):
        for owner, amount in moves(row, answer):
            if amount:
                moved[owner, row.date] += amount
    if moved:
        messages.check_alerts_soon()
    campaigns = _crossed(moved, now)
    if campaigns is None:
        return Enforced()
    trigger = Trigger.CORRECTION if kind == Kind.CORRECTION else Trigger.SPEND
    return enforce(campaigns, now, trigger, lock_first=True)


def moved_sums(moved: Mapping[tuple[Owner, date], Decimal], now: datetime) -> list[tuple[Any, ...]]:
    """Rows of :data:`MOVED`: by how much spend of these days moves the sums of today's periods."""
    by_campaign: dict[tuple[int, Period], Decimal] = defaultdict(Decimal)
    by_brand: dict[tuple[int, Period], Decimal] = defaultdict(Decimal)
    concerned: dict[Owner, date] = {}
    todays: dict[str, date] = {}
    for zone in {owner.timezone for owner, _ in moved}:
        with suppress(UnknownTimezone):  # nothing decides on its campaigns, see holds.Moment
            todays[zone] = local_date(now, zone)
    for (owner, day), amount in moved.items():
        today = todays.get(owner.timezone)
        if today is None:
            continue
        concerned[owner] = today
        for period in Period:
            if period_start(period, day) == period_start(period, today):
                by_campaign[owner.campaign_id, period] += amount
                by_brand[owner.brand_id, period] += amount
    return [
        (
            *owner,
            today,
            month_start(today),
            by_campaign[owner.campaign_id, Period.DAY],
            by_campaign[owner.campaign_id, Period.MONTH],
            by_brand[owner.brand_id, Period.DAY],
            by_brand[owner.brand_id, Period.MONTH],
            now,
        )
        for owner, today in concerned.items()
    ]


def _crossed(moved: dict[tuple[Owner, date], Decimal], now: datetime) -> QuerySet[Campaign] | None:
    """The campaigns that may have to switch, or None.

    Where a brand's budget is concerned these are all of its campaigns, whatever their status: one
    that a person is switching on at this moment must be waited for too.
    """
    rows = moved_sums(moved, now)
    if not rows:
        return None
    # VALUES, because PostgreSQL plans those of one row, as most are, as constants.
    values = f"(VALUES {', '.join(['%s'] * len(rows))})"
    with connection.cursor() as cursor:
        cursor.execute(QUESTION.format(moved=values), rows)
        found = [_Found(*row) for row in cursor.fetchall()]
    if any(row.is_stale for row in found):
        raise StaleTimezoneError
    those = Q()
    if brands := {row.brand_id for row in found if row.of_brand}:
        those |= Q(brand__in=brands)
    if ids := {row.campaign_id for row in found if row.of_campaign and not row.of_brand}:
        those |= Q(pk__in=ids)
    long = {row.campaign_id: row.brand_id for row in found if row.is_long}
    if long:
        days = {(owner.campaign_id, day): amount for (owner, day), amount in moved.items()}
        those |= long_budgets.crossed(long, days, now)
    early = {row.brand_id for row in found if row.stops_early}
    if early and (near := margins.refresh(early, now)):
        those |= Q(brand__in=near)
    return Campaign.objects.filter(those) if those else None
