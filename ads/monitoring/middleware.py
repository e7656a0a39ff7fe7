"""Answers monitors before anything else: no host to be allowed, no redirect, no session."""

import hmac
from collections.abc import Callable, Mapping
from typing import Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST

from ads.monitoring.as_json import as_json
from ads.monitoring.metrics import exposition
from ads.services.monitoring import counters, readiness, report

UNAVAILABLE: Final = 503


class MonitoringMiddleware:
    """Answers the addresses of monitors itself.

    A probe asks by an address of its own, such as a container's, over plain http, often. Nothing
    in the answers depends on the host. Other requests pass.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = ADDRESSES.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = answer(request)
        response["Content-Length"] = str(len(response.content))
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def live(_: HttpRequest) -> HttpResponse:
    """This process answers; asks nobody."""
    return JsonResponse({"live": True})


def ready(_: HttpRequest) -> HttpResponse:
    """Requests can be served; 503 with the part that fails. Says nothing that must stay inside."""
    found = readiness()
    checked = {
        "database": "ok" if found.has_database else "does not answer",
        "migrations": "ok"
        if found.is_ready
        else f"{found.unapplied} not applied"
        if found.has_database
        else "unknown",
    }
    content = {"ready": found.is_ready, **checked}
    return JsonResponse(content, status=200 if found.is_ready else UNAVAILABLE)


def health(request: HttpRequest) -> HttpResponse:
    """How the system is; 503 if anything needs attention."""
    if refused := _refused(request):
        return refused
    try:
        found = report(timezone.now())
    except (DatabaseError, InterfaceError):
        content = {
            "status": "down",
            "problems": [{"kind": "database", "text": "The database does not answer."}],
        }
        return JsonResponse(content, status=UNAVAILABLE)
    return JsonResponse(as_json(found), status=UNAVAILABLE if found.problems else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """The same and the counters, for Prometheus."""
    if refused := _refused(request):
        return refused
    try:
        text = exposition(report(timezone.now(), count=True), counters())
    except (DatabaseError, InterfaceError):
        text = exposition(None, [])
    return HttpResponse(text, CONTENT_TYPE_LATEST)


def _refused(request: HttpRequest) -> HttpResponse | None:
    """The answer to a request without the token; None if it has it. Off without a token."""
    if not settings.MONITORING_TOKEN:
        return HttpResponse("Set MONITORING_TOKEN to switch this on.\n", "text/plain", 404)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and hmac.compare_digest(
        token.strip().encode(), settings.MONITORING_TOKEN.encode()
    ):
        return None
    response = HttpResponse(
        "Send the token as 'Authorization: Bearer <MONITORING_TOKEN>'.\n", "text/plain", 401
    )
    response["WWW-Authenticate"] = 'Bearer realm="Budget Manager monitoring"'
    return response


ADDRESSES: Final[Mapping[str, Callable[[HttpRequest], HttpResponse]]] = {
    "/live": live,
    "/ready": ready,
    "/health": health,
    "/metrics": metrics,
}
