"""Spend over HTTP, through one gunicorn process on loopback: batches, single entries, retries.

Batches of 1,000 entries come from two clients, single entries from eight (to two server processes),
each over a connection that stays open, on the same machine. Retries send one batch of 100 entries
over many connections at once. Every entry checks for a crossed budget, and none is crossed.
Afterwards the ledger and its totals must match what was sent, to the cent.
"""

import asyncio
import json
import multiprocessing
import resource
import statistics
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from support.database import scratch
from support.report import at_least, at_most, expect, options, percentile, seconds, table
from support.web import Client, authorization, served
from support.world import fill, start_from_zero

from ads.models import Campaign, Spend
from ads.services.ledger import verification

PER_SECOND = 8_000
SINGLES_PER_SECOND = 350
P99_MS = 150
ROWS = 1_000
RETRIED_ROWS = 100
CENT = Decimal("0.01")
PATH = "/spend/entries"


def main() -> None:
    sizes = options(__doc__, campaigns=1_000, batches=40, singles=4_000, retries=1_000).parse_args()
    with scratch() as database:
        fill(sizes.campaigns, brands=20, schedules=10, now=timezone.now())
        start_from_zero(campaign_budget=Decimal(10**9))
        ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
        headers = {**authorization(), "Content-Type": "application/json"}
        batches = [batch(f"{number}", ids, ROWS) for number in range(sizes.batches)]
        singles = [single(number, ids) for number in range(sizes.singles)]
        again = batch("again", ids, RETRIED_ROWS)
        with served(database) as port:
            connection.close()
            Client(port, headers).ask(PATH, batch("warm", ids, 10))
            batches_took, each_batch = together(port, headers, batches, clients=2)
            retries_took, recorded = seconds(
                lambda: asyncio.run(retries(port, headers, again, sizes.retries))
            )
        with served(database, processes=2) as port:
            Client(port, headers).ask(PATH, batch("warm too", ids, 10))
            singles_took, each_single = together(port, headers, singles, clients=8)
        entries = 20 + sizes.batches * ROWS + sizes.singles + RETRIED_ROWS
        expect(RETRIED_ROWS, recorded)
        expect(entries, Spend.objects.count())
        expect(entries * CENT, Spend.objects.aggregate(total=Sum("amount"))["total"])
        expect([], verification.verify(now=timezone.now(), fix=False))
    rate = sizes.batches * ROWS / batches_took
    singles_rate = sizes.singles / singles_took
    retried = f"{sizes.retries:,} retries at once of {RETRIED_ROWS} entries"
    table(
        [
            at_least("batches of 1,000 entries", rate, PER_SECOND),
            ("... a batch, median", f"{1000 * statistics.median(each_batch):.0f} ms", ""),
            at_least("single entries, 8 clients, two processes", singles_rate, SINGLES_PER_SECOND),
            ("... median", f"{1000 * statistics.median(each_single):.0f} ms", ""),
            at_most("... 99 of 100 within", 1000 * percentile(each_single, 99), P99_MS, " ms"),
            (retried, f"one row each, {retries_took:.1f} s", "one row each"),
        ]
    )


def batch(name: str, ids: Sequence[int], rows: int) -> bytes:
    entries = [
        {"campaign": ids[i % len(ids)], "amount": "0.01", "external_id": f"{name}-{i}"}
        | {"description": "Clicks of an hour"}
        for i in range(rows)
    ]
    return json.dumps({"entries": entries}).encode()


def single(number: int, ids: Sequence[int]) -> bytes:
    row = {"campaign": ids[number % len(ids)], "amount": "0.01", "external_id": f"single-{number}"}
    return json.dumps(row).encode()


def together(
    port: int, headers: dict[str, str], bodies: list[bytes], *, clients: int
) -> tuple[float, list[float]]:
    """Seconds until all are sent, a part by each client, and the seconds of each request.

    The clients are threads of another process, which leaves this one's interpreter out of it.
    """

    def send(part: list[bytes]) -> list[float]:
        client = Client(port, headers)
        return [client.ask(PATH, body)[0] for body in part]

    def send_all() -> None:
        parts = [bodies[number::clients] for number in range(clients)]
        with ThreadPoolExecutor(clients) as pool:
            took, each = seconds(lambda: list(pool.map(send, parts)))
        theirs.send((took, list(chain(*each))))

    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=send_all)
    process.start()
    took, each = ours.recv()
    process.join()
    return took, each


async def retries(port: int, headers: dict[str, str], body: bytes, count: int) -> int:
    """Send one body over many connections at once; how many rows were recorded."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(files, 2 * count), most), most))
    everybody = asyncio.Event()

    async def once() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await everybody.wait()
        lines = [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        head = [f"POST /api/v1{PATH} HTTP/1.1", "Host: 127.0.0.1", *lines]
        writer.write("\r\n".join(head).encode() + body)
        answer = await reader.read()
        writer.close()
        status, _, content = answer.partition(b"\r\n\r\n")
        if not status.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{status[:200]!r} {content[:200]!r}")
        return int(json.loads(content)["recorded"])

    tasks = [asyncio.create_task(once()) for _ in range(count)]
    await asyncio.sleep(0.5)  # until they are connected
    everybody.set()
    return sum(await asyncio.gather(*tasks))


if __name__ == "__main__":
    main()
