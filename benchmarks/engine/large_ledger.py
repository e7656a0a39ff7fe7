"""Recording, reading and exporting on a ledger of 100,000,000 entries, against an empty one.

Both are databases of one server with the same brands and campaigns. A ledger grows by days: each
has as many entries as there are campaigns, of a quarter of them, four each, so the size says how
many days there are. Two of five have an external ID, every second of these a random one. The empty
ledger has a month of one brand, which is read and exported. What is measured takes turns, after
each campaign that still spends has got an entry in both. All queries of the server are counted: its
processor time (without parallel workers), the blocks that its buffers did not have, and the log
that it wrote (WAL).

Filling takes 40 GB and half an hour. ``--keep NAME`` keeps both databases (the other is
``NAME_empty``) and uses them again.
"""

import json
import logging
import random
import statistics
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for ``support``

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client
from django.utils import timezone
from support.database import execute, execute_patiently, execute_unaudited, kept, scratch
from support.report import at_most, expect, options, percentile, seconds, table
from support.web import authorization
from support.world import fill, start_from_zero

from ads.models import Campaign, SpendTotal
from ads.models.spend import sums_of
from ads.rules.calendar import month_start, next_month
from ads.services import BudgetService
from ads.services.delivery import check
from ads.services.exports import Kind, Stream, Wanted, choose

RATIO: Final = 1.3
MONTH: Final = 30
BATCH: Final = 1_000
#: Of the campaigns, those that spend on one day: a quarter.
SHARE: Final = 4
#: Whose month is read.
BRAND: Final = 7
CENT: Final = Decimal("0.01")
TABLES: Final = ("ads_spend", "ads_spendtotal", "ads_reportedtotal", "ads_spendbatch")

#: Entries ``after`` to ``before``, and what they come to. Campaigns begin and end one after the
#: other; those of one brand lie apart.
LEDGER: Final = f"""
    WITH entry AS (
        INSERT INTO ads_spend (id, campaign_id, amount, date, occurred_at, created_at, description,
                               source, external_id, kind, batch_id)
        SELECT n + 1, campaign_id, (1 + n %% 4000) * 0.01, date, at, at,
               CASE WHEN of_ten < 4 THEN 'Clicks' ELSE '' END,
               CASE WHEN of_ten < 2 THEN 'etl' WHEN of_ten < 4 THEN 'shop'
                    WHEN campaign_id %% 2 = 0 THEN 'google_ads' ELSE 'meta_ads' END,
               CASE WHEN of_ten < 2 THEN md5(n::text)::uuid::text
                    WHEN of_ten < 4 THEN 'order-' || n END,
               CASE WHEN of_ten < 4 THEN 'entry' ELSE 'day_total' END, 1 + n / 1000
          FROM (SELECT n, %(first)s::date + day::int AS date, (n + n / alive) %% 10 AS of_ten,
                       1 + (day * (%(campaigns)s - alive) / greatest(%(days)s - 1, 1)
                            + n %% alive) * 7919 %% %(campaigns)s AS campaign_id,
                       %(first)s::timestamptz + n * interval '1 day' / %(campaigns)s AS at
                  FROM generate_series(%(after)s::bigint, %(before)s - 1) AS n,
                       LATERAL (SELECT n / %(campaigns)s AS day, %(campaigns)s / {SHARE} AS alive)
               ) AS every
         WHERE %(brand)s::bigint IS NULL OR 1 + campaign_id %% %(brands)s = %(brand)s
        RETURNING campaign_id, date, amount, source, kind
    ), reported AS (
        INSERT INTO ads_reportedtotal (source, campaign_id, date, amount, observed_at)
        SELECT source, campaign_id, date, sum(amount), date + interval '1 day' FROM entry
         WHERE kind = 'day_total' GROUP BY campaign_id, date, source ORDER BY date, campaign_id
    )
    INSERT INTO ads_spendtotal (brand_id, campaign_id, period, start, amount)
    SELECT * FROM ({sums_of("entry")}) AS total ORDER BY start, brand_id, campaign_id
"""

BATCHES: Final = """
    INSERT INTO ads_spendbatch (kind, title, source, recorded_by, recorded_at, rows, amounts,
                                known_as, reason, counts)
    SELECT 'api', 'etl', 'etl', 'key: etl', now(), 1000, '{}', '', '', true
      FROM generate_series(1, %(entries)s / 1000)
"""


def main() -> None:
    parser = options(
        __doc__, entries=100_000_000, campaigns=100_000, brands=2_000, rounds=10, singles=100
    )
    parser.add_argument("--keep", metavar="NAME", help="the databases' name, to be used again")
    sizes = parser.parse_args()
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    logging.disable(logging.INFO)  # windows of schedules open and close meanwhile
    today = timezone.now().date()
    with ExitStack() as stack:
        names = []
        for label in ("", "_empty"):
            if sizes.keep:
                names.append(sizes.keep + label)
                is_new = stack.enter_context(kept(names[-1]))
            else:
                names.append(stack.enter_context(scratch(f"large{label}")))
                is_new = True
            if is_new:
                only = BRAND if label else None
                took, _ = seconds(partial(make, sizes, today, only=only))
                print(f"  {names[-1]} filled in {took:.0f} s", flush=True)
        large, empty = stack.enter_context(sessions(names))
        table(measure(large, empty, sizes))


