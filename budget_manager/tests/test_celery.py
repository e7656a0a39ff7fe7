"""Celery's configuration: queues that are consumed, limits that fit, a Redis that says nothing."""

import gc
import json
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from celery import Celery, signals
from celery.apps.beat import Beat
from celery.beat import Scheduler, Service
from django.conf import settings
from kombu import Connection
from kombu.common import ignore_errors

from budget_manager.celery import app
from budget_manager.tests.support import ROOT
from budget_manager.transport import install


def ours() -> list[str]:
    app.loader.import_default_modules()
    return [name for name in app.tasks if name.startswith("ads.")]


def test_the_tasks_have_the_documented_names() -> None:
    assert {
        "ads.tasks.update_spend",
        "ads.tasks.check_campaign_budgets",
        "ads.tasks.enforce_dayparting",
        "ads.tasks.reset_daily_budgets",
        "ads.tasks.reset_monthly_budgets",
    } <= set(ours())


def test_enforcement_has_a_queue_in_which_nothing_stands_in_its_way() -> None:
    routes = {name: app.amqp.router.route({}, name)["queue"].name for name in ours()}

    assert {name for name, queue in routes.items() if queue == "enforcement"} == {
        "ads.tasks.check_campaign_budgets",
        "ads.tasks.enforce_dayparting",
        "ads.tasks.reset_daily_budgets",
        "ads.tasks.reset_monthly_budgets",
    }
    assert app.amqp.router.route({}, "a.new.task")["queue"].name == "background"


def test_files_have_a_queue_of_their_own_and_time_enough() -> None:
    routes = {name: app.amqp.router.route({}, name)["queue"].name for name in ours()}

    long = {name for name, queue in routes.items() if queue == "imports"}
    assert long == {"ads.tasks.check_upload", "ads.tasks.record_upload"}
    for name in long:
        task = app.tasks[name]
        soft, hard = task.soft_time_limit or 0, task.time_limit or 0
        assert 600 < soft < hard < settings.VISIBILITY_TIMEOUT


def test_the_processes_of_a_pool_share_what_was_loaded_before_them() -> None:
    gc.unfreeze()
    try:
        signals.worker_before_create_process.send(sender=None)
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()


#: What a process has with everything that a worker loads, as JSON.
WORKER = """
import json, sys
sys.argv[0] = "/app/.venv/bin/celery"
from budget_manager.celery import app
app.loader.import_default_modules()
modules = list(sys.modules)
from django.conf import settings
from flower.command import apply_env_options, options
apply_env_options()
print(json.dumps([modules, settings.PRODUCTION, settings.DEBUG, options.max_tasks]))
"""


@dataclass
class Loaded:
    modules: list[str]
    production: bool
    debug: bool
    tasks_in_flower: int


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    done = subprocess.run(
        [sys.executable, "-c", WORKER], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return Loaded(*json.loads(done.stdout))


def test_a_worker_loads_neither_pages_nor_addresses_nor_what_few_tasks_need(
    loaded: Loaded,
) -> None:
    unwanted = (
        "ads.admin", "ads.api", "unfold.", "ninja", "django.test",
        "authlib", "weasyprint", "google.", "grpc", "sqlalchemy", "apprise",
    )  # fmt: skip

    assert "ads.tasks" in loaded.modules
    assert [name for name in loaded.modules if name.startswith(unwanted)] == []


def test_a_worker_keeps_no_list_of_its_statements(loaded: Loaded) -> None:
    assert (loaded.production, loaded.debug) == (False, False)


def test_flower_keeps_some_thousand_tasks(loaded: Loaded) -> None:
    assert loaded.tasks_in_flower == 5000


def test_a_task_is_killed_before_it_is_delivered_again() -> None:
    conf = app.conf
    seen = {
        conf.broker_transport_options["visibility_timeout"],
        conf.result_backend_transport_options["visibility_timeout"],
        conf.visibility_timeout,
    }

    assert seen == {settings.VISIBILITY_TIMEOUT}
    assert conf.task_soft_time_limit < conf.task_time_limit < settings.VISIBILITY_TIMEOUT
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1


def test_nothing_but_json_is_accepted() -> None:
    assert list(app.conf.accept_content) == ["json"]
    assert app.conf.task_serializer == app.conf.result_serializer == "json"


class Line:
    """A line to Redis that can be held: it accepts connections and bytes, and passes none on."""

    def __init__(self, host: str, port: int) -> None:
        self.held = threading.Event()
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._target) as far:
            while True:
                ready, _, _ = select.select([near, far], [], [], 0.1)
                for end in ready:
                    while self.held.is_set():
                        time.sleep(0.05)
                    data = end.recv(65536)
                    if not data:
                        return
                    (far if end is near else near).sendall(data)

    def close(self) -> None:
        self.held.clear()
        self._server.close()


