"""Who is acting: a person's name, or the system."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SYSTEM = "system"

_actor: ContextVar[str] = ContextVar("actor", default=SYSTEM)


def current_actor() -> str:
    """The name under which what happens now is recorded."""
    return _actor.get()


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Record what happens inside under ``name``."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)
