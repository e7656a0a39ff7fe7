"""A forgotten session keeps the sums of one brand locked: the other brands go on."""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from ads import connections
from ads.models import Brand, Campaign, CampaignReference, Spend, WaitingSpend
from ads.platforms.interface import Cost
from ads.services import lock_waits
from ads.services.delivery import rollover
from ads.services.imports import run
from ads.services.lock_waits import in_line
from ads.services.operations import database_sessions, sessions
from ads.services.references import registry
from ads.tests.api.support import Program, key_for, problem
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms import doubles
from ads.tests.platforms.doubles import NOON, TODAY, spent, update
from ads.tests.services.imports.uploads.support import checked, confirm, record, rows, status
from ads.tests.support import PATIENCE, execute, held_open, impatient, spend

#: The sums, and the mark that they were changed.
WHAT_ENDS_IT = (
    "with locks on ads_changedbrand, ads_spendtotal. To end it: SELECT pg_terminate_backend("
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("impatient")]


@dataclass
class World:
    locked: Campaign
    other: Campaign

    def session(self) -> AbstractContextManager[Any]:
        """Somebody's session, which has updated the sums of one brand and is left open."""
        update_sums = "UPDATE ads_spendtotal SET amount = amount WHERE brand_id = %s"
        return held_open(lambda: execute(update_sums, [self.locked.brand_id]))


@pytest.fixture
def world() -> World:
    made = World(
        *(CampaignFactory.create(brand__name=name, daily_budget=75) for name in ("Acme", "Globex"))
    )
    for campaign in (made.locked, made.other):
        for now in (NOON, timezone.now()):
            spend(campaign, 1, now)
    return made


def sent(campaign: Campaign, external_id: str) -> dict[str, Any]:
    return {"campaign": campaign.pk, "amount": 1, "external_id": external_id}


def test_its_spend_is_answered_503_with_its_name_and_that_of_the_others_is_recorded(
    world: World,
) -> None:
    program = Program(key_for())
    with world.session():
        answer = program.post("/spend/entries", sent(world.locked, "1"))
        others = program.post("/spend/entries", sent(world.other, "2"))
        both = {"entries": [sent(world.other, "3"), sent(world.locked, "4")]}
        together = program.post("/spend/entries", both)

    for refused in (answer, together):
        assert problem(refused, 503, "locked")["detail"] == (
            "Another session of the database keeps spend of Acme locked. "
            "Nothing was changed: send the same request again."
        )
        assert refused["Retry-After"] == "2"
    assert others.json()["recorded"] == 1
    assert Spend.objects.filter(external_id__isnull=False).count() == 1
    assert program.post("/spend/entries", both).json()["recorded"] == 2


