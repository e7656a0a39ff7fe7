"""Platform IDs: on the page of their campaign, and in a list of all."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, FieldTextFilter

from ads.admin.base import KEPT, ConfigurationAdmin, TabularInline
from ads.admin.elements import dated
from ads.admin.references.finding import AccountFilter, IdSearch
from ads.models import Campaign, CampaignReference
from ads.services.history import audit
from ads.services.references import whose


class ReferenceInline(TabularInline[CampaignReference, Campaign]):
    """The platform IDs of a campaign."""

    model = CampaignReference
    fields = ["platform", "account", "reference"]
    extra = 0
    hide_title = True
    verbose_name = "platform ID"
    verbose_name_plural = "platform IDs"


@admin.register(CampaignReference)
class CampaignReferenceAdmin(IdSearch, ConfigurationAdmin[CampaignReference]):
    """All platform IDs with their campaigns."""

    about = (
        "The ids of campaigns on ad platforms. Spend reported under one of these ids is recorded "
        "for its campaign."
    )
    list_display = ["reference", "platform", "account", "campaign", "brand", "created_at"]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("platform", FieldTextFilter),
        ("account", AccountFilter),
        ("campaign", AutocompleteSelectFilter),
        ("campaign__brand", AutocompleteSelectFilter),
    ]
    search_fields = ["reference", "account", "campaign__name"]
    search_help_text = "Platform ID, account or campaign"
    autocomplete_fields = ["campaign"]
    fieldsets = [
        (None, {"fields": ["platform", "account", "reference", "campaign"]}),
        (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["created_at", "updated_at"]
    change_form_after_template = "ads/admin/audit.html"
    history_anchor = "#audit"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET":
            for sentence in whose():
                self.message_user(request, sentence, messages.WARNING)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if reference := context.get("original"):
            events = audit.event_model("CampaignReferenceEvent")._default_manager
            context["audit"] = dated(audit.recent(events.filter(pgh_obj_id=reference.pk)))
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    @admin.display(description="brand")
    def brand(self, reference: CampaignReference) -> str:
        return reference.campaign.brand.name
