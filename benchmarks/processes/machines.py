"""Several machines on one PostgreSQL and one Redis: what each more of them brings, and its cost.

Every web process and worker has a network namespace of its own, so this needs root. Requests come
over connections that stay open, to one, two and four web machines in turns; checks of all campaigns
wait in the queue of one to four enforcement machines, each with two processes. The processors are
shared by all of it, so requests a second grow only until those are busy: what scales is the
processor time of each kind of process for a request or a check, from which the ceilings of other
machines are calculated. Afterwards the ledger and its totals must match what was sent.
"""

import http.client
import json
import logging
import multiprocessing
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count, cycle
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psutil
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from support.report import expect, load, options
from support.web import authorization
from support.world import fill, insert, start_from_zero

from ads.models import Campaign, Spend
from ads.services.api import BudgetService
from ads.services.delivery import Trigger, enforce
from ads.services.ledger import verification
from budget_manager.tests.faults.system.machines import Machines
from budget_manager.tests.support import directory, wait_for

KINDS = {"web": 4, "enforcement": 4}
CHECK = "ads.tasks.check_campaign_budgets"
QUEUE = "enforcement"
PATH = "/api/v1/spend/entries"
CENT = Decimal("0.01")
BATCH = 100

#: More requests a second than any of this machine's.
MOST = 1500

#: What a client sends: a path, and a body or None.
Asked = tuple[str, bytes | None]

_numbers = count(1)


@dataclass
class Window:
    """What was done in some seconds, and what it took."""

    done: int = 0
    seconds: float = 0.0
    #: Processor seconds by kind of process.
    cpu: dict[str, float] = field(default_factory=dict)
    #: Sessions of the database: the most at once; of those at work, the share that wait for locks.
    sessions: int = 0
    waiting: float = 0.0

    @property
    def rate(self) -> float:
        return self.done / self.seconds

    def each(self, kind: str) -> float:
        """Milliseconds of processor time of a kind of process for one of them."""
        return 1000 * self.cpu[kind] / self.done


def main() -> None:
    sizes = options(
        __doc__, campaigns=10_000, brands=200, seconds=6, rounds=2, clients=16, checks=12
    ).parse_args()
    logging.getLogger("ads").setLevel(logging.WARNING)
    with directory() as base:
        stack = Machines(base, KINDS, connections=200)
        try:
            with stack.database():
                measure(stack, sizes)
        finally:
            stack.stop()


def measure(stack: Machines, sizes: Any) -> None:
    call_command("migrate", verbosity=0)
    fill(sizes.campaigns, brands=sizes.brands, schedules=50, now=timezone.now())
    start_from_zero(campaign_budget=Decimal(10**9))
    enforce(Campaign.objects.all(), timezone.now(), Trigger.CHECK_CAMPAIGN_BUDGETS)
    ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
    one_brand = [pk for pk in ids if pk % sizes.brands == 0]
    brands = cycle([ids[number :: sizes.brands] for number in range(sizes.brands)])
    headers = {**authorization(), "Content-Type": "application/json"}
    held = held_for(one_brand[0])
    stack.start()
    expect(True, wait_for(lambda: all(serves(each) for each in stack.addresses), 120))
    expect(True, wait_for(lambda: len(stack.app.control.ping(timeout=1) or ()) == 4, 120))
    cases: dict[str, Callable[[], Asked]] = {
        "an entry, of any brand": lambda: entries(ids, 1),
        "an entry, all of one brand": lambda: entries(one_brand, 1),
        f"{BATCH} entries, of any brand": lambda: entries(ids, BATCH),
        f"{BATCH} entries, each request's of one brand": lambda: entries(next(brands), BATCH),
        "one campaign's delivery": lambda: (f"/api/v1/campaigns/{ids[0]}/delivery", None),
    }
    recorded = Spend.objects.count()
    found: dict[tuple[str, int], list[Window]] = defaultdict(list)
    for _ in range(sizes.rounds):
        found["a row by SQL, one session", 0].append(inserted(stack, ids[1]))
        for what, make in cases.items():
            for machines in (1, 2, 4):
                addresses = stack.addresses[:machines]
                ask(stack, addresses, make, headers, 1.0, sizes.clients)  # warm
                window = ask(stack, addresses, make, headers, sizes.seconds, sizes.clients)
                found[what, machines].append(window)
    for _ in range(sizes.rounds):
        for machines in (1, 2, 3, 4):
            found["a check", machines].append(checks(stack, machines, sizes.checks * machines))
    expect([], verification.verify(now=timezone.now(), fix=False))
    expect(_sent["entries"], Spend.objects.count() - recorded)
    show(found, sizes.campaigns, held)


_sent: Counter[str] = Counter()


def entries(ids: Sequence[int], rows: int) -> Asked:
    """A request with entries that were never sent before."""
    made = [
        {"campaign": ids[number * 7919 % len(ids)], "amount": "0.01", "external_id": f"{number}"}
        for number in (next(_numbers) for _ in range(rows))
    ]
    return PATH, json.dumps({"entries": made} if rows > 1 else made[0]).encode()


