"""Copies of the database: a streaming replica, and what it was at a second in the past."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db.models import Sum
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from ads.models import Brand, Campaign, Spend
from ads.services.ledger import SpendEntry, record_all
from ads.tests.own_redis import free_port
from budget_manager.tests.faults.system.servers import OwnPostgres
from budget_manager.tests.support import ROOT, directory, environment, wait_for
from budget_manager.tests.template import copy_template, using

pytestmark = pytest.mark.faults

PASSWORD = "of whoever reads"  # noqa: S105 - of a server that ends with the tests


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    with directory() as path:
        yield path


@pytest.fixture(scope="module")
def archive(base: Path) -> Path:
    """Where WAL is kept; PostgreSQL runs as another user."""
    folder = base / "wal"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def primary(base: Path, archive: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[OwnPostgres]:
    """A server that archives its WAL as docs/backup.md says."""
    (base / "primary").mkdir()
    command = f"archive_command=test ! -f {archive}/%f && cp %p {archive}/%f"
    server = OwnPostgres(base / "primary", "archive_mode=on", command)
    try:
        with django_db_blocker.unblock():
            copy_template(to=server.url())
        yield server
    finally:
        server.stop()


@pytest.fixture
def _primarily(primary: OwnPostgres, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), using(primary.url()):
        yield


def campaign(name: str, *, daily_budget: int) -> Campaign:
    brand = Brand.objects.create(name=f"Brand of {name}")
    return Campaign.objects.create(
        brand=brand, name=name, status="active", daily_budget=daily_budget
    )


def spend(one: Campaign, amount: str) -> None:
    record_all([SpendEntry(one, Decimal(amount))], source="x", now=timezone.now())


def manage(server: OwnPostgres, *words: str) -> str:
    """What a command says on a database."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(
            DATABASE_URL=server.url(),
            REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
            SECRET_KEY="of the faults",  # noqa: S106
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def ask(url: str, sql: str, **given: Any) -> list[tuple[object, ...]]:
    session = psycopg2.connect(url, **given)
    try:
        with session, session.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []
    finally:
        session.close()


@pytest.mark.usefixtures("_primarily")
def test_a_replica_answers_reports_and_exports_says_its_lag_and_changes_nothing(
    primary: OwnPostgres, base: Path
) -> None:
    page = (ROOT / "docs" / "sql.md").read_text().partition("## Reading")[2]
    role, report, behind = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    ask(primary.url(), role.replace("'…'", f"'{PASSWORD}'"))
    primary.back_up(base / "replica", "--write-recovery-conf")
    replica = primary.from_backup(base / "replica", "standby.signal")
    try:
        spend(campaign("Copied", daily_budget=10), "4.00")
        assert wait_for(lambda: ask(replica.url(), "SELECT sum(amount) FROM ads_spend") == [(4,)])
        reads = {"user": "reports", "password": PASSWORD}

        ((brand, name, _, amount, currency),) = ask(replica.url(), report, **reads)
        assert (brand, name, amount, currency) == ("Brand of Copied", "Copied", 4, "USD")
        assert wait_for(lambda: ask(replica.url(), behind, **reads) == [(timedelta(0),)])
        for url in (primary.url(), replica.url()):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                ask(url, "SELECT * FROM ads_apikey", **reads)
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            ask(replica.url(), "UPDATE ads_campaign SET is_active = false")
        assert ",Copied,Active,true,UTC," in manage(replica, "export", "summaries")
        assert "All totals match the ledger." in manage(replica, "verify_totals")
    finally:
        replica.stop()


@pytest.mark.usefixtures("_primarily")
def test_a_database_is_restored_to_a_second_and_starts_nothing_until_somebody_says_so(
    primary: OwnPostgres, base: Path, archive: Path
) -> None:
    primary.back_up(base / "restored")
    one = campaign("Used up", daily_budget=5)
    spend(one, "5.00")
    recorded = Spend.objects.aggregate(sum=Sum("amount"))["sum"]
    ((until,),) = ask(primary.url(), "SELECT clock_timestamp()")
    spend(campaign("Too late", daily_budget=10), "1.00")
    ((file,),) = ask(primary.url(), "SELECT pg_walfile_name(pg_switch_wal())")
    assert wait_for((archive / str(file)).exists)

    restored = primary.from_backup(
        base / "restored",
        "recovery.signal",
        f"restore_command=cp {archive}/%f %p",
        f"recovery_target_time={until}",
        "recovery_target_action=promote",
    )
    try:
        is_done = [(False,)]
        assert wait_for(lambda: ask(restored.url(), "SELECT pg_is_in_recovery()") == is_done)
        with using(restored.url()):
            assert Spend.objects.aggregate(sum=Sum("amount"))["sum"] == recorded
            assert not Campaign.objects.filter(name="Too late").exists()
            said = manage(restored, "after_restore", "--hold", f"{until:%Y-%m-%dT%H:%M:%S}+00:00")
            assert "nothing is started until after_restore --resume." in said
            assert "All totals match the ledger." in manage(restored, "verify_totals")

            Campaign.objects.filter(name="Used up").update(daily_budget=20)
            assert "0 started" in manage(restored, "check_budgets")
            assert "Campaigns start at the next check" in manage(
                restored, "after_restore", "--resume"
            )
            assert "1 started" in manage(restored, "check_budgets")
    finally:
        restored.stop()
