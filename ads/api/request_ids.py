"""An id for each request, which joins its answer, its log lines and the audit."""

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"

#: Ids accepted from callers: no spaces, line breaks or anything else that needs quoting.
_SANE: Final = re.compile(r"[!-~]{1,128}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def choose(offered: str | None) -> str:
    """The caller's own id if it is acceptable, otherwise a new one."""
    return offered if offered and _SANE.fullmatch(offered) else uuid.uuid4().hex


@contextmanager
def known_as(request_id: str) -> Iterator[None]:
    """Tag log lines written inside with this id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


class RequestIdFilter(logging.Filter):
    """Gives log records ``request``: " [request 4f…]" during a request, otherwise ""."""

    def filter(self, record: logging.LogRecord) -> bool:
        request_id = _current.get()
        record.request = f" [request {request_id}]" if request_id else ""
        return True
