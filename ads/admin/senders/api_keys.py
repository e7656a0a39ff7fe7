"""API keys: made and shown once, limited, revoked; never deleted."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from ads.admin.base import KEPT
from ads.admin.elements import badge, column, the_row
from ads.admin.senders.base import SenderAdmin, SenderForm
from ads.models import ApiKey
from ads.models.access import Scope
from ads.services.senders import api_keys

COLOURS = {api_keys.IN_USE: "success", api_keys.ExpiredKey.state: "warning"}


class ApiKeyForm(SenderForm):
    scopes = forms.MultipleChoiceField(
        label="Permissions",
        choices=Scope.choices,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Requests for anything else are refused.",
    )

    def check(self) -> None:
        data = self.cleaned_data
        api_keys.check_terms(
            data["scopes"],
            # An expired key can still be renamed.
            data["expires_at"] if "expires_at" in self.changed_data else None,
            data["requests_per_minute"],
            timezone.now(),
        )
        super().check()


@admin.register(ApiKey)
class ApiKeyAdmin(SenderAdmin[ApiKey]):
    about = (
        "Programs send spend and read figures with an API key. A key is shown once, when it is "
        "made, and stops working for good when it is revoked."
    )
    form = ApiKeyForm
    events = {"ApiKeyEvent": "pgh_obj_id", "ApiKeyBrandEvent": "apikey_id"}
    list_display = [
        "name",
        "begins_with",
        "permissions",
        "for_brands",
        "expires_at",
        "last_used_at",
        "state",
    ]
    fieldsets = [
        (None, {"fields": ["name", "source", "scopes"]}),
        ("Brands", {"fields": ["every_brand", "brands"]}),
        ("Limits", {"fields": ["expires_at", "requests_per_minute"]}),
        (
            KEPT,
            {
                "fields": [
                    ("begins_with", "state"),
                    ("last_used_at", "revoked_at"),
                    ("created_at", "updated_at"),
                ]
            },
        ),
    ]
    readonly_fields = [
        *("begins_with", "state", "last_used_at", "revoked_at", "created_at", "updated_at")
    ]
    actions = ["revoke_keys"]
    actions_detail = ["revoke_key"]

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        is_revoked = isinstance(obj, ApiKey) and obj.revoked_at is not None
        return not is_revoked and super().has_change_permission(request, obj)

    def has_revoke_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.has_change_permission(request)

    def make(self, data: dict[str, Any]) -> tuple[ApiKey, str]:
        names = ("name", "source", "scopes", "brands", "every_brand", "expires_at")
        return api_keys.issue(
            **{name: data[name] for name in names},
            requests_per_minute=data["requests_per_minute"],
            now=timezone.now(),
        )

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        text: str = obj.shown_once  # type: ignore[attr-defined]
        curl = f"curl -H 'Authorization: Bearer {text}' {request.build_absolute_uri('/api/v1/key')}"
        return self.show_once(
            request,
            obj,
            title=f"API key {obj.name}",
            shown=[
                ("Key", text, "Store it where secrets belong, and give it to one program only."),
                ("Try it", curl, "Answers with the permissions of the key."),
            ],
        )

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke_keys(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        return self._revoke(request, queryset, back=reverse("admin:ads_apikey_changelist"))

    @action(
        description="Revoke",
        url_path="revoke",
        permissions=["revoke"],
        variant=ActionVariant.DANGER,
    )
    def revoke_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = the_row(self, request, object_id)
        back = self.address_of(key)
        keys = self.get_queryset(request).filter(pk=key.pk)
        return self._revoke(request, keys, back=back) or HttpResponseRedirect(back)

    def _revoke(
        self, request: HttpRequest, keys: QuerySet[ApiKey], *, back: str
    ) -> HttpResponse | None:
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        if request.method != "POST" or "confirmed" not in request.POST:
            selected = [(ACTION_CHECKBOX_NAME, key.pk) for key in keys]
            return self.confirm(
                request,
                title="Revoke",
                text="These keys stop working for good: requests with one are refused, and whoever "
                "uses it needs a new key. Spend that was sent with them stays.",
                yes="Revoke",
                back=back,
                rows=list(keys),
                hidden=[("action", "revoke_keys"), *selected],
            )
        now = timezone.now()
        revoked = [key.name for key in keys if api_keys.revoke(key, now=now)]
        if revoked:
            self.message_user(request, f"Revoked: {', '.join(revoked)}.", messages.SUCCESS)
        else:
            self.message_user(request, "Already revoked.", messages.WARNING)
        return None

    begins_with = column("begins with", lambda key: f"bm_{key.prefix}")

    @admin.display(description="permissions")
    def permissions(self, key: ApiKey) -> str:
        return ", ".join(Scope(scope).label for scope in key.scopes)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        state = api_keys.state(key, timezone.now())
        return badge(state.capitalize(), COLOURS.get(state, "plain"))
