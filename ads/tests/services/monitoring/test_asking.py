"""Readiness and queues, asked of the real servers."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as configured
from redis import Redis

from ads.services.monitoring import Readiness, queues, readiness
from ads.tests.support import at_once, await_blocked, execute, held_open
from budget_manager.celery import app


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["max", "min"])
def test_it_is_ready_once_every_migration_is_applied(which: str) -> None:
    assert readiness() == Readiness(0)

    execute(
        "DELETE FROM django_migrations WHERE app = 'ads' AND name ="
        f" (SELECT {which}(name) FROM django_migrations WHERE app = 'ads')"
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


@pytest.mark.django_db(transaction=True)
def test_probes_of_a_silent_database_hold_one_thread_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(readiness.__globals__, "PATIENCE", 0.05)

    with held_open(lambda: execute("LOCK TABLE django_migrations")) as let_go, at_once() as start:
        first = start(readiness)
        await_blocked()
        assert readiness() == Readiness(None)
        assert not first.done()
        let_go()

    assert readiness() == Readiness(0)


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
