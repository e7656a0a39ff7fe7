"""The pages of the second factor: asking for a code, setting it up, turning it off."""

from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from ads.client_address import client_address
from ads.models import SecondFactor
from ads.models.access import SignInKind
from ads.rules.calendar import format_instant
from ads.services.people import LockedOut, second_factor, sessions, sign_ins
from ads.services.senders import CannotUnseal

_CODE_ATTRS = {"autocomplete": "one-time-code", "inputmode": "text", "autofocus": ""}


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(attrs=_CODE_ATTRS),
        help_text="The six digits that the app shows, or one of the recovery codes.",
    )


class SetUpForm(forms.Form):
    """The first code of an app, and the password: an open session is not enough."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label="Code",
        max_length=10,
        widget=UnfoldAdminTextInputWidget(attrs={**_CODE_ATTRS, "inputmode": "numeric"}),
        help_text="The six digits that the app shows now.",
    )


@never_cache
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the code after the password; nothing else opens until then."""
    factor = second_factor.of(request.user)
    if factor is None:  # it has been reset meanwhile
        sessions.begin(request.session, request.user)
    if sessions.missing(request.session, request.user) != sessions.CODE or factor is None:
        return HttpResponseRedirect(_next(request))
    form = CodeForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _is_right(request, factor, form, signs_in=True)
    ):
        sessions.complete(request.session)
        return HttpResponseRedirect(_next(request))
    context = {
        **admin.site.each_context(request),
        "title": "Second factor",
        "form": form,
        "next": _next(request),
    }
    return TemplateResponse(request, "ads/admin/second_factor.html", context)


@never_cache
@login_required
def set_up(request: HttpRequest) -> HttpResponse:
    """Set it up; or, once it is on, make new recovery codes or turn it off, with a code."""
    user: Any = request.user
    factor = second_factor.of(user)
    if factor is not None:
        if sessions.missing(request.session, user) == sessions.SETUP:  # set up elsewhere meanwhile
            sessions.begin(request.session, user)
            return HttpResponseRedirect(reverse("second_factor"))
        return _kept(request, factor)
    factor = second_factor.begin(user, anew=request.method != "POST")
    form = SetUpForm(request.POST or None)
    try:
        secret = second_factor.secret_of(factor)
    except CannotUnseal:  # it was begun before SECRET_KEY changed, and never used
        factor = second_factor.begin(user, anew=True)
        secret = second_factor.secret_of(factor)
    if request.method == "POST" and form.is_valid() and _is_password(request, form):
        codes = second_factor.confirm(factor, form.cleaned_data["code"], timezone.now())
        if codes:
            _note(request, SignInKind.FACTOR_ON)
            sessions.complete(request.session)
            return _show(request, codes)
        form.add_error(
            "code", "This is not the code. Codes change every 30 seconds: is the phone's time set?"
        )
    picture = segno.make(second_factor.address(factor, "Budget Manager"), error="m")
    return _page(
        request,
        form=form,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=picture.svg_data_uri(scale=5, border=4, light="white"),
        is_required=second_factor.is_required(user),
    )


def _kept(request: HttpRequest, factor: SecondFactor) -> HttpResponse:
    user: Any = request.user
    form = CodeForm(request.POST or None)
    is_required = second_factor.is_required(user)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and "off" in request.POST and is_required:
        form.add_error(None, "Your role needs a second factor, so it stays on.")
    elif is_sent and _is_right(request, factor, form):
        if "off" in request.POST:
            second_factor.remove(user)
            sessions.begin(request.session, user)
            _note(request, SignInKind.FACTOR_OFF)
            messages.success(request, "The second factor is off.")
            return HttpResponseRedirect(reverse("second_factor_setup"))
        return _show(request, second_factor.new_recovery_codes(factor, timezone.now()))
    factor.refresh_from_db()
    return _page(
        request,
        form=form,
        factor=factor,
        since=format_instant(factor.confirmed_at) if factor.confirmed_at else "",
        left=len(factor.recovery_hashes),
        is_required=is_required,
    )


def _is_right(
    request: HttpRequest, factor: SecondFactor, form: forms.Form, *, signs_in: bool = False
) -> bool:
    """Is it a code of the app, or a recovery code? Throttled, and on record."""
    code, now = form.cleaned_data["code"], timezone.now()
    try:
        attempt = sign_ins.begin(
            request.user.get_username(),
            client_address(request),
            now,
            kind=SignInKind.CODE_FAILED,
        )
        if second_factor.recover(factor, code):
            sign_ins.succeed(attempt, SignInKind.RECOVERY_CODE)
            return True
        if second_factor.verify(factor, code, now):
            if signs_in:
                sign_ins.succeed(attempt, SignInKind.SIGNED_IN)
            else:
                attempt.delete()
            return True
    except (LockedOut, CannotUnseal) as error:
        form.add_error("code", str(error))
        return False
    form.add_error("code", "This is not the code, or it has been used. Wait for the next one.")
    return False


def _is_password(request: HttpRequest, form: forms.Form) -> bool:
    user: Any = request.user
    password, address = form.cleaned_data["password"], client_address(request)
    try:
        if sign_ins.check_password(user, password, address, timezone.now()):
            return True
    except LockedOut as error:
        form.add_error("password", str(error))
    else:
        form.add_error("password", "This is not your password.")
    return False


def _note(request: HttpRequest, kind: SignInKind) -> None:
    username = request.user.get_username()
    sign_ins.note(kind, username, client_address(request), timezone.now())


def _show(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The recovery codes; not after a redirect, which would have to keep them somewhere."""
    return _page(request, codes=codes)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    form = context.get("form")
    frame = {
        **admin.site.each_context(request),
        "title": "Second factor",
        "media": form.media if form else forms.Media(js=["ads/copy.js"]),
    }
    return TemplateResponse(request, "ads/admin/second_factor_setup.html", {**frame, **context})


def _next(request: HttpRequest) -> str:
    """The page that was asked for, on this site."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return resolve_url(settings.LOGIN_REDIRECT_URL)
