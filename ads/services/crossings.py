"""The cheap question after spend: can it have changed who delivers?

Deciding costs milliseconds, recording an entry less than one; and most entries change nothing. So
the four sums that an entry has moved are compared with their budgets as they were before and as
they are now, and only a budget that was crossed, in either direction, leads to a decision. The
decision itself is made by :mod:`ads.holds` alone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Q, QuerySet

from ads.holds import BUDGET_HOLDS, BudgetHold
from ads.models import Campaign
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start


@dataclass(frozen=True, slots=True)
class Moved:
    """What was added to the ledger for one campaign and date."""

    campaign_id: int
    brand_id: int
    timezone: str
    date: date
    amount: Decimal


def _crosses(budget: BudgetHold) -> str:
    """SQL: was the budget used up before and is not now, or the other way round?

    A subquery rather than a join: planning seven joins takes PostgreSQL three times as long as
    looking up four rows.
    """
    owner = "brand" if budget.of_brand else "campaign"
    campaign = "IS NULL" if budget.of_brand else "= moved.campaign_id"
    limit = f"{owner}.{budget.period_word}_budget"
    return f"""
        (SELECT (amount - waived >= {limit})
                IS DISTINCT FROM (amount - waived - moved.{owner}_{budget.period.value} >= {limit})
           FROM ads_spendtotal
          WHERE brand_id = moved.brand_id AND campaign_id {campaign}
            AND period = '{budget.period.value}' AND start = moved.{budget.period.value})
    """  # noqa: S608  (nothing in it comes from outside)


# VALUES, because PostgreSQL plans those of one row, as most are, as constants. OFFSET 0 keeps it
# from looking a sum up again wherever the comparison is mentioned.
_QUESTION = f"""
    SELECT campaign_id, brand_id, brand_crossed
      FROM (
            SELECT moved.campaign_id, moved.brand_id,
                   {" OR ".join(_crosses(b) for b in BUDGET_HOLDS if b.of_brand)} AS brand_crossed,
                   {" OR ".join(_crosses(b) for b in BUDGET_HOLDS if not b.of_brand)}
                   AS campaign_crossed
              FROM (VALUES {{rows}})
                   AS moved (campaign_id, brand_id, day, month, campaign_day, campaign_month,
                             brand_day, brand_month)
              JOIN ads_campaign AS campaign ON campaign.id = moved.campaign_id
              JOIN ads_brand AS brand ON brand.id = moved.brand_id
            OFFSET 0
           ) AS compared
     WHERE brand_crossed OR campaign_crossed
"""  # noqa: S608  (nothing in it comes from outside)


def crossed(moved: Iterable[Moved], now: datetime) -> QuerySet[Campaign] | None:
    """The campaigns that may have to switch, or None; at most one query.

    Where a brand's budget was crossed these are all of its campaigns, whatever their status: one
    that a person is switching on at this moment must be waited for too.
    """
    by_campaign: dict[tuple[int, Period], Decimal] = defaultdict(Decimal)
    by_brand: dict[tuple[int, Period], Decimal] = defaultdict(Decimal)
    todays: dict[int, tuple[int, date]] = {}
    for entry in moved:
        try:
            today = local_date(now, entry.timezone)
        except UnknownTimezone:
            continue  # nothing decides on its campaigns, see holds.Moment
        for period in _current(entry.date, today):
            todays[entry.campaign_id] = (entry.brand_id, today)
            by_campaign[entry.campaign_id, period] += entry.amount
            by_brand[entry.brand_id, period] += entry.amount
    if not todays:
        return None  # it all belongs to days gone by, or to come
    with connection.cursor() as cursor:
        cursor.execute(
            _QUESTION.format(rows=", ".join(["%s"] * len(todays))),
            [
                (
                    campaign_id,
                    brand_id,
                    today,
                    month_start(today),
                    by_campaign[campaign_id, Period.DAY],
                    by_campaign[campaign_id, Period.MONTH],
                    by_brand[brand_id, Period.DAY],
                    by_brand[brand_id, Period.MONTH],
                )
                for campaign_id, (brand_id, today) in todays.items()
            ],
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    return Campaign.objects.filter(
        Q(brand__in={brand_id for _, brand_id, brand_crossed in rows if brand_crossed})
        | Q(pk__in={pk for pk, _, brand_crossed in rows if not brand_crossed})
    )


def _current(day: date, today: date) -> list[Period]:
    """The periods of ``today`` that an entry of ``day`` counts in."""
    if day == today:
        return [Period.DAY, Period.MONTH]
    return [Period.MONTH] if month_start(day) == month_start(today) else []
