"""What the log says of requests: an id that joins answer, lines, tasks and audit; failed logins."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

import structlog
from django.contrib.auth.signals import user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from structlog.contextvars import bound_contextvars

from ads.client_address import client_address
from ads.services.actor import acting_as

HEADER: Final = "X-Request-ID"

#: Where the access log finds who sent a request, in its WSGI environment.
ACTOR: Final = "ads.actor"

#: Ids accepted from callers: no spaces, line breaks or anything else that needs quoting.
_SANE: Final = re.compile(r"[!-~]{1,128}")

#: Characters of a user name that was typed: some type their password there.
_TYPED: Final = 40

logger = structlog.stdlib.get_logger(__name__)


class RequestIdMiddleware:
    """Gives each request an id, which its answer and every line written for it carry."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = choose(request.headers.get(HEADER))
        request.request_id = request_id  # type: ignore[attr-defined]
        with bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response[HEADER] = request_id
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            # The rest of the answer is made later, when nobody is here any more.
            content = cast("Iterator[bytes]", response.streaming_content)
            response.streaming_content = _within(request_id, content)
        return response


@contextmanager
def sent_by(request: Any, actor: str, **more: str) -> Iterator[None]:
    """Act as ``actor`` for this request, which the audit names; so does the access log."""
    request.META[ACTOR] = actor
    with acting_as(actor, path=request.path, request_id=request.request_id, **more):
        yield


def _within(request_id: str, content: Iterator[bytes]) -> Iterator[bytes]:
    with bound_contextvars(request_id=request_id):
        yield from content


def choose(offered: str | None) -> str:
    """The caller's own id if it is acceptable, otherwise a new one."""
    return offered if offered and _SANE.fullmatch(offered) else uuid.uuid4().hex


@receiver(user_login_failed)
def login_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: object
) -> None:
    """Somebody typed a wrong name or password, or may not log in."""
    logger.warning(
        "Login failed",
        username=str(credentials.get("username", ""))[:_TYPED],
        address="" if request is None else client_address(request),
    )
