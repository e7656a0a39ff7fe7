"""The list of scheduled changes, and the calendar of what changes when."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import action

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import ChoiceFilter, RowFilter, address, badge, budget, column, is_number
from ads.models import Brand, ScheduledChange
from ads.rules.calendar import (
    UnknownTimezone,
    local_date,
    month_start,
    next_month,
    previous_month,
)
from ads.services import plans, visible

_TONES: Final = {"planned": "info", "applied": "success"}
#: Months on the calendar.
_MONTHS: Final = 2
_DAY: Final = timedelta(days=1)
#: What the page posts when what it previews is confirmed.
DO: Final = "do"


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"
    CHOICES = [("planned", "Planned"), ("applied", "Applied"), ("cancelled", "Cancelled")]

    def pick(self, request: HttpRequest, rows: QuerySet[Any], chosen: str) -> QuerySet[Any]:
        if chosen == "cancelled":
            return rows.filter(cancelled_at__isnull=False)
        return rows.filter(cancelled_at=None, applied_at__isnull=chosen == "planned")


@admin.register(ScheduledChange)
class ScheduledChangeAdmin(ReadOnlyAdmin[ScheduledChange]):
    list_title = "Planned budgets"
    about = (
        "Budgets that change at midnight of a day, in the brand's timezone: scheduled changes, and "
        "months of plans. Schedule one with an action on campaigns or brands."
    )
    list_display = ["starts_on", "of_brand", "owner", "field", "becomes", "state", "says", "by"]
    fields = [
        *("starts_on", "of_brand", "owner", "field", "becomes", "was", "became", "state"),
        *("says", "note", "by"),
    ]
    list_select_related = ["brand", "campaign", "plan"]
    list_filter = [StateFilter, ("brand", RowFilter), ("campaign", RowFilter)]
    search_fields = ["brand__name", "campaign__name"]
    search_help_text = "Brand or campaign"
    ordering = ["-starts_on", "-id"]
    actions = ["cancel"]
    actions_list = ["calendar_button"]

    of_brand = column("brand", lambda change: change.brand.name)

    @admin.display(description="of")
    def owner(self, change: ScheduledChange) -> SafeString | str:
        return "the brand" if change.campaign is None else change.campaign.name

    becomes = column("becomes", lambda change: budget(change.amount, change.brand.currency))

    @admin.display(description="was")
    def was(self, change: ScheduledChange) -> str:
        return budget(change.before, change.brand.currency) if change.applied_at else "–"

    @admin.display(description="became")
    def became(self, change: ScheduledChange) -> str:
        return budget(change.after, change.brand.currency) if change.applied_at else "–"

    @admin.display(description="state")
    def state(self, change: ScheduledChange) -> SafeString:
        return badge(change.state.capitalize(), _TONES.get(change.state, "plain"))

    by = column("planned by", lambda change: change.created_by)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["ads.change_campaign", "ads.change_brand"])

    @admin.action(description="Cancel or undo …", permissions=["cancel"])
    def cancel(
        self, request: HttpRequest, queryset: QuerySet[ScheduledChange]
    ) -> HttpResponse | None:
        """What has not begun is cancelled; what has is put back, unless it was changed since."""
        chosen, now = queryset.select_related("brand", "campaign"), timezone.now()
        if DO not in request.POST:
            would = plans.cancel(chosen, now=now, is_preview=True)
            if would.done:
                return self._ask(request, would)
        cancelled = plans.cancel(chosen, now=now)
        for level, sentences, became in (
            (messages.SUCCESS, cancelled.done, "cancelled or undone"),
            (messages.WARNING, cancelled.left, "left as they are"),
        ):
            for says in sentences[: plans.NAMED]:
                self.message_user(request, says, level)
            if sentences[plans.NAMED :]:
                count = len(sentences)
                self.message_user(request, f"In all, {count:,} were {became}.", level)
        return None

    def _ask(self, request: HttpRequest, would: plans.Cancelled) -> HttpResponse:
        """The preview, which posts the action again."""
        again = ("action", "index", "select_across", ACTION_CHECKBOX_NAME)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Cancel or undo planned budgets",
            "text": "What will happen:",
            "rows": [*_first(would.done), *would.switched, *_first(would.left)],
            "yes": "Take them back",
            "hidden": [(name, one) for name in again for one in request.POST.getlist(name)]
            + [(DO, "1")],
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "ads/admin/confirm.html", context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.calendar)
        return [path("calendar/", view, name="ads_scheduledchange_calendar"), *super().get_urls()]

    @action(
        description="Calendar", url_path="to-calendar", permissions=["view"], icon="calendar_month"
    )
    def calendar_button(self, request: HttpRequest) -> HttpResponse:
        return self.calendar(request)

    def calendar(self, request: HttpRequest) -> HttpResponse:
        """What changes when: ``?month=2026-12&brand=7``."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        brands = visible.rows(Brand.objects.all())
        number = request.GET.get("brand", "")
        brand = brands.filter(pk=int(number)).first() if is_number(number) else None
        today = _today(brand)
        month = _month(request.GET.get("month", ""), today)
        ends = month
        for _ in range(_MONTHS):
            ends = next_month(ends)
        entries = plans.agenda.of(month, ends - _DAY, brand)
        page = reverse("admin:ads_scheduledchange_calendar")
        of = f"&brand={brand.pk}" if brand else ""
        earlier = previous_month(month)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Calendar{f' of {brand}' if brand else ''}",
            "content_title": "Calendar",
            "span": f"{month:%B %Y} and {previous_month(ends):%B %Y}",
            "days": [
                {"day": day, "is_past": day < today, "entries": [_entry(one) for one in those]}
                for day, those in groupby(entries, key=lambda one: one.day)
            ],
            "today": today,
            "brand": brand,
            "all": page,
            "earlier": f"{page}?month={earlier:%Y-%m}{of}",
            "later": f"{page}?month={next_month(month):%Y-%m}{of}",
            "list": reverse(address(ScheduledChange, "changelist")),
        }
        return TemplateResponse(request, "ads/admin/calendar.html", context)


def _first(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - plans.NAMED
    return [*sentences[: plans.NAMED], *([f"… and {more:,} more."] if more > 0 else [])]


def _entry(one: plans.agenda.Entry) -> dict[str, Any]:
    brand = getattr(one.subject, "brand", None)
    return {
        "kind": one.kind.label,
        "subject": str(one.subject),
        "brand": str(brand) if brand else "",
        "link": reverse(address(type(one.subject), "change"), args=[one.subject.pk]),
        "says": one.says,
    }


def _today(brand: Brand | None) -> date:
    """The brand's date; UTC's for all brands, or if its timezone is invalid."""
    now = timezone.now()
    try:
        return local_date(now, brand.timezone if brand else "UTC")
    except UnknownTimezone:
        return local_date(now, "UTC")


def _month(text: str, today: date) -> date:
    """The month that an address names; anything else is the present one."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return month_start(today)
    return month if date(2000, 1, 1) <= month <= date(2100, 1, 1) else month_start(today)
