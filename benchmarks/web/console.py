"""The console's pages at size: time at the server and number of queries of each.

Every page of the site is requested, for the rows with the most related rows; every list also with
each filter and order, a search, its second and tenth page and other page sizes; and the preview of
each action on a page of campaigns and on as many as it takes. Pages are answered inside this
process (Django's test client: no network, all middleware), after one request to warm up. ``cpu`` is
the processor time, here and in the database server on the same machine; ``--busy`` judges by it
instead of by the elapsed time, for a machine with other work.

``--keep NAME`` keeps the database under this name, and reuses it if it exists.
"""

import argparse
import gc
import statistics
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone
from support import console_data
from support.console_pages import Address, every_address
from support.console_previews import CHOSEN, every_post
from support.database import execute, kept, scratch
from support.report import load, options, percentile, seconds

from ads.tests.browser import world
from budget_manager.celery import app

# No worker takes up what is done here.
app.conf.update(broker_url="memory://", result_backend="cache+memory://")

HEAD: Final = "     cpu    best     p50     p95  in SQL    n  page"
BOUND: Final = 400.0  # ms, p95
OVERVIEW: Final = 800.0
QUERIES: Final = 43  # as in the tests of every page


@dataclass(slots=True)
class Figures:
    """The figures of requesting a page several times."""

    address: Address
    times: list[float] = field(default_factory=list)  # ms
    cpu: float = 0.0  # ms, the average
    busy: bool = False
    #: Of the last request: the number of queries, their time, and the slowest.
    queries: int = 0
    in_database: float = 0.0
    slowest: tuple[str, Any, float] = ("", (), 0.0)
    wrong: str = ""

    @property
    def p95(self) -> float:
        return percentile(self.times, 95)

    @property
    def judged(self) -> float:
        return self.cpu if self.busy else self.p95

    @property
    def missed(self) -> list[str]:
        """The bounds it exceeds."""
        found = [self.wrong] if self.wrong else []
        bound = OVERVIEW if self.address.name == "index" else BOUND
        if self.judged > bound:
            found.append(f"over {bound:.0f} ms")
        if self.queries > QUERIES:
            found.append(f"over {QUERIES} queries")
        return found


def main() -> None:
    parser = options(
        __doc__,
        campaigns=100_000,
        brands=2_000,
        schedules=500,
        entries=10_000_000,
        changes=500_000,
        times=10,
    )
    parser.add_argument("--only", default="", help="a regular expression: just these pages")
    parser.add_argument(
        "--explain", action="store_true", help="the plan of slow pages' slowest query"
    )
    parser.add_argument("--busy", action="store_true", help="judge by processor time")
    parser.add_argument("--keep", metavar="NAME", help="the database's name, to be used again")
    given = parser.parse_args()
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with kept(given.keep) if given.keep else scratch("console") as made:
        if made:
            fill(given)
        # Autovacuum would count as work of the pages.
        for name in ("ads_spend", "ads_spendtotal"):
            execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
        # A page that fails is reported as such, and the others are measured.
        client = Client(raise_request_exception=False, headers={"X-Forwarded-Proto": "https"})
        user = get_user_model().objects.get(username="olivia")
        client.force_login(user)
        client.get("/admin/")
        print(HEAD, flush=True)
        wanted = chain(every_address(user, given.only), every_post(given.only))
        every = [measure(client, address, given) for address in wanted]
        report(every, explain=given.explain)


def fill(sizes: argparse.Namespace) -> None:
    now = timezone.now()
    world.make(now)  # a row of everything that has pages
    took, _ = seconds(lambda: console_data.add(sizes, now))
    print(f"{sizes.campaigns:,} campaigns, {sizes.entries:,} entries added in {took:.0f} s")


def measure(client: Client, address: Address, given: argparse.Namespace) -> Figures:
    """Request a page several times, after once to warm up."""
    figures = Figures(address, busy=given.busy)
    # As the server's processes do (see gunicorn.conf.py); otherwise garbage collection would also
    # go through what this script keeps of earlier pages.
    gc.collect()
    gc.freeze()
    for number in range(given.times + 1):
        if number == 1:
            before = cpu()
        queries: list[tuple[str, Any, float]] = []
        with connection.execute_wrapper(_noting(queries)):
            took, response = seconds(lambda: address.ask(client))
        if number == 0:
            figures.wrong = address.wrong(response.status_code, response.content.decode())
        if number or figures.wrong:
            figures.times.append(took * 1000)
        if figures.wrong:
            break
    else:
        figures.cpu = (cpu() - before) / given.times
    figures.queries = len(queries)
    figures.in_database = sum(took for _, _, took in queries)
    figures.slowest = max(queries, key=lambda one: one[2], default=figures.slowest)
    print(line(figures), flush=True)
    return figures


def cpu() -> float:
    """Milliseconds of processor time so far, of this process and its database server's."""
    server = psutil.Process(execute("SELECT pg_backend_pid()")[0][0])
    # The parent's children that have ended: parallel workers.
    own, workers = server.cpu_times(), psutil.Process(server.ppid()).cpu_times()
    there = own.user + own.system + workers.children_user + workers.children_system
    return (time.process_time() + there) * 1000


def _noting(queries: list[tuple[str, Any, float]]) -> Any:
    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            queries.append((sql, parameters, (time.perf_counter() - began) * 1000))

    return note


def line(figures: Figures) -> str:
    best, p50 = min(figures.times), statistics.median(figures.times)
    milliseconds = (figures.cpu, best, p50, figures.p95, figures.in_database)
    return (
        "".join(f"{one:8.0f}" for one in milliseconds)
        + f"{figures.queries:5d}  {figures.address}  {'; '.join(figures.missed).upper()}"
    ).rstrip()


def report(every: list[Figures], *, explain: bool) -> None:
    """Print the pages that exceed a bound, with their slowest query."""
    short = [figures for figures in every if figures.missed]
    print(f"\n{HEAD}   ({load()})")
    for figures in sorted(short, key=lambda figures: -figures.cpu):
        print(line(figures))
        sql, parameters, took = figures.slowest
        print(f"            {took:.0f} ms: {' '.join(sql.split())[:600]}")
        if explain and took > BOUND / 4 and sql.lstrip().startswith(("SELECT", "WITH")):
            for (plan,) in execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters):
                print(f"                {plan[:200]}")
    print(f"{len(every)} pages requested, {len(short)} exceed a bound")
    kinds: dict[str, list[Figures]] = defaultdict(list)
    for figures in every:
        kinds[kind(figures.address)].append(figures)
    for name, its in kinds.items():
        slowest = max(its, key=lambda figures: figures.judged)
        print(f"slowest {name} of {len(its)}:\n{line(slowest)}")
    if every:
        most = max(every, key=lambda figures: figures.queries)
        print(f"most queries: {most.queries}, {most.address}")


def kind(address: Address) -> str:
    """What figures are given for."""
    if address.post:
        is_large = address.about.endswith(f" of {CHOSEN[-1]:,}")
        return f"preview of {CHOSEN[-1]:,}" if is_large else "other preview"
    if address.name == "index":
        return "overview"
    return "list" if address.name.endswith("_changelist") else "page"


if __name__ == "__main__":
    main()
