"""Deciding 10,000, 100,000 and 1,000,000 campaigns: what one costs must not grow.

Each size has a database of its own, with as many campaigns to a brand, and the sizes take turns;
the shortest round counts. Nothing is to change: everything is decided on, and what has changed is
checked, which is nothing. (Growth of imports: ``import_spend.py``.)
"""

import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import scratch, use
from support.report import expect, options, seconds, table, verdict
from support.world import NOW, decide, fill, settle

from ads.services.delivery import Enforced, check

GROWTH = 1.15
PER_BRAND = 50
WORK = {"everything": decide, "what has changed": lambda: check(NOW)}


def main() -> None:
    given = options(__doc__, sizes=[10_000, 100_000, 1_000_000], rounds=5).parse_args()
    least: dict[tuple[str, int], float] = {}
    with ExitStack() as databases:
        names = {}
        for size in sorted(given.sizes):
            names[size] = databases.enter_context(scratch(str(size)))
            fill(size, brands=size // PER_BRAND, schedules=500, now=NOW)
            settle(NOW)
        for _ in range(given.rounds):
            for size, name in names.items():
                use(name)
                for what, work in WORK.items():
                    took, enforced = seconds(work)
                    expect(Enforced(), enforced)
                    least[what, size] = min(took, least.get((what, size), took))
    rows = []
    cheapest: dict[str, float] = {}
    for (what, size), took in sorted(least.items()):
        each = took / size
        cheapest[what] = min(each, cheapest.get(what, each))
        growth = verdict(each / cheapest[what], GROWTH, "×")
        measured = f"{took:.2f} s, {each * 1e6:.2f} µs each, {growth}"
        rows.append((f"{what}: {size:,} campaigns", measured, f"{GROWTH}× of any smaller size"))
    table(rows)


if __name__ == "__main__":
    main()
