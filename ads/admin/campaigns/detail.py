"""The page of a campaign: whether it runs and why not, figures, hours and history."""

from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from ads.admin.backups import archived_sentence
from ads.admin.base import (
    StoryPage,
    checks,
    figures_of,
    history,
    last_entries,
    left,
    listed,
    may_view,
    month_charts,
    pace_panel,
)
from ads.admin.elements import spend_bar, state_badge, strips
from ads.admin.plans import plan_links
from ads.admin.receipts import last_receipts, on_platforms
from ads.holds import ALL_BUDGETS, TOTAL, Hold
from ads.models import Brand, Campaign, CampaignReference, Spend, SwitchOrder
from ads.rules.calendar import UnknownTimezone, format_instant, local_date
from ads.rules.money import format_money
from ads.services import freshness, pacing, restored
from ads.services.archive import archived_span
from ads.services.explain import (
    Explanation,
    coming_week,
    conditions,
    explanation,
    limits,
    shown_state,
)
from ads.services.ledger import Month, summaries, with_last_report

#: Spend entries shown.
LAST_ENTRIES: Final = 8
#: Holds that the headline names.
FEW: Final = 2
#: Until when a hold lasts that the clock does not end.
_LASTS_UNTIL: Final = {
    Hold.STATUS: "someone activates it",
    Hold.BRAND_INACTIVE: "someone resumes its brand",
    Hold.FLIGHT: "someone extends its flight",
    **{budget.hold: "someone raises the budget" for budget in ALL_BUDGETS},
    Hold.STALE_SPEND: "the ad platform reports again",
    Hold.DAYPARTING: "someone changes its hours",
}


class CampaignPage(StoryPage):
    change_form_outer_before_template = "ads/admin/campaign_now.html"
    change_form_outer_after_template = "ads/admin/campaign_history.html"

    def story(self, request: HttpRequest, row: Campaign) -> dict[str, Any]:
        now = timezone.now()
        context: dict[str, Any] = {
            "edit_words": "name, status, budgets, flight, hours and platform IDs",
            "brand_link": reverse("admin:ads_brand_change", args=[row.brand_id])
            if may_view(request, Brand)
            else "",
        }
        try:
            explained = explanation.explain(row, now)
        except UnknownTimezone as error:
            stored = row.fresh()
            return context | {
                "unexplained": str(error),
                "state": state_badge(shown_state(stored, None, now)),
                **history(request, stored, "UTC"),
            }
        stored = explained.campaign
        row.brand = stored.brand  # the form names it
        zone = stored.brand.timezone
        month, brand_month = (summaries.month(each, now) for each in (stored, stored.brand))
        context |= history(request, stored, zone) | _now(explained)
        context |= _spend(request, explained, month, brand_month)
        if may_view(request, CampaignReference):
            context["references"] = [
                {
                    "reference": one,
                    "link": reverse("admin:ads_campaignreference_change", args=[one.pk]),
                    "day": one.day,
                    "amount": one.reported is not None
                    and format_money(one.reported, stored.brand.currency),
                }
                for one in with_last_report(stored)
            ]
            context["may_attach"] = request.user.has_perm("ads.add_campaignreference")
        if may_view(request, SwitchOrder):
            context["there"] = on_platforms(stored)
            context["orders_link"] = listed("ads_switchorder", campaign__id__exact=stored.pk)
        context |= plan_links(request, stored)
        context["receipts"] = last_receipts(stored, now)
        context["receipts_link"] = reverse("admin:ads_brand_receipts", args=[row.brand_id])
        return context


def _now(explained: Explanation) -> dict[str, Any]:
    stored = explained.campaign
    zone = stored.brand.timezone
    return {
        "state": state_badge(explained.state),
        "explanation": explained,
        "since": _since(stored),
        "headline": _headline(explained),
        "checks": checks(conditions.of(explained), explained.at, zone),
        "week": _week(explained),
        "zone": zone,
    }


def _since(campaign: Campaign) -> str:
    """ "On since …": when it was last switched."""
    last = campaign.delivery_changes.order_by("-at", "-id").first()
    if last is None or last.is_active != campaign.is_active:
        return ""
    since = format_instant(last.at, campaign.brand.timezone)
    return f"{'On' if last.is_active else 'Off'} since {since}"