def test_who_comes_when_nobody_has_got_through_for_long_does_not_wait(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_waits, "HURRIED", "123ms")
    settings.LOCK_TIMEOUT = 0.05
    told: list[str] = []

    def look(_: object = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            told.append(cursor.fetchone()[0])

    def record(brand: Brand) -> None:
        with transaction.atomic(), in_line([brand.pk]):
            look()

    with in_line([world.locked.brand_id]):
        record(world.locked.brand)
        time.sleep(0.1)
        record(world.other.brand)
        record(world.locked.brand)
        record(world.locked.brand)
    record(world.locked.brand)

    assert told == ["100ms", "100ms", "123ms", "100ms", "100ms"]


def test_an_account_records_the_other_brands_and_is_asked_again_for_this_one(
    world: World,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "SIMULATED_PLATFORM", False)
    platform = doubles.offer(monkeypatch)
    its = doubles.account(doubles.connection(), month_answered_at=NOON)
    for reference, campaign in (("7", world.locked), ("8", world.other)):
        doubles.known_as(campaign, reference)
    platform.costs_of["1"] = [
        Cost(reference, TODAY - n * timedelta(days=1), Decimal(30))
        for reference in ("7", "8")
        for n in range(2)
    ]
    with world.session(), caplog.at_level(logging.WARNING):
        done = update(NOON)

    assert done.recorded == 2
    (problem,) = done.problems
    assert problem == (
        "Another session of the database keeps spend of Acme locked. Its totals are asked for "
        "again."
    )
    said = [record.levelname for record in caplog.records if "Acme" in record.getMessage()]
    assert said == ["WARNING"]
    assert [spent(world.locked), spent(world.other)] == [1, 31]
    its.refresh_from_db()
    assert (its.answered_at, its.week_answered_at, its.problem) == (None, None, problem)

    assert update(NOON + timedelta(minutes=5)).problems == []
    its.refresh_from_db()
    assert (its.answered_at, its.problem) == (NOON + timedelta(minutes=5), "")
    assert spent(world.locked) == 31


def test_waiting_spend_of_the_others_is_recorded_and_the_brand_is_named_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    program = Program(key_for())
    for number, campaign in enumerate([world.locked, world.locked, world.other]):
        reference = {"platform": "google_ads", "account": "1", "reference": f"{number}"}
        named = {"platform": "google_ads", "account": "1", "id": f"{number}"}
        row = {"campaign": named, "amount": 1, "external_id": f"{number}"}
        assert program.post("/spend/entries", row).json()["waiting"] == 1
        CampaignReference.objects.bulk_create([CampaignReference(campaign=campaign, **reference)])

    with world.session(), caplog.at_level(logging.WARNING):
        settled = registry.record_waiting(timezone.now())

    assert (settled.recorded, len(settled.failed)) == (1, 2)
    assert len([text for text in caplog.messages if "Acme" in text]) == 1
    assert WaitingSpend.objects.count() == 2
    assert registry.record_waiting(timezone.now()).recorded == 2


def test_an_import_stays_confirmed_and_is_recorded_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PATIENCE", "100ms")
    one = checked(rows(world.locked, 3))
    confirm(one)
    with world.session():
        assert [record(one) for _ in range(5)] == ["confirmed"] * 5

    one.refresh_from_db()
    assert "another session of the database keeps sums of the file locked" in one.error
    assert record(one) == "recorded"
    assert status(one) == "recorded"


@pytest.mark.parametrize("locked", ["ads_brand", "ads_campaign"])
def test_the_other_brands_are_rolled_over(locked: str, caplog: pytest.LogCaptureFixture) -> None:
    brands = [BrandFactory.create(name=name) for name in ("Acme", "Globex")]
    ended = [CampaignFactory.create(brand=brand, end_date=date(2026, 3, 1)) for brand in brands]
    which = {"ads_brand": brands[0].pk, "ads_campaign": ended[0].pk}[locked]
    lock = f"SELECT FROM {locked} WHERE id = %s FOR UPDATE"

    with held_open(lambda: execute(lock, [which])), caplog.at_level(logging.WARNING):
        done = rollover.roll_over_days(NOON)

    assert done.brands == 1
    assert [brand.fresh().last_daily_reset for brand in brands] == [None, TODAY]
    assert ended[1].fresh().status == "completed"
    if locked == "ads_brand":
        assert done.failed == (brands[0].pk,)
        assert "Brands are locked by another session, so they are rolled over later" in caplog.text
        assert "Acme" in caplog.text
    assert rollover.roll_over_days(NOON).brands == 1
    assert ended[0].fresh().status == "completed"


def test_a_command_names_the_session_and_what_ends_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "PATIENCE", "100ms")
    monkeypatch.setattr(sessions, "IDLE", 0)
    file = tmp_path / "spend.csv"
    file.write_text(rows(world.locked, 1))

    with world.session(), pytest.raises(CommandError) as caught:
        call_command("import_spend", str(file), "--source=etl", stdout=StringIO())

    said = str(caught.value)
    assert said.startswith("Another session of the database keeps what this changes locked.\n")
    assert WHAT_ENDS_IT in said
    assert said.endswith("\nRun the command again.")


