"""Pausing 1,900 of 10,000 campaigns at once: 50 to a brand, seven days of spend in the ledger.

Each of the four budgets stops a part of them. Queries are counted in a separate round, because
counting costs time.
"""

import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection
from django.test.utils import CaptureQueriesContext
from support.database import execute, execute_unaudited, scratch
from support.report import at_most, expect, options, seconds, table, verdict
from support.world import NOW, decide, fill, local, settle

from ads.models import Campaign, DeliveryChange
from ads.services.delivery import Enforced

SECONDS = 0.5
QUERIES = 60
PER_BRAND = 50
DAYS = 7


def main() -> None:
    sizes = options(__doc__, campaigns=10_000, pause=1_900, rounds=7).parse_args()
    with scratch():
        fill(sizes.campaigns, brands=sizes.campaigns // PER_BRAND, schedules=50, now=NOW)
        spend()
        settle(NOW)
        paused = use_up_budgets(sizes.pause)
        with CaptureQueriesContext(connection) as queries:
            pause(paused)
        took = []
        for _ in range(sizes.rounds):
            execute_unaudited(
                "UPDATE ads_campaign SET is_active = true WHERE id = ANY(%s)", [paused]
            )
            took.append(seconds(lambda: pause(paused))[0])
        print("  " + " ".join(f"{once:.3f}" for once in took) + " s")
    paused_of = f"{sizes.pause:,} of {sizes.campaigns:,} campaigns paused"
    counted = verdict(len(queries), QUERIES - 1, digits=0)
    table(
        [
            at_most(paused_of, min(took), SECONDS, " s"),
            ("queries", counted, f"fewer than {QUERIES}"),
        ]
    )


def pause(campaigns: list[int]) -> None:
    before = DeliveryChange.objects.count()
    expect(Enforced(stopped=len(campaigns)), decide())
    expect(len(campaigns), DeliveryChange.objects.count() - before)


def spend() -> None:
    """Ten dollars a day for each campaign, today (its brand's) and the six days before."""
    execute("TRUNCATE ads_spendtotal")
    execute(
        """
        INSERT INTO ads_spend (campaign_id, amount, date)
        SELECT campaign.id, 10, local.today - ago
          FROM ads_campaign AS campaign
          JOIN ads_brand AS brand ON brand.id = campaign.brand_id
          JOIN unnest(%(zones)s::text[], %(todays)s::date[]) AS local (name, today)
            ON local.name = brand.timezone
         CROSS JOIN generate_series(0, %(days)s - 1) AS ago
        """,
        {**local(NOW), "days": DAYS},
    )
    execute("VACUUM ANALYZE ads_spend, ads_spendtotal")


def use_up_budgets(count: int) -> list[int]:
    """Lower budgets until ``count`` delivering campaigns must pause; their ids in order.

    A quarter each by their brand's daily and monthly budget (whole brands) and by their own.
    """
    of_brand = defaultdict(list)
    for pk, brand in Campaign.objects.filter(is_active=True).values_list("pk", "brand"):
        of_brand[brand].append(pk)
    paused: list[int] = []
    for budget, share in (("daily_budget", count // 4), ("monthly_budget", count // 2)):
        while len(paused) + PER_BRAND <= share:
            brand, campaigns = of_brand.popitem()
            lower("ads_brand", budget, [brand])
            paused += campaigns
    own = sorted(pk for campaigns in of_brand.values() for pk in campaigns)[: count - len(paused)]
    lower("ads_campaign", "daily_budget", own[::2])
    lower("ads_campaign", "monthly_budget", own[1::2])
    return sorted(paused + own)


def lower(relation: str, budget: str, ids: list[int]) -> None:
    execute_unaudited(f"UPDATE {relation} SET {budget} = 1 WHERE id = ANY(%s)", [ids])


if __name__ == "__main__":
    main()
