"""Redis goes away, hangs, forgets everything, or is full of what should not be there."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import redis
from celery import Celery

from budget_manager.tests.faults.system.load import Load
from budget_manager.tests.faults.system.servers import PATIENCE
from budget_manager.tests.faults.system.stack import CHECK, Stack
from budget_manager.tests.support import wait_for

pytestmark = pytest.mark.faults

TICKS = 10_000


@contextmanager
def client(stack: Stack, database: int = 0) -> Iterator[redis.Redis]:
    with closing(redis.Redis(port=stack.redis.port, db=database)) as opened:
        yield opened


def queues(stack: Stack) -> list[str]:
    return list(stack.app.amqp.queues)


def test_spend_is_recorded_and_answered_while_redis_is_gone(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    stack.redis.stop()
    try:
        load.await_more(20)
    finally:
        stack.redis.start()

    all_is_well()


def test_spend_is_recorded_and_answered_while_redis_is_silent(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    stack.redis.freeze()
    try:
        load.await_more(20)
    finally:
        stack.redis.thaw()

    all_is_well()


def test_redis_forgets_everything(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    with client(stack) as opened:
        opened.flushall()

    all_is_well()


def test_messages_that_are_no_tasks_end_no_worker(
    stack: Stack, load: Load, all_is_well: Callable[[], None]
) -> None:
    messages = ["garbage", "", "null", "[]", "{}", '{"body": "e30="}', "\x00\xff", "1e999"]
    with client(stack) as opened:
        for name in queues(stack):
            opened.lpush(name, *messages)
        assert wait_for(lambda: not any(opened.llen(name) for name in queues(stack)), PATIENCE)

    assert [name for name in stack.workers if stack.processes[name].poll() is not None] == []
    all_is_well()


def test_ten_thousand_stale_ticks_hold_up_no_check(
    stack: Stack, load: Load, all_is_well: Callable[[], None], request: pytest.FixtureRequest
) -> None:
    task = f"ads.tasks.{CHECK}"
    queue = stack.app.amqp.router.route({}, task)["queue"].name
    tick = stale_tick(stack, task, queue)
    ticks = [anew(tick) for _ in range(TICKS)]
    with client(stack) as opened:
        began = time.monotonic()
        opened.lpush(queue, *ticks)
        stack.one_check()
        took = time.monotonic() - began
        assert wait_for(lambda: opened.llen(queue) < TICKS / 100, PATIENCE)

    request.node.user_properties.append(("check", f"a check behind them within {took:.1f} s"))
    all_is_well()


def stale_tick(stack: Stack, task: str, queue: str) -> str:
    """What beat would have sent, as it lies in a queue."""
    beside = Celery("beside", set_as_current=False)
    beside.config_from_object("django.conf:settings", namespace="CELERY")
    beside.conf.update(broker_url=stack.redis.url.replace("/0", "/1"), result_backend=None)
    with closing(beside):
        beside.send_task(task, expires=60)
        with client(stack, database=1) as opened:
            (message,) = opened.lrange(queue, 0, -1)
            opened.flushdb()
    tick = json.loads(message)
    tick["headers"]["expires"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    return json.dumps(tick)


def anew(tick: str) -> str:
    """The same with an id of its own."""
    message = json.loads(tick)
    one = str(uuid.uuid4())
    message["headers"].update(id=one, root_id=one)
    message["properties"].update(correlation_id=one, delivery_tag=str(uuid.uuid4()))
    return json.dumps(message)
