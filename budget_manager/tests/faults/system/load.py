"""Spend that comes in by all ways at once, and the list of what was acknowledged."""

import io
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count, cycle
from random import Random
from types import TracebackType
from typing import Self

import psycopg2
from django.utils import timezone

from ads.models import Brand, Campaign
from ads.models.access import Scope
from ads.models.campaigns import Status
from ads.services.operations import ledger_role
from ads.services.senders import api_keys
from budget_manager.tests.faults.system.client import PAUSE, Client
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import Stack
from budget_manager.tests.support import wait_for

#: Seconds of each program between two things that it does.
PACE = 0.02

ROLE = "etl"
PASSWORD = "of the ledger's role"  # noqa: S105 - of a server that ends with the tests
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")

#: Budget of a campaign that SQL spends from; used up by so many entries of one.
SQL_BUDGET = 8

#: (source, external id): campaign, amount.
Entries = dict[tuple[str, str], tuple[int, Decimal]]

_numbers = count(1)


class Load:
    """A world of its own, and four programs at work in it, until :meth:`settle`."""

    def __init__(self, stack: Stack, seed: int = 1) -> None:
        self.stack = stack
        self.name = f"load {next(_numbers)}"
        self.random = Random(seed)
        #: All that was ever sent, and what of it was acknowledged.
        self.sent: Entries = {}
        self.acknowledged: Entries = {}
        #: What one source says that a campaign has spent on a day.
        self.reported: dict[tuple[int, date], Decimal] = {}
        #: Status that a person asked for and was told to have got.
        self.wishes: dict[int, str] = {}
        self.make_world()
        self._stop = threading.Event()
        self._failed: list[str] = []
        programs = (self._entries, self._day_totals, self._people, self._sql)
        self._threads = [
            threading.Thread(target=self._work, args=[program], daemon=True) for program in programs
        ]

    def make_world(self) -> None:
        brands = [
            Brand.objects.create(
                name=f"{self.name}, {zone}", timezone=zone, daily_budget=[None, 150][number % 2]
            )
            for number, zone in enumerate(ZONES)
        ]
        self.brands = brands
        named: dict[str, list[tuple[Brand, int | None]]] = {
            "entries": [(brand, budget) for brand in brands for budget in (5, 20, 60, None)],
            "totals": [(brands[0], budget) for budget in (5, 20, 60, None)],
            "people": [(brand, 10) for brand in brands],
            "sql": [(brands[0], SQL_BUDGET)] * 60,
        }
        Campaign.objects.bulk_create(
            Campaign(
                brand=brand,
                name=f"{kind} {number} of {self.name}",
                status="active",
                daily_budget=budget,
            )
            for kind, owners in named.items()
            for number, (brand, budget) in enumerate(owners)
        )
        self.of = {
            kind: list(
                Campaign.objects.filter(brand__in=brands, name__startswith=f"{kind} ")
                .order_by("pk")
                .values_list("pk", flat=True)
            )
            for kind in named
        }
        self.source = self.name
        _, self.key = api_keys.issue(
            name=self.name,
            source=self.source,
            scopes=Scope.values,
            every_brand=True,
            requests_per_minute=1_000_000,
            now=timezone.now(),
        )
        self.client = Client(self.stack.addresses, self.key, timeout=self.stack.timeout)
        ledger_role.grant(ROLE, password=None if ledger_role.exists(ROLE) else PASSWORD)
        parameters = self.stack.postgres.url().rpartition("@")[2]
        self.sql_url = f"postgres://{ROLE}@{parameters}"
        self.sql_source = f"{self.name} in SQL"

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.await_more()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        if error is not None:
            error.add_note(self.stack.last_words())

    def await_more(self, entries: int = 10, seconds: float = PATIENCE) -> None:
        """Wait until so many more are acknowledged: it goes on."""
        wanted = len(self.acknowledged) + entries
        assert wait_for(lambda: len(self.acknowledged) >= wanted or bool(self._failed), seconds)
        assert not self._failed, self._failed

    def settle(self) -> None:
        """Send nothing new, and wait until all that was sent is acknowledged."""
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE)
        assert not any(thread.is_alive() for thread in self._threads)
        assert not self._failed, "\n".join(self._failed)

    def _work(self, program: Callable[[], Iterator[None]]) -> None:
        try:
            for _ in program():
                if self._stop.wait(PACE):
                    return
        except Exception:  # noqa: BLE001 - shown by whoever waits for it
            self._failed.append(traceback.format_exc())

    # --- Programs: each does one thing until it is acknowledged, then another -----------------

    def _entries(self) -> Iterator[None]:
        random = Random(self.random.random())
        for number in count():
            rows: Entries = {}
            for row in range(5):
                amount = Decimal(random.randint(1, 300)) / 100
                rows[self.source, f"{number}/{row}"] = random.choice(self.of["entries"]), amount
            self.send_entries(rows)
            yield

    def send_entries(self, rows: Entries) -> None:
        self.sent |= rows
        body = [
            {"campaign": campaign, "amount": str(amount), "external_id": external_id}
            for (_, external_id), (campaign, amount) in rows.items()
        ]
        self.client.insist("/spend/entries", {"entries": body})
        self.acknowledged |= rows

    def _day_totals(self) -> Iterator[None]:
        """Rising, with an hour in between that is older and must not count."""
        for number in count(1):
            now = datetime.now(UTC)
            rows = [
                {
                    "campaign": campaign,
                    "date": str(now.date()),
                    "amount": f"{number}.25",
                    "observed_at": now.isoformat(),
                }
                for campaign in self.of["totals"]
            ]
            self.client.insist("/spend/day-totals", {"day_totals": rows})
            for campaign in self.of["totals"]:
                self.reported[campaign, now.date()] = Decimal(f"{number}.25")
            yield

    def _people(self) -> Iterator[None]:
        """Pause and activate; the last campaign stays paused from the beginning."""
        *others, left = self.of["people"]
        self._want(left, Status.PAUSED)
        yield
        for campaign, wish in zip(
            cycle(others), cycle((Status.PAUSED, Status.PAUSED, Status.ACTIVE)), strict=False
        ):
            self._want(campaign, wish)
            yield

    def _want(self, campaign: int, status: Status) -> None:
        action = "pause" if status == Status.PAUSED else "activate"
        self.client.insist(f"/campaigns/{campaign}/{action}")
        self.wishes[campaign] = status.value

    def _sql(self) -> Iterator[None]:
        """COPY, one campaign after the other over its budget."""
        for number, campaign in enumerate(self.of["sql"]):
            for part in range(5):
                source = self.sql_source
                rows: Entries = {
                    (source, f"{number}/{part}/{row}"): (campaign, Decimal(1)) for row in range(2)
                }
                self.sent |= rows
                copy(self.sql_url, rows)
                self.acknowledged |= rows
                yield


def copy(url: str, rows: Entries) -> None:
    """Until it is there: as docs/sql.md says, an id is recorded once."""
    day = datetime.now(UTC).date()
    text = "".join(
        f"{campaign},{amount},{day},{source},{external_id}\n"
        for (source, external_id), (campaign, amount) in rows.items()
    )
    into = "COPY ads_spend (campaign_id, amount, date, source, external_id) FROM STDIN CSV"
    until = time.monotonic() + PATIENCE
    while True:
        try:
            session = psycopg2.connect(url, password=PASSWORD, connect_timeout=10)
            try:
                with session, session.cursor() as cursor:
                    cursor.copy_expert(into, io.StringIO(text))
            finally:
                session.close()
        except psycopg2.errors.UniqueViolation:
            return  # it was committed, and only the answer was lost
        except psycopg2.Error:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return
