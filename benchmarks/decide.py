"""Deciding all campaigns: nothing to change, then 10,000 to switch.

    python benchmarks/decide.py [--campaigns 1000000] [--brands 20000] [--schedules 500]
                                [--switch 10000] [--rounds 5]

The engine and a hand-written query (``by_hand.py``) take turns; the least of the rounds counts,
since other work on the machine only ever adds. The hand-written query is given what Python works
out (open schedules, local dates); the engine's time includes working it out. Both get the same
``work_mem``. The answers are compared, with nothing to change and with campaigns to switch.
"""

import argparse
import resource
from functools import partial

from _database import scratch
from _report import expect, seconds, table, verdict
from by_hand import disagreeing
from django.db import connection, transaction
from world import NOW, fill, settle

from ads.holds import Moment
from ads.models import Campaign, DeliveryChange
from ads.services.delivery.enforcement import SWEEP_SETTINGS, Enforced, Trigger, enforce

RATIO = 1.3
QUIET_SECONDS = 3.0
SWITCH_SECONDS = 6.0
MEMORY = 200  # MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=1_000_000)
    parser.add_argument("--brands", type=int, default=20_000)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--switch", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with scratch():
        fill(options.campaigns, brands=options.brands, schedules=options.schedules, now=NOW)
        settle(NOW)
        print(f"{options.campaigns:,} campaigns, {options.brands:,} brands", flush=True)
        engine, hand = quiet(options.rounds)
        switching = switch(options.switch, options.rounds)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table(
        [
            ("hand-written query", f"{hand:.2f} s", ""),
            ("nothing to change", verdict(engine, QUIET_SECONDS, " s"), f"{QUIET_SECONDS} s"),
            ("... of the query's time", verdict(engine / hand, RATIO, "×"), f"{RATIO}×"),
            (
                f"{options.switch:,} switched, audited",
                verdict(switching, SWITCH_SECONDS, " s"),
                f"{SWITCH_SECONDS} s",
            ),
            ("peak memory of the process", verdict(memory, MEMORY, " MB"), f"{MEMORY} MB"),
        ]
    )


def engine() -> Enforced:
    return enforce(Campaign.objects.all(), NOW, Trigger.CHECK_CAMPAIGN_BUDGETS)


def by_hand(query: str) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = %s", [SWEEP_SETTINGS["work_mem"]])
        cursor.execute(query)
        return [pk for (pk,) in cursor.fetchall()]


def quiet(rounds: int) -> tuple[float, float]:
    """Seconds of the engine and of the hand-written query when every campaign agrees."""
    query = disagreeing(Moment.at(NOW, Campaign.objects.all()))
    ours, theirs = [], []
    for _ in range(rounds):
        took, enforced = seconds(engine)
        expect(Enforced(), enforced)
        ours.append(took)
        took, found = seconds(partial(by_hand, query))
        expect([], found)
        theirs.append(took)
        print(f"  engine {ours[-1]:.2f} s, by hand {theirs[-1]:.2f} s", flush=True)
    return min(ours), min(theirs)


def switch(count: int, rounds: int) -> float:
    """Seconds to stop or start ``count`` campaigns whose budgets were just lowered or raised."""
    campaigns = list(
        Campaign.objects.filter(is_active=True)
        .order_by("name")  # by name, so that they are spread over the table
        .values_list("pk", flat=True)[:count]
    )
    query = disagreeing(Moment.at(NOW, Campaign.objects.all()))
    took = []
    for number in range(rounds):
        lowered = number % 2 == 0
        set_budgets(campaigns, 5 if lowered else 100)
        expect(sorted(campaigns), sorted(by_hand(query)))
        before = DeliveryChange.objects.count()
        once, enforced = seconds(engine)
        expect(len(campaigns), enforced.stopped if lowered else enforced.started)
        expect(len(campaigns), DeliveryChange.objects.count() - before)
        took.append(once)
        print(f"  {enforced.switched:,} switched in {once:.2f} s", flush=True)
    return min(took)


def set_budgets(campaigns: list[int], budget: int) -> None:
    """Without the triggers' audit rows and without enforcing, which is what is measured."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE ads_campaign SET daily_budget = %s WHERE id = ANY(%s)", [budget, campaigns]
        )


if __name__ == "__main__":
    main()
