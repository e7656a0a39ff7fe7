"""What may stand in a line: no secret, and nothing that could pass for another line."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from structlog.typing import EventDict, Processor, WrappedLogger

T = TypeVar("T")

#: The fields whose text is not made here: messages of libraries, what an exception said, addresses.
_FREE: Final = ("event", "exception", "stack", "error", "reason", "path")

#: Characters of one of them.
LONGEST: Final = 20_000

#: What is replaced in them, by what.
_SECRETS: Final = (
    # The query of any address: tokens, search terms, whatever a form has sent.
    (re.compile(r"(?<=[\w/])\?[^\s\"'\\<>]+"), "?…"),
    # A login in an address: postgres://user:password@host, redis://:password@host.
    (re.compile(r"://[^\s/@\"']*@"), "://…@"),
    # Keys and webhook secrets of our own making.
    (re.compile(r"\bbm_(\w{1,32}?)_[\w-]+"), r"bm_\1_…"),
    (re.compile(r"\bwhsec_[\w+/=-]+"), "whsec_…"),
    # The token of a shared report.
    (re.compile(r"(/report/)[\w-]{20,}"), r"\1…"),
    # Headers and settings, however they are written down: Name: value, 'name': 'value', name=value.
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|api[_-]?key|authorization|cookie|sessionid"
            r"|signature)[\w-]{0,30}[\\\"']*\s*[:=]\s*[\\\"']*)(?!…|bearer |basic )[^\s\"'\\}\]]+"
        ),
        r"\1…",
    ),
)


def without_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Take out of free text what looks like a secret."""
    for field in _FREE:
        if field in event:
            event[field] = redacted(str(event[field]))
    return event


def redacted(text: str) -> str:
    """``text`` without what looks like a secret, and without the middle if it is very long."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


_FIRST: Final = ("timestamp", "level", "event")


def in_order(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """What people look at first comes first."""
    return {**{field: event.pop(field) for field in _FIRST if field in event}, **event}


@dataclass(frozen=True, slots=True)
class Each(Generic[T]):
    """Many lines that are logged at once, as ``each`` of one event: a row and its fields for each.

    Each line has some fields, and none that the event has too.
    """

    rows: Sequence[T]
    #: What a line says.
    fields: Callable[[T], dict[str, Any]]
    #: The same as an object of JSON: ``as_json`` of thousands of dictionaries takes three times as
    #: long as text in which what many rows have in common is put together once.
    json: Callable[[T], str]

    def __repr__(self) -> str:
        return f"<{len(self.rows)} lines>"  # where another handler prints it


def a_line_each(render: Processor) -> Processor:
    """Render an event; one with ``each`` as a line for each of those."""

    def rendered(logger: WrappedLogger, name: str, event: EventDict) -> str:
        each: Each[Any] | None = event.pop("each", None)
        if each is None:
            return str(render(logger, name, event))
        lines = map(each.fields, each.rows)
        return "\n".join(str(render(logger, name, {**event, **fields})) for fields in lines)

    return rendered


#: A value as JSON.
encoded: Final = json.JSONEncoder(default=str).encode


def as_json(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    """Render an event as JSON; one with ``each`` as a line for each of those.

    What thousands of lines have in common, such as those of a sweep's switches, is rendered once.
    """
    each: Each[Any] | None = event.pop("each", None)
    common = encoded(event)
    if each is None:
        return common
    begins = f"{common[:-1]}, "
    return "\n".join([begins + each.json(row)[1:] for row in each.rows])


def on_one_line(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Escape whatever is not printable. Only a traceback has lines of its own, which are indented.

    The other fields are escaped where they are rendered.
    """
    event["event"] = _escaped(str(event["event"]))
    for field in ("exception", "stack"):
        if field in event:
            lines = str(event[field]).split("\n")
            event[field] = "\n".join(f"    {_escaped(line)}" for line in lines)
    return event


def _escaped(text: str) -> str:
    """Control characters, terminal escapes and invisible ones as ``repr`` writes them."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
