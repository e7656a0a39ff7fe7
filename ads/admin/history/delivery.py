"""Delivery changes, and what the system notes about its own running: read-only."""

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import compress
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from ads.admin.base import ExportsCsv, ReadOnlyAdmin
from ads.admin.elements import (
    NOTHING,
    CampaignsBrandFilter,
    ChoiceFilter,
    DropdownFilter,
    InstantFilter,
    RowFilter,
    actor_name,
    badge,
    budget,
    column,
    instant_of,
    link_to,
    unbroken,
    with_words,
)
from ads.admin.overview import changes_as_read
from ads.holds import Hold
from ads.models import Campaign, DeliveryChange, Heartbeat, SimulatedSwitch
from ads.rules.calendar import format_instant
from ads.rules.money import format_estimate, format_money
from ads.services import overview, visible
from ads.services.delivery import Trigger
from ads.services.exports import Export, kinds
from ads.services.history import is_automatic, reasons, switched_by


class DirectionFilter(ChoiceFilter):
    title = "switched"
    parameter_name = "is_active__exact"
    CHOICES = [("0", "Off: it stopped"), ("1", "On: it started")]

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(is_active=chosen == "1")


class LastFilter(ChoiceFilter):
    title = "time"
    parameter_name = "last"
    CHOICES = [
        ("hour", "The last hour"),
        ("day", "The last 24 hours"),
        ("week", "The last 7 days"),
    ]
    SPANS: Final = {
        "hour": timedelta(hours=1),
        "day": timedelta(days=1),
        "week": timedelta(days=7),
    }

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(at__gt=instant_of(request) - self.SPANS[chosen])


class HoldFilter(ChoiceFilter):
    title = "hold"
    parameter_name = "hold"
    CHOICES = list(Hold.choices)

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        return rows.filter(holds__contains=[chosen])


class TriggerFilter(DropdownFilter):
    title = "trigger"
    parameter_name = "trigger"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Trigger.choices)

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DeliveryChange]
    ) -> QuerySet[DeliveryChange]:
        return queryset.filter(trigger=self.value()) if self.value() else queryset


def by(change: DeliveryChange) -> str:
    """Who or what switched it: "olivia", "API key Billing", "Automatic (spend update)"."""
    if is_automatic(change.actor):
        return switched_by(change.actor, change.trigger)
    return actor_name(change.actor)


class DeliveryChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        changes: list[Any] = list(self.result_list)
        why = reasons(changes)
        for change in changes:
            change.why = why[change.pk]
        self.result_list = changes


