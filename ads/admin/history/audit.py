"""The audit of configuration and waivers in the admin: see :mod:`ads.services.history`."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import InstantFilter
from ads.services.history import WORDS, AuditEntry, actor, describe, event_model


class AuditList(ChangeList):
    """Describes the events of its page together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        for row, entry in zip(rows, describe(rows), strict=True):
            row.entry = entry
        self.result_list = rows


class WhatFilter(DropdownFilter):  # type: ignore[misc]
    """Created, changed or deleted; attached or detached."""

    title = "what"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = [tracker.label for tracker in model_admin.model.pgh_trackers]
        return [(label, WORDS.get(label, label).capitalize()) for label in labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pgh_label=self.value()) if self.value() else queryset


class AuditAdmin(ReadOnlyAdmin[Any]):
    """The audit of one model, the newest first."""

    list_display = ["at", "who", "what", "subject", "changes"]
    list_select_related = ["pgh_context"]
    list_filter = [WhatFilter, ("pgh_created_at", InstantFilter)]
    fields = ["at", "who", "what", "subject", "changes"]
    ordering = ["-pgh_id"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditList

    @admin.display(description="when (UTC)")
    def at(self, event: Any) -> datetime:
        return event.pgh_created_at  # type: ignore[no-any-return]

    @admin.display(description="who")
    def who(self, event: Any) -> str:
        return actor(event)

    @admin.display(description="what")
    def what(self, event: Any) -> str:
        return _entry(event).what

    @admin.display(description="which")
    def subject(self, event: Any) -> str:
        return _entry(event).subject

    @admin.display(description="from what to what")
    def changes(self, event: Any) -> SafeString:
        shown = format_html_join(
            " ",
            '<span class="ads-change"><b>{}</b> {}{}{}</span>',
            (
                (change.label, change.old, " → " if change.old else "", change.new)
                for change in _entry(event).changes
            ),
        )
        return format_html('<span class="ads-many">{}</span>', shown)


def _entry(event: Any) -> AuditEntry:
    if not hasattr(event, "entry"):
        event.entry = describe([event])[0]
    return event.entry  # type: ignore[no-any-return]


WHO = "pgh_context__metadata__actor"


@admin.register(
    event_model("BrandEvent"),
    event_model("CampaignEvent"),
    event_model("DaypartingScheduleEvent"),
    event_model("ApiKeyEvent"),
    event_model("WebhookEndpointEvent"),
)
class NamedAuditAdmin(AuditAdmin):
    """The audit of what has a name."""

    about = (
        "Every edit, the newest first: when, by whom, from what to what. Nothing here can be "
        "changed."
    )
    search_fields = ["name", WHO]
    search_help_text = "Name, or who"


@admin.register(event_model("DaypartingWindowEvent"))
class WindowAuditAdmin(AuditAdmin):
    """The audit of windows."""

    about = "Every window that was made, changed or deleted: when, by whom, from what to what."
    search_fields = ["schedule__name", WHO]
    search_help_text = "Schedule, or who"


@admin.register(event_model("CampaignScheduleEvent"))
class AttachmentAuditAdmin(AuditAdmin):
    """The audit of which schedules campaigns had."""

    about = "Every schedule that was attached to a campaign or detached from it: when and by whom."
    search_fields = ["campaign__name", "schedule__name", WHO]
    search_help_text = "Campaign, schedule, or who"


@admin.register(event_model("CampaignReferenceEvent"))
class ReferenceAuditAdmin(AuditAdmin):
    """The audit of what platforms know campaigns by."""

    about = (
        "Every id of a platform that was given to a campaign, changed or taken away: when and "
        "by whom. It decides whose budget money counts against."
    )
    search_fields = ["campaign__name", "=reference", WHO]
    search_help_text = "Campaign, id on the platform, or who"


@admin.register(event_model("ApiKeyBrandEvent"))
class KeyBrandAuditAdmin(AuditAdmin):
    """The audit of which brands keys were limited to."""

    about = "Every brand that was given to an API key or taken from it: when and by whom."
    search_fields = ["apikey__name", "brand__name", WHO]
    search_help_text = "Key, brand, or who"


@admin.register(event_model("WebhookEndpointBrandEvent"))
class EndpointBrandAuditAdmin(AuditAdmin):
    """The audit of which brands endpoints were limited to."""

    about = "Every brand that was given to a webhook endpoint or taken from it: when and by whom."
    search_fields = ["webhookendpoint__name", "brand__name", WHO]
    search_help_text = "Endpoint, brand, or who"


@admin.register(event_model("SpendTotalEvent"))
class WaiverAuditAdmin(AuditAdmin):
    """Who let what run on."""

    about = (
        "Every time somebody let a campaign or brand run on: who, when, and how much of its "
        "spend no longer counts against the budget since."
    )
    list_filter = [("pgh_created_at", InstantFilter)]
    search_fields = ["brand__name", "campaign__name", WHO]
    search_help_text = "Brand, campaign, or who"
