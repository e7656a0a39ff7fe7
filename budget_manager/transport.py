"""Redis as Celery's broker, where a message that is no task ends no worker.

Whoever can write to Redis can put anything into a queue, and operations staff can give a periodic
task headers of their own. Celery 5.7 ends on most of what is no task (text that is not JSON, no id,
a time limit in words) and puts it back, which ends every worker that is started after; on some
messages it stays up and runs nothing more. Here all of them are dropped, and logged. The ticks of
a week in which no worker ran are dropped as well.
"""

import logging
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from annotated_types import Len
from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.utils.json import loads
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

logger = logging.getLogger(__name__)

LONGEST = 500  # characters of a dropped message in the log

#: What expired less long ago is left to Celery, which notes for whoever sent it that it was not
#: run. It takes milliseconds for each, which for 10,000 would delay the first check by a minute.
STALE = timedelta(hours=1)


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
    expires: Annotated[AwareDatetime | None, Field(strict=False)] = None
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


class NoTask(ValueError):
    """Why a message is dropped."""


class Channel(redis.Channel):
    """kombu's, which can be closed again where Redis is away."""

    def _connparams(self, asynchronous: bool = False) -> Any:
        """The address to connect to.

        A lost connection is closed twice. The second time tasks that are not acknowledged are to be
        put back, by an address that was forgotten, and a worker would end on that.
        """
        if self.connection.client is None:
            raise ConnectionError("The connection to Redis is lost.")
        return super()._connparams(asynchronous)  # type: ignore[misc]  # not in its stubs


class Transport(redis.Transport):
    """kombu's, without the messages that Celery does not survive, or that it is slow to drop."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str | None) -> None:
        from budget_manager.celery import app

        try:
            read = parse(message, TaskMessage if queue in app.amqp.queues else Message)
        except NoTask as error:
            logger.error(  # noqa: TRY400 - where it was found out is of no interest
                "A message in the queue %s is not a task and was dropped (%s). It begins: %s",
                queue,
                error,
                str(message)[:LONGEST],
            )
        else:
            if not is_stale(read, datetime.now(UTC)):
                super()._deliver(message, queue)


def parse(message: Any, kind: type[Message]) -> Message:
    """``message``, checked.

    Raises:
        NoTask: it is not of this kind.
    """
    try:
        return kind.model_validate(message)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NoTask(": ".join(filter(None, [where, first["msg"]]))) from error
    except Exception as error:  # kombu's decoding raises what it likes
        raise NoTask(f"{type(error).__name__}: {error}") from error


def is_stale(message: Message, now: datetime) -> bool:
    """Is it a task that expired so long ago that nobody asks what became of it?"""
    expires = message.headers.expires if isinstance(message, TaskMessage) else None
    return expires is not None and expires < now - STALE


def read(text: str | bytes) -> Any:
    """JSON as kombu reads it; what is none stays text, which is no message."""
    try:
        return loads(text)
    except Exception:  # noqa: BLE001 - kombu's own conversions raise what they like
        return text


def install() -> None:
    """Have kombu use it wherever a URL begins with redis:// or rediss://."""
    redis.loads = read  # type: ignore[attr-defined]  # by which it reads what Redis gives it
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:Transport"
