"""Share links: made and shown once, listed, revoked; never deleted."""

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from ads.admin.base import ConfigurationAdmin
from ads.admin.elements import (
    NOTHING,
    ConfigurationForm,
    InstantFilter,
    RowFilter,
    ago,
    badge,
    column,
    the_row,
)
from ads.models import ReportLink
from ads.rules.calendar import UnknownTimezone, format_instant
from ads.services import reports
from ads.services.reports import InvalidMonth, links

_COLOURS: Final = {links.VALID: "success"}


class ReportLinkForm(ConfigurationForm):
    month = forms.CharField(
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-11"}),
        help_text="As YYYY-MM, such as 2026-11. The link shows this month alone.",
    )
    days = forms.IntegerField(
        label="Valid for days",
        min_value=1,
        max_value=links.LONGEST_DAYS,
        initial=links.DEFAULT_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"From now; at most {links.LONGEST_DAYS}. You can revoke the link earlier.",
    )

    class Meta:
        model = ReportLink
        fields = ("brand", "month")

    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if not self.errors:
            try:
                data["month"] = reports.month_of(data["brand"], data["month"], timezone.now())
            except InvalidMonth as error:
                self.add_error("month", f"{error.reason[:1].upper()}{error.reason[1:]}")
            except UnknownTimezone as error:
                self.add_error("brand", str(error))
        return data


@admin.register(ReportLink)
class ReportLinkAdmin(ConfigurationAdmin[ReportLink]):
    about = (
        "Addresses at which a client reads the report of one month without logging in. An address "
        "is shown once, when it is made. Link previews, as in a chat, count as opening it."
    )
    form = ReportLinkForm
    autocomplete_fields = ["brand"]
    list_display = [
        "__str__", "created_by", "created_at", "expires_at", "opened", "last_opened", "state"
    ]  # fmt: skip
    list_select_related = ["brand"]
    list_filter = [("brand", RowFilter), ("expires_at", InstantFilter)]
    search_fields = ["brand__name", "created_by"]
    search_help_text = "Brand or who shared it"
    fields = ["brand", "month", "days"]
    readonly_fields = [
        "of_month", "created_by", "created_at", "expires_at", "revoked_at", "opened",
        "last_opened", "state",
    ]  # fmt: skip
    actions = ["revoke_links"]
    actions_detail = ["revoke_link"]

    def get_fields(self, request: HttpRequest, obj: ReportLink | None = None) -> Any:
        if obj is None:
            return ["brand", "month", "days"]
        return [
            *("brand", "of_month", "state", ("created_by", "created_at")),
            *(("expires_at", "revoked_at"), ("opened", "last_opened")),
        ]

    def has_change_permission(self, request: HttpRequest, obj: ReportLink | None = None) -> bool:
        return False  # a link is made and revoked, not edited

    def has_delete_permission(self, request: HttpRequest, obj: ReportLink | None = None) -> bool:
        return False  # the record of what was shared stays

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("ads.change_reportlink")

    def save_model(self, request: HttpRequest, obj: ReportLink, form: Any, change: bool) -> None:
        data = form.cleaned_data
        made, token = links.share(data["brand"], data["month"], timezone.now(), days=data["days"])
        obj.__dict__.update(made.__dict__)
        obj.shown_once = token  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: ReportLink, post_url_continue: str | None = None
    ) -> HttpResponse:
        """A page with the address, which cannot be read again; so not after a redirect."""
        token: str = obj.shown_once  # type: ignore[attr-defined]
        address = request.build_absolute_uri(links.PATH.format(token))
        what = (
            "Send it to the client. Anybody who has the address can open this report until "
            f"{format_instant(obj.expires_at)}."
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"Share link: {obj}",
            "shown": [("Address", address, what)],
            "back": reverse("admin:ads_reportlink_changelist"),
            "media": Media(js=["ads/copy.js"]),
        }
        response = TemplateResponse(request, "ads/admin/shown_once.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke_links(
        self, request: HttpRequest, queryset: QuerySet[ReportLink]
    ) -> HttpResponse | None:
        return self._revoke(request, queryset, back=reverse("admin:ads_reportlink_changelist"))

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["revoke"],
        variant=ActionVariant.DANGER,
    )
    def revoke_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        link = the_row(self, request, object_id)
        back = reverse("admin:ads_reportlink_change", args=[link.pk])
        rows = self.get_queryset(request).filter(pk=link.pk)
        return self._revoke(request, rows, back=back) or HttpResponseRedirect(back)

    def _revoke(
        self, request: HttpRequest, rows: QuerySet[ReportLink], *, back: str
    ) -> HttpResponse | None:
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        found = list(rows.select_related("brand"))
        if request.method != "POST" or "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": "Revoke",
                "text": "These links stop working for good. What was printed or saved stays.",
                "yes": "Revoke",
                "back": back,
                "rows": found,
                "hidden": [
                    *(("confirmed", "yes"), ("action", "revoke_links")),
                    *((ACTION_CHECKBOX_NAME, link.pk) for link in found),
                ],
            }
            return TemplateResponse(request, "ads/admin/confirm.html", context)
        now = timezone.now()
        revoked = [str(link) for link in found if links.revoke(link, now)]
        if revoked:
            self.message_user(request, f"Revoked: {'; '.join(revoked)}.", messages.SUCCESS)
        else:
            self.message_user(request, "Already revoked.", messages.WARNING)
        return None

    of_month = column("month", lambda link: f"{link.month:%B %Y}")

    @admin.display(description="opened", ordering="times_opened")
    def opened(self, link: ReportLink) -> str:
        few = {0: "never", 1: "once"}
        return few.get(link.times_opened, f"{link.times_opened:,} times")

    @admin.display(description="last opened", ordering="last_opened_at")
    def last_opened(self, link: ReportLink) -> SafeString | str:
        return ago(link.last_opened_at, timezone.now()) if link.last_opened_at else NOTHING

    @admin.display(description="state")
    def state(self, link: ReportLink) -> SafeString:
        state = links.state(link, timezone.now())
        return badge(state.capitalize(), _COLOURS.get(state, "plain"))
