"""Campaigns: what is wanted of them, whether they deliver, and why not."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)

from ads.admin.base import KEPT, ConfigurationAdmin, TabularInline
from ads.admin.campaign_actions import CampaignActions
from ads.admin.campaign_list import CampaignList, StateFilter
from ads.admin.deletion import KeepsWhatHasSpend
from ads.admin.delivery import hold_labels, trigger_label
from ads.admin.exports import ExportsCsv
from ads.admin.forms import ConfigurationForm
from ads.admin.references import ReferenceInline
from ads.admin.text import NOTHING, budget, instant, spent_of
from ads.models import Campaign, CampaignSchedule, DeliveryChange, ReportedTotal, Spend
from ads.rules.calendar import UnknownTimezone
from ads.rules.money import format_usd
from ads.services import BudgetService, CampaignService, audit, exports
from ads.services.csv_export import Export
from ads.services.explanation import Explanation
from ads.services.summaries import CampaignSummary

#: Delivery changes shown on a campaign's own page.
LAST_CHANGES = 10

STATE_COLOURS = {"Active": "success", "Paused by system": "warning", "Paused by user": "info"}


class CampaignForm(ConfigurationForm):
    """A campaign, whose name must be new among its brand's also when the brand is not asked for."""

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded - {"brand"} if self.instance.pk else excluded


class ScheduleInline(TabularInline[CampaignSchedule, Campaign]):
    """The schedules of a campaign."""

    model = CampaignSchedule
    autocomplete_fields = ["schedule"]
    extra = 0
    hide_title = True
    verbose_name = "dayparting schedule"
    verbose_name_plural = "dayparting schedules"


@admin.register(Campaign)
class CampaignAdmin(CampaignActions, ExportsCsv, KeepsWhatHasSpend, ConfigurationAdmin[Campaign]):
    """Campaigns with their state, what holds them, and what they have spent."""

    form = CampaignForm
    inlines = [ScheduleInline, ReferenceInline]
    list_display = ["name", "brand", "badge", "held_by", "today", "this_month"]
    list_select_related = ["brand"]
    list_filter = [
        StateFilter,
        ("status", ChoicesDropdownFilter),
        ("brand", AutocompleteSelectFilter),
        ("is_dayparting_enabled", BooleanRadioFilter),
    ]
    search_fields = ["name", "brand__name"]
    search_help_text = "Campaign or brand"
    autocomplete_fields = ["brand"]
    fieldsets = [
        (None, {"fields": ["name", "brand", "status"]}),
        ("Budgets", {"fields": [("daily_budget", "monthly_budget")]}),
        ("Flight", {"fields": [("start_date", "end_date")]}),
        ("Hours", {"fields": ["is_dayparting_enabled"]}),
        (
            KEPT,
            {"fields": ["is_active", ("created_at", "updated_at")], "classes": ["collapse"]},
        ),
    ]
    change_form_outer_before_template = "ads/admin/campaign_now.html"
    change_form_outer_after_template = "ads/admin/campaign_history.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

    def export_of(self, rows: QuerySet[Campaign]) -> Export:
        return exports.of_summary(timezone.now(), campaigns=rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> list[str]:
        # A campaign belongs to one brand for life; the database refuses anything else.
        return [*(["brand"] if obj else []), "is_active", "created_at", "updated_at"]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if campaign := context.get("original"):
            context.update(self._now(campaign))
            context["changes"] = _last_changes(campaign)
            own = audit.event_model("CampaignEvent")._default_manager
            schedules = audit.event_model("CampaignScheduleEvent")._default_manager
            context["audit"] = audit.recent(
                own.filter(pgh_obj_id=campaign.pk),
                schedules.filter(campaign_id=campaign.pk),
                audit.event_model("CampaignReferenceEvent")._default_manager.filter(
                    campaign_id=campaign.pk
                ),
                audit.waivers_of(campaign),
            )
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    def _now(self, campaign: Campaign) -> dict[str, Any]:
        stored = campaign.fresh()
        try:
            explanation = CampaignService.explain(stored)
            figures = BudgetService.get_campaign_summary(stored)
        except UnknownTimezone as error:
            return {"unexplained": str(error), "state": stored.state}
        zone = stored.brand.timezone
        returns = explanation.returns_at
        return {
            "state": stored.state,
            "state_colour": STATE_COLOURS.get(stored.state, ""),
            "explanation": explanation,
            "holds": _holds(explanation, zone),
            "returns": instant(returns, zone) if returns else "",
            "figures": _figures(figures),
        }

    def obstacles(self, objs: Iterable[Campaign]) -> list[str]:
        campaigns = list(objs)
        spent = {
            pk
            for model in (Spend, ReportedTotal)
            for pk in model._default_manager.filter(campaign__in=campaigns)
            .order_by()
            .values_list("campaign", flat=True)
            .distinct()
        }
        return [
            f"{campaign} has spend on record, which stays. Set its status to archived instead."
            for campaign in campaigns
            if campaign.pk in spent
        ]

    @admin.display(description="state")
    def badge(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<span class="ads-badge ads-{}">{}</span>',
            STATE_COLOURS.get(campaign.state, "plain"),
            campaign.state,
        )

    @admin.display(description="held by")
    def held_by(self, campaign: Any) -> SafeString | str:
        held = getattr(campaign, "held", None)
        if held is None:
            return "unknown: the brand's timezone cannot be read"
        if not held:
            return NOTHING if campaign.is_active else "nothing: starts with the next check"
        labels = format_html_join(
            " ",
            '<span class="ads-hold" title="{}">{}</span>',
            ((text, label) for label, text in held),
        )
        return format_html('<span class="ads-many">{}</span>', labels)

    @admin.display(description="today / budget")
    def today(self, campaign: Any) -> SafeString | str:
        if not hasattr(campaign, "daily_spend"):
            return NOTHING
        return spent_of(campaign.daily_spend, campaign.daily_budget)

    @admin.display(description="this month / budget")
    def this_month(self, campaign: Any) -> SafeString | str:
        if not hasattr(campaign, "monthly_spend"):
            return NOTHING
        return spent_of(campaign.monthly_spend, campaign.monthly_budget)


def _holds(explanation: Explanation, zone: str) -> list[dict[str, str]]:
    return [
        {
            "sentence": held.sentence,
            "lifts": instant(held.lifts_at, zone) if held.lifts_at else "when somebody changes it",
        }
        for held in explanation.holds
    ]


def _figures(summary: CampaignSummary) -> list[dict[str, str]]:
    """Both periods' spend: the true amount, what of it was waived, and the budget."""
    figures = []
    for label, spent, waived, limit in (
        ("Today", summary["daily_spend"], summary["daily_waived"], summary["daily_budget"]),
        (
            "This month",
            summary["monthly_spend"],
            summary["monthly_waived"],
            summary["monthly_budget"],
        ),
    ):
        text = f"{format_usd(spent)} spent, {budget(limit)}"
        if limit is not None:
            text = f"{format_usd(spent)} spent of {format_usd(limit)}"
        if waived:
            text += f" ({format_usd(waived)} of it waived)"
        figures.append({"label": f"{label} (brand's time)", "text": text})
    return figures


def _last_changes(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "at": change.at,
            "is_active": change.is_active,
            "why": ", ".join(hold_labels(change.holds)) or NOTHING,
            "trigger": trigger_label(change.trigger),
            "actor": change.actor,
        }
        for change in DeliveryChange.objects.filter(campaign=campaign)[:LAST_CHANGES]
    ]
