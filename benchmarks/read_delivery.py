"""Reading over the API through gunicorn: one campaign's delivery, lists, delivery changes.

    python benchmarks/read_delivery.py [--campaigns 100000] [--brands 2000] [--schedules 500]
                                       [--requests 1000] [--clients 1]

Every tenth campaign has used up its daily budget, half are dayparted. Each read of a delivery is of
another campaign, picked at random; clients keep their connections and ask as fast as they are
answered, on the same machine. Figures are milliseconds at the client.
"""

import argparse
import http.client
import json
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from _database import scratch
from _report import expect, table, verdict
from _web import key, served
from django.db import connection
from django.utils import timezone
from world import fill, settle

from ads.models import Campaign
from ads.services.delivery.enforcement import Trigger, enforce

BOUND = 50.0  # ms, p99 of one campaign's delivery
OTHERS = 50
WARM_UP = 30

Times = list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--campaigns", type=int, default=100_000)
    parser.add_argument("--brands", type=int, default=2_000)
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=1)
    options = parser.parse_args()
    now = timezone.now()
    with scratch() as database:
        fill(options.campaigns, brands=options.brands, schedules=options.schedules, now=now)
        settle(now)
        used_up = options.campaigns // 10
        use_up_every_tenth()
        enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)
        print(f"{options.campaigns:,} campaigns, {options.clients} client(s)", flush=True)
        headers = {"Authorization": f"Bearer {key()}"}
        with served(database) as port:
            expect(used_up, len(everything_held(port, headers)))
            deliveries = of_many(port, headers, options)
            rows = [row("one campaign's delivery", deliveries, BOUND)]
            for what, path in OTHER_READS.items():
                rows.append(row(what, of_one(port, headers, [path] * OTHERS), None))
    table(rows)


OTHER_READS = {
    "one campaign's summary, 31 days": "/campaigns/42/summary?from=2026-01-01&to=2026-01-31",
    "a page of 100 campaigns": "/campaigns",
    "... of one brand": "/campaigns?brand=7",
    "... held by their daily budget": "/campaigns?hold=daily_budget",
    "... by their hours": "/campaigns?hold=dayparting",
    "... by their flight, which none is": "/campaigns?hold=flight",
    "... by their brand's budget, which none is": "/campaigns?hold=brand_daily_budget",
    "100 delivery changes": "/delivery-changes",
    "100 delivery changes of one brand": "/delivery-changes?brand=10",
}


def use_up_every_tenth() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ads_spendtotal SET amount = 100"
            " WHERE campaign_id % 10 = 0 AND period = 'day' AND amount = 7.5"
        )
        cursor.execute("VACUUM ANALYZE ads_spendtotal")


def everything_held(port: int, headers: dict[str, str]) -> list[int]:
    """Ids of all campaigns that are held by their daily budgets, page by page."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    ids: list[int] = []
    path = "/campaigns?hold=daily_budget&limit=1000"
    cursor = ""
    while True:
        page = ask(client, path + cursor, headers)
        ids += [item["id"] for item in page["items"]]
        if not page["next_cursor"]:
            return ids
        cursor = f"&cursor={page['next_cursor']}"


def of_many(port: int, headers: dict[str, str], options: argparse.Namespace) -> Times:
    """Milliseconds of each read of a delivery, by all clients."""
    picked = random.Random(1)
    each = options.requests // options.clients
    paths = [
        [f"/campaigns/{picked.randint(1, options.campaigns)}/delivery" for _ in range(each)]
        for _ in range(options.clients)
    ]
    of_one(port, headers, paths[0][:WARM_UP])
    with ThreadPoolExecutor(options.clients) as pool:
        return [took for times in pool.map(partial(of_one, port, headers), paths) for took in times]


def of_one(port: int, headers: dict[str, str], paths: list[str]) -> Times:
    client = http.client.HTTPConnection("127.0.0.1", port)
    times = []
    for path in paths:
        began = time.perf_counter()
        ask(client, path, headers)
        times.append((time.perf_counter() - began) * 1000)
    return times


def ask(client: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> Any:
    client.request("GET", f"/api/v1{path}", headers=headers)
    response = client.getresponse()
    body = response.read()
    expect((path, 200), (path, response.status))
    return json.loads(body)


def row(what: str, times: Times, bound: float | None) -> tuple[str, str, str]:
    p50 = statistics.median(times)
    p99 = statistics.quantiles(times, n=100, method="inclusive")[98]
    if bound is None:
        return what, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", ""
    return what, f"p50 {p50:.1f} ms, p99 {verdict(p99, bound, ' ms')}", f"p99 {bound:.0f} ms"


if __name__ == "__main__":
    main()