def make(sizes: Any, today: date, *, only: int | None) -> None:
    """Fill the database; ``only`` a month of this brand."""
    fill(sizes.campaigns, brands=sizes.brands, schedules=500, now=timezone.now())
    start_from_zero(campaign_budget=Decimal(10**9))
    days = sizes.entries // sizes.campaigns
    first = today - timedelta(days=days - 1)
    numbers = {**vars(sizes), "days": days, "first": first, "brand": only}
    execute_unaudited(BATCHES, numbers)
    ids = ", ".join(f"'{name}'::regclass" for name in TABLES)
    execute(f"UPDATE pg_index SET indisready = false WHERE indrelid IN ({ids})")  # until REINDEX
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(partial(add, numbers), spans(first, today, days, only)):
            pass
    for name in TABLES:
        execute_patiently(f"SET maintenance_work_mem = '1GB'; REINDEX TABLE {name}")
        execute_patiently(f"VACUUM ANALYZE {name}")
        # Autovacuum would count as work of what is measured.
        execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)")
    execute(f"SELECT setval('ads_spend_id_seq', {sizes.entries})")
    execute("CHECKPOINT")


def spans(first: date, today: date, days: int, only: int | None) -> Iterator[tuple[int, int]]:
    """The days from and to, counted from ``first``, of each calendar month."""
    begins = first if only is None else today - timedelta(days=min(days, MONTH) - 1)
    while begins <= today:
        ends = min(next_month(month_start(begins)), today + timedelta(days=1))
        yield (begins - first).days, (ends - first).days
        begins = ends


def add(numbers: dict[str, Any], span: tuple[int, int]) -> None:
    after, before = (day * numbers["campaigns"] for day in span)
    execute("SET work_mem = '512MB'")
    execute_unaudited(LEDGER, {**numbers, "after": after, "before": before})
    connection.close()


@dataclass
class Figures:
    """Of one thing on one ledger: milliseconds of each, and what the server had to do in all."""

    clock: list[float] = field(default_factory=list)
    cpu: float = 0.0  # ms
    read: int = 0  # blocks
    wal: int = 0  # bytes

    @property
    def each(self) -> tuple[float, float, float]:
        """Processor time in ms, blocks, kB of WAL."""
        times = len(self.clock)
        return self.cpu / times, self.read / times, self.wal / times / 1000


class Ledger:
    """A database with a session of its own, an API client and a logged-in browser."""

    def __init__(self, database: str) -> None:
        self.session = connections.create_connection("default")
        self.session.settings_dict = {**self.session.settings_dict, "NAME": database}
        self.figures: dict[str, Figures] = {}
        self.use()
        self.pid = execute("SELECT pg_backend_pid()")[0][0]
        execute_unaudited("UPDATE ads_apikey SET name = id")  # of the run before
        self.api = Client(headers={"X-Forwarded-Proto": "https", **authorization()})
        self.browser = Client(headers={"X-Forwarded-Proto": "https"})
        users = get_user_model().objects
        self.browser.force_login(
            users.filter(username="olivia").first()
            or users.create_superuser("olivia", password=None)
        )

    def use(self) -> None:
        connections["default"] = self.session

    def count(self) -> tuple[float, int, int]:
        """Milliseconds of processor time, blocks read and bytes of WAL so far."""
        execute("SELECT pg_stat_force_next_flush()")
        ((read, wal),) = execute(
            "SELECT blks_read, (pg_current_wal_insert_lsn() - '0/0')::bigint"
            "  FROM pg_stat_database WHERE datname = current_database()"
        )
        busy = Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]
        return int(busy) / 1e6, read, wal

    def measure(self, what: str, acts: Sequence[Callable[[], object]]) -> None:
        self.use()
        before = self.count()
        took = [seconds(act)[0] * 1000 for act in acts]
        after = self.count()
        figures = self.figures.setdefault(what, Figures())
        figures.clock += took
        figures.cpu += after[0] - before[0]
        figures.read += after[1] - before[1]
        figures.wal += after[2] - before[2]

    def post(self, entries: list[dict[str, Any]]) -> None:
        answer = self.api.post(
            "/api/v1/spend/entries", json.dumps({"entries": entries}), "application/json"
        )
        expect((200, len(entries)), (answer.status_code, answer.json()["recorded"]))

    def get(self, client: Client, path: str) -> bytes:
        answer = client.get(path)
        expect(200, answer.status_code)
        return bytes(answer.content)


