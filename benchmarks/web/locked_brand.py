"""A forgotten session holds locks on the sums of one brand: what that costs everybody else.

Ten clients send spend of that brand to one gunicorn process, again and again, without the pause
that Retry-After asks for. Meanwhile one client reads and records spend of the other brands. Then
the session lets go, and the brand's spend is recorded.
"""

import http.client
import itertools
import json
import statistics
import sys
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

import psycopg2
from django.db import connection
from django.utils import timezone
from support.database import scratch
from support.report import at_most, expect, options, percentile, table
from support.web import Client, authorization, served
from support.world import fill, start_from_zero

from ads.models import Brand, Campaign, Spend

ANSWER_S: Final = 3.0
OTHERS_MS: Final = 500
PATH: Final = "/api/v1/spend/entries"
NUMBERS: Final = itertools.count()


@dataclass
class Asked:
    """What was answered, and how fast."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    retry_after: set[str | None] = field(default_factory=set)


def main() -> None:
    parser = options(__doc__, clients=10, seconds=12, processes=1)
    sizes = parser.parse_args()
    with scratch() as database:
        fill(200, brands=10, schedules=10, now=timezone.now())
        start_from_zero(campaign_budget=Decimal(10**9))
        locked, other = Brand.objects.order_by("pk")[:2]
        headers = {**authorization(), "Content-Type": "application/json"}
        mine, theirs = (
            Campaign.objects.filter(brand=brand).values_list("pk", flat=True)[0]
            for brand in (locked, other)
        )
        stuck, reads, writes, before = Asked(), Asked(), Asked(), Asked()
        with served(database, processes=sizes.processes) as port:
            for pk in (mine, theirs):  # makes the sums that are locked
                Client(port, headers).ask("/spend/entries", entry(pk).encode())
            for _ in range(50):
                ask(port, headers, "GET", f"/api/v1/campaigns/{theirs}", None, before)
            until = time.perf_counter() + sizes.seconds
            with closing(psycopg2.connect(**login(database), application_name="psql")) as psql:
                lock = "SELECT FROM ads_spendtotal WHERE brand_id = %s FOR UPDATE"
                psql.cursor().execute(lock, [locked.pk])
                threads = [
                    threading.Thread(target=send, args=(port, headers, mine, until, stuck))
                    for _ in range(sizes.clients)
                ]
                for thread in threads:
                    thread.start()
                while time.perf_counter() < until:
                    ask(port, headers, "GET", f"/api/v1/campaigns/{theirs}", None, reads)
                    ask(port, headers, "POST", PATH, entry(theirs), writes)
                    time.sleep(0.02)
                for thread in threads:
                    thread.join()
            Client(port, headers).ask("/spend/entries", entry(mine).encode())
        recorded = Spend.objects.filter(campaign=mine).count()
        connection.close()
    expect({200}, {*reads.statuses, *writes.statuses})
    expect({503}, set(stuck.statuses))
    expect(2, recorded)
    table(
        [
            at_most("locked brand: answered 503 within", max(stuck.took), ANSWER_S, " s"),
            ("... median", f"{statistics.median(stuck.took):.2f} s", ""),
            ("... Retry-After", ", ".join(map(str, sorted(stuck.retry_after, key=str))), ""),
            *others("other brands: a read before", before),
            *others("... meanwhile", reads),
            *others("other brands: spend recorded", writes),
        ]
    )


def others(what: str, asked: Asked) -> list[tuple[str, str, str]]:
    return [
        at_most(f"{what}, longest of {len(asked.took)}", 1000 * max(asked.took), OTHERS_MS, " ms"),
        ("... 99 of 100 within", f"{1000 * percentile(asked.took, 99):.0f} ms", ""),
        ("... median", f"{1000 * statistics.median(asked.took):.0f} ms", ""),
    ]


def login(database: str) -> dict[str, Any]:
    known = connection.get_connection_params()
    names = ("host", "port", "user", "password")
    return {"dbname": database, **{name: known[name] for name in names if name in known}}


def entry(campaign: int) -> str:
    row = {"campaign": campaign, "amount": "0.01", "external_id": str(next(NUMBERS))}
    return json.dumps(row)


def send(port: int, headers: dict[str, str], campaign: int, until: float, asked: Asked) -> None:
    while time.perf_counter() < until:
        ask(port, headers, "POST", PATH, entry(campaign), asked)


def ask(
    port: int, headers: dict[str, str], method: str, path: str, body: str | None, asked: Asked
) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        began = time.perf_counter()
        client.request(method, path, body, headers)
        answer = client.getresponse()
        answer.read()
        asked.took.append(time.perf_counter() - began)
        asked.statuses[answer.status] += 1
        asked.retry_after.add(answer.headers["Retry-After"])


if __name__ == "__main__":
    main()
