"""The login form: throttled, on record, and remembered only on request."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from ads.client_address import client_address
from ads.models import SignIn
from ads.models.access import SignInKind
from ads.services.people import LockedOut, second_factor, sign_ins


class SignInForm(AuthenticationForm):  # type: ignore[misc]
    remember = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        label="Keep me logged in",
        help_text="Only on a device that is yours alone.",
    )

    request: HttpRequest
    attempt: SignIn

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = settings.REMEMBERED_DAYS
        self.fields["remember"].label = f"Keep me logged in for {days} day{'s' if days > 1 else ''}"

    def clean(self) -> Any:
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return super().clean()
        try:
            address = client_address(self.request)
            self.attempt = sign_ins.begin(username, address, timezone.now())
        except LockedOut as error:
            raise ValidationError(str(error), code="locked_out") from error
        cleaned = super().clean()
        user: Any = self.get_user()
        needs_code = second_factor.of(user) is not None
        kind = SignInKind.CODE_ASKED if needs_code else SignInKind.SIGNED_IN
        sign_ins.succeed(self.attempt, kind)
        user.is_remembered = self.cleaned_data["remember"]
        return cleaned


admin.site.login_form = SignInForm


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    links = [{"title": "Second factor", "link": reverse("second_factor_setup")}]
    if request.user.is_authenticated and request.user.has_usable_password():
        links.insert(0, {"title": "Change password", "link": reverse("admin:password_change")})
    return links
