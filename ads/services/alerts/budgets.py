"""Budgets that have passed a percentage, of brands and campaigns, in SQL.

The figures are those of :mod:`ads.holds`: spend against the budget and what is allowed beyond it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ads.models import Brand
from ads.models.alerts import AlertKind
from ads.rules.calendar import (
    group_by_local_date,
    month_start,
    next_day_begins,
    next_month_begins,
)
from ads.services.alerts import raising

#: Begins with the sums, which are few for each date. Planned for a million campaigns: the brands'
#: and the campaigns' sums are found apart, each by one join.
_CASE: Final = """
    WITH zone (timezone, period, start, ends_at) AS (
            SELECT * FROM unnest(%(zones)s::text[], %(periods)s::text[], %(starts)s::date[],
                                 %(ends)s::timestamptz[])),
         rule AS (
            SELECT * FROM ads_alertrule WHERE is_active AND kind = 'budget_used'),
         least AS (SELECT min(percent) AS percent FROM rule, unnest(thresholds) AS percent),
         used AS ({of_brands} UNION ALL {of_campaigns})
    SELECT rule.id AS rule_id,
           CASE WHEN used.campaign_id IS NULL THEN 'brand ' || used.brand_id
                ELSE 'campaign ' || used.campaign_id END AS owner,
           used.period || ' ' || used.start || ' ' || passed.percent || '%%' AS period,
           used.brand_id, used.campaign_id,
           jsonb_build_object('percent', passed.percent, 'spent', used.spent::text,
                              'limit', used.limit_then::text, 'period', used.period,
                              'start', used.start) AS figures,
           used.ends_at
      FROM used
      JOIN rule ON (rule.brand_id IS NULL OR rule.brand_id = used.brand_id)
       AND rule.period IN ('', used.period)
       AND rule.owners IN ('', CASE WHEN used.campaign_id IS NULL THEN 'brand' ELSE 'campaign' END)
     CROSS JOIN LATERAL (
           SELECT max(percent) AS percent FROM unnest(rule.thresholds) AS percent
            WHERE used.spent * 100 >= percent * used.limit_then) AS passed
     WHERE passed.percent IS NOT NULL
"""

_USED: Final = """
    SELECT total.brand_id, total.campaign_id, total.period, total.start,
           total.amount AS spent, {budget} + {allowed} AS limit_then, zone.ends_at
      FROM zone
      JOIN ads_brand AS brand ON brand.timezone = zone.timezone AND brand.is_active {these}
      {join}
     WHERE total.period = zone.period AND total.start = zone.start
       AND total.period IN (SELECT '{period}' FROM rule
                             WHERE owners IN ('', '{owner}') AND rule.period IN ('', '{period}'))
       AND total.amount > 0
       AND total.amount * 100 >= (SELECT percent FROM least) * ({budget} + {allowed})
"""

#: As in :mod:`ads.allowed`: what has ended is taken out before the clock does.
_ALLOWED: Final = """
    CASE WHEN total.waived = 0 THEN 0 ELSE total.waived - coalesce((
         SELECT sum(one.amount) FROM ads_allowance AS one
          WHERE one.until <= %(now)s AND one.undone_at IS NULL AND one.ended_at IS NULL
            AND one.brand_id = total.brand_id
            AND one.campaign_id IS NOT DISTINCT FROM total.campaign_id
            AND one.period = total.period AND one.start = total.start), 0) END
"""


def compare(now: datetime, brands: Sequence[int] | None) -> int:
    """Raise and end alerts of budgets used; of these brands, or of all."""
    params: dict[str, Any] = {"now": now, **_zones(now)}
    these = "" if brands is None else "AND brand.id = ANY(%(brands)s::bigint[])"
    raised = raising.compare(
        AlertKind.BUDGET_USED,
        _CASE.format(of_brands=_used("brand", these), of_campaigns=_used("campaign", these)),
        params,
        now,
        brands=brands,
        by_period=True,
    )
    if raised:
        with connection.cursor() as cursor:
            cursor.execute(_PROJECTED, [raised])
    return len(raised)


#: What is expected of a month is noted with its alert.
_PROJECTED: Final = """
    UPDATE ads_alert AS alert
       SET figures = figures || jsonb_build_object('projected', pace.projected::text,
                                                   'runs_out_on', pace.runs_out_on)
      FROM ads_budgetpace AS pace
     WHERE alert.id = ANY(%s::bigint[]) AND alert.figures ->> 'period' = 'month'
       AND pace.period = 'month' AND pace.brand_id = alert.brand_id
       AND coalesce(pace.campaign_id, 0) = coalesce(alert.campaign_id, 0)
"""


def _used(owner: str, these: str) -> str:
    of_brand = (
        "JOIN ads_spendtotal AS total ON total.brand_id = brand.id AND total.campaign_id IS NULL"
    )
    of_campaign = (
        "JOIN ads_campaign AS campaign ON campaign.brand_id = brand.id "
        "AND campaign.status = 'active' "
        "JOIN ads_spendtotal AS total ON total.campaign_id = campaign.id "
        "AND total.brand_id = brand.id"
    )
    return " UNION ALL ".join(
        _USED.format(
            owner=owner,
            period=period,
            these=f"{these} AND zone.period = '{period}'",
            join=of_brand if owner == "brand" else of_campaign,
            budget=f"{owner}.{word}_budget",
            allowed=_ALLOWED,
        )
        for period, word in (("day", "daily"), ("month", "monthly"))
    )


def _zones(now: datetime) -> dict[str, list[Any]]:
    """The present day and month of each timezone; invalid ones are left out."""
    names = Brand.objects.order_by().values_list("timezone", flat=True).distinct()
    rows: list[tuple[str, str, date, datetime]] = []
    for today, zones in group_by_local_date(names, now).by_date.items():
        for zone in zones:
            rows.append((zone, "day", today, next_day_begins(now, zone)))
            rows.append((zone, "month", month_start(today), next_month_begins(now, zone)))
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    return {
        name: list(column)
        for name, column in zip(("zones", "periods", "starts", "ends"), columns, strict=True)
    }


def moved_since(at: datetime, now: datetime) -> list[int]:
    """The brands whose sums of the present month have moved since ``at``."""
    starts = sorted({start for start in _zones(now)["starts"] if start.day == 1})
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT brand_id FROM ads_spendtotal
             WHERE campaign_id IS NULL AND period = 'month' AND start = ANY(%s::date[])
               AND updated_at >= %s
            """,
            [starts, at],
        )
        return [pk for (pk,) in cursor.fetchall()]
