"""Deciding 10,000, 100,000 and 1,000,000 campaigns: what one costs must not grow.

    python benchmarks/growth.py [--sizes 10000 100000 1000000] [--rounds 5]

Each size has a database of its own, with as many campaigns to a brand, and the sizes take turns;
the least of the rounds counts. Nothing is to change. (Growth of imports: ``import_spend.py``.)
"""

import argparse
from contextlib import ExitStack

from _database import scratch, use
from _report import expect, seconds, table, verdict
from world import NOW, fill, settle

from ads.models import Campaign
from ads.services.delivery.enforcement import Enforced, Trigger, enforce

GROWTH = 1.25
PER_BRAND = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with ExitStack() as databases:
        names = {}
        for size in sorted(options.sizes):
            names[size] = databases.enter_context(scratch(str(size)))
            fill(size, brands=size // PER_BRAND, schedules=500, now=NOW)
            settle(NOW)
        least = measure(names, options.rounds)
    each = {size: took / size for size, took in least.items()}
    rows = []
    cheapest = each[min(each)]
    for size, cost in each.items():
        growth = verdict(cost / cheapest, GROWTH, "×")
        measured = f"{cost * size:.2f} s, {cost * 1e6:.2f} µs each, {growth}"
        rows.append((f"{size:,} campaigns", measured, f"{GROWTH}× of any smaller size"))
        cheapest = min(cheapest, cost)
    table(rows)


def measure(names: dict[int, str], rounds: int) -> dict[int, float]:
    """Seconds by size."""
    least: dict[int, float] = {}
    for _ in range(rounds):
        for size, name in names.items():
            use(name)
            took, enforced = seconds(
                lambda: enforce(Campaign.objects.all(), NOW, Trigger.CHECK_CAMPAIGN_BUDGETS)
            )
            expect(Enforced(), enforced)
            least[size] = min(took, least.get(size, took))
    return least


if __name__ == "__main__":
    main()
