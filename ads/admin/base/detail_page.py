"""Pages that show a campaign or brand: its state and history around a closed form."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import accumulate
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin
from django.db.models import Model
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil

from ads.admin.actions import undo_button
from ads.admin.elements import AdminMixin, charts, column, counted, dated, ended_by, spend_bar
from ads.holds import Hold
from ads.models import Brand, Campaign, Spend
from ads.models.campaigns import Status
from ads.models.spend import Period
from ads.rules.calendar import format_instant
from ads.rules.money import estimate
from ads.rules.pacing import Course
from ads.services.bulk import undo
from ads.services.delivery import allowances
from ads.services.explain import Condition
from ads.services.history import audit, switched_by, timeline
from ads.services.ledger import Month
from ads.services.team import labels

#: Places on the page; the form opens at its own.
EDIT, HISTORY = "#edit", "#history"
#: Parameters of the address: which part of the history is shown.
KIND, OLDER = "history", "older"
#: Rows changed together are counted up to here.
COUNTED: Final = 1_000

_MEDIA: Final = Media(css={"all": ["ads/strips.css", "ads/story.css"]}, js=["ads/story.js"])


class LocalTimes(AdminMixin[Any]):
    """When a row was created and updated, in the timezone of it or its brand."""

    created = column("created at", lambda row: format_instant(row.created_at, _timezone(row)))
    updated = column("updated at", lambda row: format_instant(row.updated_at, _timezone(row)))


def _timezone(row: Any) -> str:
    timezone: str = row.timezone if hasattr(row, "timezone") else row.brand.timezone
    return timezone


class ShowsAudit(AdminMixin[Any]):
    """Pages of rows with their change history, in UTC unless they have :class:`LocalTimes`."""

    change_form_after_template = "ads/admin/audit.html"
    history_anchor = "#audit"
    #: The models of its events, and their columns with the row's key.
    events: Mapping[str, str]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if row := context.get("original"):
            events = [
                audit.event_model(name)._default_manager.filter(**{column: row.pk})
                for name, column in self.events.items()
            ]
            tz = _timezone(row) if isinstance(self, LocalTimes) else "UTC"
            context["audit"] = dated(audit.recent(*events), tz)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]


class StoryPage(LocalTimes):
    """A page about one row; its form is closed at first."""

    change_form_template = "ads/admin/story_form.html"
    history_anchor = HISTORY

    def story(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if row := context.get("original"):
            context.update(self.story(request, row))
            context["media"] = context["media"] + _MEDIA + charts.MEDIA
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        if "_continue" in request.POST and "Location" in response.headers:
            response.headers["Location"] += EDIT
        return response


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    pages = admin.site._registry.get(model)
    return pages is not None and pages.has_view_permission(request)


def row_to_view(page: Any, request: HttpRequest, pk: int) -> Any:
    """The row that a page beside the model's own is about.

    Raises:
        Http404: there is none, or this user may not see it.
    """
    row = page.get_queryset(request).filter(pk=pk).first()
    if row is None or not page.has_view_permission(request):
        raise Http404
    return row


def listed(model: str, **filters: Any) -> str:
    """The address of a list such as ``ads_spend``, filtered."""
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def history(request: HttpRequest, owner: Campaign | Brand, tz: str) -> dict[str, Any]:
    """The part of the history that the address asks for, with links to the others."""
    asked = request.GET.get(KIND, "")
    kind = timeline.Kind(asked) if asked in timeline.Kind.values else None
    own_alone = isinstance(owner, Brand) and not may_view(request, Campaign)
    if own_alone:
        kind = timeline.Kind.EDITS  # the rest is about its campaigns
    older = request.GET.get(OLDER, "")
    try:
        page = timeline.of(owner, kind=kind, older=older)
    except timeline.UnknownPosition:
        older = ""
        page = timeline.of(owner, kind=kind)
    undoable = [] if older else _undoable(request, owner, page.happenings)
    chosen = {KIND: kind.value} if kind else {}
    tabs = [("Everything", None), *((one.label, one) for one in timeline.Kind)]
    return {
        "happenings": [
            _described(happening, tz)
            | {"undo": _undo(request, owner, happening) if happening in undoable else ""}
            for happening in page.happenings
        ],
        "history_tabs": [
            {
                "label": label,
                "link": _part_of_history({KIND: one.value} if one else {}),
                "is_shown": one == kind,
            }
            for label, one in ([] if own_alone else tabs)
        ],
        "history_older": _part_of_history({**chosen, OLDER: page.older}) if page.older else "",
        "history_newest": _part_of_history(chosen) if older else "",
    }


def _part_of_history(parameters: dict[str, str]) -> str:
    return f"?{urlencode(parameters)}{HISTORY}"


def _undoable(
    request: HttpRequest, owner: Campaign | Brand, happenings: Iterable[timeline.Happening]
) -> list[timeline.Happening]:
    """The last pause, if it still applies, and the last changes of budgets, priority and labels.

    Those that this user may undo, and the allowances that are in force.
    """
    paused = not owner.is_active if isinstance(owner, Brand) else owner.status == Status.PAUSED
    pages: Any = admin.site._registry
    known = [one for one in happenings if one.context]
    found = []
    if paused and pages[Campaign].has_switch_permission(request):
        found += [one for one in known if one.pauses][:1]
    if pages[type(owner)].has_change_permission(request):
        found += [one for one in known if one.changes_budgets][:1]
        found += [one for one in known if one.changes_priority][:1]
        found += [one for one in known if one.changes_labels][:1]
    if pages[type(owner)].has_waive_permission(request):
        given = [one.allowance for one in known if one.allowance is not None]
        # An evaluated campaign has those that raise its limits at hand.
        by_hold = getattr(owner, "allowed_by", None)
        if by_hold is not None:
            in_force = {one.id for those in by_hold.values() for one in those}
        else:
            in_force = allowances.among_in_force(given, timezone.now()) if given else set()
        found += [one for one in known if one.allowance in in_force]
    return found


def _undo(
    request: HttpRequest, owner: Campaign | Brand, happening: timeline.Happening
) -> SafeString:
    """The button; it says how many were changed together, and of allowances its preview does."""
    context = UUID(happening.context)
    if happening.allowance:
        return undo_button(request, context, request.get_full_path())
    how_many = labels.how_many if happening.changes_labels else undo.how_many
    count = how_many(type(owner), context, at_most=COUNTED + 1)
    more = "more than " if count > COUNTED else ""
    rows = counted(min(count, COUNTED), str(owner._meta.verbose_name))
    what = "pause" if happening.pauses else "change"
    of = f" this {what} of {more}{rows}" if count > 1 else ""
    return undo_button(request, context, request.get_full_path(), f"Undo{of}")


def _described(happening: timeline.Happening, tz: str) -> dict[str, Any]:
    return {
        "happening": happening,
        "at": happening.at,
        "clock": format_instant(happening.at, tz),
        "colour": {True: "on", False: "off", None: happening.kind.value}[happening.is_on],
        "by": switched_by(happening.actor, happening.trigger)
        if happening.is_on is not None
        else f"by {happening.actor}",
        "campaigns": [
            {"name": name, "link": reverse("admin:ads_campaign_change", args=[pk])}
            for pk, name in happening.campaigns
        ],
        "more": happening.count - len(happening.campaigns) if happening.campaigns else 0,
    }


def checks(conditions: list[Condition], now: datetime, tz: str) -> list[dict[str, Any]]:
    """Each condition with its icon, and until when it stays so.

    In alarm's colour is only what neither the clock nor a person's own resume ends.
    """
    by_people = (Hold.STATUS, Hold.BRAND_INACTIVE)
    return [
        {
            "applies": condition.applies,
            "kind": "good"
            if not condition.applies
            else "wait"
            if condition.until or condition.hold in by_people
            else "bad",
            "sentence": condition.sentence,
            "until": format_instant(condition.until, tz) if condition.until else "",
            "left": left(condition.until, now) if condition.until else "",
            "ended_by": ended_by(condition.hold),
        }
        for condition in conditions
    ]


def left(at: datetime, now: datetime) -> str:
    """How long until an instant: "in 3 hours"."""
    return f"in {timeuntil(at, now, depth=1)}"


def figures_of(
    month: Month,
    made_of: Mapping[Period, str],
    today: str = "Today",
    this_month: str = "This month",
) -> list[dict[str, Any]]:
    """Today's and the month's spend against the limit, and what a raised one is ``made_of``."""
    labels: Mapping[Period, str] = {Period.DAY: today, Period.MONTH: this_month}
    return [
        {
            "label": labels[period],
            "bar": spend_bar(found.amount, found.limit, month.currency),
            "note": made_of.get(period, ""),
        }
        for period, found in month.figures.items()
    ]


def month_charts(
    month: Month, today: date, *, whose: str, ledger: dict[str, Any] | None, course: Course
) -> list[charts.Chart]:
    """Spend by day, and month to date, against the budgets; none without spend.

    ``course``: what is expected and projected by the end of each day.
    ``ledger`` filters the ledger to the owner's entries; None: they may not be seen.
    """
    if not any(day.amount for day in month.days):
        return []
    daily, monthly = month.figures[Period.DAY].budget, month.figures[Period.MONTH].budget
    labels = [f"{day.date:%-d %b}" for day in month.days]
    spent = [day.amount if day.date <= today or day.amount else None for day in month.days]
    totals = accumulate(day.amount for day in month.days)
    running = [
        total if day.date <= today else None for day, total in zip(month.days, totals, strict=True)
    ]
    links = []
    if ledger is not None:
        links = [
            listed("ads_spend", **ledger, date_from=day.date, date_to=day.date)
            for day in month.days
        ]
    over = [
        number
        for number, day in enumerate(month.days)
        if daily is not None and day.amount and day.amount >= daily
    ]
    return [
        charts.Chart(
            id="spend-by-day",
            title=f"Spend of {whose} by day, {today:%B %Y}",
            head="Day",
            currency=month.currency,
            labels=labels,
            series=[charts.Series("Spent", spent, marked=over)],
            limits=[charts.Limit("Daily budget", daily)] if daily is not None else [],
            links=links,
            height=220,
        ),
        charts.Chart(
            id="spend-adding-up",
            title=f"Spend of {whose}, {today:%B %Y} to date",
            head="Up to",
            currency=month.currency,
            labels=labels,
            series=[
                charts.Series("Spent so far", running, line=True),
                *_to_come(course, month.currency),
            ],
            limits=[charts.Limit("Monthly budget", monthly)] if monthly is not None else [],
            height=220,
        ),
    ]


def _to_come(course: Course, currency: str) -> Iterator[charts.Series]:
    """What is expected and projected, as dashed lines; those that are known."""
    for name, sums, colour in (
        ("Expected", course.expected, "others"),
        ("Projected", course.projected, ""),
        ("Low estimate", course.low, "quiet"),
        ("High estimate", course.high, "quiet"),
    ):
        if any(one is not None for one in sums):
            rounded = [None if one is None else estimate(one, currency) for one in sums]
            yield charts.Series(name, rounded, colour, line=True, dashed=True)


def last_entries(campaign: Campaign, count: int) -> list[Spend]:
    """The campaign's newest entries; one query."""
    # By day and id, which the index on campaign and date supports.
    return list(Spend.objects.filter(campaign=campaign.pk).order_by("-date", "-id")[:count])
