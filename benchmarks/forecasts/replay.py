"""Replaying a month of one brand's campaigns with lower budgets: the bound is 30 s for 1,000.

Each campaign has spend every five minutes of the day; a quarter would spend several times its
daily budget, and the brand's own stops them all on some days.
"""

import logging
import sys
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import execute, scratch
from support.report import at_most, options, seconds, table

from ads.models import Brand, Campaign
from ads.services.replay import Budgets, Scenario, replay

FIRST = date(2026, 6, 1)
NOW = datetime(2026, 8, 1, tzinfo=UTC)

#: A campaign's spend in a step: its number decides how much of its budget of 100 it wants a day.
SPEND = """
    INSERT INTO ads_spend (campaign_id, amount, date, occurred_at, source)
    SELECT campaign.id, round(CASE WHEN campaign.id %% 4 = 0 THEN 1.04 ELSE 0.24 END, 2),
           day::date, day + step * interval '5 minutes', 'platform'
      FROM ads_campaign AS campaign,
           generate_series(%s::timestamptz, %s::timestamptz, interval '1 day') AS day,
           generate_series(0, 287) AS step
"""


def main() -> None:
    parser = options(__doc__, campaigns=1_000, days=30)
    given = parser.parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)
    with scratch():
        brand = Brand.objects.create(name="Shoes", timezone="UTC")
        Campaign.objects.bulk_create(
            Campaign(brand=brand, name=f"Campaign {number}", daily_budget=100, is_active=True)
            for number in range(given.campaigns)
        )
        last = FIRST + timedelta(days=given.days - 1)
        execute(
            "INSERT INTO ads_deliverychange (campaign_id, at, is_active, holds, trigger, actor,"
            " daily_spend, monthly_spend, brand_daily_spend, brand_monthly_spend)"
            " SELECT id, %s, true, '{}', 'edit', '', 0, 0, 0, 0 FROM ads_campaign",
            [datetime(2026, 5, 1, tzinfo=UTC)],
        )
        execute(SPEND, [FIRST, last])
        execute("ANALYZE")
        scenario = Scenario(
            FIRST,
            last,
            brand=Budgets(Decimal(100 * given.campaigns), None),
            percent=Decimal(90),
            lag=60,
        )
        cpu = time.process_time()
        took, found = seconds(lambda: replay(brand, scenario, NOW))
        cpu = time.process_time() - cpu
        print(
            f"{len(found.stops):,} stops; {found.recorded:,} recorded, {found.replayed:,} replayed"
        )
        table(
            [
                at_most(f"{given.campaigns:,} campaigns, {given.days} days", took, 30, " s"),
                at_most("of it in this process", cpu, 30, " s"),
            ]
        )


if __name__ == "__main__":
    main()
