"""The list of campaigns: each row with its holds, and what is picked out of the list."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from ads.admin.text import NOTHING, STATE_COLOURS, spent_of
from ads.holds import Moment, evaluate, from_bits
from ads.models import Campaign
from ads.models.campaign import STATES
from ads.services.explanation import sentence

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object


class CampaignList(ChangeList):
    """Works out the holds and figures of a page's campaigns together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        listed = list(self.result_list)
        now = timezone.now()
        page = (
            Campaign.objects.filter(pk__in=[campaign.pk for campaign in listed])
            .select_related("brand")
            .prefetch_related("dayparting_schedules")
        )
        evaluated: dict[int, Any] = {}
        for campaign in evaluate(page, Moment.at(now, page)):
            row: Any = campaign
            row.held = [
                (hold.label, sentence(hold, campaign, now)) for hold in from_bits(row.hold_bits)
            ]
            evaluated[campaign.pk] = row
        # A campaign whose brand is in a timezone nobody can read is listed without.
        self.result_list = [evaluated.get(campaign.pk, campaign) for campaign in listed]


class StateFilter(DropdownFilter):  # type: ignore[misc]
    """By state, as people name it."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state) for state in STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        wanted = STATES.get(self.value() or "")
        return queryset.filter(wanted) if wanted else queryset


class CampaignColumns(_Admin):
    """The columns of the list."""

    list_display = ["name", "brand", "badge", "held_by", "today", "this_month"]
    list_select_related = ["brand"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

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
