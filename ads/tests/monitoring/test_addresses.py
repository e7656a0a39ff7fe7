"""What probes and monitors are answered."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ads.models import Backup, Heartbeat, Spend
from ads.rules.calendar import format_instant
from ads.services import restored
from ads.tests.factories import CampaignFactory
from ads.tests.monitoring.conftest import CHECK, TOKEN
from ads.tests.support import at_once, await_blocked, enforce_all, execute, held_open

pytestmark = pytest.mark.real_clock

OURS = ("/live", "/ready", "/health", "/metrics")


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody listens where the database was."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        other = closed.getsockname()[1]
    kept = {name: connection.settings_dict[name] for name in ("HOST", "PORT")}
    connection.close()
    connection.settings_dict.update(HOST="127.0.0.1", PORT=other)
    try:
        yield
    finally:
        connection.settings_dict.update(kept)


def test_live_asks_nobody(client: Client) -> None:  # the test has no access to the database
    answer = client.get("/live")

    assert (answer.status_code, answer.json()) == (200, {"live": True})


@pytest.mark.django_db
def test_ready_is_ready(client: Client) -> None:
    answer = client.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "migrations": "ok"}


@pytest.mark.django_db
def test_ready_names_migrations_that_are_not_applied(client: Client) -> None:
    execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "database": "ok", "migrations": "1 not applied"}


@pytest.mark.django_db(transaction=True)
def test_without_a_database_it_lives_is_not_ready_and_says_why(
    client: Client, monitor: Client
) -> None:
    with database_away():
        live, ready = client.get("/live"), client.get("/ready")
        health, metrics = monitor.get("/health"), monitor.get("/metrics")

    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.json() == {
        "ready": False,
        "database": "does not answer",
        "migrations": "unknown",
    }
    assert health.status_code == 503
    assert health.json() == {
        "status": "down",
        "problems": [{"kind": "database", "text": "The database does not answer."}],
    }
    assert metrics.status_code == 200
    assert "budget_manager_database_up 0.0" in metrics.content.decode()
    assert client.get("/ready").status_code == 200


@pytest.mark.django_db
def test_redis_is_no_part_of_being_ready(client: Client, settings: Any) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    assert client.get("/ready").status_code == 200


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize("path", OURS)
def test_a_probe_asks_by_any_host_over_http_without_a_session(
    path: str, monitor: Client, settings: Any
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["budgets.example.com"]

    answer = monitor.get(path, headers={"Host": "10.1.2.3:8000"})

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.cookies == {}
    assert int(answer["Content-Length"]) == len(answer.content)
    assert monitor.head(path).status_code == 200


@pytest.mark.parametrize("path", OURS)
def test_only_get_and_head_are_answered(path: str, client: Client) -> None:
    answer = client.post(path)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_without_a_token_in_the_settings_they_do_not_exist(path: str, client: Client) -> None:
    answer = client.get(path, headers={"Authorization": "Bearer "})

    assert answer.status_code == 404
    assert b"MONITORING_TOKEN" in answer.content


@pytest.mark.parametrize("path", ["/health", "/metrics"])
@pytest.mark.parametrize(
    "sent", [None, "", "Bearer", "Bearer other", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ü"]
)
@pytest.mark.usefixtures("monitor")
def test_without_the_token_they_are_refused(path: str, sent: str | None, client: Client) -> None:
    answer = client.get(path, headers={} if sent is None else {"Authorization": sent})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer ")
    assert TOKEN.encode() not in answer.content


def test_health_says_how_everything_is(monitor: Client, well: datetime) -> None:
    answer = monitor.get("/health")

    content = answer.json()
    assert (answer.status_code, content["status"], content["problems"]) == (200, "ok", [])
    (task,) = content["tasks"]
    assert (task["name"], task["task"], task["health"]) == ("Check", CHECK, "on time")
    assert 0 <= task["age"] < 60
    assert datetime.fromisoformat(task["last_success_at"]) - well < timedelta(milliseconds=1)
    assert content["queues"] == dict.fromkeys(content["queues"], 0)
    assert content["queues"].keys() >= {"enforcement", "platforms", "imports"}
    assert content["unenforced"].pop("at") == content["at"]
    assert content["unenforced"] == {"campaigns": 0, "oldest": None, "since": None, "seconds": None}
    assert abs(content["clock_ahead"]) < 3
    assert content["timezone_database"]["release"].startswith("20")
    assert content["stuck_sessions"] == []


def problem(monitor: Client) -> tuple[str, str]:
    """The kind and the sentence of the only problem."""
    answer = monitor.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "problems"
    (only,) = answer.json()["problems"]
    return only["kind"], only["text"]


def test_a_late_task_is_a_problem(monitor: Client, well: datetime) -> None:
    long_ago = well - timedelta(hours=1)
    Heartbeat.objects.update(last_run_at=long_ago, last_success_at=long_ago)
    PeriodicTask.objects.update(last_run_at=long_ago)

    assert problem(monitor) == ("task_late", "Check is late.")


@pytest.mark.usefixtures("well")
def test_a_failing_task_is_a_problem(monitor: Client) -> None:
    Heartbeat.objects.update(last_error="Campaign 1 could not be enforced; see the log.")

    assert problem(monitor) == ("task_failing", "Check is failing.")


@pytest.mark.usefixtures("well")
def test_redis_that_does_not_answer_is_a_problem(monitor: Client, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    kind, text = problem(monitor)

    assert kind == "queues_unknown"
    assert text.startswith("Redis does not answer")
    assert monitor.get("/health").json()["queues"] is None


def test_a_late_backup_is_a_problem(monitor: Client, well: datetime, settings: Any) -> None:
    settings.BACKUP_EVERY_HOURS = 24
    never = problem(monitor)
    at = well - timedelta(hours=26)
    Backup.objects.create(started_at=at, took=timedelta(minutes=1), place="/b", taken_by="x")
    late = problem(monitor)
    Backup.objects.update(started_at=well - timedelta(hours=24))

    assert never == (
        "backup_late",
        "The last backup was never taken; one is expected every 24 hours.",
    )
    taken = f"The last backup was taken {format_instant(at)}; one is expected every 24 hours."
    assert late == ("backup_late", taken)
    assert monitor.get("/health").status_code == 200


def test_a_restore_from_which_nobody_has_resumed_is_a_problem(
    monitor: Client, well: datetime
) -> None:
    restored.hold(datetime(2026, 3, 4, 2, tzinfo=UTC), well)
    held = problem(monitor)
    counted = monitor.get("/metrics").content.decode()
    restored.resume(well)

    kind, text = held
    assert kind == "restore_held"
    assert text == (
        "Restored as of 2026-03-04 02:00 UTC: no campaign is started until someone sends what is "
        "missing since, and runs ./manage.py after_restore --resume."
    )
    assert 'budget_manager_problems{kind="restore_held"} 1.0' in counted
    assert monitor.get("/health").status_code == 200


@pytest.mark.usefixtures("well")
def test_clocks_that_differ_are_a_problem(monitor: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(seconds=30)):
        Heartbeat.objects.update(last_run_at=timezone.now(), last_success_at=timezone.now())
        kind, text = problem(monitor)

    assert kind == "clock"
    assert text.startswith("This process's clock is 30 s behind the database's")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("well")
def test_a_session_that_idles_with_a_lock_that_others_need_is_a_problem(
    monitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ads.services.operations.sessions.WAITED", 0)
    pk = CampaignFactory.create().pk
    row = "SELECT FROM ads_campaign WHERE id = %s FOR UPDATE"

    with held_open(lambda: execute(row, [pk])) as let_go, at_once() as start:
        start(lambda: execute(row, [pk]))
        await_blocked()
        kind, text = problem(monitor)
        metrics = monitor.get("/metrics").content.decode()
        let_go()

    assert kind == "session_stuck"
    assert "pg_terminate_backend" in text
    assert "budget_manager_stuck_sessions 1.0" in metrics
    assert "budget_manager_waiting_sessions 1.0" in metrics


@pytest.mark.parametrize(
    ("minutes", "took", "is_problem"), [(1, 0, False), (10, 0, True), (10, 60, False)]
)
def test_a_used_up_budget_is_a_problem_once_a_check_should_have_stopped_the_campaign(
    minutes: int, took: int, is_problem: bool, monitor: Client, well: datetime
) -> None:
    Heartbeat.objects.update(last_duration=timedelta(seconds=took))
    campaign = CampaignFactory.create(daily_budget=10)
    enforce_all(well)
    execute("SET LOCAL session_replication_role = replica")
    execute("DELETE FROM ads_campaignevent")
    execute("SET LOCAL session_replication_role = DEFAULT")
    crossed = well - timedelta(minutes=minutes)
    with time_machine.travel(crossed, tick=False):
        Spend.objects.create(campaign=campaign, amount=10, date=well.date())

    answer = monitor.get("/health")

    found = answer.json()["unenforced"]
    assert (found["campaigns"], found["oldest"]) == (1, campaign.pk)
    assert minutes * 60 <= found["seconds"] < minutes * 60 + 30
    assert [each["kind"] for each in answer.json()["problems"]] == ["not_enforced"] * is_problem
