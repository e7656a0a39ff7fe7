"""What stands around each request: who is acting, and what is answered where no page can be."""

import logging
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from ads.services.actor import acting_as
from ads.services.operations import is_outage

logger = logging.getLogger(__name__)


class NulMiddleware:
    """Answers 400 with a sentence, where an address contains a NUL character.

    No text in PostgreSQL can contain one, so whichever page compared it with a column would fail.
    What forms send is refused by their fields.
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
    """Everything a signed-in user's request changes is recorded under that user's name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        username = request.user.get_username()
        with acting_as(username, path=request.path):
            return self.get_response(request)


class OutageMiddleware:
    """Answers 503 with a sentence, where a page would end in "Server Error (500)".

    An edit is one transaction, so nothing of it is saved then. An action on many goes in batches:
    what was done before the database went away stays done, of the others nothing is. Of brands they
    come first, and their campaigns then follow at the next check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            # Here and not where it is first asked for: what fails in a middleware further in
            # does not come back as an exception.
            request.user.is_authenticated  # noqa: B018  (asking loads it)
        except Exception as error:
            if (response := self.process_exception(request, error)) is None:
                raise
            return response
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page, if the database is at fault; Django calls it with what a view raises."""
        if not is_outage(error):
            return None
        logger.warning("%s: the database: %s", request.path, " ".join(str(error).split()))
        context = {"back": _came_from(request)}
        response = render(request, "ads/outage.html", context, status=503)
        response["Retry-After"] = "5"
        return response


class LoggedOutMiddleware:
    """Says that nothing was saved, where a form comes from somebody who is no longer logged in.

    Django leads to the login page, and from there to the address that the form was sent to. Some of
    those are only posted to, so this leads back to the page that it was sent from.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = resolve_url(settings.LOGIN_URL)
        is_refused = (
            isinstance(response, HttpResponseRedirect) and urlsplit(response.url).path == login
        )
        # Scripts ask again and again, and have nothing to save.
        is_sent = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        # Who is logged in, and may not come in here, is told so by the login page.
        if not (request.method == "POST" and is_sent and is_refused) or _is_logged_in(request):
            return response
        messages.warning(
            request,
            "Nothing was saved: you were no longer logged in. Log in to come back to the page, and "
            "enter it again.",
        )
        return redirect_to_login(_came_from(request), login)


def _is_logged_in(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated


def _came_from(request: HttpRequest) -> str:
    """The address of the page that was asked for; of what was sent, that of the page it came from.

    Always on this site. What is posted to may answer to nothing else, so it is never the address.
    """
    if request.method != "POST":
        return request.get_full_path()
    for address in (_back(request), request.headers.get("Referer")):
        if address and url_has_allowed_host_and_scheme(address, {request.get_host()}):
            return address
    return reverse("admin:index")


def _back(request: HttpRequest) -> str | None:
    """What a form says that it came from. A file is not read for it, of whoever sends it."""
    if request.content_type != "application/x-www-form-urlencoded":
        return None
    try:
        return request.POST.get("back")
    except (SuspiciousOperation, OSError):  # too long, or broken off
        return None
