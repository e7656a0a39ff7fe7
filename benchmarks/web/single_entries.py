"""Single entries over HTTP, here and at another commit: eight clients, two server processes each.

Both servers run at once, each on a database of its own, and take turns; a figure is the median of
its rounds. The clients are one process with raw sockets, and requests are made before the clock
starts, so that little is taken of the processors that the servers need; the table says how much.
Every entry checks for a crossed budget, and none is crossed. Afterwards the ledger and its totals
must match what was sent, to the cent. On a busy machine the processor time says more than the rate.

How far the rate can rise is seen from the same requests without a key, in the same run: gunicorn,
Django and Ninja read and answer them, and nothing else is done.

    python benchmarks/web/single_entries.py COMMIT
"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psycopg2
from compare import HERE, checked_out
from django.conf import settings
from django.utils import timezone
from support.database import execute
from support.report import expect, load, options, percentile
from support.web import running
from support.world import WORLD, local

CLIENTS = 8
CENT = Decimal("0.01")
#: The status of an answer, a part of it, and its end.
Answer = tuple[bytes, bytes, bytes]
RECORDED: Answer = (b"200", b'"recorded": 1', b"}]}")
REFUSED: Answer = (b"401", b"key", b"}")
#: Statements after which no budget is crossed, and all sums come from the ledger.
FROM_ZERO = """
    TRUNCATE ads_spendtotal;
    UPDATE ads_campaign SET is_active = true, daily_budget = 1e9, monthly_budget = 1e9;
    UPDATE ads_brand SET daily_budget = 1e10, monthly_budget = 1e11
