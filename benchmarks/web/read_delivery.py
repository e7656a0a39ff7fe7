"""Reading over the API through gunicorn: one campaign's delivery, lists, delivery changes.

Every tenth campaign has used up its daily budget, half are dayparted. Each delivery is that of a
random campaign. Clients keep their connections and send requests as fast as they are answered, on
the same machine. Figures are milliseconds at the client.
"""

import json
import random
import statistics
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.utils import timezone
from support.database import execute, scratch
from support.report import expect, options, percentile, table, verdict
from support.web import Client, authorization, served
from support.world import decide, fill, settle

BOUND = 50.0  # ms, 99 of 100 reads of one campaign's delivery
TIMES = 50
WARM_UP = 30
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


def main() -> None:
    sizes = options(
        __doc__, campaigns=100_000, brands=2_000, schedules=500, requests=1_000, clients=1
    ).parse_args()
    now = timezone.now()
    picked = random.Random(1)
    each = sizes.requests // sizes.clients
    with scratch() as database:
        fill(sizes.campaigns, brands=sizes.brands, schedules=sizes.schedules, now=now)
        settle(now)
        execute(
            "UPDATE ads_spendtotal SET amount = 100"
            " WHERE campaign_id % 10 = 0 AND period = 'day' AND amount = 7.5"
        )
        execute("VACUUM ANALYZE ads_spendtotal")
        decide(now)
        print(f"{sizes.campaigns:,} campaigns, {sizes.clients} client(s)", flush=True)
        headers = authorization()
        with served(database) as port, ThreadPoolExecutor(sizes.clients) as pool:
            expect(sizes.campaigns // 10, held_by_daily_budget(Client(port, headers)))
            paths = [
                [f"/campaigns/{picked.randint(1, sizes.campaigns)}/delivery" for _ in range(each)]
                for _ in range(sizes.clients)
            ]
            read(port, headers, paths[0][:WARM_UP])
            times = pool.map(partial(read, port, headers), paths)
            rows = [row("one campaign's delivery", list(chain(*times)), BOUND)]
            rows += [
                row(what, read(port, headers, [path] * TIMES)) for what, path in OTHER_READS.items()
            ]
    table(rows)


def held_by_daily_budget(client: Client) -> int:
    """How many campaigns are, counted page by page."""
    found, cursor = 0, ""
    while True:
        page = json.loads(client.ask(f"/campaigns?hold=daily_budget&limit=1000{cursor}")[1])
        found += len(page["items"])
        if not page["next_cursor"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def read(port: int, headers: dict[str, str], paths: Iterable[str]) -> list[float]:
    """Milliseconds of each, over one connection."""
    client = Client(port, headers)
    return [client.ask(path)[0] * 1000 for path in paths]


def row(what: str, times: list[float], bound: float | None = None) -> tuple[str, str, str]:
    p50, p99 = statistics.median(times), percentile(times, 99)
    if bound is None:
        return what, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", ""
    return what, f"p50 {p50:.1f} ms, p99 {verdict(p99, bound, ' ms', 1)}", f"p99 {bound:.0f} ms"


if __name__ == "__main__":
    main()
