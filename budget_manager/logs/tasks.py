"""Celery's lines: the task that each is about, and the request that queued it."""

import re
from typing import Any, Final

import structlog
from celery import signals
from structlog.contextvars import bind_contextvars, get_contextvars, reset_contextvars
from structlog.typing import EventDict, WrappedLogger

logger = structlog.stdlib.get_logger(__name__)

#: How Celery names a task in its messages.
_NAMED: Final = re.compile(r"\b([\w.]+)\[([0-9a-f-]{36})\]")

#: The header of a task's message.
_HEADER: Final = "request_id"


def of_celery(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Give a line of Celery's the fields ``task`` and ``task_id``, and a result its figures."""
    record = event["_record"]
    if not record.name.startswith("celery."):
        return event
    if found := _NAMED.search(event["event"]):
        event.setdefault("task", found[1])
        event.setdefault("task_id", found[2])
    data = getattr(record, "data", {})
    if "runtime" in data:
        event["event"] = "Task succeeded"
        event["seconds"] = round(data["runtime"], 3)
        event["result"] = data["return_value"]
    return event


@signals.setup_logging.connect(weak=False)
def keep_ours(**_: object) -> None:
    """Django has configured logging already; a receiver keeps Celery from doing it again."""


@signals.before_task_publish.connect(weak=False)
def send_request_id(headers: dict[str, Any], **_: object) -> None:
    """Send the id of the request, or of the one that queued this task, along with the task."""
    if request_id := get_contextvars().get("request_id"):
        headers.setdefault(_HEADER, request_id)


@signals.task_received.connect(weak=False)
def received(request: Any, **_: object) -> None:
    logger.info(
        "Task received", task=request.name, task_id=request.id, **_request(request.request_dict)
    )


@signals.task_prerun.connect(weak=False)
def enter(task_id: str, task: Any, **_: object) -> None:
    """Every line from here on names the task."""
    context = {"task": task.name, "task_id": task_id, **_request(task.request)}
    task.request.log_context = bind_contextvars(**context)


@signals.task_postrun.connect(weak=False)
def leave(task: Any, **_: object) -> None:
    reset_contextvars(**(task.request.get("log_context") or {}))


def _request(message: Any) -> dict[str, str]:
    request_id = message.get(_HEADER)
    return {_HEADER: request_id} if isinstance(request_id, str) and request_id else {}