@contextmanager
def sessions(names: Sequence[str]) -> Iterator[list[Ledger]]:
    """The databases of these names."""
    before = connections["default"]
    ledgers: list[Ledger] = []
    try:
        ledgers += map(Ledger, names)
        yield ledgers
    finally:
        for ledger in ledgers:
            ledger.session.close()
        connections["default"] = before


def measure(large: Ledger, empty: Ledger, sizes: Any) -> list[tuple[str, str, str]]:
    """Rows of the table."""
    ledgers = (large, empty)
    large.use()
    ((last,),) = execute("SELECT date FROM ads_spend WHERE id = %s", [sizes.entries])
    month = Wanted(brand=BRAND, first=last - timedelta(days=MONTH - 1), last=last)
    exported = []
    for ledger in ledgers:
        ledger.use()
        exported.append(export(month).count(b"\n"))
    expect(exported[1], exported[0])
    large.use()
    spending = list(
        Campaign.objects.filter(
            pk__in=SpendTotal.objects.filter(period="day", start=last, campaign__isnull=False)
            .order_by()
            .values("campaign")
        ).select_related("brand")
    )
    picked = random.Random()
    of_brand = [campaign for campaign in spending if campaign.brand_id == BRAND]
    for ledger in ledgers:  # each of them has its sums of today open, in both
        ledger.use()
        for at in range(0, len(spending), BATCH):
            ledger.post([row(campaign) for campaign in spending[at : at + BATCH]])
        execute(f"ANALYZE {', '.join(TABLES)}")  # the empty one is not as empty any more
    paths = {
        "the month of a brand by the API": f"/api/v1/brands/{BRAND}/summary"
        f"?from={month.first}&to={month.last}",
        "the console's page of a brand": f"/admin/ads/brand/{BRAND}/change/",
        "the console's ledger": "/admin/ads/spend/",
        "... of a brand's month": f"/admin/ads/spend/?campaign__brand__id__exact={BRAND}"
        f"&date_from={month.first}&date_to={month.last}",
    }
    for number in range(sizes.rounds + 1):
        some = picked.sample(spending, sizes.singles)
        ids = [str(uuid.UUID(int=picked.getrandbits(128))) for _ in some]
        spread = [row(campaign, picked) for campaign in picked.sample(spending, BATCH)]
        ours = [row(of_brand[i % len(of_brand)], picked) for i in range(BATCH)]
        for ledger in ledgers if number % 2 else ledgers[::-1]:
            ledger.measure("one entry", [one(each) for each in some])
            ledger.measure(
                "one entry with a random ID",
                [one(each, pk) for each, pk in zip(some, ids, strict=True)],
            )
            ledger.measure("a batch, each of another campaign", [lambda: ledger.post(spread)])  # noqa: B023
            ledger.measure("a batch of one brand", [lambda: ledger.post(ours)])  # noqa: B023
            for what, path in paths.items():
                client = ledger.api if path.startswith("/api") else ledger.browser
                ledger.measure(what, [lambda: ledger.get(client, path)] * 3)  # noqa: B023
            ledger.measure("the export of a brand's month", [lambda: export(month)] * 3)
            ledger.measure("a check", [lambda: check(timezone.now())])
        if not number:  # to warm up
            for ledger in ledgers:
                ledger.figures.clear()
    each = [compared(what, large.figures[what], empty.figures[what]) for what in large.figures]
    return list(chain(*each))


def row(campaign: Campaign, picked: random.Random | None = None) -> dict[str, Any]:
    number = uuid.UUID(int=picked.getrandbits(128)) if picked else uuid.uuid4()
    return {"campaign": campaign.pk, "amount": "0.01", "external_id": str(number)}


def one(campaign: Campaign, external_id: str | None = None) -> Callable[[], object]:
    return lambda: BudgetService.record_spend(campaign, CENT, external_id=external_id)


def export(month: Wanted) -> bytes:
    return b"".join(Stream(choose(Kind.SPEND, month, timezone.now())))


def compared(what: str, large: Figures, empty: Figures) -> list[tuple[str, str, str]]:
    """Its rows: by the clock, and by the server's processor time."""
    middle = [statistics.median(each.clock) for each in (large, empty)]
    late = [percentile(each.clock, 95) for each in (large, empty)]
    (cpu, read, wal), (of_empty, read_empty, wal_empty) = large.each, empty.each
    return [
        at_most(
            f"{what}: {middle[0]:.2f} ms, {middle[1]:.2f} on an empty one",
            middle[0] / middle[1], RATIO, "×",
        ),
        at_most(
            f"... processor time of the server: {cpu:.2f}; {of_empty:.2f} ms",
            cpu / of_empty, RATIO, "×",
        ),
        (
            f"... 95 of 100 within {late[0]:.2f}; {late[1]:.2f} ms",
            f"{read:.1f}; {read_empty:.1f} blocks, {wal:.1f}; {wal_empty:.1f} kB of WAL", "",
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
