"""The list of schedules: open or closed, the week as a drawing and as text, and campaigns."""

from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.admin.elements import AdminMixin, badge, clock, column, soon, two_lines
from ads.admin.schedules.text import campaigns_of, hours_in_words
from ads.holds import schedules_as_rules
from ads.models import CampaignSchedule, DaypartingSchedule
from ads.rules.calendar import UnknownTimezone
from ads.rules.dayparting import Schedule, is_in_force, is_open, next_closing, next_opening
from ads.services import visible

#: Lines of hours shown of a schedule.
SHOWN: Final = 4
#: Units of a drawn week: minutes across, and the height of a day.
_DAY: Final = 1440
_HEIGHT: Final = 10


class ScheduleList(ChangeList):
    """Adds whether schedules are open now, and how many campaigns use them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)
        ids = [schedule.pk for schedule in found]
        rules = {
            rule.id: rule
            for rule in schedules_as_rules(DaypartingSchedule.objects.filter(pk__in=ids))
        }
        campaigns = dict(
            visible.rows(CampaignSchedule.objects.filter(schedule__in=ids))
            .order_by()
            .values_list("schedule")
            .annotate(n=Count("pk"))
        )
        now = timezone.now()
        # Without those that were deleted between the queries.
        schedules = [schedule for schedule in found if schedule.pk in rules]
        for schedule in schedules:
            schedule.rule = rules[schedule.pk]
            schedule.is_open, schedule.turns_at = _state(schedule.rule, now)
            schedule.campaign_count = campaigns.get(schedule.pk, 0)
        self.result_list = schedules


def _state(rule: Schedule, now: datetime) -> tuple[bool | None, datetime | None]:
    """Is it open, and until when? (None, None): invalid timezone."""
    try:
        opened = is_open([rule], now)
        return opened, (next_closing if opened else next_opening)([rule], now)
    except UnknownTimezone:
        return None, None


class ScheduleColumns(AdminMixin[DaypartingSchedule]):
    list_display = ["name", "now", "week", "hours", "used_by", "there", "priority"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScheduleList

    @admin.display(description="now")
    def now(self, schedule: Any) -> SafeString:
        if schedule.is_open is None:
            return format_html("{}", "closed: invalid timezone")
        now = timezone.now()
        if not is_in_force(schedule.rule, now):
            label, colour = "Not in force", "plain"
        else:
            label, colour = ("Open", "success") if schedule.is_open else ("Closed", "plain")
        return two_lines(badge(label, colour), _turns(schedule, now))

    week = column("week", lambda schedule: drawn(schedule.rule))

    @admin.display(description="hours")
    def hours(self, schedule: Any) -> SafeString | str:
        lines = hours_in_words(schedule.rule.windows) or ["none: always closed"]
        if len(lines) > SHOWN + 1:
            lines = [*lines[:SHOWN], f"and {len(lines) - SHOWN} more"]
        shown = format_html_join(
            " ", '<span class="ads-line">{}</span>', ((line,) for line in lines)
        )
        if limits := _in_force(schedule):
            shown += format_html(' <span class="ads-line ads-quiet">{}</span>', limits)
        return format_html('<span class="ads-many">{}</span>', shown)

    @admin.display(description="campaigns")
    def used_by(self, schedule: Any) -> SafeString | str:
        if not schedule.campaign_count:
            return "none"
        return format_html(
            '<a class="ads-link" href="{}" title="The campaigns that use it">{}</a>',
            campaigns_of(schedule.pk),
            schedule.campaign_count,
        )

    @admin.display(description="local time", ordering="timezone")
    def there(self, schedule: DaypartingSchedule) -> SafeString:
        return two_lines(schedule.timezone, clock(timezone.now(), schedule.timezone))


def _in_force(schedule: DaypartingSchedule) -> str:
    """When its hours count: "from 2026-02-02", "not active"; nothing where always."""
    if not schedule.is_active:
        return "not active"
    begin, end = schedule.valid_from, schedule.valid_until
    words = [f"from {begin}"] if begin else []
    words += [f"until {end}"] if end else []
    return " ".join(words)


def drawn(rule: Schedule) -> SafeString:
    """The week as a small picture; hours after midnight are paler."""
    boxes = []
    for window in rule.windows:
        start = window.start.hour * 60 + window.start.minute
        end = window.end.hour * 60 + window.end.minute
        last = _DAY if window.ends_next_day else end
        boxes.append((start, window.day_of_week, last - start, "open"))
        if window.ends_next_day and end:
            boxes.append((0, (window.day_of_week + 1) % 7, end, "tail"))
    rects = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" class="ads-week-{}"/>',
        ((x, day * _HEIGHT + 1, width, _HEIGHT - 2, kind) for x, day, width, kind in boxes),
    )
    return format_html(
        '<svg class="ads-week-drawn" viewBox="0 0 {} {}" preserveAspectRatio="none"'
        ' aria-hidden="true">{}</svg>',
        _DAY,
        7 * _HEIGHT,
        rects,
    )


def _turns(schedule: Any, now: datetime) -> str:
    if schedule.turns_at is None:
        return "never closes" if schedule.is_open else "never opens"
    at = soon(schedule.turns_at, now, schedule.timezone)
    return f"until {at}" if schedule.is_open else f"opens {at}"
