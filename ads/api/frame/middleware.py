"""The middleware around every request below ``/api/``."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from typing import Final, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils import timezone

from ads.api.frame import failures, problems
from ads.api.frame.limits import headers_of
from ads.api.frame.requests import ApiRequest
from ads.services.operations import require_clock

PREFIX: Final = "/api/"

#: Methods that change nothing.
READING: Final = ("GET", "HEAD", "OPTIONS")


#: Most requests are for one of few addresses, and finding one means trying each.
_resolved: Final = lru_cache(maxsize=256)(resolve)


class ApiMiddleware:
    """Answers requests below ``/api/`` itself.

    The API uses no sessions, cookies or forms, so its requests end here, before the middleware for
    those, and every exception is turned into a problem.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        with ExitStack() as entered:
            asked = cast("ApiRequest", request)
            asked.now = timezone.now()
            asked.entered = entered
            asked.allowance = None
            response = self.answer(asked)
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("X-Frame-Options", "DENY")
            for name, value in headers_of(asked.allowance).items():
                response[name] = value
            if isinstance(response, HttpResponse) and response.content:
                response["Content-Length"] = str(len(response.content))
            return response

    def answer(self, request: ApiRequest) -> HttpResponseBase:
        try:
            request.get_host()  # raises DisallowedHost for a host that is not ours
            match = _resolved(request.path_info)
            request.resolver_match = match
            if request.method not in READING:
                require_clock()
            response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        except Exception as error:  # noqa: BLE001  (the client gets an answer in any case)
            return failures.answer(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            return problems.respond(request, failures.not_allowed(response))
        return cast("HttpResponse", response)
