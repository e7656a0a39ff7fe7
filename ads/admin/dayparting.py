"""Schedules and their windows: the hours in which campaigns may deliver."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.forms.models import construct_instance
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.forms import PaginationInlineFormSet

from ads.admin.base import KEPT, ConfigurationAdmin, TabularInline
from ads.admin.forms import ConfigurationForm
from ads.admin.text import clock
from ads.holds import schedules_as_rules
from ads.models import CampaignSchedule, DaypartingSchedule, DaypartingWindow
from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import Schedule, Window, describe_window, first_overlap, is_open
from ads.services import audit

#: Windows shown of a schedule in the list.
SHOWN = 7


class WindowForm(ConfigurationForm):
    """One window. Whether it overlaps another, all of a schedule's together decide."""

    def _post_clean(self) -> None:
        # Only the fields: the model's own check and the constraint's would compare this window
        # with the others as they are stored, and two that swap places in one edit each overlap
        # what the other was.
        exclude = self._get_validation_exclusions() | {"schedule"}  # type: ignore[attr-defined]
        try:
            construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
            self.instance.clean_fields(exclude=exclude)
        except ValidationError as error:
            self.add_error(None, error)


class WindowFormSet(PaginationInlineFormSet):  # type: ignore[misc]
    """All windows of one schedule, as they will be stored."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        windows = [
            Window(data["day_of_week"], data["start_time"], data["end_time"])
            for data in (form.cleaned_data for form in self.forms)
            if data and not data.get("DELETE")
        ]
        overlap = first_overlap(windows)
        if overlap:
            first, second = map(describe_window, overlap)
            raise ValidationError(
                f"{first} and {second} overlap: change one of them, or make them one window."
            )


class WindowInline(TabularInline[DaypartingWindow, DaypartingSchedule]):
    """A schedule's windows."""

    model = DaypartingWindow
    form = WindowForm
    formset = WindowFormSet
    extra = 0
    hide_title = True
    fields = ["day_of_week", "start_time", "end_time"]
    ordering = ["day_of_week", "start_time"]


class ScheduleList(ChangeList):
    """Adds which of a page's schedules are open now, and how many campaigns have them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        schedules: list[Any] = list(self.result_list)
        ids = [schedule.pk for schedule in schedules]
        rules = {
            rule.id: rule
            for rule in schedules_as_rules(DaypartingSchedule.objects.filter(pk__in=ids))
        }
        campaigns = dict(
            CampaignSchedule.objects.filter(schedule__in=ids)
            .order_by()
            .values_list("schedule")
            .annotate(n=Count("pk"))
        )
        now = timezone.now()
        for schedule in schedules:
            schedule.rule = rules[schedule.pk]
            schedule.is_open = _is_open(schedule.rule, now)
            schedule.campaign_count = campaigns.get(schedule.pk, 0)
        self.result_list = schedules


def _is_open(rule: Schedule, now: datetime) -> bool | None:
    """None in a timezone nobody can read."""
    try:
        return is_open([rule], now)
    except UnknownTimezone:
        return None


@admin.register(DaypartingSchedule)
class DaypartingScheduleAdmin(ConfigurationAdmin[DaypartingSchedule]):
    """Weekly patterns, and which of them are open now."""

    inlines = [WindowInline]
    list_display = [
        "name",
        "is_active",
        "open_now",
        "priority",
        "valid_from",
        "valid_until",
        "hours",
        "used_by",
        "timezone",
        "local",
    ]
    list_filter = [("is_active", BooleanRadioFilter)]
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (None, {"fields": ["name", "is_active", "timezone", "priority"]}),
        ("Valid", {"fields": [("valid_from", "valid_until")]}),
        (KEPT, {"fields": [("created_at", "updated_at")], "classes": ["collapse"]}),
    ]
    readonly_fields = ["created_at", "updated_at"]
    change_form_after_template = "ads/admin/audit.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScheduleList

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if schedule := context.get("original"):
            own = audit.event_model("DaypartingScheduleEvent")._default_manager
            windows = audit.event_model("DaypartingWindowEvent")._default_manager
            context["audit"] = audit.recent(
                own.filter(pgh_obj_id=schedule.pk), windows.filter(schedule_id=schedule.pk)
            )
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    @admin.display(description="open now", boolean=True)
    def open_now(self, schedule: Any) -> bool | None:
        return schedule.is_open  # type: ignore[no-any-return]

    @admin.display(description="windows")
    def hours(self, schedule: Any) -> SafeString | str:
        windows = sorted(
            schedule.rule.windows, key=lambda window: (window.day_of_week, window.start)
        )
        lines = [describe_window(window) for window in windows[:SHOWN]]
        if len(windows) > SHOWN:
            lines.append(f"and {len(windows) - SHOWN} more")
        if not lines:
            return "none: always closed"
        shown = format_html_join(
            "", '<span class="ads-line">{}</span>', ((line,) for line in lines)
        )
        return format_html('<span class="ads-many">{}</span>', shown)

    @admin.display(description="campaigns")
    def used_by(self, schedule: Any) -> int:
        return int(schedule.campaign_count)

    @admin.display(description="local time")
    def local(self, schedule: DaypartingSchedule) -> str:
        return clock(timezone.now(), schedule.timezone)