"""


@dataclass
class Side:
    """A checkout whose server runs, and what was measured of it."""

    name: str
    checkout: Path
    url: str
    port: int = 0
    #: The process whose children serve.
    server: int = 0
    key: str = ""
    sent: int = 0
    rates: list[float] = field(default_factory=list)
    each: list[float] = field(default_factory=list)
    #: Of requests without a key.
    refused: list[float] = field(default_factory=list)
    #: Milliseconds of processor time for each request, by who used it.
    used: dict[str, list[float]] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return urlsplit(self.url).path[1:]


def main() -> None:
    parser = options(__doc__, campaigns=400, singles=2_000, rounds=5)
    parser.add_argument("commit")
    sizes = parser.parse_args()
    with ExitStack() as entered:
        other = entered.enter_context(checked_out(sizes.commit))
        sides = [
            entered.enter_context(side(name, checkout, sizes.campaigns))
            for name, checkout in (("here", HERE), (sizes.commit, other))
        ]
        for one in sides:
            measure(one, 2 * sizes.campaigns, sizes.campaigns)  # until nothing is new any more
            one.rates.clear()
            one.each.clear()
            one.used.clear()
        for number in range(sizes.rounds):
            for one in sides if number % 2 else reversed(sides):
                measure(one, sizes.singles, sizes.campaigns)
                measure_refused(one, sizes.singles)
                print(
                    f"  {one.name}: {one.rates[-1]:,.0f}/s, without a key {one.refused[-1]:,.0f}/s",
                    flush=True,
                )
        for one in sides:
            check(one)
    report(*sides)


@contextmanager
def side(name: str, checkout: Path, campaigns: int) -> Iterator[Side]:
    """A database with a world, and the checkout's server on it."""
    database = f"budget_manager_benchmark_{os.getpid()}_{name}"
    url = urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{database}"))
    one = Side(name, checkout, url)
    environment = {"DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, "DEBUG": "false"}
    environment |= {"API_REQUESTS_PER_MINUTE": "1000000", "WEB_CONCURRENCY": "2"}
    execute(f"CREATE DATABASE {database}")
    try:
        manage(one, environment, "migrate", "-v0")
        fill(one, campaigns)
        arguments = ("create", "benchmark", "--scope", "spend:write", "--every-brand")
        said = manage(one, environment, "api_key", *arguments)
        one.key = re.findall(r"\bbm_\w{8}_\w{43}\b", said)[0]
        with running(checkout, environment) as (one.port, one.server):
            yield one
    finally:
        execute(f"DROP DATABASE {database} WITH (FORCE)")


def manage(one: Side, environment: dict[str, str], *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=one.checkout,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def fill(one: Side, campaigns: int) -> None:
    numbers = {"campaigns": campaigns, "brands": 20, "schedules": 10, **local(timezone.now())}
    with psycopg2.connect(one.url) as raw, raw.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(WORLD, numbers)
        cursor.execute(FROM_ZERO)
    raw.close()


def measure(one: Side, singles: int, campaigns: int) -> None:
    """Send so many entries, each client the next one as soon as it has its answer."""
    requests = iter(
        [request(one, number, campaigns) for number in range(one.sent, one.sent + singles)]
    )
    before = used(one)
    began = time.perf_counter()
    one.each += send(one.port, requests, RECORDED)
    took = time.perf_counter() - began
    one.sent += singles
    one.rates.append(singles / took)
    for who, seconds in used(one).items():
        one.used.setdefault(who, []).append(1000 * (seconds - before.get(who, 0)) / singles)


def measure_refused(one: Side, singles: int) -> None:
    keyless = request(one, 0, 1).replace(b"Authorization", b"X-Nothing")
    began = time.perf_counter()
    send(one.port, iter([keyless] * singles), REFUSED)
    one.refused.append(singles / (time.perf_counter() - began))


def request(one: Side, number: int, campaigns: int) -> bytes:
    row = {
        "campaign": 1 + number % campaigns,
        "amount": "0.01",
        "external_id": f"single-{number}",
    }
    body = json.dumps(row)
    head = (
        "POST /api/v1/spend/entries HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {one.key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", body)).encode()


def send(port: int, requests: Iterator[bytes], answer: Answer) -> list[float]:
    """Seconds of each request."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = [pool.submit(client, port, requests, answer) for _ in range(CLIENTS)]
    return [took for part in parts for took in part.result()]


def client(port: int, requests: Iterator[bytes], expected: Answer) -> list[float]:
    """Send requests over one connection while there are any."""
    status, content, end = expected
    each = []
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connected:
        for sent in requests:  # shared by the clients; a list's iterator may be
            began = time.perf_counter()
            connected.sendall(sent)
            answer = connected.recv(4096)
            while not answer.endswith(end):  # its head may come alone
                more = connected.recv(4096)
                if not more:
                    raise SystemExit(f"{answer!r}")
                answer += more
            each.append(time.perf_counter() - began)
            if not answer.startswith(b"HTTP/1.1 " + status) or content not in answer:
                raise SystemExit(f"{answer!r}")
    return each


def used(one: Side) -> dict[str, float]:
    """Seconds of processor time so far: of the clients, of the server, of its database sessions."""
    found = {"clients": time.process_time(), "web": 0.0, "database": 0.0}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            if int(fields[1]) == one.server:
                found["web"] += seconds
            elif f" {one.database} ".encode() in (process / "cmdline").read_bytes():
                found["database"] += seconds
    return found


def check(one: Side) -> None:
    """A figure is worth nothing if an entry is missing."""
    with closing(psycopg2.connect(one.url)) as raw, raw.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(amount) FROM ads_spend")
        expect((one.sent, one.sent * CENT), cursor.fetchone())
        cursor.execute(
            "SELECT sum(amount) FROM ads_spendtotal WHERE period = 'month' AND campaign_id IS NULL"
        )
        expect((one.sent * CENT,), cursor.fetchone())


def report(here: Side, there: Side) -> None:
    median = statistics.median
    rows = [("entries/s", median(here.rates), median(there.rates))]
    rows.append(("… without a key, 401", median(here.refused), median(there.refused)))
    for what, percent in (("median, ms", 50), ("99 of 100 within, ms", 99)):
        mine, theirs = (1000 * percentile(one.each, percent) for one in (here, there))
        rows.append((what, mine, theirs))
    for who, of_mine in here.used.items():
        what = f"{who}, ms of processor time each"
        rows.append((what, median(of_mine), median(there.used[who])))
    print(f"{'':40} {'here':>10} {there.name:>10}  ratio")
    for what, mine, theirs in rows:
        print(f"{what:40} {mine:>10,.2f} {theirs:>10,.2f}  {mine / theirs:.2f}×")
    print(load())


if __name__ == "__main__":
    main()