def _headline(explained: Explanation) -> dict[str, str]:
    """Why it runs or not, in a sentence, and the next automatic change."""
    zone = explained.campaign.brand.timezone
    change = explained.next_change
    when = f"{format_instant(change.at, zone)}, {left(change.at, explained.at)}" if change else ""
    holds = explained.holds
    if holds:
        why = f"{len(holds)} holds are stopping it"
        if len(holds) <= FEW:
            why = "; ".join(held.sentence for held in holds)
        return {"why": f"{why}.", "returns": when, "stops": "", "stays_off": _stays_off(explained)}
    why = "Running. Nothing is stopping it."
    if not explained.campaign.is_active:
        why = f"Nothing is stopping it. It starts {restored.when_it_starts()}."
    stopped_by = ", ".join(hold.label.lower() for hold in change.holds) if change else ""
    return {"why": why, "returns": "", "stops": when, "stopped_by": stopped_by}


def _stays_off(explained: Explanation) -> str:
    """Of a campaign that does not come back by itself: what it would take."""
    for held in explained.holds:
        if held.lifts_at is None:
            return f"Stays off until {_LASTS_UNTIL[Hold(held.code)]}."
    if explained.campaign.end_date:
        return "Its flight ends before it would run again."
    return "No return is scheduled."


def _spend(
    request: HttpRequest, explained: Explanation, month: Month, brand_month: Month
) -> dict[str, Any]:
    """Figures, charts, and the last entries if they may be seen."""
    stored: Any = explained.campaign
    today = local_date(explained.at, stored.brand.timezone)
    ledger = {"campaign__id__exact": stored.pk} if may_view(request, Spend) else None
    hours = explained.rules if stored.is_dayparting_enabled else ()
    paced = pacing.month_of(stored, month, explained.at, hours)
    flight = pacing.flight_of(stored, stored.total_spend, month, explained.at, hours)
    return {
        "pace": pace_panel(request, paced.pace, month.currency),
        "flight_pace": pace_panel(request, flight, month.currency, "flight"),
        "figures": [
            *figures_of(month, limits.made_of(stored, explained.at, of_brand=False)),
            *figures_of(
                brand_month,
                limits.made_of(stored, explained.at, of_brand=True),
                "Brand today",
                "Brand this month",
            ),
            *_shared(stored),
        ],
        "as_of": freshness.as_of(
            freshness.of_campaigns([stored.pk]).get(stored.pk, []), stored.brand.timezone
        ),
        "stale": freshness.stale_of_campaign(stored, explained.at),
        "charts": month_charts(month, today, whose=stored.name, ledger=ledger, course=paced.course),
        "month_name": f"{today:%B %Y}",
        "ledger_link": listed("ads_spend", **ledger) if ledger else "",
        "archived": archived_sentence(archived_span(stored)) if ledger else "",
        "entries": [
            {"entry": entry, "amount": format_money(entry.amount, stored.brand.currency)}
            for entry in last_entries(stored, LAST_ENTRIES)
        ]
        if ledger
        else None,
    }


def _shared(stored: Any) -> list[dict[str, Any]]:
    currency = stored.brand.currency
    found = []
    if stored.total_limit is not None:
        found.append(("In total", stored.total_spend, stored.total_limit))
    if figures := limits.group_of(stored):
        words = {"day": "today", "month": "this month", TOTAL: "in total"}
        found += [
            (f"Group {figures.name} {words[each.period]}", each.spent, each.budget)
            for each in figures.budgets
        ]
    return [
        {"label": label, "bar": spend_bar(spent, limit, currency), "note": ""}
        for label, spent, limit in found
    ]


def _week(explained: Explanation) -> dict[str, Any]:
    """What the template ``ads/admin/week.html`` shows; ``strips`` are empty where all is open."""
    campaign = explained.campaign
    tz = campaign.brand.timezone
    try:
        days = coming_week(campaign, explained.rules, explained.at)
    except UnknownTimezone as error:
        return {"words": f"Outside hours, because a timezone is invalid: {error}"}
    has_hours = campaign.is_dayparting_enabled
    schedules = explained.schedules if has_hours else []
    always = "no schedule is attached" if has_hours else "dayparting is off"
    return {
        "words": "" if schedules else f"Runs at all hours: {always}.",
        "schedules": schedules,
        "zones": sorted({schedule.timezone for schedule in schedules} - {tz}),
        "zone": tz,
        "strips": []
        if all(day.open == [(day.begin, day.end)] for day in days)
        else [strips.strip(day, tz, explained.at, off="outside the flight") for day in days],
    }
