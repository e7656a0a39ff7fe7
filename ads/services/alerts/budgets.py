"""Budgets that have passed a percentage, in SQL.

The figures are those of :mod:`ads.holds`: spend against the budget and what is allowed beyond it.
Those of total budgets and of budget groups come from :mod:`~ads.services.alerts.long_budgets`.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ads.holds import WAIVED_AT
from ads.models import AlertRule, Brand
from ads.models.alerts import AlertKind, Owner
from ads.models.spend import Period
from ads.rules.calendar import (
    day_begins,
    group_by_local_date,
    month_start,
    next_day_begins,
    next_month_begins,
)
from ads.services.alerts import long_budgets, raising
from ads.services.alerts.long_budgets import least_percent

_CASE: Final = """
    WITH zone (timezone, period, start, ends_at) AS MATERIALIZED (
            SELECT * FROM unnest(%(zones)s::text[], %(periods)s::text[], %(starts)s::date[],
                                 %(ends)s::timestamptz[])),
         used AS MATERIALIZED ({used})
    SELECT rule.id AS rule_id, used.owners || ' ' || used.owner_id AS owner,
           concat_ws(' ', used.period, used.start, passed.percent || '%%') AS period,
           used.brand_id, used.campaign_id,
           jsonb_build_object('percent', passed.percent, 'spent', used.spent::text,
                              'limit', used.limit_then::text, 'period', used.period,
                              'start', used.start) || used.about AS figures,
           used.ends_at
      FROM used
      JOIN ads_alertrule AS rule
        ON rule.is_active AND rule.kind = 'budget_used'
       AND (rule.brand_id IS NULL OR rule.brand_id = used.brand_id)
       AND rule.period IN ('', used.period) AND rule.owners IN ('', used.owners)
     CROSS JOIN LATERAL (
           SELECT max(percent) AS percent FROM unnest(rule.thresholds) AS percent
            WHERE used.spent * 100 >= percent * used.limit_then) AS passed
     WHERE passed.percent IS NOT NULL
"""

#: Of budgets with a running sum, and of those that are worked out.
_KEPT: Final = """
    SELECT owners, coalesce(campaign_id, brand_id) AS owner_id, brand_id, campaign_id, period,
           start, spent, limit_then, ends_at, '{{}}'::jsonb AS about
      FROM ({kept}) AS kept JOIN zone USING (timezone, period, start)
"""
_LONG: Final = """
    SELECT * FROM jsonb_to_recordset(%(long)s::jsonb) AS long (
           owners text, owner_id bigint, brand_id bigint, campaign_id bigint, period text,
           start date, spent numeric, limit_then numeric, ends_at timestamptz, about jsonb)
"""

#: The days and months are constants, so that PostgreSQL knows how many sums they have.
_USED: Final = """
    SELECT '{owner}' AS owners, total.brand_id, total.campaign_id, total.period, total.start,
           brand.timezone, total.amount AS spent, {budget} + {allowed} AS limit_then
      FROM {sums}
     WHERE brand.is_active AND total.period = '{period}' AND total.start = ANY(%(starts)s::date[])
       AND total.amount > 0 AND total.amount * 100 >= {least} * ({budget} + {allowed})
"""

_OF_BRANDS: Final = """
    ads_brand AS brand
    JOIN ads_spendtotal AS total ON total.brand_id = brand.id AND total.campaign_id IS NULL {these}
"""
_OF_ALL_CAMPAIGNS: Final = """
    ads_spendtotal AS total
    JOIN ads_campaign AS campaign ON campaign.id = total.campaign_id AND campaign.status = 'active'
    JOIN ads_brand AS brand ON brand.id = campaign.brand_id
"""
#: Each campaign's sums are looked up; PostgreSQL by itself would read those of all campaigns.
_OF_CAMPAIGNS: Final = """
    ads_brand AS brand
    JOIN ads_campaign AS campaign
      ON campaign.brand_id = brand.id AND campaign.status = 'active' {these}
   CROSS JOIN LATERAL (
         SELECT * FROM ads_spendtotal AS one
          WHERE one.campaign_id = campaign.id AND one.brand_id = brand.id
            AND one.period = '{period}' AND one.start = ANY(%(starts)s::date[])
         OFFSET 0) AS total