@admin.register(DeliveryChange)
class DeliveryChangeAdmin(ExportsCsv, ReadOnlyAdmin[DeliveryChange]):
    about = (
        "Every time a campaign was switched on or off, the newest first, in its brand's timezone: "
        "why, who did it, and the figures behind it."
    )
    list_display = ["when", "its_campaign", "brand", "switched", "why", "by"]
    list_display_links = ["when"]
    list_select_related = ["campaign__brand"]
    list_filter = [
        LastFilter,
        DirectionFilter,
        HoldFilter,
        ("campaign__brand", CampaignsBrandFilter),
        ("campaign", RowFilter),
        TriggerFilter,
        ("at", InstantFilter),
    ]
    search_fields = ["campaign__name", "=actor"]
    search_help_text = "Campaign, or who"
    fields = [
        "when",
        "its_campaign",
        "brand",
        "direction",
        "why",
        "by",
        "daily_figures",
        "monthly_figures",
        "brand_daily_figures",
        "brand_monthly_figures",
        "total_figures",
        "group_figures",
        "on_its_way_figure",
    ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DeliveryChangeList

    def get_urls(self) -> list[URLPattern]:
        return [path("live/", self.live, name="ads_deliverychange_live"), *super().get_urls()]

    def live(self, request: HttpRequest) -> HttpResponse:
        """The latest changes, for the front page, which polls them and says what is new."""
        # Not ``admin_view``: the login page must not take the place of the list.
        if not (self.admin_site.has_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        latest = overview.latest()
        changes = changes_as_read(latest, timezone.now())
        seen: datetime | None = None
        with suppress(ValueError):
            seen = parse_datetime(request.GET.get("seen", ""))
        is_new = [
            seen is not None and timezone.is_aware(seen) and each.at > seen for each in latest
        ]
        context = {"changes": changes, "new": list(compress(changes, is_new)), "is_live": True}
        return render(request, "ads/admin/overview_changes.html", context)

    def search(self, request: HttpRequest, term: str) -> Q:
        # Each campaign's name is compared once, not once for each of its changes.
        named = Campaign.objects.filter(with_words(term.split(), "name")).order_by().values("pk")
        return Q(campaign__in=named) | Q(actor__iexact=term)

    def export_of(self, rows: QuerySet[DeliveryChange]) -> Export:
        brand_ids = visible.brand_ids()
        return kinds.of_changes(kinds.of_brands(rows, brand_ids), brand_ids=brand_ids)

    @admin.display(description="when")
    def when(self, change: DeliveryChange) -> SafeString:
        at = format_instant(change.at, change.campaign.brand.timezone, seconds=True)
        return unbroken(at)

    its_campaign = column("campaign", lambda change: link_to(change.campaign))
    brand = column("brand", lambda change: change.campaign.brand.name)
    direction = column("switched", lambda change: "on" if change.is_active else "off")

    @admin.display(description="switched")
    def switched(self, change: DeliveryChange) -> SafeString:
        return badge(self.direction(change), "success" if change.is_active else "warning")

    @admin.display(description="why")
    def why(self, change: DeliveryChange) -> str:
        why: str = getattr(change, "why", None) or reasons([change])[change.pk]
        return why

    by = column("by", by)

    @admin.display(description="spent that day")
    def daily_figures(self, change: DeliveryChange) -> str:
        return _of(change, change.daily_spend, change.daily_budget)

    @admin.display(description="spent that month")
    def monthly_figures(self, change: DeliveryChange) -> str:
        return _of(change, change.monthly_spend, change.monthly_budget)

    @admin.display(description="brand that day")
    def brand_daily_figures(self, change: DeliveryChange) -> str:
        return _of(change, change.brand_daily_spend, change.brand_daily_budget)

    @admin.display(description="brand that month")
    def brand_monthly_figures(self, change: DeliveryChange) -> str:
        return _of(change, change.brand_monthly_spend, change.brand_monthly_budget)

    @admin.display(description="in total")
    def total_figures(self, change: DeliveryChange) -> str:
        if change.total_budget is None:
            return NOTHING
        return _of(change, change.total_spend, change.total_budget)

    @admin.display(description="its budget group")
    def group_figures(self, change: DeliveryChange) -> str:
        if change.group_budget is None:
            return NOTHING
        return f"{_of(change, change.group_spend, change.group_budget)} ({change.group_period})"

    @admin.display(description="on its way")
    def on_its_way_figure(self, change: DeliveryChange) -> str:
        if change.on_its_way is None:
            return NOTHING
        currency = change.campaign.brand.currency
        return format_estimate(change.on_its_way, currency)


def _of(change: DeliveryChange, spent: Decimal, limit: Decimal | None) -> str:
    """ "$64.20 of $75.00", in the brand's currency."""
    currency = change.campaign.brand.currency
    return f"{format_money(spent, currency)} of {budget(limit, currency)}"


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    about = "The last runs of each periodic task. “Periodic tasks” shows which of them are late."
    list_display = [
        "task",
        "last_run_at",
        "last_success_at",
        "last_duration",
        "last_changed",
        "last_failure_at",
        "last_error",
    ]


@admin.register(SimulatedSwitch)
class SimulatedSwitchAdmin(ReadOnlyAdmin[SimulatedSwitch]):
    about = (
        "What the simulated ad platform was asked to run and to stop. It stands in for real ones "
        "while you try things out."
    )
    list_display = ["when", "campaign", "brand", "is_on", "per_day"]
    list_select_related = ["campaign__brand"]
    list_filter = [("campaign", RowFilter)]
    search_fields = ["campaign__name"]
    search_help_text = "Campaign"
    ordering = ["-id"]

    @admin.display(description="when")
    def when(self, switch: SimulatedSwitch) -> str:
        return format_instant(switch.at, switch.campaign.brand.timezone, seconds=True)

    brand = column("brand", lambda switch: switch.campaign.brand.name)

    @admin.display(description="pace a day")
    def per_day(self, switch: SimulatedSwitch) -> str:
        return format_money(switch.pace, switch.campaign.brand.currency)
