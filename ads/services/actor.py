"""Who is acting: a person's name, or the system."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import pghistory
from structlog.contextvars import bound_contextvars

SYSTEM = "system"

#: Characters of a name, wherever one is kept; the audit has all of them.
LONGEST: Final = 150

_actor: ContextVar[str] = ContextVar("actor", default=SYSTEM)


def current_actor() -> str:
    """The name under which what happens now is recorded."""
    return _actor.get()


@contextmanager
def acting_as(name: str, **more: str) -> Iterator[None]:
    """Record what happens inside under ``name``: delivery changes, the audit of edits, the log.

    ``more`` is kept with the audit too: the page, the command.
    """
    token = _actor.set(name[:LONGEST])
    try:
        with pghistory.context(actor=name, **more), bound_contextvars(actor=name[:LONGEST]):
            yield
    finally:
        _actor.reset(token)
