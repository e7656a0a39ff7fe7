"""The preview beside a schedule's form, unsaved."""

from typing import Any, Final

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ads.admin.actions import reasons
from ads.admin.elements import AdminMixin, strips
from ads.admin.schedules.text import campaigns_of, clock_there, minute_of_week, same_clock
from ads.holds import schedules_as_rules
from ads.models import DaypartingSchedule
from ads.rules.calendar import UnknownTimezone, format_instant
from ads.rules.dayparting import Schedule
from ads.services.delivery import Preview, preview_schedule

#: Fields of the form that decide when it is open.
READ: Final = ("timezone", "priority", "is_active", "valid_from", "valid_until")


class SchedulePreview(AdminMixin[DaypartingSchedule]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.preview_view))
        name = "ads_daypartingschedule_preview"
        return [
            path("preview/", view, name=name),
            path("<path:object_id>/preview/", view, name=name),
            *super().get_urls(),
        ]

    def preview_url(self, schedule: DaypartingSchedule | None) -> str:
        arguments = [schedule.pk] if schedule else []
        return reverse("admin:ads_daypartingschedule_preview", args=arguments)

    def may_paint(self, request: HttpRequest, schedule: DaypartingSchedule | None) -> bool:
        """May the windows be edited too?"""
        if schedule and not self.has_change_permission(request, schedule):
            return False
        (windows,) = (made(self.model, self.admin_site) for made in self.inlines)
        return all(
            may(request, schedule)
            for may in (
                windows.has_add_permission,
                windows.has_change_permission,
                windows.has_delete_permission,
            )
        )

    def preview_view(self, request: HttpRequest, object_id: str | None = None) -> HttpResponseBase:
        """JSON: the preview as HTML, and values for the grid and rows.

        Without permission to save, of the stored schedule.
        """
        stored = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id and stored is None:
            raise Http404
        may_save = (
            self.has_change_permission(request, stored)
            if stored
            else self.has_add_permission(request)
        )
        schedule: Schedule | None
        sentences: list[str] = []
        rows: dict[int, list[str]] = {}
        if may_save:
            schedule, sentences, rows = self._as_it_stands(request, stored)
        elif stored and self.has_view_permission(request, stored):
            schedule = _as_stored(stored)
        else:
            raise PermissionDenied
        answer: dict[str, Any] = {"rows": rows}
        context: dict[str, Any] = {"stored": stored}
        now, theirs = timezone.now(), request.POST.get("viewers_timezone", "")
        if schedule:
            try:
                answer["timezone"] = clock_there(now, schedule.timezone)
                answer["now"] = minute_of_week(now, schedule.timezone)
                if not sentences:
                    shown = preview_schedule(
                        schedule, viewers_timezone=theirs, may_save=may_save, now=now
                    )
                    context |= _context(shown, theirs)
            except UnknownTimezone as error:
                sentences = [f"{error} Until then the schedule counts as closed."]
        context["sentences"] = sentences
        answer["html"] = render_to_string("ads/admin/schedule_preview.html", context, request)
        return JsonResponse(answer)

    def _as_it_stands(
        self, request: HttpRequest, stored: DaypartingSchedule | None
    ) -> tuple[Schedule | None, list[str], dict[int, list[str]]]:
        """The schedule in the form (None: no timezone), its errors, and errors by window."""
        form = self.get_form(request, stored, change=stored is not None)(
            request.POST, instance=stored
        )
        form.is_valid()
        sentences = [
            f"{form.fields[name].label}: {text}"
            for name in READ
            for text in form.errors.get(name, [])
        ]
        rows: dict[int, list[str]] = {}
        if self.may_paint(request, stored):
            (formset,), _ = self._create_formsets(  # type: ignore[attr-defined]
                request, form.instance, change=stored is not None
            )
            formset.is_valid()
            windows, rows = tuple(formset.windows()), formset.wrong_rows()
            sentences += [str(text) for text in formset.non_form_errors()]
            if rows and not formset.non_form_errors():
                sentences.append("A window is invalid: see the exact times.")
        else:
            windows = _as_stored(stored).windows if stored else ()
        given = form.cleaned_data
        if "timezone" not in given:
            return None, sentences, rows
        return (
            Schedule(
                id=stored.pk if stored else 0,
                timezone=given["timezone"],
                priority=given.get("priority") or 0,
                is_active=given.get("is_active", True),
                valid_from=given.get("valid_from"),
                valid_until=given.get("valid_until"),
                windows=windows,
            ),
            sentences,
            rows,
        )


def _as_stored(schedule: DaypartingSchedule) -> Schedule:
    (stored,) = schedules_as_rules(DaypartingSchedule.objects.filter(pk=schedule.pk))
    return stored


def _context(shown: Preview, viewers_timezone: str) -> dict[str, Any]:
    own = shown.schedule.timezone
    is_same = same_clock(shown.days, shown.viewers_days)
    clocks = [("In the schedule's time", own, shown.days)]
    if shown.viewers_days and not is_same:
        clocks.append(("On your clock", viewers_timezone, shown.viewers_days))
    return {
        "preview": shown,
        "clocks": [
            {
                "title": title,
                "there": clock_there(shown.now, tz),
                "strips": [strips.strip(day, tz, shown.now) for day in days],
            }
            for title, tz, days in clocks
        ],
        "is_same_clock": is_same,
        "unknown_clock": "" if shown.viewers_days else viewers_timezone,
        "why_off": reasons(shown.outcome.kept_off_by) if shown.outcome else "",
        "campaigns_url": campaigns_of(shown.schedule.id),
        "turns_at": format_instant(shown.turns_at, own) if shown.turns_at else "",
    }
