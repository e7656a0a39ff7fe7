"""Recording spend: one process, eight on one campaign, eight on eight campaigns of one brand.

    python benchmarks/record_spend.py [--entries 2000] [--rounds 5] [--processes 8]

The baseline is one ledger row a transaction, inserted by psycopg2 alone; the database adds up the
sums and commits to disk in both. They take turns, and the best of the rounds counts. No budget is
crossed. Afterwards the ledger and its sums are compared, to the cent, with what was recorded.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from functools import partial
from multiprocessing.synchronize import Barrier

from _database import scratch
from _report import expect, seconds, table, verdict
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from world import fill, settle

from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.services import BudgetService
from ads.services.ledger.verification import verify

PER_SECOND = 700
STATEMENTS = 4
CENT = Decimal("0.01")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=2_000, help="a process and a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=8)
    options = parser.parse_args()
    with scratch():
        fill(1_000, brands=20, schedules=10, now=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE ads_spendtotal")  # all of it shall come from the ledger
            cursor.execute("UPDATE ads_campaign SET daily_budget = NULL, monthly_budget = NULL")
            cursor.execute("UPDATE ads_brand SET daily_budget = 1e9, monthly_budget = 1e10")
        settle(timezone.now())
        statements = count_statements()
        alone, bare = one_process(options.entries, options.rounds)
        rows = [
            ("bare INSERT, one process", f"{bare:,.0f}/s", ""),
            (
                "record_spend, one process",
                f"{alone:,.0f}/s ({'kept' if alone >= PER_SECOND else 'MISSED'})",
                f"{PER_SECOND}/s",
            ),
            ("... of the bare INSERT's rate", f"{alone / bare:.2f}×", ""),
            ("statements", verdict(statements, STATEMENTS), f"{STATEMENTS}"),
        ]
        brand = Brand.objects.get(name="Brand 1")
        campaigns = list(brand.campaigns.select_related("brand")[: options.processes])
        for what, shared in (
            ("one campaign", campaigns[:1] * options.processes),
            (f"{options.processes} campaigns of one brand", campaigns),
        ):
            rate = together(shared, options.entries)
            rows.append((f"{options.processes} processes on {what}", f"{rate:,.0f}/s", "all there"))
        expect([], verify(now=timezone.now(), fix=False))
    table(rows)


def count_statements() -> int:
    """BEGIN and COMMIT among them."""
    campaign = Campaign.objects.select_related("brand").get(name="Campaign 1")
    with CaptureQueriesContext(connection) as queries:
        BudgetService.record_spend(campaign, CENT)
    return len(queries)


def one_process(entries: int, rounds: int) -> tuple[float, float]:
    """Entries a second: record_spend's, and the bare INSERT's."""
    campaign = Campaign.objects.select_related("brand").get(name="Campaign 2")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(entries / seconds(partial(record, campaign, entries))[0])
        theirs.append(entries / seconds(partial(insert, campaign.pk, entries))[0])
        print(f"  record_spend {ours[-1]:,.0f}/s, bare INSERT {theirs[-1]:,.0f}/s", flush=True)
    expect(2 * rounds * entries * CENT, spent(campaign))
    return max(ours), max(theirs)


def record(campaign: Campaign, entries: int) -> None:
    for _ in range(entries):
        BudgetService.record_spend(campaign, CENT)


def insert(campaign_id: int, entries: int) -> None:
    today = timezone.now().date()
    raw = connection.get_new_connection(connection.get_connection_params())
    with closing(raw), raw.cursor() as cursor:
        for _ in range(entries):
            cursor.execute(
                "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)",
                [campaign_id, CENT, today],
            )
            raw.commit()


def together(campaigns: list[Campaign], entries: int) -> float:
    """Entries a second when a process for each of ``campaigns`` records at the same time."""
    before = [spent(campaign) for campaign in campaigns], spent(campaigns[0].brand), deadlocks()
    connection.close()  # each process opens its own
    forked = multiprocessing.get_context("fork")
    ready = forked.Barrier(len(campaigns) + 1)
    processes = [
        forked.Process(target=when_all_are, args=(ready, partial(record, campaign, entries)))
        for campaign in campaigns
    ]
    for process in processes:
        process.start()
    ready.wait()
    began = time.perf_counter()
    for process in processes:
        process.join()
    took = time.perf_counter() - began
    expect([0] * len(processes), [process.exitcode for process in processes])
    each = entries * CENT
    after = [spent(campaign) for campaign in campaigns], spent(campaigns[0].brand), deadlocks()
    of_campaign = each * (len(campaigns) if len(set(campaigns)) == 1 else 1)
    expect([amount + of_campaign for amount in before[0]], after[0])
    expect(before[1] + each * len(campaigns), after[1])
    expect(before[2], after[2])
    return entries * len(campaigns) / took


def when_all_are(ready: Barrier, act: Callable[[], None]) -> None:
    connection.ensure_connection()
    ready.wait()
    act()


def spent(owner: Brand | Campaign) -> Decimal:
    """By the ledger, which the month's sum must agree with."""
    entries = Spend.objects.filter(campaign__in=[owner] if isinstance(owner, Campaign) else [])
    totals = SpendTotal.objects.filter(period=SpendTotal.Period.MONTH)
    if isinstance(owner, Campaign):
        totals = totals.filter(campaign=owner)
    else:
        entries = Spend.objects.filter(campaign__brand=owner)
        totals = totals.filter(brand=owner, campaign=None)
    ledger = entries.aggregate(total=Sum("amount", default=0))["total"]
    expect(ledger, totals.aggregate(total=Sum("amount", default=0))["total"])
    return Decimal(ledger)


def deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (count,) = cursor.fetchone()
    return int(count)


if __name__ == "__main__":
    main()
