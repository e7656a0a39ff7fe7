"""The console's pages at size: time at the server and number of queries of each.

    python benchmarks/console.py [--campaigns 100000] [--brands 2000] [--entries 10000000]
                                 [--schedules 500] [--changes 500000] [--times 10]
                                 [--only WORDS] [--explain] [--keep NAME]

Every page the site knows of is asked for, of the rows with the most behind them; every list also
with each of its filters, each of its orders, a search, its tenth page and other numbers of rows;
and what each action would do to a page of campaigns, and to as many as it takes. A page is answered
inside this process (Django's test client: no network, all middleware), after one request to warm
up. ``cpu`` is what it cost the processors, here and in the database's server on the same machine:
with ``--busy`` that is judged instead of the time that passed, where other programs keep them busy.

``--keep NAME`` leaves the database behind under this name, and takes it as it is if it is there.
"""

import argparse
import gc
import math
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from _database import kept, scratch
from _report import load

from budget_manager.celery import app

# Nobody's worker takes up what is done here.
app.conf.update(broker_url="memory://", result_backend="cache+memory://")

import history  # noqa: E402
import psutil  # noqa: E402
from _addresses import Address, every_address  # noqa: E402
from _posts import every_post  # noqa: E402
from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from ads.tests.browser import world  # noqa: E402

HEAD: Final = "     cpu    best     p50     p95  in SQL    n  page"
BOUND: Final = 400.0  # ms, p95
OVERVIEW: Final = 800.0
QUERIES: Final = 20


@dataclass(slots=True)
class Figures:
    """What asking for a page several times gave."""

    address: Address
    times: list[float] = field(default_factory=list)  # ms
    cpu: float = 0.0  # ms, the average
    busy: bool = False
    #: Of the last request: the number of statements, the time they took, and the slowest of them.
    queries: int = 0
    in_database: float = 0.0
    slowest: tuple[str, Any, float] = ("", (), 0.0)
    wrong: str = ""

    @property
    def best(self) -> float:
        """What it takes when nothing else keeps the machine busy."""
        return min(self.times)

    @property
    def p50(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return sorted(self.times)[math.ceil(len(self.times) * 0.95) - 1]

    @property
    def bound(self) -> float:
        return OVERVIEW if self.address.name == "index" else BOUND

    @property
    def missed(self) -> list[str]:
        """In which respects it falls short."""
        found = [self.wrong] if self.wrong else []
        if (self.cpu if self.busy else self.p95) > self.bound:
            found.append(f"over {self.bound:.0f} ms")
        if self.queries > QUERIES:
            found.append(f"over {QUERIES} queries")
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=100_000)
    parser.add_argument("--brands", type=int, default=2_000)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--changes", type=int, default=500_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--only", default="", help="a regular expression: just these pages")
    parser.add_argument(
        "--explain", action="store_true", help="the plan of slow pages' slowest query"
    )
    parser.add_argument("--busy", action="store_true", help="judge by processor time")
    parser.add_argument("--keep", metavar="NAME", help="the database's name, to be used again")
    options = parser.parse_args()
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with database(options):
        client = Client(headers={"X-Forwarded-Proto": "https"})
        user = User.objects.get(username="olivia")
        client.force_login(user)
        client.get("/admin/")
        print(HEAD, flush=True)
        wanted = chain(every_address(user, options.only), every_post(options.only))
        every = [measure(client, address, options) for address in wanted]
        report(every, explain=options.explain)


@contextmanager
def database(options: argparse.Namespace) -> Iterator[None]:
    if options.keep is None:
        with scratch("console"):
            fill(options)
            undisturbed()
            yield
    else:
        with kept(options.keep) as fresh:
            if fresh:
                fill(options)
            undisturbed()
            yield


def fill(options: argparse.Namespace) -> None:
    now = timezone.now()
    world.make(now)  # a row of everything that has pages
    size = history.Size(
        campaigns=options.campaigns,
        brands=options.brands,
        schedules=options.schedules,
        entries=options.entries,
        changes=options.changes,
    )
    began = time.perf_counter()
    history.add(size, datetime.now(UTC))
    print(f"{size} added in {time.perf_counter() - began:.0f} s", flush=True)


def undisturbed() -> None:
    """Let nothing be tidied up meanwhile that would count as the pages' work."""
    with connection.cursor() as cursor:
        for table in ("ads_spend", "ads_spendtotal"):
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")


def measure(client: Client, address: Address, options: argparse.Namespace) -> Figures:
    """Ask for a page several times, and once before."""
    figures = Figures(address, busy=options.busy)
    # As the server's processes do, see gunicorn.conf.py; here what this script keeps of the pages
    # before would be looked through as well.
    gc.collect()
    gc.freeze()
    for number in range(options.times + 1):
        if number == 1:
            before = cpu()
        queries: list[tuple[str, Any, float]] = []
        with connection.execute_wrapper(_noting(queries)):
            began = time.perf_counter()
            response = address.ask(client)
            content = response.content
            took = time.perf_counter() - began
        if number == 0:
            figures.wrong = address.wrong(response.status_code, content.decode())
        if number or figures.wrong:
            figures.times.append(took * 1000)
        if figures.wrong:
            break
    else:
        figures.cpu = (cpu() - before) / options.times
    figures.queries = len(queries)
    figures.in_database = sum(took for _, _, took in queries)
    figures.slowest = max(queries, key=lambda one: one[2], default=figures.slowest)
    print(line(figures), flush=True)
    return figures


def cpu() -> float:
    """Milliseconds of processor time so far: this process's and its connection's server's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = psutil.Process(cursor.fetchone()[0])
    # Of its parent, those children that have ended: the parallel workers.
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
    milliseconds = (figures.cpu, figures.best, figures.p50, figures.p95, figures.in_database)
    return (
        "".join(f"{one:8.0f}" for one in milliseconds)
        + f"{figures.queries:5d}  {figures.address}  {'; '.join(figures.missed).upper()}"
    ).rstrip()


def report(every: list[Figures], *, explain: bool) -> None:
    """Print what falls short, with the statement that took longest."""
    short = [figures for figures in every if figures.missed]
    print(f"\n{HEAD}   ({load()})")
    for figures in sorted(short, key=lambda figures: -figures.cpu):
        print(line(figures))
        sql, parameters, took = figures.slowest
        print(f"            {took:.0f} ms: {' '.join(sql.split())[:600]}")
        if explain and took > BOUND / 4 and sql.lstrip()[:6] in ("SELECT", "WITH"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters)
                print("\n".join(f"                {row[0][:200]}" for row in cursor.fetchall()))
    print(f"{len(every)} pages asked for, {len(short)} fall short")
    if every:
        slowest = max(every, key=lambda figures: figures.cpu if figures.busy else figures.p95)
        most = max(every, key=lambda figures: figures.queries)
        print(f"slowest: {slowest.p95:.0f} ms ({slowest.cpu:.0f} of cpu), {slowest.address}")
        print(f"most queries: {most.queries}, {most.address}")


if __name__ == "__main__":
    main()
