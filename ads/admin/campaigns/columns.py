"""The columns of the list of campaigns."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Case, Value, When
from django.forms import Media
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.admin.campaigns.changelist import (
    PACE_PERCENT,
    ROWS,
    CampaignList,
    CampaignPaginator,
)
from ads.admin.elements import (
    NOTHING,
    AdminMixin,
    budget,
    column,
    ended_by,
    pace_tip,
    soon,
    spend_track,
    state_badge,
    tips,
    unbroken,
)
from ads.holds import BudgetHold, Hold
from ads.models import Campaign
from ads.models.campaigns import STATES
from ads.rules.calendar import format_instant
from ads.rules.money import format_money
from ads.services.explain import Explanation, Held, limits, shown_state
from ads.services.lists import filters

BY_STATE: Final = Case(
    *(When(those, then=Value(place)) for place, those in enumerate(STATES.values()))
)

DAY, MONTH = filters.OWN

#: A dash; hidden on narrow screens.
NONE: Final = format_html('<span class="ads-none">{}</span>', NOTHING)


class CampaignColumns(AdminMixin[Campaign]):
    list_display = [
        "name",
        "of_brand",
        "badge",
        "next_change",
        "held_by",
        "today",
        "day_used",
        "daily_budget",
        "this_month",
        "month_used",
        "monthly_budget",
        "pace",
        "hours",
        "group",
        "priority",
        "its_labels",
        "manager",
    ]
    hidden_at_first: Collection[str] = ("group", "priority", "manager")
    column_names: Mapping[str, str] = {
        "daily_limit": "daily_budget",
        "monthly_limit": "monthly_budget",
    }
    list_select_related = ["brand__account_manager", "budget_group"]
    list_fullwidth = True
    # A page must not have more fields than a request may.
    list_max_show_all = ROWS[-1]
    paginator = CampaignPaginator

    @property
    def media(self) -> Media:
        return super().media + tips.MEDIA + Media(css={"all": ["ads/campaign_list.css"]})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

    @admin.display(description="brand", ordering="brand__name")
    def of_brand(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<a class="ads-link" href="{}">{}</a>',
            reverse("admin:ads_brand_change", args=[campaign.brand_id]),
            campaign.brand.name,
        )

    @admin.display(description="manager", ordering="brand__account_manager__username")
    def manager(self, campaign: Any) -> SafeString | str:
        return campaign.account_manager or NONE

    @admin.display(description="state", ordering=BY_STATE)
    def badge(self, campaign: Any) -> SafeString:
        explained: Explanation | None = campaign.explained
        return state_badge(
            explained.state if explained else shown_state(campaign, None, timezone.now())
        )

    @admin.display(description="next change")
    def next_change(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        if explained is None or explained.next_change is None:
            return NONE
        change, zone = explained.next_change, campaign.brand.timezone
        why = ", ".join(hold.label for hold in change.holds)
        return tips.tip(
            f"{'on' if change.delivers else 'off'} {soon(change.at, explained.at, zone)}",
            f"{'Starts' if change.delivers else 'Stops'} {format_instant(change.at, zone)}"
            f"{f': {why}' if why else ''}, unless something changes before then.",
            name=f"next-{campaign.pk}",
            classes="ads-change-at",
        )

    @admin.display(description="on hold because")
    def held_by(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        if explained is None:
            return "unknown: the brand has an invalid timezone"
        if not explained.holds:
            return NONE if campaign.is_active else "none: not started yet"
        labels = format_html_join(" ", "{}", ((_hold(campaign, held),) for held in explained.holds))
        return format_html('<span class="ads-many">{}</span>', labels)

    today = column("today", lambda campaign: _spent(campaign, DAY), ordering="daily_spend")
    day_used = column("% of day", lambda campaign: _used(campaign, DAY), ordering="daily_share")

    @admin.display(description="this month", ordering="monthly_spend")
    def this_month(self, campaign: Any) -> SafeString | str:
        return _spent(campaign, MONTH)

    @admin.display(description="% of month", ordering="monthly_share")
    def month_used(self, campaign: Any) -> SafeString | str:
        return _used(campaign, MONTH)

    @admin.display(description="pace", ordering=PACE_PERCENT)
    def pace(self, campaign: Any) -> SafeString | str:
        return pace_tip(campaign.pace_of_month, campaign.brand.currency, f"pace-{campaign.pk}")

    @admin.display(description="daily budget", ordering="daily_budget")
    def daily_limit(self, campaign: Campaign) -> SafeString:
        return _limit(campaign.daily_budget, campaign)

    @admin.display(description="monthly budget", ordering="monthly_budget")
    def monthly_limit(self, campaign: Campaign) -> SafeString:
        return _limit(campaign.monthly_budget, campaign)

    total_limit = column("total budget", lambda campaign: _limit(campaign.total_budget, campaign))

    @admin.display(description="budget group", ordering="budget_group__name")
    def group(self, campaign: Campaign) -> SafeString | str:
        if campaign.budget_group is None:
            return NONE
        return format_html(
            '<a class="ads-link" href="{}">{}</a>',
            reverse("admin:ads_budgetgroup_change", args=[campaign.budget_group_id]),
            campaign.budget_group,
        )

    @admin.display(description="schedules")
    def hours(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        schedules = explained.schedules if explained else []
        if not schedules:
            return "none attached: all hours" if campaign.is_dayparting_enabled else NONE
        links = format_html_join(
            ", ",
            '<a class="ads-link" href="{}">{}</a>',
            (
                (reverse("admin:ads_daypartingschedule_change", args=[schedule.pk]), schedule.name)
                for schedule in schedules
            ),
        )
        off = "" if campaign.is_dayparting_enabled else "dayparting is off: "
        return format_html('<span class="ads-many">{}{}</span>', off, links)


def _limit(amount: Decimal | None, campaign: Campaign) -> SafeString:
    return unbroken(budget(amount, campaign.brand.currency))


def _spent(campaign: Any, limit: BudgetHold) -> SafeString:
    if campaign.explained is None:
        return NONE
    return format_html(
        '<span class="ads-spend-amount ads-figure">{}</span>',
        format_money(getattr(campaign, limit.spend), campaign.brand.currency),
    )


def _used(campaign: Any, limit: BudgetHold) -> SafeString:
    """The same as a share of the limit, and what is allowed beyond the budget."""
    if campaign.explained is None:
        return NONE
    bar = spend_track(getattr(campaign, limit.spend), getattr(campaign, limit.limit))
    made_of = limits.of_limit(limit, campaign, campaign.explained.at)
    if not made_of:
        return bar
    of = f"of {format_money(getattr(campaign, limit.limit), campaign.brand.currency)}"
    name = f"{limit.hold.value}-limit-{campaign.pk}"
    return format_html("{} {}", bar, tips.tip(of, f"{made_of}.", name=name))


def _hold(campaign: Any, held: Held) -> SafeString:
    hold, at = Hold(held.code), held.lifts_at
    until = format_instant(at, campaign.brand.timezone) if at else ended_by(hold)
    return tips.tip(
        hold.label, f"{held.sentence}. Until {until}.", name=f"{held.code}-{campaign.pk}"
    )
