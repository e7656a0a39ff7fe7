"""Fills the database with a world of a given size, in SQL so that it is fast.

Brands are spread over timezones, half of the campaigns are dayparted (one schedule, every tenth of
them a second of higher priority), every campaign has a total for today (its brand's), for yesterday
and for the month, and every budget is far from used up.
"""

from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from ads.holds import Moment, evaluate
from ads.models import Campaign
from ads.rules.calendar import day_begins, local_date
from ads.services.delivery import Enforced, Trigger, enforce
from support.database import execute, execute_unaudited

#: An instant in the middle of a month at which the brands have two local dates, as usual.
NOW = datetime(2026, 3, 18, 15, tzinfo=UTC)

TIMEZONES = (
    "UTC", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo",
    "Europe/London", "Europe/Berlin", "Europe/Kyiv", "Africa/Lagos", "Asia/Dubai",
    "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip

TABLES = (
    "ads_spendtotal, ads_campaignschedule, ads_daypartingwindow, ads_daypartingschedule, "
    "ads_campaign, ads_brand"
)

WORLD = """
INSERT INTO ads_brand (name, timezone, daily_budget, monthly_budget)
SELECT 'Brand ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
       100000, 2000000
  FROM generate_series(1, %(brands)s) AS i;
INSERT INTO ads_campaign (brand_id, name, status, daily_budget, monthly_budget,
                          is_dayparting_enabled)
SELECT 1 + i %% %(brands)s, 'Campaign ' || i, 'active', 100, 2000, i %% 2 = 0
  FROM generate_series(1, %(campaigns)s) AS i;
INSERT INTO ads_daypartingschedule (name, timezone, priority)
SELECT 'Schedule ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
       (i %% 5 = 0)::int
  FROM generate_series(1, %(schedules)s) AS i;
INSERT INTO ads_daypartingwindow (schedule_id, day_of_week, start_time, end_time)
SELECT schedule.id, day, make_time((schedule.id %% 12)::int, 0, 0),
       make_time(((schedule.id %% 12) + 11)::int, 30, 0)
  FROM ads_daypartingschedule AS schedule, generate_series(0, 6) AS day;
INSERT INTO ads_campaignschedule (campaign_id, schedule_id)
SELECT id, 1 + id / 2 %% %(schedules)s FROM ads_campaign WHERE is_dayparting_enabled
UNION
SELECT id, 1 + (id / 2 + 3) %% %(schedules)s
  FROM ads_campaign WHERE is_dayparting_enabled AND id %% 20 = 0;
WITH span AS (
    SELECT brand.id AS brand_id, span.period, span.start, span.amount
      FROM ads_brand AS brand
      JOIN unnest(%(zones)s::text[], %(todays)s::date[]) AS local (name, today)
        ON local.name = brand.timezone
     CROSS JOIN LATERAL (
            VALUES ('day', local.today, 7.5), ('day', local.today - 1, 52.25),
                   ('month', date_trunc('month', local.today)::date, 910)
           ) AS span (period, start, amount)
)
INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
SELECT brand_id, campaign.id, period, start, amount
  FROM ads_campaign AS campaign JOIN span USING (brand_id)
UNION ALL
SELECT brand_id, NULL, period, start, sum(amount)
  FROM ads_campaign AS campaign JOIN span USING (brand_id)
 GROUP BY brand_id, period, start
"""

LONG_BUDGETS = """
UPDATE ads_campaign SET total_budget = 1e9, start_date = date '2025-04-10' WHERE id %% 20 = 1;
INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
SELECT brand_id, id, 'month', (date '2025-04-01' + make_interval(months => month))::date, 910
  FROM ads_campaign, generate_series(0, %(months)s - 1) AS month WHERE id %% 20 = 1;
INSERT INTO ads_spendtotal (brand_id, period, start, amount)
SELECT id, 'month', (date '2025-04-01' + make_interval(months => month))::date, 45500
  FROM ads_brand, generate_series(0, %(months)s - 1) AS month;
INSERT INTO ads_budgetgroup (brand_id, name, daily_budget, monthly_budget, total_budget)
SELECT brand.id, 'Group', 1e9, 1e9, 1e9 FROM ads_brand AS brand
 WHERE EXISTS (SELECT FROM ads_campaign WHERE brand_id = brand.id AND id %% 20 = 2);
UPDATE ads_campaign AS campaign SET budget_group_id = grouped.id
  FROM ads_budgetgroup AS grouped
 WHERE grouped.brand_id = campaign.brand_id AND campaign.id %% 20 = 2
"""

#: Of spend to add up for a total budget.
MONTHS = 11


def local(now: datetime) -> dict[str, Any]:
    """The timezones, the date in each, and the instant at which it began; for SQL."""
    todays = [local_date(now, name) for name in TIMEZONES]
    return {
        "zones": list(TIMEZONES),
        "todays": todays,
        "midnights": list(map(day_begins, todays, TIMEZONES)),
    }


def fill(campaigns: int, *, brands: int, schedules: int, now: datetime) -> None:
    """Create the world; ``is_active`` stays false until a first enforcement or :func:`settle`."""
    numbers = {
        "campaigns": campaigns,
        "brands": brands,
        "schedules": schedules,
        **local(now),
    }
    execute_unaudited(WORLD, numbers)
    execute(f"VACUUM ANALYZE {TABLES}")


def add_long_budgets() -> None:
    """Every twentieth campaign gets a total budget, and every twentieth a group of fifty.

    Every brand then has a year of months on record.
    """
    execute_unaudited(LONG_BUDGETS, {"months": MONTHS})
    execute("VACUUM ANALYZE ads_spendtotal, ads_budgetgroup")


def settle(now: datetime) -> None:
    """Switch every campaign without audit, as if enforcement had always run."""
    campaigns = Campaign.objects.all()
    evaluated: QuerySet[Any] = evaluate(campaigns, Moment.at(now, campaigns))
    delivering = evaluated.filter(may_deliver=True)
    campaigns.filter(pk__in=delivering.values("pk")).update(is_active=True)
    execute("VACUUM FULL ads_campaign")  # as young as the other tables
    execute("VACUUM ANALYZE ads_campaign")
    execute("CHECKPOINT")


def decide(now: datetime = NOW) -> Enforced:
    """Enforce every campaign, as the periodic task does."""
    return enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)


def start_from_zero(*, campaign_budget: Decimal | None) -> None:
    """Delete all sums, so that they come from the ledger, and let no budget be crossed."""
    execute("TRUNCATE ads_spendtotal")
    execute("UPDATE ads_campaign SET daily_budget = %s, monthly_budget = %s", [campaign_budget] * 2)
    execute("UPDATE ads_brand SET daily_budget = 1e10, monthly_budget = 1e11")
    settle(timezone.now())


def insert(campaign_id: int, entries: int) -> None:
    """A bare INSERT and commit for each entry: what recording is compared with."""
    today = timezone.now().date()
    raw = connection.get_new_connection(connection.get_connection_params())
    with closing(raw), raw.cursor() as cursor:
        for _ in range(entries):
            cursor.execute(
                "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)",
                [campaign_id, Decimal("0.01"), today],
            )
            raw.commit()