def ask(
    stack: Machines,
    addresses: Sequence[str],
    make: Callable[[], Asked],
    headers: dict[str, str],
    seconds: float,
    clients: int,
) -> Window:
    """Ask these machines for some seconds; the clients are threads of a process of their own."""
    rows = (make()[1] or b"").count(b"external_id")
    prepared = [make() for _ in range(int(MOST * seconds / max(rows // 10, 1)))]
    chunks = [prepared[number::clients] for number in range(clients)]

    def send(chunk: list[Asked], address: str, until: float) -> int:
        line = http.client.HTTPConnection(address, timeout=60)
        for number, (path, body) in enumerate(chunk):
            if time.monotonic() > until:
                return number
            line.request("GET" if body is None else "POST", path, body, headers)
            answer = line.getresponse()
            content = answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise SystemExit(f"{answer.status} {content[:300]!r}")
        raise SystemExit("prepare more: all was sent before the time was over")

    def send_all() -> None:
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(clients) as pool:
            theirs.send(sum(pool.map(send, chunks, cycle(addresses), [until] * clients)))

    ours, theirs = multiprocessing.Pipe()
    connection.close()
    with watched(stack) as window:
        process = multiprocessing.get_context("fork").Process(target=send_all)
        process.start()
        theirs.close()
        window.done = ours.recv()
        process.join()
    _sent["entries"] += rows * window.done
    return window


def inserted(stack: Machines, campaign: int, rows: int = 1_000) -> Window:
    """A bare INSERT per transaction: the measure of what the machine can do just now."""
    with watched(stack) as window:
        insert(campaign, rows)
        window.done = rows
    _sent["entries"] += rows
    return window


def checks(stack: Machines, machines: int, times: int) -> Window:
    """Let so many machines work off a queue of checks."""
    nodes = [f"enforcement@enforcement{number}" for number in range(1, 5)]
    stack.app.control.cancel_consumer(QUEUE, destination=nodes, reply=True, timeout=5)
    with stack.app.producer_pool.acquire() as producer:
        sent = [stack.app.send_task(CHECK, producer=producer) for _ in range(times)]
    with watched(stack) as window:
        stack.app.control.add_consumer(QUEUE, destination=nodes[:machines], reply=False)
        expect(True, wait_for(lambda: all(each.ready() for each in sent), 300))
        window.done = times
    expect([True] * times, [each.successful() for each in sent])
    return window


@contextmanager
def watched(stack: Machines) -> Iterator[Window]:
    """Measure what happens inside."""
    window = Window()
    over = threading.Event()
    seen: list[tuple[float, float, float]] = []

    def look() -> None:
        with stack.watching() as session:
            while not over.wait(0.25):
                seen.append(tuple(session(question) for question in ACTIVITY))  # type: ignore[arg-type]

    looking = threading.Thread(target=look)
    before, began = used(stack), time.monotonic()
    looking.start()
    yield window
    window.seconds = time.monotonic() - began
    over.set()
    looking.join()
    after = used(stack)
    window.cpu = {kind: after[kind] - before[kind] for kind in after}
    sessions, at_work, waiting = zip(*seen, strict=True)
    window.sessions = int(max(sessions))
    window.waiting = sum(waiting) / max(sum(at_work), 1)


#: Sessions of the application; those at work in a transaction; those of them that wait for a lock.
_OURS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
_OURS += " AND client_addr <> '127.0.0.1'"
ACTIVITY = (_OURS, f"{_OURS} AND state <> 'idle'", f"{_OURS} AND wait_event_type = 'Lock'")


def used(stack: Machines) -> dict[str, float]:
    """Processor seconds so far, by kind of process."""
    found: dict[str, float] = defaultdict(float)
    for name, process in stack.processes.items():
        found[name.rstrip("0123456789")] += tree(process.pid)
    found["postgres"] = tree(stack.postgres.process.pid)
    found["redis"] = tree(stack.redis.process.pid)
    return dict(found)


def tree(pid: int) -> float:
    """Of a process, what it has waited for, and those of its children that run."""
    root = psutil.Process(pid)
    total = sum(root.cpu_times()[:4])
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            total += sum(child.cpu_times()[:4])
    return float(total)


def held_for(campaign: int, times: int = 300) -> float:
    """Seconds for which recording an entry keeps its brand's sums locked; the median, alone.

    From the INSERT, whose trigger moves the sums, until its transaction has ended.
    """
    one = Campaign.objects.select_related("brand").get(pk=campaign)
    began = 0.0

    def watch(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal began
        if "ads_spend" in sql and sql.lstrip().startswith(("INSERT", "WITH")):
            began = time.perf_counter()
        return execute(sql, *rest)

    took = []
    with connection.execute_wrapper(watch):
        for _ in range(times):
            began = 0.0
            BudgetService.record_spend(one, CENT, source="alone")
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def serves(address: str) -> bool:
    with suppress(OSError), closing(http.client.HTTPConnection(address, timeout=5)) as line:
        line.request("GET", "/ready")
        return line.getresponse().status == http.HTTPStatus.OK
    return False


def show(found: dict[tuple[str, int], list[Window]], campaigns: int, held: float) -> None:
    """The best round of each, and what follows from it for a machine of its own."""
    heads = ["what", "machines", "a second", "web", "worker", "postgres", "redis", "sessions"]
    lines = [[*heads, "waiting", "a DB core"]]
    for (what, machines), windows in found.items():
        best = max(windows, key=lambda window: window.rate)
        figures = [f"{best.each(kind):.2f}" for kind in ("web", "enforcement", "postgres", "redis")]
        ceiling = f"{1000 / best.each('postgres'):,.0f}"
        ends = [f"{best.sessions}", f"{best.waiting:.0%}", ceiling]
        lines.append([what, f"{machines}", f"{best.rate:,.1f}", *figures, *ends])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    print("web to redis: milliseconds of processor time each; a DB core: calculated, a second")
    print(f"a check is one of {campaigns:,} campaigns")
    print(f"sums of a brand are locked for {1000 * held:.2f} ms by an entry: {1 / held:,.0f}/s")
    print(load(), flush=True)


if __name__ == "__main__":
    main()
