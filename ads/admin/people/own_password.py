"""Changing one's own password: the old one is asked for, and throttled as at a login."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse_lazy
from django.utils import timezone
from unfold.forms import AdminOwnPasswordChangeForm

from ads.client_address import client_address
from ads.services.people import LockedOut, sign_ins


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]
    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        try:
            if sign_ins.check_password(self.user, password, self.address, timezone.now()):
                return password
        except LockedOut as error:
            raise ValidationError(str(error), code="locked_out") from error
        raise ValidationError("This is not your password.", code="password_incorrect")


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "address": client_address(self.request)}


def change_password(
    request: HttpRequest, extra_context: dict[str, Any] | None = None
) -> HttpResponseBase:
    """The page of the admin, whose own form does not know where a request comes from."""
    context = {**admin.site.each_context(request), **(extra_context or {})}
    return OwnPasswordView.as_view(extra_context=context)(request)


admin.site.password_change = change_password  # type: ignore[assignment,method-assign]
