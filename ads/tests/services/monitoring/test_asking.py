"""Readiness, queues and stuck sessions, asked of the real servers."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from redis import Redis

from ads.services.monitoring import Readiness, queues, readiness, sessions
from ads.tests.factories import CampaignFactory
from ads.tests.support import at_once, await_blocked, execute, held_open
from budget_manager.celery import app


@pytest.mark.django_db
def test_it_is_ready_once_every_migration_is_applied() -> None:
    assert readiness() == Readiness(0)

    execute(
        "DELETE FROM django_migrations WHERE app = 'ads' AND name ="
        " (SELECT max(name) FROM django_migrations WHERE app = 'ads')"
    )

    assert readiness() == Readiness(1)
    assert not readiness().is_ready


@pytest.mark.django_db
def test_migrations_of_a_newer_version_do_not_make_an_older_process_unready() -> None:
    execute("INSERT INTO django_migrations (app, name, applied) VALUES ('ads', '9999_x', now())")

    assert readiness() == Readiness(0)


@pytest.mark.django_db
def test_readiness_costs_one_query(django_assert_num_queries: Any) -> None:
    readiness()

    with django_assert_num_queries(2):  # whether the table exists, and its rows
        readiness()


@pytest.fixture
def _empty_queues() -> Iterator[None]:
    broker = Redis.from_url(configured.CELERY_BROKER_URL)
    broker.flushdb()
    yield
    broker.flushdb()
    broker.close()


@pytest.mark.usefixtures("_empty_queues")
def test_waiting_tasks_are_counted_by_queue_whatever_their_priority() -> None:
    for priority in (None, 0, 3, 9):
        app.send_task("ads.tasks.enforce_dayparting", priority=priority)
    app.send_task("ads.tasks.update_spend")

    depths = queues.depths()

    assert depths == {**dict.fromkeys(configured.CELERY_TASK_QUEUES, 0),
        "enforcement": 4, "platforms": 1
    }  # fmt: skip


def test_the_depth_of_queues_is_unknown_while_redis_is_away(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"

    assert queues.depths() is None


@pytest.mark.django_db(transaction=True)
def test_sessions_that_wait_and_those_that_let_them_wait_are_stuck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "SHOWN_AFTER", timedelta(0))
    pk = CampaignFactory.create().pk
    row = "SELECT FROM ads_campaign WHERE id = %s FOR UPDATE"
    assert sessions.stuck_sessions() == []

    with held_open(lambda: execute(row, [pk])) as let_go, at_once() as start:
        start(lambda: execute(row, [pk]))
        await_blocked()
        found = {each.is_blocked: each for each in sessions.stuck_sessions()}
        let_go()

    assert found.keys() == {True, False}
    assert found[True].blocked_by == [found[False].pid]
    assert found[True].user == connection.settings_dict["USER"]
    assert found[False].text.endswith(
        f"with its locks. End it: SELECT pg_terminate_backend({found[False].pid})."
    )
    assert f"for a lock of session {found[False].pid} for 0 seconds" in found[True].text
    assert sessions.stuck_sessions() == []


@pytest.mark.django_db(transaction=True)
def test_an_import_that_waits_for_another_is_not_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SHOWN_AFTER", timedelta(0))

    lock = "SELECT pg_advisory_xact_lock(42)"
    with held_open(lambda: execute(lock)) as let_go, at_once() as start:
        start(lambda: execute(lock))
        await_blocked()
        found = [each.is_blocked for each in sessions.stuck_sessions()]
        let_go()

    assert found == [False]
