"""Pacing at size: the paces of all campaigns and brands, and the table that lists sort by.

Two months of spend on every day for each campaign, as sums; half are dayparted, a fifth has a
flight. ``cpu`` is the processor time, here and in the database server on the same machine.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
from django.db import connection
from support.database import execute, execute_unaudited, kept, scratch
from support.report import at_most, expect, options, table
from support.world import fill, local

from ads.models import Brand, BudgetPace, Campaign
from ads.services import pacing

#: Late in a month, so that most days are read.
NOW: Final = datetime(2026, 3, 28, 15, tzinfo=UTC)
BOUND: Final = 5.0
EDITS: Final = 50

SPEND = """
WITH day AS (
    SELECT brand.id AS brand_id, local.today - ago AS start, ago
      FROM ads_brand AS brand
      JOIN unnest(%(zones)s::text[], %(todays)s::date[]) AS local (name, today)
        ON local.name = brand.timezone
     CROSS JOIN generate_series(0, 59) AS ago
)
INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
SELECT brand_id, campaign.id, 'day', start,
       round(((campaign.id %% 90 + 10) * (0.7 + 0.6 * random())
              * CASE WHEN extract(isodow FROM start) > 5 THEN 0.7 ELSE 1 END)::numeric, 2)
  FROM day JOIN ads_campaign AS campaign USING (brand_id)
 WHERE ago < 60 - campaign.id %% 13 * 4
 ORDER BY start, campaign.id;
INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
SELECT brand_id, campaign_id, 'month', date_trunc('month', start::timestamp)::date, sum(amount)
  FROM ads_spendtotal WHERE period = 'day' GROUP BY 1, 2, 4;
INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
SELECT brand_id, NULL, period, start, sum(amount) FROM ads_spendtotal GROUP BY 1, 3, 4;
UPDATE ads_campaign
   SET start_date = CASE WHEN id %% 5 = 0 THEN date '2026-02-20' + (id %% 20)::int END,
       end_date = CASE WHEN id %% 5 = 0 THEN date '2026-04-20' - (id %% 25)::int END,
       daily_budget = id %% 90 + 20, monthly_budget = (id %% 90 + 10) * 27
"""


def main() -> None:
    parser = options(__doc__, campaigns=100_000, brands=2_000, schedules=500, rounds=3)
    parser.add_argument("--keep", metavar="NAME", help="the database's name, to be used again")
    sizes = parser.parse_args()
    with kept(sizes.keep) if sizes.keep else scratch("pacing") as made:
        if made:
            fill(sizes.campaigns, brands=sizes.brands, schedules=sizes.schedules, now=NOW)
            execute("TRUNCATE ads_spendtotal")
            execute_unaudited(SPEND, local(NOW))
            execute("VACUUM ANALYZE")
        days = execute("SELECT count(*) FROM ads_spendtotal WHERE period = 'day'")[0][0]
        print(f"{sizes.campaigns:,} campaigns, {days:,} daily sums", flush=True)
        first = best(1, lambda: len(pacing.of_campaigns(Campaign.objects.all(), NOW)))
        expect(sizes.campaigns, first[2])
        campaigns = best(
            sizes.rounds, lambda: len(pacing.of_campaigns(Campaign.objects.all(), NOW))
        )
        brands = best(sizes.rounds, lambda: len(pacing.of_brands(Brand.objects.all(), NOW)))
        one = Campaign.objects.filter(pk=sizes.campaigns // 2)
        alone = best(sizes.rounds, lambda: len(pacing.of_campaigns(one, NOW)))
        edited = best(1, lambda: edits(one.get()))
        refreshed = best(sizes.rounds, lambda: pacing.refresh(NOW))
        expect(sizes.campaigns + sizes.brands, BudgetPace.objects.count())
    table(
        [
            at_most("first time, hours worked out", first[0], BOUND * 2, " s"),
            at_most("all campaigns", campaigns[0], BOUND, " s"),
            ("... cpu", f"{campaigns[1]:.2f} s", ""),
            ("all brands", f"{brands[0]:.2f} s", ""),
            ("one campaign", f"{alone[0] * 1000:.0f} ms", ""),
            ("... after an edit, cpu", f"{edited[1] / EDITS * 1000:.0f} ms", ""),
            at_most("the table refreshed", refreshed[0], BOUND * 2, " s"),
            ("... cpu", f"{refreshed[1]:.2f} s", ""),
        ]
    )


def edits(campaign: Campaign) -> None:
    for _ in range(EDITS):
        pacing.after_edit([campaign.pk], [campaign.brand_id], NOW)


def best(rounds: int, act: Callable[[], Any]) -> tuple[float, float, Any]:
    """The shortest of some rounds: seconds, processor seconds, and the last result."""
    found = []
    for _ in range(rounds):
        began, before = time.perf_counter(), cpu()
        result = act()
        found.append((time.perf_counter() - began, cpu() - before, result))
    return min(found, key=lambda each: each[0])


def cpu() -> float:
    """Processor seconds of this process and of the server's for this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    spent = 0.0
    for pid in (None, server):
        times = psutil.Process(pid).cpu_times()
        spent += times.user + times.system
    return spent


if __name__ == "__main__":
    main()
