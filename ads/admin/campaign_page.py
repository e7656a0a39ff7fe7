"""The page of a campaign: whether it delivers and why not, its figures, and what happened to it."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from ads.admin.delivery import hold_labels, trigger_label
from ads.admin.text import NOTHING, STATE_COLOURS, budget, instant
from ads.models import Campaign, DeliveryChange
from ads.rules.calendar import UnknownTimezone
from ads.rules.money import format_usd
from ads.services import BudgetService, CampaignService, audit
from ads.services.explanation import Explanation
from ads.services.summaries import CampaignSummary

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object

#: Delivery changes shown.
LAST_CHANGES = 10


class CampaignPage(_Admin):
    """What stands around the form."""

    change_form_outer_before_template = "ads/admin/campaign_now.html"
    change_form_outer_after_template = "ads/admin/campaign_history.html"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if campaign := context.get("original"):
            context.update(_now(campaign))
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


def _now(campaign: Campaign) -> dict[str, Any]:
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
