"""Logins: who logged in, from where, and who was refused; read-only."""

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import NOTHING, InstantFilter, badge, column, unbroken
from ads.models import SignIn
from ads.models.access import SignInKind
from ads.rules.calendar import format_instant

COLOURS = {
    SignInKind.SIGNED_IN: "success",
    SignInKind.FAILED: "warning",
    SignInKind.CODE_FAILED: "warning",
    SignInKind.LOCKED_OUT: "alarm",
    SignInKind.FACTOR_RESET: "info",
    SignInKind.RECOVERY_CODE: "info",
}


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin[SignIn]):
    about = (
        "Who logged in and out, whose password or code was wrong, and who was refused because of "
        "too many failures. Who gave whom which role, permission or brand is in the change history."
    )
    list_display = ["when", "username", "what", "from_where", "done_by"]
    list_display_links = ["when"]
    list_filter = [("kind", ChoicesDropdownFilter), ("at", InstantFilter)]
    search_fields = ["=username", "=address"]
    search_help_text = "User, or address"

    @admin.display(description="when")
    def when(self, one: SignIn) -> SafeString:
        at = format_instant(one.at, seconds=True)
        return unbroken(at)

    @admin.display(description="what")
    def what(self, one: SignIn) -> SafeString:
        kind = SignInKind(one.kind)
        return badge(str(kind.label), COLOURS.get(kind, "plain"))

    from_where = column("from", lambda one: one.address or NOTHING)
    done_by = column("by", lambda one: one.by or NOTHING)
