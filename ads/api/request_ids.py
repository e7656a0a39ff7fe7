"""A name for each request, so that an answer, its log lines and the audit can be put together."""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"

#: What a caller may name its request: no spaces, no line breaks, nothing that needs quoting.
_SANE: Final = re.compile(r"[!-~]{1,128}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def choose(offered: str | None) -> str:
    """The caller's own id if it is sane, otherwise a new one."""
    return offered if offered and _SANE.fullmatch(offered) else uuid.uuid4().hex


@contextmanager
def known_as(request_id: str) -> Iterator[None]:
    """Log what happens inside with this id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


class RequestIdFilter(logging.Filter):
    """Gives log records ``request``: " [request 4f…]" while one is answered, otherwise ""."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = _current.get()
        record.request = f" [request {request_id}]" if request_id else ""
        return True
