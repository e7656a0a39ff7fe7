"""Recording spend: one process, eight on one campaign, eight on eight campaigns of one brand.

The baseline is one ledger row per transaction, inserted by psycopg2 alone; in both the database
adds up the totals and commits to disk. They take turns, and the best round counts. No budget is
crossed. Afterwards the ledger and its totals must match what was recorded, to the cent.
``--entries`` is per process and round.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from support.database import execute, scratch
from support.report import at_least, expect, options, seconds, table, verdict
from support.world import fill, insert, start_from_zero

from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.services import BudgetService
from ads.services.ledger import verification

PER_SECOND = 700
STATEMENTS = 1
CENT = Decimal("0.01")


def main() -> None:
    sizes = options(__doc__, entries=2_000, rounds=5, processes=8).parse_args()
    processes = sizes.processes
    with scratch():
        fill(1_000, brands=20, schedules=10, now=timezone.now())
        start_from_zero(campaign_budget=None)
        statements = count_statements()
        alone, bare = one_process(sizes.entries, sizes.rounds)
        rows = [
            ("bare INSERT, one process", f"{bare:,.0f}/s", ""),
            at_least("record_spend, one process", alone, PER_SECOND),
            ("... of the bare INSERT's rate", f"{alone / bare:.2f}×", ""),
            ("statements", verdict(statements, STATEMENTS, digits=0), f"{STATEMENTS}"),
        ]
        brand = Brand.objects.get(name="Brand 1")
        campaigns = list(brand.campaigns.select_related("brand")[:processes])
        for what, shared in (
            ("one campaign", campaigns[:1] * processes),
            (f"{processes} campaigns of one brand", campaigns),
        ):
            rate = together(shared, sizes.entries)
            rows.append((f"{processes} processes on {what}", f"{rate:,.0f}/s", "all there"))
        expect([], verification.verify(now=timezone.now(), fix=False))
    table(rows)


def count_statements() -> int:
    """Including BEGIN and COMMIT, without the comparison of the clocks."""
    campaign = Campaign.objects.select_related("brand").get(name="Campaign 1")
    BudgetService.record_spend(campaign, CENT)
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
    is_brand = isinstance(owner, Brand)
    entries = Spend.objects.filter(**{"campaign__brand" if is_brand else "campaign": owner})
    totals = SpendTotal.objects.filter(
        period=SpendTotal.Period.MONTH,
        **{"brand": owner, "campaign": None} if is_brand else {"campaign": owner},
    )
    ledger = entries.aggregate(total=Sum("amount", default=0))["total"]
    expect(ledger, totals.aggregate(total=Sum("amount", default=0))["total"])
    return Decimal(ledger)


def deadlocks() -> int:
    counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return int(execute(counted)[0][0])


if __name__ == "__main__":
    main()
