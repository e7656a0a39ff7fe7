"""The drill of docs/backup.md: a backup is restored on another port, with PostgreSQL's programs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.errors
import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from pytest_django.fixtures import Settings

from ads.services import api, restored
from ads.services.backups import BackupError, tools
from ads.services.ledger import shortcut
from ads.tests.commands.support import say
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import execute
from budget_manager.tests.support import ROOT, User, directory, environment
from budget_manager.tests.template import using

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty database of another server, on another port."""
    with directory() as base:
        server = User(base, redis_url=settings.REDIS_URL)
        yield server.urls()[0]
        server.leave()


@pytest.fixture
def another() -> Iterator[str]:
    """The address of an empty database of this server."""
    name = f"{connection.settings_dict['NAME']}_restored"
    execute(f"CREATE DATABASE {name}")
    yield urlunsplit(urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}"))
    execute(f"DROP DATABASE {name} (FORCE)")


def test_a_backup_is_restored_on_another_port_and_every_sum_is_there(
    elsewhere: str, tmp_path: Path
) -> None:
    paused = CampaignFactory.create(brand__name="Acme", daily_budget=75)
    in_euro = CampaignFactory.create(brand=BrandFactory.create(name="Écluse", currency="EUR"))
    api.BudgetService.record_spend(paused, Decimal("75.40"), external_id="1")
    api.BudgetService.record_spend(in_euro, Decimal("0.000001"))

    # Of the version before.
    execute(f"ALTER FUNCTION {min(shortcut.NAMES)} RENAME TO ads_record_entry_before")
    said = say("backup", str(tmp_path))
    shortcut.keep()

    (folder,) = tmp_path.glob("budget-manager-*")
    assert re.match(rf"{folder}: \d+\.\d KB in \d+\.\d s\n", said)
    assert "2 brands, 2 entries (EUR 0.000001, USD 75.40). SHA-256 " in said
    api.BudgetService.record_spend(in_euro, Decimal(5))  # after it
    ran = restore(folder, elsewhere)
    assert ran.returncode == 0, ran.stderr
    assert "2 brands and 2 entries: every sum is that of the backup." in ran.stdout
    assert "\n  4. ./manage.py after_restore --resume   lets it start\n" in ran.stdout
    assert ran.stderr == ""
    with closing(psycopg2.connect(elsewhere)) as there:
        assert rows(
            there,
            "SELECT name, amount FROM ads_spendtotal JOIN ads_brand AS brand ON brand.id = brand_id"
            " WHERE campaign_id IS NULL AND period = 'month' ORDER BY name",
        ) == [("Acme", Decimal("75.40")), ("Écluse", Decimal("0.000001"))]
        assert rows(there, "SELECT is_active FROM ads_campaign ORDER BY id") == [(False,), (True,)]
        assert rows(there, "SELECT resumed_at FROM ads_restore") == [(None,)]
        recorders = "SELECT proname FROM pg_proc WHERE proname LIKE 'ads_record_entry_%'"
        assert {name for (name,) in rows(there, recorders)} == shortcut.NAMES
        # What a dump without privileges loses: only the owner may attach the function to a table.
        assert (
            rows(
                there,
                "SELECT proname FROM pg_proc WHERE prosecdef"
                " AND (proacl IS NULL OR proacl::text LIKE '%{=X%')",
            )
            == []
        )
    with using(elsewhere), pytest.raises(CommandError) as again:
        say("restore", str(folder))
    assert 'The database "budget_manager" is not empty' in str(again.value)
    assert "Make one ('createdb restored'), and name it in DATABASE_URL" in str(again.value)


def test_a_restore_that_is_killed_leaves_a_database_in_which_nothing_is_switched(
    another: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CampaignFactory.create()
    say("backup", str(tmp_path))
    (folder,) = tmp_path.glob("budget-manager-*")

    with using(another), monkeypatch.context() as patch:
        # pg_restore goes on without the process that started it.
        patch.setattr(restored, "hold", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            say("restore", str(folder))

    with closing(psycopg2.connect(another)) as there:
        assert rows(there, "SELECT count(*) FROM ads_campaign") == [(1,)]
        assert rows(there, "SELECT count(*) FROM ads_restore") == [(0,)]
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            rows(there, "UPDATE ads_campaign SET is_active = true RETURNING id")


def test_a_restore_that_was_killed_while_nothing_was_there_can_be_repeated(
    another: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    say("backup", str(tmp_path))
    (folder,) = tmp_path.glob("budget-manager-*")

    with using(another):
        with pytest.raises(
            CommandError, match=r'^No backup .*_restored" has none of the tables: set'
        ):
            say("backup", str(tmp_path))
        for error in KeyboardInterrupt(), BackupError("pg_restore failed"):
            with monkeypatch.context() as patch:
                patch.setattr(tools, "run", Mock(side_effect=error))
                with pytest.raises((KeyboardInterrupt, CommandError)):
                    say("restore", str(folder))
            connection.close()
        takes_changes(another)
        settings.SECRET_KEY = "another" * 10
        said = say("restore", str(folder))
        takes_changes(another)

    assert "0 brands and 0 entries: every sum is that of the backup." in said
    assert "the secrets of webhooks and second factors, the credentials of connections" in said


def takes_changes(database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as there:
        assert rows(there, "SHOW default_transaction_read_only") == [("off",)]


def restore(folder: Path, database_url: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "restore", str(folder)],
        cwd=ROOT,
        env=environment(DATABASE_URL=database_url, REDIS_URL=settings.REDIS_URL),
        capture_output=True,
        text=True,
        check=False,
    )


def rows(of: Any, statement: str) -> list[tuple[Any, ...]]:
    with of.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
