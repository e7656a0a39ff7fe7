"""Pausing 1,900 of 10,000 campaigns at once: 50 to a brand, seven days of spend in the ledger.

    python benchmarks/pause_many.py [--campaigns 10000] [--pause 1900] [--rounds 7]

The ledger's own trigger has added up the sums. Each of the four budgets stops a part of them. The
queries are counted in a round of their own, because counting costs time.
"""

import argparse
from collections import defaultdict

from _database import scratch
from _report import expect, seconds, table, verdict
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from world import NOW, fill, settle

from ads.models import Campaign, DeliveryChange
from ads.services.delivery.enforcement import Enforced, Trigger, enforce

SECONDS = 0.5
QUERIES = 60
PER_BRAND = 50
DAYS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=10_000)
    parser.add_argument("--pause", type=int, default=1_900)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with scratch():
        fill(options.campaigns, brands=options.campaigns // PER_BRAND, schedules=50, now=NOW)
        spend()
        settle(NOW)
        paused = use_up_budgets(options.pause)
        with CaptureQueriesContext(connection) as queries:
            pause(paused)
        took = []
        for _ in range(options.rounds):
            resume(paused)
            once, _ = seconds(lambda: pause(paused))
            took.append(once)
        print("  " + " ".join(f"{once:.3f}" for once in took) + " s")
    table(
        [
            (
                f"{options.pause:,} of {options.campaigns:,} campaigns paused",
                verdict(min(took), SECONDS, " s"),
                f"{SECONDS} s",
            ),
            ("queries", verdict(len(queries), QUERIES - 1), f"fewer than {QUERIES}"),
        ]
    )


def pause(campaigns: list[int]) -> None:
    before = DeliveryChange.objects.count()
    enforced = enforce(Campaign.objects.all(), NOW, Trigger.CHECK_CAMPAIGN_BUDGETS)
    expect(Enforced(stopped=len(campaigns)), enforced)
    expect(len(campaigns), DeliveryChange.objects.count() - before)


def spend() -> None:
    """Ten dollars a day for each campaign, today (its brand's) and the six days before."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE ads_spendtotal")
        cursor.execute(
            """
            INSERT INTO ads_spend (campaign_id, amount, date)
            SELECT campaign.id, 10, date(%s AT TIME ZONE brand.timezone) - ago
              FROM ads_campaign AS campaign
              JOIN ads_brand AS brand ON brand.id = campaign.brand_id,
                   generate_series(0, %s - 1) AS ago
            """,
            [NOW, DAYS],
        )
        cursor.execute("VACUUM ANALYZE ads_spend, ads_spendtotal")


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
    write(f"UPDATE {relation} SET {budget} = 1 WHERE id = ANY(%s)", ids)


def resume(campaigns: list[int]) -> None:
    write("UPDATE ads_campaign SET is_active = true WHERE id = ANY(%s)", campaigns)


def write(statement: str, ids: list[int]) -> None:
    """Without audit rows and without enforcing, which is what is measured."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, [ids])


if __name__ == "__main__":
    main()
