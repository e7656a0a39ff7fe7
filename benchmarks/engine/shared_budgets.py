"""Total budgets and budget groups: deciding all campaigns where none, and where 10 % have one.

Two databases take turns; the shortest round counts. In the second, every twentieth campaign has a
total budget, with 11 months of spend to add up, and every twentieth is in a group of fifty. Then
single entries of campaigns without, with a total budget, and in a group, in turns.
"""

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from support.database import scratch, use
from support.report import at_most, expect, options, seconds, table
from support.world import NOW, add_long_budgets, decide, fill, settle

from ads.models import Campaign
from ads.services.delivery import Enforced
from ads.services.ledger import SpendEntry, record_one

RATIO = 1.4
RECORD = 4.0


def main() -> None:
    given = options(
        __doc__, campaigns=1_000_000, brands=20_000, schedules=500, rounds=5, entries=100
    ).parse_args()
    least: dict[str, float] = {}
    with ExitStack() as databases:
        names = {}
        for which in ("none", "some"):
            names[which] = databases.enter_context(scratch(which))
            fill(given.campaigns, brands=given.brands, schedules=given.schedules, now=NOW)
            if which == "some":
                add_long_budgets()
            settle(NOW)
        for _ in range(given.rounds):
            for which, name in names.items():
                use(name)
                took, enforced = seconds(decide)
                expect(Enforced(), enforced)
                least[which] = min(took, least.get(which, took))
                print(f"  {which}: {took:.2f} s", flush=True)
        use(names["some"])
        record = _record(given.entries)
    table(
        [
            ("deciding, without any", f"{least['none']:.2f} s", ""),
            at_most("deciding, 10 % with one", least["some"] / least["none"], RATIO, "×"),
            ("an entry of one without", f"{record['plain'] * 1000:.2f} ms", ""),
            at_most("... with a total budget", record["total"] / record["plain"], RECORD, "×"),
            at_most("... in a group", record["group"] / record["plain"], RECORD, "×"),
        ]
    )


def _record(entries: int) -> dict[str, float]:
    """Seconds of the median entry of each kind."""
    kinds = {"plain": 3, "total": 1, "group": 2}
    campaigns = {
        kind: list(Campaign.objects.filter(pk__lte=20 * entries).order_by("pk")[rest - 1 :: 20])
        for kind, rest in kinds.items()
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(entries):
        for kind, those in campaigns.items():
            entry = SpendEntry(those[number % len(those)], "0.01")
            once, _ = seconds(partial(record_one, entry, source="b", now=NOW))
            took[kind].append(once)
    return {kind: sorted(each)[len(each) // 2] for kind, each in took.items()}


if __name__ == "__main__":
    main()
