"""The schedules of a campaign, within its form."""

from django.db.models import QuerySet
from django.http import HttpRequest

from ads.admin.base.model_admin import TabularInline
from ads.models import Campaign, CampaignSchedule


class ScheduleInline(TabularInline[CampaignSchedule, Campaign]):
    """The schedules of a campaign."""

    model = CampaignSchedule
    autocomplete_fields = ["schedule"]
    extra = 0
    hide_title = True
    verbose_name = "dayparting schedule"
    verbose_name_plural = "dayparting schedules"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CampaignSchedule]:
        return super().get_queryset(request).select_related("schedule")
