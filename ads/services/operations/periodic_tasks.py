"""Periodic tasks by hand: run one now and see its outcome, switch them on and off."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from celery import current_app, states
from celery.result import AsyncResult
from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from ads.services.messages import AWAY


class NotStarted(Exception):
    """A run that no worker will ever receive; the message says why and what to do."""


class Stage(StrEnum):
    """How far a run is."""

    WAITING = "waiting"  # no worker has taken it
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # no worker took it in time, so none will
    UNKNOWN = "unknown"  # Redis, which keeps the results, does not answer


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run is, and its result or error; empty until then."""

    stage: Stage
    text: str = ""

    @property
    def is_over(self) -> bool:
        """Nothing more will come."""
        return self.stage in (Stage.DONE, Stage.FAILED, Stage.EXPIRED)


def start(task: PeriodicTask) -> str:
    """Send one run of ``task`` to the workers, as beat would; returns its id for :func:`outcome`.

    Whether it is switched on does not matter.

    Raises:
        NotStarted: the program has no such task, its arguments are invalid, or Redis is away.
    """
    current_app.loader.import_default_modules()
    if task.task not in current_app.tasks:
        raise NotStarted(f"{task.name} was not started: the program has no task {task.task}.")
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
            # The worker stores the result; here it is polled instead of subscribed to.
            ignore_result=True,
            headers={**headers, "ignore_result": False},
            **options,
        )
    except ValueError as error:
        raise NotStarted(
            f"{task.name} was not started: its arguments or headers are not valid JSON ({error})."
        ) from error
    except AWAY as error:
        raise NotStarted(
            f"{task.name} was not started: Redis, which passes tasks to the workers, does not "
            f"answer ({error}). Try again once it does."
        ) from error
    return str(sent.id)


def outcome(run_id: str) -> Run:
    """The outcome of a run so far; results are kept for a day."""
    result: AsyncResult[object] = AsyncResult(run_id, app=current_app)
    try:
        state: str = result.state
        answer = result.result
    except AWAY:
        return Run(Stage.UNKNOWN)
    if state == states.SUCCESS:
        if isinstance(answer, Mapping):
            answer = ", ".join(f"{name} {value}" for name, value in answer.items())
        return Run(Stage.DONE, "" if answer is None else str(answer))
    if state == states.FAILURE:
        first_line = str(answer).partition("\n")[0]
        return Run(Stage.FAILED, f"{type(answer).__name__}: {first_line}")
    if state == states.REVOKED:
        return Run(Stage.EXPIRED)
    return Run(Stage.WAITING if state == states.PENDING else Stage.RUNNING)


def switch(tasks: QuerySet[PeriodicTask], *, on: bool, now: datetime) -> list[PeriodicTask]:
    """Switch tasks on or off and notify a running beat; returns those that changed."""
    changed = list(tasks.filter(enabled=not on).order_by("name"))
    rows = PeriodicTask.objects.filter(pk__in=[task.pk for task in changed], enabled=not on)
    # As beat itself does: a task that is switched on again has not been due since long ago.
    rows.update(enabled=on, last_run_at=None, date_changed=now)
    PeriodicTasks.update_changed()
    return changed