"""


def compare(rules: Sequence[AlertRule], now: datetime, brands: Sequence[int] | None) -> int:
    """Raise and end alerts of budgets used; of these brands, or of all; how many were raised."""
    kept = [
        _used(owner, period, least, of_all=brands is None)
        for owner in (Owner.BRAND, Owner.CAMPAIGN)
        for period in Period
        if (least := least_percent(rules, owner, period)) is not None
    ]
    used = [_KEPT.format(kept=" UNION ALL ".join(kept)), _LONG] if kept else [_LONG]
    raised = raising.compare(
        AlertKind.BUDGET_USED,
        _CASE.format(used=" UNION ALL ".join(used)),
        {"now": now, "long": json.dumps(long_budgets.used(rules, now, brands)), **_zones(now)},
        now,
        brands=brands,
        by_period=True,
    )
    if raised:
        with connection.cursor() as cursor:
            cursor.execute(_PROJECTED, {"raised": raised, **_months(now)})
    return len(raised)


#: What is expected of a month is noted with its alert, once it has been worked out in that month.
_PROJECTED: Final = """
    UPDATE ads_alert AS alert
       SET figures = figures || jsonb_build_object('projected', pace.projected::text,
                                                   'runs_out_on', pace.runs_out_on)
      FROM ads_budgetpace AS pace
      JOIN ads_brand AS brand ON brand.id = pace.brand_id
      JOIN unnest(%(zones)s::text[], %(begins)s::timestamptz[]) AS month (timezone, begins)
           USING (timezone)
     WHERE alert.id = ANY(%(raised)s::bigint[]) AND alert.figures ->> 'period' = 'month'
       AND NOT jsonb_exists(alert.figures, 'group') AND pace.as_of >= month.begins
       AND pace.period = 'month' AND pace.brand_id = alert.brand_id
       AND coalesce(pace.campaign_id, 0) = coalesce(alert.campaign_id, 0)
"""


def _used(owner: Owner, period: Period, least: int, *, of_all: bool) -> str:
    sums = _OF_ALL_CAMPAIGNS if of_all else _OF_CAMPAIGNS
    if owner == Owner.BRAND:
        sums = _OF_BRANDS
    these = "" if of_all else "AND brand.id = ANY(%(brands)s::bigint[])"
    return _USED.format(
        sums=sums.format(these=these, period=period.value),
        owner=owner.value,
        period=period.value,
        least=least,
        budget=f"{owner.value}.{period.budget}",
        allowed=WAIVED_AT.format(now="%(now)s"),
    )


def _zones(now: datetime) -> dict[str, list[Any]]:
    """The present day and month of each timezone; invalid ones are left out."""
    rows: list[tuple[str, str, date, datetime]] = []
    for today, zones in _by_date(now).items():
        for zone in zones:
            rows.append((zone, "day", today, next_day_begins(now, zone)))
            rows.append((zone, "month", month_start(today), next_month_begins(now, zone)))
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        name: list(column)
        for name, column in zip(("zones", "periods", "starts", "ends"), columns, strict=True)
    }


def _months(now: datetime) -> dict[str, list[Any]]:
    """When the present month has begun in each timezone."""
    begun = [
        (zone, day_begins(month_start(today), zone))
        for today, zones in _by_date(now).items()
        for zone in zones
    ]
    return {"zones": [zone for zone, _ in begun], "begins": [at for _, at in begun]}


def _by_date(now: datetime) -> dict[date, list[str]]:
    names = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    return group_by_local_date(names, now).by_date


def moved_since(at: datetime, now: datetime) -> list[int] | None:
    """The brands with spend or edits since ``at``; None: so many edits that it may be any."""
    starts = sorted({start for start in _zones(now)["starts"] if start.day == 1})
    with connection.cursor() as cursor:
        cursor.execute(_EDITED, {"since": at, "most": MOST_EDITS})
        edited = [pk for (pk,) in cursor.fetchall()]
        if len(edited) >= MOST_EDITS:
            return None
        cursor.execute(
            """
            SELECT brand_id FROM ads_spendtotal
             WHERE campaign_id IS NULL AND period = 'month' AND start = ANY(%s::date[])
               AND updated_at >= %s
            """,
            [starts, at],
        )
        return sorted({*edited, *(pk for (pk,) in cursor.fetchall())})


#: After more edits than this everything is looked at, which then takes no longer.
MOST_EDITS: Final = 5000

#: The audit's last entries of what budgets are made of, found by their numbers.
_EDITED: Final = " UNION ALL ".join(
    f"""
    SELECT brand_id
      FROM (SELECT {brand} AS brand_id, pgh_created_at FROM {events}
             ORDER BY pgh_id DESC LIMIT %(most)s) AS latest
     WHERE pgh_created_at >= %(since)s"""  # noqa: S608  (nothing in it comes from outside)
    for events, brand in (
        ("ads_brandevent", "pgh_obj_id"),
        ("ads_campaignevent", "brand_id"),
        ("ads_budgetgroupevent", "brand_id"),
        ("ads_allowanceevent", "brand_id"),
    )
)
