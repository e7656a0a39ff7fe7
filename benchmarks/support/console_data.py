"""Fills the database with three months of work, in SQL.

Every page has rows: brands of very different sizes, campaigns in every status, budgets near and
past their end, schedules, a ledger with its totals, delivery changes, the audit, references, files
and senders. The database's own trigger adds up the totals; the audit is inserted, since otherwise
it would show the filling.
"""

from argparse import Namespace
from datetime import datetime
from typing import Any, Final

from ads.holds import Hold
from ads.services import pacing
from ads.services.delivery import Trigger
from support.database import execute, execute_unaudited
from support.world import local, settle

DAYS: Final = 90


def add(sizes: Namespace, now: datetime) -> None:
    """Add ``sizes`` of each to what is there, and switch every campaign as enforcement would."""
    numbers: dict[str, Any] = {
        **vars(sizes),
        "now": now,
        **local(now),
        "themes": list(THEMES),
        "references": sizes.campaigns * 7 // 10,
        "b": execute("SELECT coalesce(max(id), 0) FROM ads_brand")[0][0],
        "c": execute("SELECT coalesce(max(id), 0) FROM ads_campaign")[0][0],
        "days": DAYS,
        "triggers": list(Trigger.values),
        # A group's also says for which period.
        "holds": [hold.value for hold in Hold if hold != Hold.GROUP_BUDGET],
    }
    execute("SELECT setseed(0.4)")
    execute_unaudited(";".join(CONFIGURATION), numbers)
    # Day by day, as sums come to lie on the disk; they are kept by the database's own trigger.
    for day in range(DAYS):
        first, last = (-(-sizes.entries * number // DAYS) for number in (day, day + 1))
        execute(LEDGER, {**numbers, "first": first, "last": last})
    execute_unaudited(";".join(RECORDS), numbers)
    execute("VACUUM ANALYZE")
    settle(now)
    pacing.refresh(now)
    execute("VACUUM ANALYZE ads_budgetpace")


THEMES: Final = (
    "Spring sale", "New arrivals", "Gift cards", "Free delivery", "Bestsellers", "Store opening",
    "Newsletter", "Clearance", "Loyalty club", "Brand awareness", "App installs", "Back in stock",
)  # fmt: skip

CONFIGURATION: Final = (
    """
    INSERT INTO ads_brand (name, timezone, is_active)
    SELECT 'Brand ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
           i %% 70 <> 0
      FROM generate_series(1, %(brands)s) AS i
    """,
    # The first brands have many, the last few.
    """
    INSERT INTO ads_campaign (brand_id, name, status, start_date, end_date, is_dayparting_enabled)
    SELECT %(b)s + 1 + floor(%(brands)s * random() ^ 1.6),
           (%(themes)s::text[])[1 + i %% array_length(%(themes)s::text[], 1)]
           || (ARRAY[' Search ', ' Social ', ' Video ', ' Display '])[1 + i / 7 %% 4] || i,
           CASE WHEN dice < 0.82 THEN 'active' WHEN dice < 0.89 THEN 'paused'
                WHEN dice < 0.92 THEN 'draft' WHEN dice < 0.97 THEN 'completed'
                ELSE 'archived' END,
           CASE WHEN i %% 5 = 0 THEN date(%(now)s) - 60 + i / 5 %% 70 END,
           CASE WHEN i %% 5 = 0 THEN date(%(now)s) - 5 + i / 5 %% 90 + 70 END,
           i %% 2 = 0
      FROM (SELECT i, random() AS dice FROM generate_series(1, %(campaigns)s) AS i) AS every
    """,
    """
    INSERT INTO ads_daypartingschedule (name, timezone, priority, is_active)
    SELECT 'Hours ' || i, (%(zones)s::text[])[1 + i %% array_length(%(zones)s::text[], 1)],
           (i %% 5 = 0)::int, i %% 40 <> 0
      FROM generate_series(1, %(schedules)s) AS i
    """,
    """
    INSERT INTO ads_daypartingwindow (schedule_id, day_of_week, start_time, end_time)
    SELECT schedule.id, day, make_time((schedule.id %% 12)::int, 0, 0),
           make_time(((schedule.id %% 12) + 11)::int, 30, 0)
      FROM ads_daypartingschedule AS schedule, generate_series(0, 6) AS day
     WHERE name LIKE 'Hours %%'
    """,
    # Half of the dayparted campaigns share two schedules, as agencies do.
    """
    INSERT INTO ads_campaignschedule (campaign_id, schedule_id)
    SELECT campaign.id, ids[1 + CASE WHEN campaign.id %% 4 = 0 THEN campaign.id / 4 %% 2
                                     ELSE campaign.id / 2 END %% array_length(ids, 1)]
      FROM ads_campaign AS campaign,
           (SELECT array_agg(id ORDER BY id) AS ids
              FROM ads_daypartingschedule WHERE name LIKE 'Hours %%') AS schedules
     WHERE is_dayparting_enabled AND campaign.id > %(c)s
    """,
)

#: Its rows are of random campaigns, some more busy than others, and of days in order.
LEDGER: Final = """
    WITH local AS MATERIALIZED (
        SELECT campaign.id, (%(todays)s::date[])[at] AS today,
               (%(midnights)s::timestamptz[])[at] AS midnight
          FROM ads_campaign AS campaign JOIN ads_brand AS brand ON brand.id = brand_id
         CROSS JOIN LATERAL array_position(%(zones)s::text[], brand.timezone::text) AS at
    )
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, description, source,
                           external_id, kind, created_at)
    SELECT local.id,
           CASE WHEN kind = 'correction' THEN -round((random() * 3)::numeric, 2)
                ELSE round((random() * 40)::numeric, 2) END,
           local.today - ago,
           moment.at,
           CASE kind WHEN 'correction' THEN 'Refund of invalid clicks' WHEN 'entry' THEN 'Clicks'
                     ELSE '' END,
           (ARRAY['google_ads', 'meta_ads', 'etl'])[1 + i %% 3],
           CASE WHEN kind = 'entry' THEN 'entry-' || i END,
           kind, moment.at
      FROM (SELECT i, (%(days)s - 1 - i * %(days)s / %(entries)s)::int AS ago,
                   %(c)s + 1 + floor(%(campaigns)s * random() ^ 1.3) AS campaign_id,
                   CASE WHEN i %% 1000 = 0 THEN 'correction' WHEN i %% 5 < 2 THEN 'entry'
                        ELSE 'day_total' END AS kind
              FROM generate_series(%(first)s::bigint, %(last)s - 1) AS i) AS entry
      JOIN local ON local.id = entry.campaign_id
     CROSS JOIN LATERAL (
            SELECT begins + random() * least(interval '1 day', %(now)s - begins) AS at
              FROM (SELECT local.midnight - ago * interval '1 day' AS begins) AS begun
           ) AS moment
"""


def _budgets(table: str, owner: str, *, least: int) -> str:
    """Give each owner budgets by its spend: a few per cent are used up, a quarter are near."""
    share = """CASE WHEN {n} < 3 THEN 1.01 WHEN {n} < 9 THEN 0.93 WHEN {n} < 25 THEN 0.75
                    ELSE 0.5 END"""
    return f"""
    WITH spent AS (
        SELECT {owner} AS owner, total.period, total.amount
          FROM ads_spendtotal AS total JOIN ads_brand AS brand ON brand.id = brand_id
         CROSS JOIN LATERAL (
                SELECT (%(todays)s::date[])[array_position(%(zones)s::text[], brand.timezone::text)]
               ) AS local (today)
         WHERE total.start IN (local.today, date_trunc('month', local.today)::date)
           AND (campaign_id IS NULL) = ('{owner}' = 'brand_id')
    )
    UPDATE {table} AS target
       SET daily_budget = CASE WHEN id %% 8 = 0 THEN NULL ELSE greatest({least},
               round(coalesce(day.amount, 20) / {share.format(n="id * 7 %% 100")}, 2)) END,
           monthly_budget = CASE WHEN id %% 3 = 0 THEN NULL ELSE greatest({least} * 10,
               round(coalesce(month.amount, 200) / {share.format(n="id %% 100")}, 2)) END
      FROM (SELECT id AS key FROM {table}) AS keys
      LEFT JOIN spent AS day ON day.owner = key AND day.period = 'day'
      LEFT JOIN spent AS month ON month.owner = key AND month.period = 'month'
     WHERE target.id = key
    """


def _first_events(table: str, columns: str, label: str = "insert", at: str = "created_at") -> str:
    """The audit of each row's creation."""
    return f"""
    INSERT INTO {table}event (pgh_created_at, pgh_label, pgh_obj_id, {columns})
    SELECT {at}, '{label}', id, {columns} FROM {table}
    """


RECORDS: Final = (
    # Budgets after the spend, so that some are near or past their end.
    _budgets("ads_campaign", "campaign_id", least=5),
    _budgets("ads_brand", "brand_id", least=100),
    """
    UPDATE ads_brand SET (last_daily_reset, last_monthly_reset) = (
        SELECT today, today
          FROM unnest(%(zones)s::text[], %(todays)s::date[]) AS local (name, today)
         WHERE name = timezone)
    """,
    """
    INSERT INTO ads_deliverychange (
           campaign_id, at, recorded_at, is_active, holds, trigger, actor,
           daily_spend, daily_budget, monthly_spend, monthly_budget,
           brand_daily_spend, brand_daily_budget, brand_monthly_spend, brand_monthly_budget)
    SELECT %(c)s + 1 + floor(%(campaigns)s * random() ^ 1.3), at, at, i %% 2 = 0,
           CASE WHEN i %% 2 = 0 THEN '{}' ELSE
                ARRAY[(%(holds)s::text[])[1 + i / 2 %% array_length(%(holds)s::text[], 1)]] END,
           (%(triggers)s::text[])[1 + i / 3 %% array_length(%(triggers)s::text[], 1)],
           CASE WHEN i %% 20 = 0 THEN 'user-' || i / 20 %% 30 ELSE 'system' END,
           round((random() * 90)::numeric, 2), 75, round((random() * 900)::numeric, 2), 1500,
           round((random() * 900)::numeric, 2), 2000, round((random() * 9000)::numeric, 2), NULL
      FROM (SELECT i, %(now)s - (1 - i::float / %(changes)s) * make_interval(days => %(days)s) AS at
              FROM generate_series(1, %(changes)s) AS i) AS every
    """,
    """
    INSERT INTO pghistory_context (id, created_at, updated_at, metadata)
    SELECT md5('context ' || i)::uuid, at, at,
           jsonb_build_object('actor', 'user-' || i %% 30, 'path', '/admin/ads/campaign/')
      FROM (SELECT i, %(now)s - (1 - i / 50000.0) * make_interval(days => %(days)s) AS at
              FROM generate_series(1, 50000) AS i) AS every
    """,
    """
    INSERT INTO ads_campaignevent (
           pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, brand_id, name, status,
           daily_budget, monthly_budget, start_date, end_date, is_dayparting_enabled)
    SELECT created_at - make_interval(days => %(days)s), 'insert', id, NULL, brand_id, name,
           'draft', daily_budget, monthly_budget, start_date, end_date, is_dayparting_enabled
      FROM ads_campaign WHERE id > %(c)s
     UNION ALL
    SELECT %(now)s - (1 - i / (2.0 * %(campaigns)s)) * make_interval(days => %(days)s), 'update',
           id, md5('context ' || (i %% 50000 + 1))::uuid, brand_id, name,
           CASE WHEN i %% 3 = 0 THEN 'paused' ELSE status END, daily_budget * (1 + i %% 3 / 10.0),
           monthly_budget, start_date, end_date, is_dayparting_enabled
      FROM generate_series(1, 2 * %(campaigns)s) AS i
      JOIN ads_campaign ON id = %(c)s + 1 + (i::bigint * 7919) %% %(campaigns)s
     ORDER BY 1
    """,
    """
    INSERT INTO ads_brandevent (pgh_created_at, pgh_label, pgh_obj_id, pgh_context_id, name,
                                timezone, daily_budget, monthly_budget, is_active)
    SELECT %(now)s - (1 - i / (5.0 * %(brands)s)) * make_interval(days => %(days)s), 'update', id,
           md5('context ' || (i %% 50000 + 1))::uuid, name, timezone,
           daily_budget * (1 + i %% 7 / 10.0), monthly_budget, is_active
      FROM generate_series(1, 5 * %(brands)s) AS i
      JOIN ads_brand ON id = %(b)s + 1 + i %% %(brands)s
     ORDER BY 1
    """,
    _first_events("ads_daypartingschedule", "name, timezone, is_active, priority"),
    _first_events("ads_daypartingwindow", "schedule_id, day_of_week, start_time, end_time"),
    _first_events("ads_campaignschedule", "campaign_id, schedule_id", "attached", "%(now)s"),
    """
    INSERT INTO ads_campaignreference (campaign_id, platform, account, reference)
    SELECT %(c)s + i, 'google_ads', '', (1000000000 + i)::text
      FROM generate_series(1, %(references)s) AS i
    """,
    _first_events("ads_campaignreference", "campaign_id, platform, account, reference"),
    """
    INSERT INTO ads_unknownreference (platform, account, reference, name)
    SELECT 'meta_ads', '', (2000000000 + i)::text, 'Somebody''s campaign ' || i
      FROM generate_series(1, 500) AS i
    """,
    """
    INSERT INTO ads_waitingspend (unknown_id, kind, amount, description, source, external_id,
                                  received_at, refusal, discarded_by, discarded_because)
    SELECT id, 'spend', 2.5, '', 'meta_ads', 'waiting-' || id || '-' || i,
           %(now)s - i * interval '1 h', '', '', ''
      FROM ads_unknownreference, generate_series(1, 20) AS i
    """,
    """
    INSERT INTO ads_reportedtotal (source, campaign_id, date, known_as, amount, observed_at)
    SELECT 'google_ads', %(c)s + i, date(%(now)s) - ago, '', 12.5, %(now)s
      FROM generate_series(1, %(campaigns)s) AS i, generate_series(0, 4) AS ago
    """,
    """
    INSERT INTO ads_simulatedswitch (campaign_id, at, is_on, pace)
    SELECT campaign_id, at, is_active, 80 FROM ads_deliverychange WHERE id %% 2 = 0
    """,
    """
    INSERT INTO ads_allowance (brand_id, campaign_id, period, start, amount, reason, created_by,
                               created_at)
    SELECT brand_id, campaign_id, period, start, amount, 'Launch day', 'olivia',
           start::timestamp AT TIME ZONE 'UTC' + interval '12 h'
      FROM ads_spendtotal WHERE id %% 20000 = 0 AND amount > 0 ORDER BY start
    """,
    """
    INSERT INTO ads_webhookdelivery (endpoint_id, webhook_id, received_at, answer)
    SELECT endpoint.id, 'msg_' || i, %(now)s - i * interval '5 minutes', '{"answers": []}'
      FROM (SELECT min(id) AS id FROM ads_webhookendpoint) AS endpoint,
           generate_series(2, 20000) AS i
    """,
    """
    INSERT INTO auth_user (username, first_name, last_name, email, password, is_staff, is_active,
                           is_superuser, date_joined)
    SELECT 'user-' || i, '', '', '', '!', true, true, false, %(now)s
      FROM generate_series(0, 29) AS i
    """,
    """
    INSERT INTO ads_spendimport (
           created_at, updated_at, file_name, size, sha256, uploaded_by, confirmed_by, status,
           format, plan, checks, leaves_out, attempts, bytes_read, rows_read, preview, outcome,
           error, confirmed_at, finished_at)
    SELECT %(now)s - i * interval '3 hours', updated_at, 'day-' || i || '.csv', size, sha256,
           'user-' || i %% 30, '', status, format, plan, checks, leaves_out, attempts, bytes_read,
           rows_read, preview, outcome, error, confirmed_at, finished_at
      FROM (SELECT * FROM ads_spendimport ORDER BY id LIMIT 1) AS sample,
           generate_series(1, 500) AS i
    """,
)
