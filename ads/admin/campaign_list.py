"""The list of campaigns: each row with its holds, and what is picked out of the list."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from ads.holds import Moment, evaluate, from_bits
from ads.models import Campaign
from ads.models.campaign import STATES
from ads.services.explanation import sentence


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
