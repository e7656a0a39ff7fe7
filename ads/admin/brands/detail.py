"""The page of a brand: whether its campaigns may run, spend, campaigns and history."""

from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from ads.admin.base import (
    StoryPage,
    checks,
    figures_of,
    history,
    left,
    listed,
    may_view,
    month_charts,
    pace_panel,
)
from ads.admin.elements import badge, clock, spend_bar, state_badge
from ads.admin.plans import plan_links
from ads.holds import from_bits
from ads.models import Brand, Campaign, Spend
from ads.rules.calendar import UnknownTimezone, format_instant, local_date, next_day_begins
from ads.rules.money import format_estimate
from ads.services import freshness, margins, pacing
from ads.services.explain import (
    STOPPED_EARLY,
    BrandExplanation,
    sentence,
    shown_state,
)
from ads.services.explain import brand as brand_explanation
from ads.services.ledger import summaries

#: Campaigns listed.
CAMPAIGNS: Final = 50


class BrandPage(StoryPage):
    change_form_outer_before_template = "ads/admin/brand_now.html"
    change_form_outer_after_template = "ads/admin/brand_history.html"

    def story(self, request: HttpRequest, row: Brand) -> dict[str, Any]:
        now = timezone.now()
        # Not the values of an invalid form.
        brand = row.fresh() if request.method == "POST" else row
        context: dict[str, Any] = {
            "edit_words": "name, timezone, currency, budgets, and whether it is active",
            "stored": brand,
        }
        if may_view(request, Campaign):
            context |= _counts(brand)
        try:
            today = local_date(now, brand.timezone)
        except UnknownTimezone as error:
            return context | {
                "unexplained": str(error),
                "headline": {"state": badge("Unknown")},
                **history(request, brand, "UTC"),
            }
        month = summaries.month(brand, now)
        explained = brand_explanation.explain(brand, month, now)
        ledger = {"campaign__brand__id__exact": brand.pk} if may_view(request, Spend) else None
        paced = pacing.month_of(brand, month, now, planned=explained.planned)
        day_ends = next_day_begins(now, brand.timezone)
        context |= {
            "explanation": explained,
            "headline": _headline(explained, brand, now),
            "checks": checks(explained.conditions, now, brand.timezone),
            "figures": figures_of(month, explained.made_of),
            "as_of": freshness.as_of(freshness.of_brand(brand), brand.timezone),
            "stale": freshness.stale_of_brand(brand, now),
            "pace": pace_panel(request, paced.pace, month.currency),
            "charts": month_charts(
                month, today, whose=brand.name, ledger=ledger, course=paced.course
            ),
            "month_name": f"{today:%B %Y}",
            "ledger_link": listed("ads_spend", **ledger) if ledger else "",
            "zone": brand.timezone,
            "clock": clock(now, brand.timezone),
            "day_ends": left(day_ends, now),
            "receipts_link": reverse("admin:ads_brand_receipts", args=[brand.pk]),
            **plan_links(request, brand),
        }
        if brand.stops_early:
            context["early"] = _early(brand)
            rows = context["early"]["rows"]
            if rows and all(row["stopped"] for row in rows) and not explained.holding:
                context["headline"] |= {
                    "state": state_badge(STOPPED_EARLY),
                    "why": "Its campaigns have stopped early: what is left of a budget is on its "
                    "way.",
                }
        if may_view(request, Campaign):
            context["report_link"] = reverse("admin:ads_brand_report", args=[brand.pk])
            context["what_if_link"] = reverse("admin:ads_brand_what_if", args=[brand.pk])
            context["campaigns"] = [
                _campaign(campaign, now)
                for campaign in brand_explanation.first_campaigns(
                    brand.campaigns.all(), now, limit=CAMPAIGNS
                )
            ]
        return context | history(request, brand, brand.timezone)


def _headline(explained: BrandExplanation, brand: Brand, now: Any) -> dict[str, str]:
    holding = explained.holding
    if not holding:
        return {
            "state": state_badge("Active"),
            "why": "Its campaigns run within their own budgets and hours.",
            "returns": "",
        }
    returns = explained.returns_at
    return {
        "state": state_badge("Budget used up" if brand.is_active else "Paused by user"),
        "why": f"{'; '.join(one.sentence for one in holding)}. None of its campaigns is running.",
        "returns": f"{format_instant(returns, brand.timezone)}, {left(returns, now)}"
        if returns
        else "",
    }


def _early(brand: Brand) -> dict[str, Any]:
    """How it stops early: the lags that were learned, and the margins of its campaigns."""
    found = margins.of_brand(brand)

    def money(amount: Decimal) -> str:
        return format_estimate(amount, brand.currency)

    return {
        "lags": [
            {
                "name": each.name,
                "lag": freshness.duration(each.lag),
                "pauses": each.pauses,
            }
            for each in found.lags
        ],
        "rows": [
            {
                "name": each.campaign.name,
                "link": reverse("admin:ads_campaign_change", args=[each.campaign_id]),
                "priority": each.campaign.priority,
                "own": money(each.own),
                "brand_daily": money(each.brand_daily),
                "brand_monthly": money(each.brand_monthly),
                "stopped": not each.campaign.is_active,
            }
            for each in found.margins
        ],
        "shown": margins.SHOWN,
    }


def _counts(brand: Brand) -> dict[str, Any]:
    states = brand_explanation.states(brand)
    return {
        "states": [
            {
                "badge": state_badge(str(state.label), count),
                "link": listed("ads_campaign", brand__id__exact=brand.pk, state=state.label),
            }
            for state, count in states.items()
        ],
        "campaign_count": sum(states.values()),
        "campaigns_link": listed("ads_campaign", brand__id__exact=brand.pk),
    }


def _campaign(row: Any, now: Any) -> dict[str, Any]:
    holds = from_bits(row.hold_bits)
    return {
        "name": row.name,
        "link": reverse("admin:ads_campaign_change", args=[row.pk]),
        "state": state_badge(shown_state(row, holds, now)),
        "holds": [{"label": hold.label, "sentence": sentence(hold, row, now)} for hold in holds],
        "today": spend_bar(row.daily_spend, row.daily_limit, row.brand.currency),
        "month": spend_bar(row.monthly_spend, row.monthly_limit, row.brand.currency),
    }
