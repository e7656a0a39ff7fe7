"""Scheduled reports: which channel is sent which brand's report, and when."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from ads.admin.base import ConfigurationAdmin
from ads.admin.elements import NOTHING, ConfigurationForm, RowFilter, badge, the_row, uid_of
from ads.models import ReportSchedule
from ads.rules.calendar import UnknownTimezone
from ads.services import alerts
from ads.services.messages import send
from ads.services.reports import schedules
from ads.services.team import reports_that_wait


class ReportScheduleForm(ConfigurationForm):
    def clean(self) -> dict[str, Any] | None:
        data = super().clean() or {}
        if not self.errors:
            try:
                schedules.check(data["brand"], data["channel"])
            except schedules.NotTold as error:
                self.add_error("channel", str(error))
        return data


@admin.register(ReportSchedule)
class ReportScheduleAdmin(ConfigurationAdmin[ReportSchedule]):
    about = (
        "Reports that channels are sent each month: the figures of the month before, and a link "
        "to the whole report. Open one to send last month's report at once."
    )
    form = ReportScheduleForm
    list_display = ["brand", "channel", "day_of_month", "last_sent", "state"]
    list_select_related = ["brand", "channel__account_manager"]
    list_filter = [("brand", RowFilter), ("channel", RowFilter)]
    search_fields = ["brand__name", "channel__name"]
    search_help_text = "Brand or channel"
    autocomplete_fields = ["brand"]
    readonly_fields = ["last_sent", "state"]
    actions_detail = ["send_now"]

    def get_fields(self, request: HttpRequest, obj: ReportSchedule | None = None) -> Any:
        fields = ["brand", "channel", "day_of_month", "is_active"]
        return [*fields, "last_sent", "state"] if obj else fields

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if (rows := getattr(response, "context_data", {}).get("cl")) is not None:
            waiting = {one.pk for one in reports_that_wait(rows.result_list)}
            for schedule in rows.result_list:
                schedule.waits = schedule.pk in waiting
        return response

    @action(description="Send last month's report", url_path="send", permissions=["change"])
    def send_now(self, request: HttpRequest, object_id: str) -> HttpResponse:
        schedule = the_row(self, request, object_id)
        back = reverse("admin:ads_reportschedule_change", args=[schedule.pk])
        if request.method != "POST" or "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.model._meta,
                "title": f"Send the report of {schedule.brand} to {schedule.channel}",
                "text": f"The report of the last month that has ended is sent now, to "
                f"{schedule.channel}.",
                "yes": "Send",
                "hidden": [("confirmed", "yes"), ("uid", uuid.uuid4())],
                "back": back,
            }
            return TemplateResponse(request, "ads/admin/confirm.html", context)
        try:
            uid = uid_of(request.POST.get("uid"))
            month = schedules.send_now(schedule, timezone.now(), uid=uid)
        except (UnknownTimezone, schedules.NotTold, alerts.channels.ChannelIsOff) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            send(alerts.channels.SEND)
            self.message_user(
                request, f"The report of {month:%B %Y} is on its way.", messages.SUCCESS
            )
        return HttpResponseRedirect(back)

    @admin.display(description="last sent", ordering="last_month")
    def last_sent(self, schedule: ReportSchedule) -> str:
        return f"{schedule.last_month:%B %Y}" if schedule.last_month else NOTHING

    @admin.display(description="state")
    def state(self, schedule: Any) -> SafeString:
        """Is it sent? On its own page, with why not."""
        if not schedule.is_active:
            return badge("Off")
        if not schedule.channel.is_active:
            return badge("Channel is off")
        is_listed = hasattr(schedule, "waits")
        waits = schedule.waits if is_listed else bool(reports_that_wait([schedule]))
        if not waits:
            return badge("On", "success")
        why = "" if is_listed else schedules.NotTold(schedule.brand, schedule.channel)
        return format_html("{} {}", badge("Waits", "warning"), why)
