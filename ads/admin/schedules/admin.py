"""The admin of schedules and their windows."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.contrib.filters.admin import BooleanRadioFilter

from ads.admin.base import KEPT, ConfigurationAdmin, LocalTimes, ShowsAudit
from ads.admin.elements import counted
from ads.admin.schedules.changelist import ScheduleColumns
from ads.admin.schedules.preview import SchedulePreview
from ads.admin.schedules.text import clock_there
from ads.admin.schedules.windows import WindowInline
from ads.holds import schedules_as_rules
from ads.models import CampaignSchedule, DaypartingSchedule, DaypartingWindow
from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import DAYS
from ads.services import visible


@admin.register(DaypartingSchedule)
class DaypartingScheduleAdmin(
    ScheduleColumns, SchedulePreview, LocalTimes, ShowsAudit, ConfigurationAdmin[DaypartingSchedule]
):
    about = (
        "Weekly hours, shared by any number of campaigns. Campaigns that use them run only while "
        "they are open."
    )
    inlines = [WindowInline]
    list_filter = [("is_active", BooleanRadioFilter)]
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "is_active"),
                    ("timezone", "priority"),
                    ("valid_from", "valid_until"),
                ]
            },
        ),
        (KEPT, {"fields": [("created", "updated")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["created", "updated"]
    change_form_template = "ads/admin/schedule.html"
    events = {"DaypartingScheduleEvent": "pgh_obj_id", "DaypartingWindowEvent": "schedule_id"}

    class Media:
        css = {"all": ["ads/strips.css", "ads/schedule.css"]}
        js = [
            "ads/schedule-week.js",
            "ads/schedule-rows.js",
            "ads/schedule-grid.js",
            "ads/schedule.js",
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        schedule = context.get("original")
        context |= {
            "days": DAYS,
            "preview_url": self.preview_url(schedule),
            "may_paint": self.may_paint(request, schedule),
        }
        if schedule:
            (rule,) = schedules_as_rules(DaypartingSchedule.objects.filter(pk=schedule.pk))
            context["windows"] = [
                {"day": one.day_of_week, "start": f"{one.start}", "end": f"{one.end}"}
                for one in rule.windows
            ]
            with suppress(UnknownTimezone):
                context["clock_there"] = clock_there(timezone.now(), schedule.timezone)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_change_permission(
        self, request: HttpRequest, obj: DaypartingSchedule | None = None
    ) -> bool:
        return super().has_change_permission(request, obj) and _is_own(obj)

    def has_delete_permission(
        self, request: HttpRequest, obj: DaypartingSchedule | None = None
    ) -> bool:
        return super().has_delete_permission(request, obj) and _is_own(obj)

    def save_model(
        self, request: HttpRequest, obj: DaypartingSchedule, form: Any, change: bool
    ) -> None:
        if not change:
            obj.only_brands = visible.only_brands()
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counted: any number of campaigns may use them."""
        schedules = list(objs)
        attached = CampaignSchedule.objects.filter(schedule__in=schedules)
        campaigns = attached.values("campaign").distinct().count()
        windows = DaypartingWindow.objects.filter(schedule__in=schedules).count()
        deleted = [str(schedule) for schedule in schedules]
        if campaigns:
            deleted.append(
                f"Its hours on {counted(campaigns)}. Those without another schedule then run "
                "at all hours."
            )
        counts = {"dayparting schedules": len(schedules), "dayparting windows": windows}
        lacking = set()
        if not all(self.has_delete_permission(request, one) for one in schedules):
            lacking.add(self.opts.verbose_name)
        return deleted, counts, lacking, []


def _is_own(schedule: DaypartingSchedule | None) -> bool:
    """Whoever is limited to brands changes no schedule that campaigns of others have, too."""
    return schedule is None or visible.is_theirs_alone(schedule)
