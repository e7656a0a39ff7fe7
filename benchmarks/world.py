"""Fills the database with a world of a given size, in SQL, so that filling is not what takes long.

Brands are spread over timezones, half of the campaigns are dayparted (one schedule, every tenth of
them a second of higher priority), every campaign has a total for today, for yesterday and for the
month, and every budget is far from used up.
"""

from datetime import date, datetime, timedelta

from django.db import connection

TIMEZONES = (
    "UTC", "America/New_York", "America/Chicago", "America/Los_Angeles", "America/Sao_Paulo",
    "Europe/London", "Europe/Berlin", "Europe/Kyiv", "Africa/Lagos", "Asia/Dubai",
    "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip

TABLES = (
    "ads_deliverychange, ads_spend, ads_spendtotal, ads_reportedtotal, ads_simulatedswitch, "
    "ads_campaignschedule, ads_daypartingwindow, ads_daypartingschedule, ads_campaign, ads_brand"
)


def clear() -> None:
    """Empty every table of the application."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")


def fill(campaigns: int, *, brands: int, schedules: int, now: datetime) -> None:
    """Make the world; ``is_active`` is left false for a first enforcement to set."""
    clear()
    with connection.cursor() as cursor:
        # Audit rows and foreign key checks would double the time of filling and change nothing.
        cursor.execute("SET session_replication_role = replica")
        try:
            _fill(cursor, campaigns, brands, schedules, now.date())
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"VACUUM ANALYZE {TABLES}")


def _fill(cursor, campaigns: int, brands: int, schedules: int, today: date) -> None:  # type: ignore[no-untyped-def]
    cursor.execute(
        """
        INSERT INTO ads_brand (name, timezone, daily_budget, monthly_budget)
        SELECT 'Brand ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
               100000, 2000000
          FROM generate_series(1, %(brands)s) AS i
        """,
        {"zones": list(TIMEZONES), "brands": brands},
    )
    cursor.execute(
        """
        INSERT INTO ads_campaign (brand_id, name, status, daily_budget, monthly_budget,
                                  is_dayparting_enabled)
        SELECT 1 + i %% %(brands)s, 'Campaign ' || i, 'active', 100, 2000, i %% 2 = 0
          FROM generate_series(1, %(campaigns)s) AS i
        """,
        {"brands": brands, "campaigns": campaigns},
    )
    cursor.execute(
        """
        INSERT INTO ads_daypartingschedule (name, timezone, priority)
        SELECT 'Schedule ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
               (i %% 5 = 0)::int
          FROM generate_series(1, %(schedules)s) AS i
        """,
        {"zones": list(TIMEZONES), "schedules": schedules},
    )
    cursor.execute(
        """
        INSERT INTO ads_daypartingwindow (schedule_id, day_of_week, start_time, end_time)
        SELECT schedule.id, day, make_time((schedule.id % 12)::int, 0, 0),
               make_time(((schedule.id % 12) + 11)::int, 30, 0)
          FROM ads_daypartingschedule AS schedule, generate_series(0, 6) AS day
        """
    )
    cursor.execute(
        """
        INSERT INTO ads_campaignschedule (campaign_id, schedule_id)
        SELECT id, 1 + id / 2 %% %(schedules)s FROM ads_campaign WHERE is_dayparting_enabled
        UNION
        SELECT id, 1 + (id / 2 + 3) %% %(schedules)s
          FROM ads_campaign WHERE is_dayparting_enabled AND id %% 20 = 0
        """,
        {"schedules": schedules},
    )
    cursor.execute(
        """
        INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
        SELECT brand_id, id, span.period, span.start, span.amount
          FROM ads_campaign,
               (VALUES ('day', %(today)s::date, 7.5), ('day', %(yesterday)s::date, 52.25),
                       ('month', date_trunc('month', %(today)s::date)::date, 910))
               AS span (period, start, amount)
        UNION ALL
        SELECT brand_id, NULL, span.period, span.start, sum(span.amount)
          FROM ads_campaign,
               (VALUES ('day', %(today)s::date, 7.5), ('day', %(yesterday)s::date, 52.25),
                       ('month', date_trunc('month', %(today)s::date)::date, 910))
               AS span (period, start, amount)
         GROUP BY brand_id, span.period, span.start
        """,
        {"today": today, "yesterday": today - timedelta(days=1)},
    )
