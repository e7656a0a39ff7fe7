"""Spend over HTTP, through one gunicorn process on loopback: batches, single entries, retries.

    python benchmarks/api.py [--campaigns 1000] [--batches 40] [--singles 4000] [--retries 1000]

Batches of 1,000 entries come from two clients, single entries from eight, each over a connection
that stays open; the load is made on the same machine. The retries are one batch of 100 entries,
sent by as many connections at once. No budget is crossed, and every entry asks whether one is.
Afterwards the ledger and its sums are compared, to the cent, with what was sent.
"""

import argparse
import asyncio
import http.client
import json
import multiprocessing
import resource
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from _database import scratch
from _report import expect, seconds, table, verdict
from _web import key, served
from django.db import connection
from django.db.models import Sum
from django.utils import timezone
from world import fill, settle

from ads.models import Campaign, Spend
from ads.services.ledger.verification import verify

PER_SECOND = 8_000
SINGLES_PER_SECOND = 350
P99_MS = 150
ROWS = 1_000
RETRIED_ROWS = 100
CENT = Decimal("0.01")
PATH = "/api/v1/spend/entries"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=1_000)
    parser.add_argument("--batches", type=int, default=40, help="of 1,000 entries, from 2 clients")
    parser.add_argument("--singles", type=int, default=4_000, help="entries, from 8 clients")
    parser.add_argument("--retries", type=int, default=1_000, help="of one batch of 100 entries")
    options = parser.parse_args()
    with scratch() as database:
        fill(options.campaigns, brands=20, schedules=10, now=timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE ads_spendtotal")  # all of it shall come from the ledger
            cursor.execute("UPDATE ads_campaign SET daily_budget = 1e9, monthly_budget = 1e10")
            cursor.execute("UPDATE ads_brand SET daily_budget = 1e10, monthly_budget = 1e11")
        settle(timezone.now())
        ids = list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
        headers = {"Authorization": f"Bearer {key()}", "Content-Type": "application/json"}
        with served(database) as port:
            connection.close()
            send(port, headers, [batch("warm", ids, 10)])
            in_batches = together(
                port,
                headers,
                [[batch(f"{i}", ids, ROWS) for i in part(options.batches, 2, n)] for n in range(2)],
            )
            took, recorded = seconds(
                lambda: asyncio.run(
                    retries(port, headers, batch("again", ids, RETRIED_ROWS), options.retries)
                )
            )
        with served(database, processes=2) as port:
            send(port, headers, [batch("warm too", ids, 10)])
            alone = together(
                port,
                headers,
                [[single(i, ids) for i in part(options.singles, 8, n)] for n in range(8)],
            )
        entries = 20 + options.batches * ROWS + options.singles + RETRIED_ROWS
        expect(RETRIED_ROWS, recorded)
        expect(entries, Spend.objects.count())
        expect(entries * CENT, Spend.objects.aggregate(total=Sum("amount"))["total"])
        expect([], verify(now=timezone.now(), fix=False))
    rate = options.batches * ROWS / in_batches[0]
    singles = options.singles / alone[0]
    p99 = 1000 * percentile(alone[1], 99)
    table(
        [
            ("batches of 1,000 entries", at_least(rate, PER_SECOND), f"{PER_SECOND:,}/s"),
            ("... a batch, median", f"{1000 * statistics.median(in_batches[1]):.0f} ms", ""),
            (
                "single entries, 8 clients, two processes",
                at_least(singles, SINGLES_PER_SECOND),
                f"{SINGLES_PER_SECOND}/s",
            ),
            ("... median", f"{1000 * statistics.median(alone[1]):.0f} ms", ""),
            ("... 99 of 100 within", verdict(p99, P99_MS, " ms"), f"{P99_MS} ms"),
            (
                f"{options.retries:,} retries at once of {RETRIED_ROWS} entries",
                f"one row each, {took:.1f} s",
                "one row each",
            ),
        ]
    )


def at_least(measured: float, bound: float) -> str:
    return f"{measured:,.0f}/s ({'kept' if measured >= bound else 'MISSED'})"


def part(count: int, parts: int, which: int) -> range:
    """The numbers below ``count`` that fall to one of ``parts``."""
    return range(which, count, parts)


def batch(name: str, ids: Sequence[int], rows: int) -> bytes:
    entries = [
        {
            "campaign": ids[i % len(ids)],
            "amount": "0.01",
            "description": "Clicks of an hour",
            "external_id": f"{name}-{i}",
        }
        for i in range(rows)
    ]
    return json.dumps({"entries": entries}).encode()


def single(number: int, ids: Sequence[int]) -> bytes:
    row = {"campaign": ids[number % len(ids)], "amount": "0.01", "external_id": f"single-{number}"}
    return json.dumps(row).encode()


def together(
    port: int, headers: dict[str, str], parts: list[list[bytes]]
) -> tuple[float, list[float]]:
    """How long it takes to send all, a client for each part, and how long each request took.

    The clients are threads of another process, which leaves this one's interpreter out of it.
    """
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_clients, args=(port, headers, parts, theirs))
    process.start()
    took, requests = ours.recv()
    process.join()
    return took, requests


def _clients(port: int, headers: dict[str, str], parts: list[list[bytes]], answer: Any) -> None:
    with ThreadPoolExecutor(len(parts)) as pool:
        began = time.perf_counter()
        took = list(pool.map(lambda bodies: send(port, headers, bodies), parts))
        answer.send((time.perf_counter() - began, [one for client in took for one in client]))


def send(port: int, headers: dict[str, str], bodies: list[bytes]) -> list[float]:
    """Send each over one connection; how long each took, in seconds."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for body in bodies:
        began = time.perf_counter()
        client.request("POST", PATH, body, headers)
        answer = client.getresponse()
        content = answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{answer.status}: {content[:500]!r}")
    client.close()
    return took


async def retries(port: int, headers: dict[str, str], body: bytes, count: int) -> int:
    """Send the same from many connections at once; how many rows were recorded, by the answers."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(files, 2 * count), most), most))
    everybody = asyncio.Event()

    async def once() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await everybody.wait()
        lines = [f"{name}: {value}" for name, value in headers.items()]
        head = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", *lines, f"Content-Length: {len(body)}"]
        writer.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + body)
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


def percentile(values: list[float], of: int) -> float:
    return sorted(values)[min(len(values) * of // 100, len(values) - 1)]


if __name__ == "__main__":
    main()
