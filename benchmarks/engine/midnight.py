"""Midnight of 1,000,000 campaigns, of which 775,000 start, while spend is recorded.

First the rollover takes turns with the same rows written by hand, as in ``switching.py``, and what
a switch costs the processor is compared with that of a few campaigns. Then it runs once more while
one process records spend and another locks a campaign, as whoever edits it does, and reads one.
Each is timed; how many entries a second were recorded is compared with a while before and after it.
"""

import itertools
import multiprocessing
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import switching
from django.db import OperationalError, connection, transaction
from support.database import execute, scratch
from support.report import at_most, expect, options, seconds, table, verdict

from ads.models import Campaign, Spend
from ads.services import BudgetService, locks

RATIO = 2.5
GROWTH = 1.15
WAIT = 1.0
SHARE = 0.7

#: Of 100 campaigns.
SWITCHED = 77.5
CENT = Decimal("0.01")


class Waited(NamedTuple):
    """Something that began at a monotonic instant, and the seconds it took."""

    what: str
    began: float
    took: float


def main() -> None:
    sizes = options(__doc__, campaigns=1_000_000, few=10_000, rounds=2, calm=20).parse_args()
    switch, few = (round(each * SWITCHED / 100) for each in (sizes.campaigns, sizes.few))
    with switching.logged():
        with scratch():
            switching.used_up(sizes.few, few)
            of_few = switching.least(switching.in_turns(few, max(sizes.rounds, 3))[0])
        with scratch():
            switching.used_up(sizes.campaigns, switch)
            ours, theirs = switching.in_turns(switch, sizes.rounds)
            rows = switching.compared(switch, ours, theirs, RATIO)
            each, each_of_few = worked(switching.least(ours)) / switch, worked(of_few) / few
            what = (
                f"a switch, processor time: {each * 1e6:.0f} µs, of {few:,} {each_of_few * 1e6:.0f}"
            )
            rows.append(at_most(what, each / each_of_few, GROWTH, "×"))
            rows += beside(switch, sizes.calm)
    table(rows)


def worked(took: switching.Took) -> float:
    return took.python + took.server


def beside(switch: int, calm: int) -> list[tuple[str, str, str]]:
    """Rows of the table for what others see of a rollover."""
    switching.before_midnight()
    before = Spend.objects.count()
    campaigns = list(Campaign.objects.select_related("brand").order_by("?")[:1_000])
    connection.close()  # each process opens its own
    forked = multiprocessing.get_context("fork")
    stop, found = forked.Event(), forked.Queue()
    processes = [
        forked.Process(target=until, args=(stop, found, act, campaigns)) for act in (record, edit)
    ]
    for process in processes:
        process.start()
    time.sleep(calm)
    began = time.monotonic()
    took, _ = seconds(lambda: switching.midnight(switch))
    ended = time.monotonic()
    time.sleep(calm)
    stop.set()
    waits: list[Waited] = [wait for _ in processes for wait in found.get()]
    for process in processes:
        process.join()
    entries = [wait for wait in waits if wait.what == "entry"]
    expect(len(entries), Spend.objects.count() - before)
    meanwhile = [wait for wait in waits if began <= wait.began + wait.took and wait.began <= ended]
    during = sum(began <= wait.began < ended for wait in entries) / took
    usual = sum(began - calm <= wait.began < began or ended <= wait.began < ended + calm
                for wait in entries) / (2 * calm)  # fmt: skip
    kept = "kept" if during >= SHARE * usual else "MISSED"
    return [
        (f"entries a second meanwhile, usually {usual:,.0f}",
         f"{during:,.0f}, {during / usual:.2f}× ({kept})", f"{SHARE}×"),
        *(
            (f"longest {what} meanwhile", verdict(longest, WAIT, " s"), f"{WAIT:g} s")
            for what in ("entry", "wait for a campaign's lock", "look at a campaign")
            for longest in [max(wait.took for wait in meanwhile if wait.what == what)]
        ),
    ]  # fmt: skip


def until(
    stop: Event,
    found: "multiprocessing.Queue[list[Waited]]",
    act: Callable[[Campaign], list[tuple[str, float]]],
    campaigns: list[Campaign],
) -> None:
    waits = []
    for campaign in itertools.cycle(campaigns):
        if stop.is_set():
            break
        began = time.monotonic()
        waits += [Waited(what, began, took) for what, took in act(campaign)]
    found.put(waits)


def record(campaign: Campaign) -> list[tuple[str, float]]:
    took, _ = seconds(lambda: BudgetService.record_spend(campaign, CENT))
    return [("entry", took)]


def edit(campaign: Campaign) -> list[tuple[str, float]]:
    """Lock it as an edit does, in vain if it takes longer than a second; and look at another."""
    with transaction.atomic():
        waited, _ = seconds(lambda: lock(campaign.pk))
    looked, _ = seconds(lambda: execute("SELECT * FROM ads_campaign WHERE id = %s", [campaign.pk]))
    time.sleep(0.01)
    return [("wait for a campaign's lock", waited), ("look at a campaign", looked)]


def lock(campaign_id: int) -> None:
    with suppress(OperationalError):
        locks.campaigns([campaign_id])


if __name__ == "__main__":
    main()
