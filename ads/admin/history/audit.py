"""The change history of configuration and allowances; see :mod:`ads.services.history`."""

from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import DropdownFilter, InstantFilter, column, list_address
from ads.models import Brand, Campaign, DaypartingSchedule
from ads.rules.calendar import format_instant
from ads.services.history import WORDS, AuditEntry, actor, describe, event_model

#: Of each kind of recorded change the title of its tab, and what it is searched by.
KINDS: Final[dict[str, tuple[str, list[str]]]] = {
    "CampaignEvent": ("Campaigns", ["name"]),
    "BrandEvent": ("Brands", ["name"]),
    "DaypartingScheduleEvent": ("Schedules", ["name"]),
    "DaypartingWindowEvent": ("Hours", ["schedule__name"]),
    "CampaignScheduleEvent": ("Attached schedules", ["campaign__name", "schedule__name"]),
    "BudgetGroupEvent": ("Budget groups", ["name", "brand__name"]),
    "ScheduledChangeEvent": ("Planned budgets", ["brand__name", "campaign__name"]),
    "BudgetPlanEvent": ("Plans by month", ["brand__name", "campaign__name"]),
    "SeasonalityAdjustmentEvent": ("Seasonality adjustments", ["name", "brand__name"]),
    "LabelEvent": ("Labels", ["name"]),
    "BrandLabelEvent": ("Labels of brands", ["brand__name", "label__name"]),
    "CampaignLabelEvent": ("Labels of campaigns", ["campaign__name", "label__name"]),
    "AlertRuleEvent": ("Alert rules", ["name", "brand__name"]),
    "AlertRuleChannelEvent": ("Channels of alert rules", ["alertrule__name", "channel__name"]),
    "ChannelEvent": ("Channels", ["name"]),
    "ReportLinkEvent": ("Share links", ["brand__name", "created_by"]),
    "ReportScheduleEvent": ("Scheduled reports", ["brand__name", "channel__name"]),
    "AllowanceEvent": ("Allowances", ["brand__name", "campaign__name"]),
    "SpendTotalEvent": ("Waivers (before allowances)", ["brand__name", "campaign__name"]),
    "CampaignReferenceEvent": ("Platform IDs", ["campaign__name", "=reference"]),
    "AccountEvent": ("Users", ["username"]),
    "AccountRoleEvent": ("Roles of users", ["user__username", "group__name"]),
    "AccountPermissionEvent": ("Permissions of users", ["user__username", "permission__name"]),
    "RolePermissionEvent": ("Permissions of roles", ["group__name", "permission__name"]),
    "PersonEvent": ("Limits of people", ["user__username"]),
    "PersonBrandEvent": ("Brands of people", ["person__user__username", "brand__name"]),
    "ApiKeyEvent": ("API keys", ["name"]),
    "ApiKeyBrandEvent": ("Brands of API keys", ["apikey__name", "brand__name"]),
    "WebhookEndpointEvent": ("Webhook endpoints", ["name"]),
    "WebhookEndpointBrandEvent": (
        "Brands of endpoints",
        ["webhookendpoint__name", "brand__name"],
    ),
    "ConnectionEvent": ("Connections", ["name"]),
}


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """A tab for each kind of change this user may see, above the lists of all of them."""
    kinds = {event_model(name): title for name, (title, _) in KINDS.items()}
    links = {model: list_address(model) for model in kinds}
    if not request.path.startswith(tuple(links.values())):
        return []  # elsewhere, the menu would compare each of its entries with each of these
    items = [
        {"title": title, "link": links[model], "active": request.path.startswith(links[model])}
        for model, title in kinds.items()
        if admin.site._registry[model].has_view_permission(request)
    ]
    return [{"models": [model._meta.label_lower for model in kinds], "items": items}]


class AuditList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        _describe(rows)
        self.result_list = rows


class WhatFilter(DropdownFilter):
    """Created, changed or deleted; attached or detached."""

    title = "what"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        labels = [tracker.label for tracker in model_admin.model.pgh_trackers]
        return [(label, WORDS.get(label, label).capitalize()) for label in labels]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pgh_label=self.value()) if self.value() else queryset


@admin.register(*map(event_model, KINDS))
class AuditAdmin(ReadOnlyAdmin[Any]):
    about = "Who changed what and when, the newest first. Nothing here can be edited."
    list_display = ["at", "who", "what", "subject", "changes"]
    list_select_related = ["pgh_context"]
    list_filter = [WhatFilter, ("pgh_created_at", InstantFilter)]
    ordering = ["-pgh_id"]
    search_help_text = "Name, or who"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [*KINDS[self.model.__name__][1], "pgh_context__metadata__actor"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditList

    @admin.display(description="when")
    def at(self, event: Any) -> str:
        _entry(event)
        return format_instant(event.pgh_created_at, event.zone, seconds=True)

    who = column("who", actor)
    what = column("what", lambda event: _entry(event).what)
    subject = column("which", lambda event: _entry(event).subject)

    @admin.display(description="old → new")
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
        _describe([event])
    return event.entry  # type: ignore[no-any-return]


def _describe(events: list[Any]) -> None:
    """Give each event of one model its ``entry``, and the ``zone`` of what it is about."""
    zones = _zones(events)
    for event, entry in zip(events, describe(events), strict=True):
        event.entry = entry
        event.zone = getattr(event, "timezone", None) or zones.get(event.pk, "UTC")


def _zones(events: list[Any]) -> dict[int, str]:
    owners: list[tuple[str, type[Model], str]] = [
        ("brand_id", Brand, "timezone"),
        ("campaign_id", Campaign, "brand__timezone"),
        ("schedule_id", DaypartingSchedule, "timezone"),
    ]
    for name, model, zone in owners:
        if events and hasattr(events[0], name):
            ids = {event.pk: getattr(event, name) for event in events}
            found = model._default_manager.filter(pk__in=ids.values()).order_by()
            zones = dict(found.values_list("pk", zone))
            return {pk: zones[owner] for pk, owner in ids.items() if owner in zones}
    return {}
