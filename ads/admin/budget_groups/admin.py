"""Budget groups: campaigns of a brand that share a budget."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from ads.admin.base import KEPT, ConfigurationAdmin, LocalTimes, ShowsAudit, listed, may_view
from ads.admin.elements import (
    NOTHING,
    RowFilter,
    budget,
    column,
    counted,
    instant_of,
    spend_bar,
    state_badge,
    two_lines,
)
from ads.holds import TOTAL, GroupBudget, GroupFigures, budget_sums, from_bits
from ads.models import BudgetGroup, Campaign
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date
from ads.rules.money import format_money, remaining
from ads.services.explain import brand as brand_explanation
from ads.services.explain import sentence, shown_state

#: Campaigns listed on a group's page.
CAMPAIGNS: Final = 100

_LABELS: Final = {Period.DAY.value: "Today", Period.MONTH.value: "This month", TOTAL: "In total"}


@admin.register(BudgetGroup)
class BudgetGroupAdmin(LocalTimes, ShowsAudit, ConfigurationAdmin[BudgetGroup]):
    about = (
        "Campaigns of one brand that share a budget: when it is used up, all of them stop. Each "
        "also keeps its own budgets and those of the brand."
    )
    list_display = ["name", "of_brand", "running", "day", "month", "total"]
    list_filter = [("brand", RowFilter)]
    search_fields = ["name", "brand__name"]
    search_help_text = "Group or brand"
    autocomplete_fields = ["brand"]
    fieldsets = [
        (None, {"fields": ["name", "brand"]}),
        (
            "Budgets",
            {"fields": [("daily_budget", "monthly_budget"), ("total_budget", "start_date")]},
        ),
        (KEPT, {"fields": [("created", "updated")], "classes": ["collapse"]}),
    ]
    change_form_outer_before_template = "ads/admin/budget_group_now.html"
    events = {"BudgetGroupEvent": "pgh_obj_id"}

    class Media:
        css = {"all": ["ads/strips.css", "ads/story.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetGroup]:
        groups: QuerySet[BudgetGroup] = super().get_queryset(request).select_related("brand")
        return groups.annotate(
            every=Count("campaigns"),
            delivering=Count("campaigns", filter=Q(campaigns__is_active=True)),
        )

    def get_readonly_fields(
        self, request: HttpRequest, obj: BudgetGroup | None = None
    ) -> list[str]:
        # A group belongs to one brand for life; the database refuses anything else.
        return [*(["brand"] if obj else []), "created", "updated"]

    # The list.

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        rows = getattr(response, "context_data", {}).get("cl")
        if rows is not None:
            figures = _figures(rows.result_list, instant_of(request))
            for group in rows.result_list:
                group.figures = figures.get(group.pk)
        return response

    of_brand = column("brand", lambda group: group.brand.name, ordering="brand__name")

    @admin.display(description="delivering", ordering="delivering")
    def running(self, group: Any) -> str:
        return f"{group.delivering} of {group.every}"

    day = column("today", lambda group: _used(group, Period.DAY))
    month = column("this month", lambda group: _used(group, Period.MONTH))
    total = column("in total", lambda group: _used(group, TOTAL))

    # Shown in place of the fields to those who may only read.

    @admin.display(description="daily budget")
    def daily_limit(self, group: BudgetGroup) -> str:
        return budget(group.daily_budget, group.brand.currency)

    @admin.display(description="monthly budget")
    def monthly_limit(self, group: BudgetGroup) -> str:
        return budget(group.monthly_budget, group.brand.currency)

    @admin.display(description="total budget")
    def total_limit(self, group: BudgetGroup) -> str:
        return budget(group.total_budget, group.brand.currency)

    # The page.

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if group := context.get("original"):
            context |= _story(request, group.fresh(), timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().changeform_view(request, *args, **kwargs)
        # Committed by now, and so enforced.
        if saved := getattr(request, "saved_group", None):
            self._tell(request, *saved)
        return response

    def save_model(self, request: HttpRequest, obj: BudgetGroup, form: Any, change: bool) -> None:
        if change:
            request.saved_group = (obj, _delivering(obj))  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def _tell(self, request: HttpRequest, group: BudgetGroup, before: set[int]) -> None:
        after = _delivering(group)
        if started := len(after - before):
            verb = "now delivers" if started == 1 else "now deliver"
            self.message_user(request, f"{counted(started)} {verb}.", messages.SUCCESS)
        if stopped := len(before - after):
            verb = "has" if stopped == 1 else "have"
            self.message_user(request, f"{counted(stopped)} {verb} stopped.", messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return (
            super().get_deleted_objects(objs, request)
            if not (protected := _with_campaigns(objs))
            else ([], {}, set(), protected)
        )


def _with_campaigns(groups: Iterable[BudgetGroup]) -> list[str]:
    counts: Any = BudgetGroup.objects.filter(pk__in=[group.pk for group in groups])
    counts = counts.annotate(members=Count("campaigns")).filter(members__gt=0)
    return [
        f"{group} has {counted(group.members)}. Take them out of it first: select them in the list "
        "of campaigns, then “Put into a budget group”."
        for group in counts
    ]


def _delivering(group: BudgetGroup) -> set[int]:
    return set(group.campaigns.filter(is_active=True).values_list("pk", flat=True))


def _figures(groups: Iterable[BudgetGroup], now: datetime) -> dict[int, GroupFigures]:
    ids = [group.pk for group in groups]
    keys = budget_sums.today(BudgetGroup.objects.filter(pk__in=ids), now)
    return {pk: each for (pk, _), each in budget_sums.of_groups(keys).items()}


def _used(group: Any, period: str) -> SafeString | str:
    its = group.figures.budgets if group.figures else ()
    for each in its:
        if each.period == period:
            return two_lines(spend_bar(each.spent, each.budget, group.brand.currency), "")
    return NOTHING


def _story(request: HttpRequest, group: BudgetGroup, now: datetime) -> dict[str, Any]:
    brand = group.brand
    try:
        today = local_date(now, brand.timezone)
    except UnknownTimezone as error:
        return {"unexplained": str(error)}
    key = (group.pk, today)
    figures = budget_sums.of_groups([key], margins=brand.stops_early)[key]
    context: dict[str, Any] = {
        "group": group,
        "brand_link": reverse("admin:ads_brand_change", args=[brand.pk]),
        "headline": _headline(figures),
        "figures": [_figure(each, group) for each in figures.budgets],
    }
    if may_view(request, Campaign):
        members = Campaign.objects.filter(budget_group=group)
        rows = brand_explanation.first_campaigns(members, now, limit=CAMPAIGNS)
        context["members"] = [_member(row, now) for row in rows]
        context["members_count"] = members.count()
        context["members_link"] = listed("ads_campaign", budget_group__id__exact=group.pk)
        context["others_link"] = listed("ads_campaign", brand__id__exact=brand.pk)
    return context


def _headline(figures: GroupFigures) -> str:
    names = [
        {TOTAL: "total", "day": "daily", "month": "monthly"}[b.period] for b in figures.used_up
    ]
    if names:
        budgets = "budget is" if len(names) == 1 else "budgets are"
        nearly = "nearly used up, and the rest is on its way"
        used_up = nearly if figures.is_early else "used up"
        return f"Its {' and '.join(names)} {budgets} {used_up}: none of its campaigns is running."
    return "Its campaigns run within their own budgets and hours."


def _figure(each: GroupBudget, group: BudgetGroup) -> dict[str, Any]:
    label = _LABELS[each.period]
    if each.period == TOTAL and group.start_date:
        label = f"Since {group.start_date}"
    left = remaining(each.spent, each.budget)
    return {
        "label": label,
        "bar": spend_bar(each.spent, each.budget, group.brand.currency),
        "note": f"{format_money(left, group.brand.currency)} left" if left is not None else "",
    }


def _member(row: Any, now: datetime) -> dict[str, Any]:
    currency = row.brand.currency
    holds = from_bits(row.hold_bits)
    return {
        "name": row.name,
        "link": reverse("admin:ads_campaign_change", args=[row.pk]),
        "state": state_badge(shown_state(row, holds, now)),
        "holds": [{"label": hold.label, "sentence": sentence(hold, row, now)} for hold in holds],
        "today": format_money(row.daily_spend, currency),
        "month": format_money(row.monthly_spend, currency),
    }
