"""What the tests of the engine share: instants, looking at what the engine did, two at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Event
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from ads.models import Brand, Campaign, Spend, SpendTotal
from ads.rules.allowances import Terms
from ads.services.bulk import LetRunOn
from ads.services.delivery import Ends, allowances
from ads.services.delivery.enforcement import Enforced, Trigger, enforce
from ads.services.ledger import SpendEntry, record_one

T = TypeVar("T")

#: How long anything in a test may wait before it counts as hanging, in seconds.
PATIENCE = 20


def at(text: str, zone: str = "UTC") -> datetime:
    """The instant at which the clock in ``zone`` shows this date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


#: A Wednesday, midday.
NOON = at("2024-05-15 12:00")


def enforce_all(now: datetime) -> Enforced:
    """A sweep."""
    return enforce(Campaign.objects.all(), now, Trigger.CHECK_CAMPAIGN_BUDGETS)


def delivers(campaign: Campaign) -> bool:
    """Does it deliver, as the database has it?"""
    return Campaign.objects.values_list("is_active", flat=True).get(pk=campaign.pk)


def switches(campaign: Campaign) -> list[tuple[bool, list[str]]]:
    """Which way it was switched and on which holds, oldest first."""
    return list(campaign.delivery_changes.order_by("id").values_list("is_active", "holds"))


def spend(campaign: Campaign, amount: object, now: datetime, day: date | None = None) -> Spend:
    """Record spend at ``now``."""
    return record_one(SpendEntry(campaign, amount, date=day), source="test", now=now)


def spend_in_sql(campaign: Campaign, amount: str, day: date) -> None:
    """Spend that arrives behind Django's back: nothing enforces it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, %s)",
            [campaign.pk, amount, day],
        )


def let_run_on(
    owner: Brand | Campaign,
    period: str = "day",
    *,
    now: datetime,
    amount: object = None,
    until: datetime | str | None = None,
    reason: str = "test",
) -> Decimal:
    """Let ``owner`` run on; what was allowed, zero for nothing."""
    more = None if amount is None else Decimal(str(amount))
    allowance = allowances.allow(owner, Terms(period, more, until, reason), now=now)
    return allowance.amount if allowance else Decimal(0)


def waived_before(total: SpendTotal) -> None:
    """Put on record that it was waived, as it was before there were allowances."""
    execute(
        "INSERT INTO ads_spendtotalevent (pgh_created_at, pgh_label, pgh_obj_id, brand_id,"
        " campaign_id, period, start, amount, waived, pgh_context_id)"
        " SELECT now(), 'waived', id, brand_id, campaign_id, period, start, amount, amount,"
        " _pgh_attach_context() FROM ads_spendtotal WHERE id = %s",
        [total.pk],
    )


def running_on(
    now: datetime,
    amount: object = None,
    *,
    period: str = "day",
    until: str | None = None,
    of_brands: bool = False,
) -> LetRunOn:
    """The action that lets campaigns or brands run on."""
    terms = Terms(period, None if amount is None else Decimal(str(amount)), until, "test")
    return LetRunOn(terms, Ends.of(terms, Brand.objects.all(), now), of_brands=of_brands)


def totals(owner: Brand | Campaign) -> dict[tuple[str, date], Decimal]:
    """The owner's running sums by period and start."""
    rows = (
        SpendTotal.objects.filter(brand=owner, campaign=None)
        if isinstance(owner, Brand)
        else SpendTotal.objects.filter(campaign=owner)
    )
    return {(row.period, row.start): row.amount for row in rows}


def execute(sql: str, parameters: Sequence[Any] = ()) -> int:
    """Run SQL as somebody with a database client would; the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


@contextmanager
def refused(match: str, by: type[DatabaseError] = IntegrityError) -> Iterator[None]:
    """What happens inside is refused by the database, which says ``match``, and taken back."""
    with pytest.raises(by, match=match), transaction.atomic():
        yield


@contextmanager
def at_once() -> Iterator[Callable[..., "Future[None]"]]:
    """Start callables in threads, each with a connection of its own that cannot hang for ever.

    At the end all of them have to have finished; what one raised is raised here.
    """
    futures: list[Future[None]] = []
    with ThreadPoolExecutor(max_workers=16) as pool:

        def start(work: Callable[[], object]) -> "Future[None]":
            future = pool.submit(_alone, work)
            futures.append(future)
            return future

        yield start
        for future in futures:
            future.result(timeout=2 * PATIENCE)


def _alone(work: Callable[[], object]) -> None:
    try:
        execute(f"SET statement_timeout = '{PATIENCE}s'")
        work()
    finally:
        connections.close_all()


class Paused:
    """A callable that, called in another thread, waits until it is let go on.

    ``before`` (the default) it does its work, or after.
    """

    def __init__(self, real: Callable[..., T], *, after: bool = False) -> None:
        self._real = real
        self._after = after
        self._reached = Event()
        self._let_go = Event()

    def __call__(self, *args: object, **kwargs: object) -> object:
        if self._after:
            result = self._real(*args, **kwargs)
            self._wait()
            return result
        self._wait()
        return self._real(*args, **kwargs)

    def _wait(self) -> None:
        self._reached.set()
        assert self._let_go.wait(PATIENCE), "nobody let it go on"

    def await_reached(self) -> None:
        assert self._reached.wait(PATIENCE), "it was never called"

    def let_go(self) -> None:
        self._let_go.set()


@contextmanager
def held_open(work: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Do ``work`` in a transaction of another connection that stays open.

    Yields a function that commits it; the end of the block does so at the latest.
    """
    done, commit = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            work()
            done.set()
            assert commit.wait(PATIENCE), "nobody let it commit"

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(_alone, hold)
        try:
            while not done.wait(0.05):
                if future.done():
                    future.result()

            def let_commit() -> None:
                commit.set()
                future.result(timeout=PATIENCE)

            yield let_commit
        finally:
            commit.set()
            future.result(timeout=PATIENCE)


@contextmanager
def impatient(limit: str = "100ms") -> Iterator[None]:
    """This test's session waits only so long for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [limit])
    yield
    execute("SELECT set_config('lock_timeout', %s, false)", [before])


def await_blocked(count: int = 1) -> None:
    """Wait until ``count`` connections to this database wait for a lock."""
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity AS one"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
                " AND backend_type = 'client backend'"
                # Not one that only autovacuum holds up.
                " AND EXISTS (SELECT FROM pg_stat_activity AS other"
                " WHERE other.pid = ANY(pg_blocking_pids(one.pid))"
                " AND other.backend_type = 'client backend')"
            )
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    raise AssertionError(f"never were {count} connections waiting for a lock")
