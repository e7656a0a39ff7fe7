"""Around each request: the acting user, and the answers where there can be no page."""

from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

import structlog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from ads.request_log import sent_by
from ads.services.operations import is_outage

logger = structlog.stdlib.get_logger(__name__)


class NulMiddleware:
    """Answers 400 to an address with a NUL character, which PostgreSQL refuses in any text.

    Form fields refuse it themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        in_path = "\x00" in request.path
        if in_path or "\x00" in unquote(request.META.get("QUERY_STRING", "")):
            without = "" if in_path else escape_leading_slashes(quote(request.path))
            context = {"without": without}
            return render(request, "ads/nul.html", context, status=400)
        return self.get_response(request)


class ActorMiddleware:
    """Records everything that a request changes under its user's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        username = request.user.get_username()
        with sent_by(request, username):
            return self.get_response(request)


class OutageMiddleware:
    """Answers 503 with an explanation while the database is unreachable.

    An edit is one transaction, so nothing of it is saved then. An action on many rows goes in
    batches, and those already done stay done. Brands are changed before their campaigns, which
    follow at the next check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            # Loads the user here, because an exception in an inner middleware would not get here.
            request.user.is_authenticated  # noqa: B018
        except Exception as error:
            if (response := self.process_exception(request, error)) is None:
                raise
            return response
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page, if the database is at fault. Django calls this with a view's exception."""
        if not is_outage(error):
            return None
        logger.warning(
            "The database cannot be reached", path=request.path, error=" ".join(str(error).split())
        )
        context = {"back": _came_from(request)}
        response = render(request, "ads/outage.html", context, status=503)
        response["Retry-After"] = "5"
        return response


class LoggedOutMiddleware:
    """Says that nothing was saved when a form is sent after the login has expired.

    After the new login it leads back to the page of the form, not to the address the form was sent
    to as Django does: some of those accept only POST.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = resolve_url(settings.LOGIN_URL)
        is_refused = (
            isinstance(response, HttpResponseRedirect) and urlsplit(response.url).path == login
        )
        # Requests of scripts have nothing to save.
        is_sent = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        # To users without access, the login page itself says so.
        if not (request.method == "POST" and is_sent and is_refused) or _is_logged_in(request):
            return response
        messages.warning(
            request,
            "Nothing was saved: you were no longer logged in. Log in to return to the page, and "
            "enter it again.",
        )
        return redirect_to_login(_came_from(request), login)


def _is_logged_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated


def _came_from(request: HttpRequest) -> str:
    """The requested page, or for a form the page it was on; always on this site."""
    if request.method != "POST":
        return request.get_full_path()
    for address in (_back(request), request.headers.get("Referer")):
        if address and url_has_allowed_host_and_scheme(address, {request.get_host()}):
            return address
    return reverse("admin:index")


def _back(request: HttpRequest) -> str | None:
    """The page that a form names as its own. An uploaded file is not read to find out."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    try:
        return request.POST.get("back")
    except (SuspiciousOperation, OSError):  # too long, or interrupted
        return None
