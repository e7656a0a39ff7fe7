"""Platform IDs: on the page of their campaign, and in a list of all."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import FieldTextFilter

from ads.admin.base import KEPT, ConfigurationAdmin, ShowsAudit, TabularInline
from ads.admin.elements import NOTHING, RowFilter, column
from ads.admin.references.finding import AccountFilter, IdSearch
from ads.models import Campaign, CampaignReference, SpendBatch
from ads.models.spend import BatchKind
from ads.rules.money import format_sums
from ads.services import visible
from ads.services.references import left_behind, whose


class ReferenceInline(TabularInline[CampaignReference, Campaign]):
    model = CampaignReference
    fields = ["platform", "account", "reference"]
    extra = 0
    hide_title = True
    verbose_name = "platform ID"
    verbose_name_plural = "platform IDs"


def say_what_is_left(request: HttpRequest, saved: Iterable[CampaignReference]) -> None:
    """What is on record of platform IDs for whoever had them before they were saved."""
    for sentence in left_behind([one.pk for one in saved]):
        messages.warning(request, sentence)


@admin.register(CampaignReference)
class CampaignReferenceAdmin(IdSearch, ShowsAudit, ConfigurationAdmin[CampaignReference]):
    about = (
        "The IDs of campaigns on ad platforms. Spend reported under one of these IDs is recorded "
        "for its campaign."
    )
    list_display = ["reference", "platform", "account", "campaign", "brand", "created_at"]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("platform", FieldTextFilter),
        ("account", AccountFilter),
        ("campaign", RowFilter),
        ("campaign__brand", RowFilter),
    ]
    search_fields = ["reference", "account", "campaign__name"]
    search_help_text = "Platform ID, account or campaign"
    autocomplete_fields = ["campaign"]
    fieldsets = [
        (None, {"fields": ["platform", "account", "reference", "campaign", "match"]}),
        (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["match", "created_at", "updated_at"]
    events = {"CampaignReferenceEvent": "pgh_obj_id"}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "GET" and visible.brand_ids() is None:
            for sentence in whose():
                self.message_user(request, sentence, messages.WARNING)
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def save_model(
        self, request: HttpRequest, obj: CampaignReference, form: Any, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        say_what_is_left(request, [obj])

    brand = column("brand", lambda reference: reference.campaign.brand.name)

    @admin.display(description="spend that had waited")
    def match(self, reference: CampaignReference) -> SafeString | str:
        """The batch of what waited for the ID; its page offers to undo the match."""
        batch = SpendBatch.objects.filter(
            kind=BatchKind.MATCH,
            campaign=reference.campaign_id,
            known_as=reference.known_as,
            counts=True,
        ).first()
        if batch is None:
            return NOTHING
        return format_html(
            '<a class="ads-link" href="{}">{} recorded, batch {}</a>',
            reverse("admin:ads_spendbatch_change", args=[batch.pk]),
            format_sums(batch.sums),
            batch.pk,
        )