def test_a_page_says_that_what_it_changes_is_locked(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    page = f"/admin/ads/brand/{world.locked.brand_id}/change/"
    lock = "SELECT FROM ads_brand WHERE id = %s FOR UPDATE"
    with held_open(lambda: execute(lock, [world.locked.brand_id])):
        answer = client.post(page, {"name": "Acme", "timezone": "UTC", "daily_budget": "20"})

    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    said = " ".join(answer.content.decode().split())
    assert "What you are changing is locked" in said
    assert "<em>System health</em> on the overview names the session" in said


def test_system_health_names_the_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "IDLE", 0)
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    with world.session():
        page = client.get("/admin/").content.decode()

    assert WHAT_ENDS_IT in page


def test_a_statement_whose_process_was_killed_lets_go_of_its_locks(world: World) -> None:
    lock = "SELECT FROM ads_campaign WHERE id = %s FOR UPDATE"
    connection.close()
    if not (child := os.fork()):
        with transaction.atomic():
            execute(lock, [world.locked.pk])
            execute("SELECT pg_sleep(120)")
        os._exit(1)
    try:
        _await_sleeper()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    with impatient("20s"):
        assert execute(lock, [world.locked.pk]) == 1


def _await_sleeper() -> None:
    sleeps = "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%%' AND pid <> %s"
    for _ in range(PATIENCE * 20):
        if execute(sleeps, [connection.connection and connection.connection.info.backend_pid]):
            return
        time.sleep(0.05)
    raise AssertionError("nobody slept")


def shown(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {setting}")
        return str(cursor.fetchone()[0])


@pytest.fixture
def _anew() -> Iterator[None]:
    """A session that began as all do, and one for the next test."""
    connection.close()
    yield
    execute(f"ALTER DATABASE {connection.settings_dict['NAME']} RESET ALL")
    connection.close()


@pytest.mark.usefixtures("_anew")
def test_each_session_has_its_limits_and_a_migration_waits() -> None:
    limits = settings.DATABASE_SESSION
    connection.close()
    assert {name: shown(name) for name in limits} == limits

    connections.wait_for_locks("default")
    assert shown("lock_timeout") == "0"
    connections.wait_no_longer("default")
    assert shown("lock_timeout") == limits["lock_timeout"]


@pytest.mark.usefixtures("_anew")
def test_a_session_notices_that_its_machine_has_vanished() -> None:
    found = {name: shown(name) for name in settings.DATABASE_NETWORK}

    assert found == {
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "25000",
    }


@pytest.mark.usefixtures("_anew")
def test_a_server_where_others_may_hold_locks_for_ever_is_told_with_the_remedy() -> None:
    name = connection.settings_dict["NAME"]
    setting = "idle_in_transaction_session_timeout"
    execute(f"ALTER DATABASE {name} SET {setting} = 0")
    connection.close()

    (said,) = database_sessions.missing_limits()

    remedy = f"ALTER DATABASE {name} SET {setting} = '5min';"
    assert said == (
        f"{setting} is off for other programs, so a session that somebody forgets, such as psql, "
        f"holds its locks for ever. Limit it: {remedy}"
    )
    execute(remedy)
    connection.close()
    assert list(database_sessions.missing_limits()) == []


@pytest.mark.usefixtures("_anew")
def test_a_pooled_session_is_told_nothing_and_what_it_lacks_is_said() -> None:
    execute("SET lock_timeout = 0")
    # A pooler tells its clients numbers of its own.
    pooled = SimpleNamespace(
        cursor=connection.cursor, connection=SimpleNamespace(info=SimpleNamespace(backend_pid=-1))
    )

    database_sessions.tell(pooled, settings.DATABASE_SESSION)

    assert shown("lock_timeout") == "0"
    (said,) = (one for one in database_sessions.missing_limits() if "lock_timeout" in one)
    assert said.startswith("lock_timeout is 0, not 20s, in a session that comes through a pooler.")
    assert " SET lock_timeout = '20s'; and restart the pooler." in said
