"""Around each request: the acting user, and the answers where there can be no page."""

from collections.abc import Callable
from urllib.parse import quote, unquote, urlencode, urlsplit

import structlog
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from ads.request_log import sent_by
from ads.services.lock_waits import is_in_the_way
from ads.services.operations import ClockDiffers, is_outage, require_clock
from ads.services.people import sessions
from ads.services.visible import brands_of, limited

logger = structlog.stdlib.get_logger(__name__)


class PolicyMiddleware(CSPMiddleware):
    """Puts the policy of the settings together once, not for each answer.

    An answer with a policy of its own, or whose page has asked for a nonce, gets that.
    """

    _policy: str | None = None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        has_nonce = hasattr(request, "_csp_nonce")
        if settings.DEBUG or has_nonce or any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        if self._policy is None:
            self._policy = build_policy()
        response.headers.setdefault(HEADER, self._policy)
        return response


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


class _Acting:
    """Records everything that a request changes under its user's name.

    What the user sees and changes is of the brands that the user is limited to, if any.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        username = request.user.get_username()
        with sent_by(request, username), limited(brands_of(request.user)):
            return self.get_response(request)


class OutageMiddleware:
    """Answers 503 with an explanation while the database is unreachable, or the clock is wrong.

    What asks the database about the user is within it, not in middlewares of its own: Django would
    answer 500 to what one of those raises.

    An edit is one transaction, so nothing of it is saved then. An action on many rows goes in
    batches, and those already done stay done. Brands are changed before their campaigns, which
    follow at the next check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = _AfterSecondFactor(_Acting(get_response))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            is_logout = request.path == reverse("admin:logout")
            if request.user.is_authenticated and request.method == "POST" and not is_logout:
                require_clock()
            return self.get_response(request)
        except Exception as error:
            if (response := self.process_exception(request, error)) is None:
                raise
            return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page, if the database or a clock is at fault; Django calls this for views."""
        if not (is_outage(error) or isinstance(error, ClockDiffers)):
            return None
        logger.warning(
            "A page could not be served",
            path=request.path,
            error=" ".join(str(error).partition("\n")[0].split()),
        )
        context = {
            "back": _came_from(request),
            "clock": error if isinstance(error, ClockDiffers) else None,
            "is_locked": is_in_the_way(error),
        }
        response = render(request, "ads/outage.html", context, status=503)
        response["Retry-After"] = "5"
        return response


class _AfterSecondFactor:
    """Opens nothing to a user whose second factor is still missing but its own pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        lacks = sessions.missing(request.session, request.user)
        if not lacks:
            return self.get_response(request)
        page = reverse("second_factor" if lacks == sessions.CODE else "second_factor_setup")
        if request.path in (page, reverse("admin:logout"), reverse("admin:jsi18n")):
            return self.get_response(request)
        return HttpResponseRedirect(f"{page}?{urlencode({'next': _came_from(request)})}")


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
