"""Redis as Celery's broker, where a message that is no task ends no worker.

Whoever can write to Redis can put anything into a queue, and operations staff can give a periodic
task headers of their own. Celery 5.7 ends on most of what is no task (text that is not JSON, no id,
a time limit in words) and puts it back, which ends every worker that is started after; on some
messages it stays up and runs nothing more. Here all of them are dropped, and logged.
"""

import logging
from base64 import b64decode
from typing import Annotated, Any, Literal

from annotated_types import Len
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.utils.json import loads
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

logger = logging.getLogger(__name__)

LONGEST = 500  # characters of a dropped message in the log


def decoded(body: str) -> Any:
    return loads(b64decode(body, validate=True))


class Strict(BaseModel, strict=True):
    """What Celery relies on, as this application sends it; what is not named may be anything."""


class Properties(Strict):
    delivery_tag: str
    delivery_info: dict[str, Any]
    body_encoding: Literal["base64"]


class Message(Strict):
    """Any message to a worker; besides tasks there are Celery's own, such as a ping."""

    properties: Properties
    headers: dict[str, Any]
    body: Annotated[Any, BeforeValidator(decoded)]
    content_type: Literal["application/json"] = Field(alias="content-type")
    content_encoding: Literal["utf-8"] = Field(alias="content-encoding")


class TaskHeaders(Strict):
    id: str
    task: str
    retries: int = 0
    timelimit: Annotated[list[float | None], Len(2, 2)]
    stamped_headers: list[str] | None = None
    stamps: dict[str, Any] | None = None


class TaskMessage(Message):
    headers: TaskHeaders  # type: ignore[assignment]
    #: Arguments, keyword arguments, and what follows the task.
    body: Annotated[
        tuple[list[Any], dict[str, Any], dict[str, Any]],
        BeforeValidator(decoded),
        Field(strict=False),
    ]


class Transport(redis.Transport):  # type: ignore[misc]  # kombu has no types
    """kombu's, without the messages that Celery does not survive."""

    def _deliver(self, message: Any, queue: str) -> None:
        from budget_manager.celery import app

        kind = TaskMessage if queue in app.amqp.queues else Message
        if not (why := problem(message, kind)):
            super()._deliver(message, queue)
            return
        logger.error(
            "A message in the queue %s is no task and was dropped (%s). It begins: %s",
            queue,
            why,
            str(message)[:LONGEST],
        )


def problem(message: Any, kind: type[Message]) -> str:
    """Why ``message`` is not of this kind; empty if it is."""
    try:
        kind.model_validate(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))
    except Exception as error:  # noqa: BLE001 - kombu's decoding raises what it likes
        return f"{type(error).__name__}: {error}"
    return ""


def read(text: str) -> Any:
    """JSON as kombu reads it; what is none stays text, which is no message."""
    try:
        return loads(text)
    except Exception:  # noqa: BLE001 - kombu's own conversions raise what they like
        return text


def install() -> None:
    """Have kombu use it wherever a URL begins with redis:// or rediss://."""
    redis.loads = read
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