@pytest.fixture
def line() -> Iterator[Line]:
    parts = urlsplit(settings.REDIS_URL)
    assert parts.hostname is not None
    line = Line(parts.hostname, parts.port or 6379)
    yield line
    line.close()


#: How many times as impatient as the settings the application is in which Redis falls silent.
HASTE = 4


def application(line: Line) -> Celery:
    """Our application as another process would have it, its Redis at the end of `line`."""
    parts = urlsplit(settings.REDIS_URL)
    user, _, _ = parts.netloc.rpartition("@")
    url = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{line.port}"))
    other = Celery("other", set_as_current=False)
    other.config_from_object("django.conf:settings", namespace="CELERY")
    other.conf.update(broker_url=url, result_backend=url, task_queues={"unread": {}})
    for name in ("broker_transport_options", "result_backend_transport_options"):
        options = other.conf[name]
        hasty = {key: options[key] / HASTE for key in options if key.startswith("socket_")}
        other.conf[name] = options | hasty
    for name in ("redis_socket_timeout", "redis_socket_connect_timeout"):
        other.conf[name] /= HASTE
    other.conf.task_default_queue = "unread"
    return other


def nothing() -> None:
    """A task nobody runs."""


def test_sending_a_task_to_a_silent_redis_fails_in_seconds_and_works_again_after(
    line: Line,
) -> None:
    other = application(line)
    task = other.task(name="other.task")(nothing)
    task.delay()

    line.held.set()
    began = time.monotonic()
    with pytest.raises(Exception, match=r"(?i)retry limit|time"):
        task.delay()
    took = time.monotonic() - began
    line.held.clear()

    assert took < 10 / HASTE
    assert task.delay().id
    client = redis.Redis.from_url(settings.REDIS_URL)
    sent = client.llen("unread")
    client.delete("unread")
    assert sent >= 2


class Busy(Scheduler):
    """Catches whatever is raised in its work, as a scheduler may that sends a task."""

    ticks = 0

    def tick(self, *_: object, **__: object) -> float:
        Busy.ticks += 1
        assert Busy.ticks == 1, "it goes on"
        with suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        return 0


def test_beat_stops_when_it_is_told_to_whatever_it_is_doing() -> None:
    service = Service(app, scheduler_cls=Busy)
    before = [(one, signal.getsignal(one)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        Beat(app=app).install_sync_handler(service)
        service.start()
    finally:
        for each in before:
            signal.signal(*each)

    assert Busy.ticks == 1


def test_a_worker_that_has_tasks_survives_that_redis_goes_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install()
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete("lost", "unacked", "unacked_index")
    connection: Any = Connection(settings.REDIS_URL)
    connection.SimpleQueue("lost").put({})
    channel, other = connection.default_channel, connection.channel()
    assert channel.basic_get("lost") is not None  # and not acknowledged
    for each in (channel, other):
        each.basic_consume("lost", False, nothing, each.channel_id)
    with suppress(TimeoutError):
        connection.drain_events(timeout=0.01)
    away = Mock(side_effect=redis.ConnectionError("Connection refused."))
    with monkeypatch.context() as patch:
        patch.setattr(redis.connection.AbstractConnection, "connect", away)
        for each in (channel, other):  # which wait for the next
            each._in_poll._sock.shutdown(socket.SHUT_RDWR)

        # As Celery's consumer does before it connects again.
        with suppress(Exception):
            connection.collect(socket_timeout=1)
        ignore_errors(connection, connection.close)

    assert client.hlen("unacked") == 1  # it is delivered again in time
    client.delete("unacked", "unacked_index")
    channel.do_restore = False
