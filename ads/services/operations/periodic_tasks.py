"""Periodic tasks by hand: running one now and what became of it, switching them on and off.

A run is handed to the workers just as beat hands them each tick; a worker may take it at once,
later or never.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from celery import current_app, states
from celery.result import AsyncResult
from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from ads.services.operations import task_texts

AWAY = (BrokerError, RedisError, OSError)


class NotHandedOver(Exception):
    """A run that no worker will ever hear of; the message says why and what to do."""


class Stage(StrEnum):
    """How far a run is."""

    WAITING = "waiting"  # no worker has taken it
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # no worker took it in time, so none will
    UNKNOWN = "unknown"  # Redis, which knows, does not answer


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run is, and what it did or why it failed, in a sentence; else empty."""

    stage: Stage
    text: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing more will come."""
        return self.stage in (Stage.DONE, Stage.FAILED, Stage.EXPIRED)


def start(task: PeriodicTask) -> str:
    """Hand one run of ``task`` to the workers; returns the id by which to look at it.

    Whether it is switched on does not matter.

    Raises:
        NotHandedOver: there is no such task in the program, or Redis is away.
    """
    current_app.loader.import_default_modules()
    if task.task not in current_app.tasks:
        raise NotHandedOver(
            f"{task.name} was not started: the program has no task {task.task}. "
            "Choose another one under “Advanced”."
        )
    options = {
        name: value
        for name in ("queue", "exchange", "routing_key", "priority")
        if (value := getattr(task, name)) is not None
    }
    try:
        args, kwargs = json.loads(task.args or "[]"), json.loads(task.kwargs or "{}")
        headers = {**json.loads(task.headers or "{}"), "periodic_task_name": task.name}
        sent = current_app.send_task(
            task.task,
            args,
            kwargs,
            expires=task.expire_seconds,
            # The worker keeps the answer; here nobody listens for it, but looks now and then.
            ignore_result=True,
            headers={**headers, "ignore_result": False},
            **options,
        )
    except ValueError as error:
        raise NotHandedOver(
            f"{task.name} was not started: its arguments or headers are not JSON ({error}). "
            "Mend them under “Advanced”."
        ) from error
    except AWAY as error:
        raise NotHandedOver(
            f"{task.name} was not started: Redis, which hands tasks to the workers, does not "
            f"answer ({error}). Try again when it does."
        ) from error
    return str(sent.id)


def look(run_id: str, task: str) -> Run:
    """What became of a run of ``task``, the task's name; answers are kept for a day."""
    result: AsyncResult[object] = AsyncResult(run_id, app=current_app)
    try:
        state: str = result.state
        answer = result.result
    except AWAY:
        return Run(Stage.UNKNOWN)
    if state == states.SUCCESS:
        return Run(Stage.DONE, task_texts.did(task, answer))
    if state == states.FAILURE:
        first_line = str(answer).partition("\n")[0]
        return Run(Stage.FAILED, f"{type(answer).__name__}: {first_line}")
    if state == states.REVOKED:
        return Run(Stage.EXPIRED)
    return Run(Stage.WAITING if state == states.PENDING else Stage.RUNNING)


def switch(tasks: QuerySet[PeriodicTask], *, on: bool, now: datetime) -> list[PeriodicTask]:
    """Switch tasks on or off, and let a running beat know; those that were not so already."""
    changed = list(tasks.filter(enabled=not on).order_by("name"))
    rows = PeriodicTask.objects.filter(pk__in=[task.pk for task in changed], enabled=not on)
    # As beat itself does it: a task that is switched on again is not due since long ago.
    rows.update(enabled=on, last_run_at=None, date_changed=now)
    PeriodicTasks.update_changed()
    return changed
