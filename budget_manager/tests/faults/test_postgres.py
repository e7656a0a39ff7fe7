"""PostgreSQL goes away, is full, or is held up by somebody."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from decimal import Decimal
from http import HTTPStatus
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Session  # noqa: N812 - it is a class

from ads.models import Campaign
from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import Stack
from budget_manager.tests.support import wait_for

pytestmark = pytest.mark.faults

FILLER = "filler"

#: Sessions in the middle of something, and all of them.
BUSY = "state <> 'idle'"
ANY = "true"

END = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = 'budget_manager' AND pid <> pg_backend_pid() AND {which}
"""


@contextmanager
def session(stack: Stack, database: str = "postgres") -> Iterator[Session]:
    """Somebody's session, in autocommit."""
    with closing(psycopg2.connect(stack.postgres.url(database))) as opened:
        opened.autocommit = True
        yield opened


def run(session: Session, sql: str) -> int:
    with session.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return int(row[0]) if row else 0


def refused(load: Load) -> bool:
    """Has a program been told that the database is away?"""
    return load.client.answers[HTTPStatus.SERVICE_UNAVAILABLE] > 0


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate", "kill"])
def test_postgresql_is_stopped_hard_and_started_again(
    stack: Stack, load: Load, all_is_well: Callable[[], None], number: signal.Signals
) -> None:
    stack.postgres.stop(number)
    assert wait_for(lambda: refused(load), PATIENCE)

    stack.postgres.start()

    load.await_more()
    all_is_well()


def test_sessions_are_ended_in_the_middle_of_transactions(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    ended = 0
    with session(stack) as other:
        until = time.monotonic() + PATIENCE
        while ended < 30 and time.monotonic() < until:
            ended += run(other, END.format(which=BUSY))

    assert ended >= 30
    all_is_well()


def test_all_connections_are_taken(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    with ExitStack() as taken:
        other = taken.enter_context(session(stack))
        until = time.monotonic() + PATIENCE
        while not refused(load):
            assert time.monotonic() < until, "nobody has noticed"
            run(other, END.format(which=ANY))
            with suppress(psycopg2.OperationalError):
                while True:
                    taken.enter_context(session(stack))

    load.await_more()
    all_is_well()


@contextmanager
def small_disk(stack: Stack, name: str, megabytes: int) -> Iterator[Path]:
    """A disk of its own, if this machine lets us have one."""
    place = stack.base / name
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be made here: {mounted.stderr.strip()}")
    owner = stack.postgres.data.stat()
    os.chown(place, owner.st_uid, owner.st_gid)
    place.chmod(0o700)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """The file that takes all that was left."""
    filler = disk / FILLER
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(8192))
    return filler


def test_the_disk_of_the_ledger_is_full(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    with small_disk(stack, "ledger", 48) as disk, session(stack, "budget_manager") as other:
        run(other, f"CREATE TABLESPACE small LOCATION '{disk}'")
        run(other, "ALTER TABLE ads_spend SET TABLESPACE small")
        filler = fill(disk)
        # Into the room that the table's last page has left.
        assert wait_for(lambda: refused(load), PATIENCE)

        filler.unlink()

        load.await_more()
        all_is_well()
        run(other, "ALTER TABLE ads_spend SET TABLESPACE pg_default")
        run(other, "DROP TABLESPACE small")


@contextmanager
def small_log(stack: Stack) -> Iterator[Path]:
    """PostgreSQL's write-ahead log is on a small disk; the disk."""
    wal = stack.postgres.data / "pg_wal"
    with small_disk(stack, "wal", 256) as disk:
        stack.postgres.stop(signal.SIGINT)
        _move(wal, disk / "pg_wal")
        wal.symlink_to(disk / "pg_wal")
        stack.postgres.start()
        try:
            yield disk
        finally:
            (disk / FILLER).unlink(missing_ok=True)
            stack.postgres.stop(signal.SIGINT)
            wal.unlink()
            _move(disk / "pg_wal", wal)
            stack.postgres.start()


def _move(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    shutil.rmtree(source)


def test_the_disk_of_the_log_is_full_which_stops_postgresql(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    with small_log(stack) as disk:
        filler = fill(disk)
        with session(stack) as other, suppress(psycopg2.Error):
            while True:  # to the next file of the log, until there is no room for one
                run(other, "SELECT 1 FROM pg_logical_emit_message(true, '', 'x')")
                run(other, "SELECT 1 FROM pg_switch_wal()")
        assert wait_for(lambda: refused(load), PATIENCE)

        filler.unlink()
        stack.postgres.stop()
        stack.postgres.start()

        load.await_more()
        all_is_well()


def test_a_forgotten_session_on_a_brands_sums_holds_up_that_brand_alone(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    brand = load.brands[1]
    campaign = Campaign.objects.filter(brand=brand, name__startswith="entries").earliest("pk")
    row = {"campaign": campaign.pk, "amount": "1", "external_id": "held"}
    load.of["entries"] = [
        pk for pk in load.of["entries"] if Campaign.objects.get(pk=pk).brand_id != brand.pk
    ]
    load.send_entries({(load.source, "first"): (campaign.pk, Decimal(1))})
    with session(stack, "budget_manager") as forgotten:
        forgotten.autocommit = False
        run(forgotten, f"SELECT FROM ads_spendtotal WHERE brand_id = {brand.pk} FOR UPDATE")

        began = time.monotonic()
        status, answer, headers = load.client.ask("/spend/entries", row)
        waited = time.monotonic() - began
        load.await_more(30)  # of other brands

        assert status == HTTPStatus.SERVICE_UNAVAILABLE, answer
        assert int(headers["Retry-After"]) > 0
        assert waited < 15  # three, on a machine that has nothing else to do
        assert not [key for key in load.sent if key[1] == "held"]

    load.send_entries({(load.source, "held"): (campaign.pk, Decimal(1))})
    all_is_well()
