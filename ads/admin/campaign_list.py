"""The list of campaigns: what each row says, and the order and the length of its pages."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Case, F, OrderBy, QuerySet, Value, When
from django.forms import Media
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from ads.admin import tips
from ads.admin.bars import spend_track
from ads.admin.campaign_filters import instant_of, moment_of
from ads.admin.text import NOTHING, STATE_COLOURS, budget, instant, soon
from ads.holds import Hold, with_spend
from ads.models import Campaign
from ads.models.campaign import STATES
from ads.rules.money import format_usd
from ads.services import picking
from ads.services.explanation import Explanation, Held, explain_many

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Campaign]
else:
    _Admin = object

#: How many rows a page may have, and the parameter that says so.
ROWS: Final = (25, 50, 100)
ROWS_VAR: Final = "rows"

#: The columns that are worked out, and the budget that each is about: they are worked out for all
#: campaigns only where the list is sorted by them.
SPENT: Final = {limit.spend: limit for limit in picking.OWN}
SHARES: Final = {f"{limit.period_word}_share": limit for limit in picking.OWN}

#: Where a campaign without one has no place among the others, and comes last.
MAY_BE_MISSING: Final = {"daily_budget", "monthly_budget", *SHARES}

BY_STATE: Final = Case(
    *(When(those, then=Value(place)) for place, those in enumerate(STATES.values()))
)


class CampaignList(ChangeList):
    """Reads a page of campaigns, and explains the campaigns of that page together."""

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        lookups: dict[str, Any] = super().get_filters_params(params)
        lookups.pop(ROWS_VAR, None)
        return lookups

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Campaign]:
        every = self.root_queryset
        self._is_in_order = True
        if (ordered := self._with_what_sorts_it(request, every)) is every:
            return super().get_queryset(request, exclude_parameters)
        if unreadable := moment_of(request).unreadable:
            messages.warning(
                request,
                "In this order, campaigns of brands whose timezone cannot be read are not listed: "
                f"they have no day or month. Correct it ({', '.join(unreadable)}).",
            )
        # In no order the same campaigns are counted faster than with what they are sorted by.
        self._is_in_order = False
        counted = super().get_queryset(request, exclude_parameters)
        self._is_in_order, self.root_queryset = True, ordered
        try:
            found: Any = super().get_queryset(request, exclude_parameters)
        finally:
            self.root_queryset = every
        if not unreadable:
            found.counted = counted
        return found  # type: ignore[no-any-return]

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        if not self._is_in_order:
            return []
        return [_missing_last(part) for part in super().get_ordering(request, queryset)]

    def _with_what_sorts_it(
        self, request: HttpRequest, campaigns: QuerySet[Campaign]
    ) -> QuerySet[Campaign]:
        wanted = {_name(part) for part in self.get_ordering(request, campaigns)}
        sorting = {**SPENT, **SHARES}
        budgets = {sorting[name] for name in wanted & sorting.keys()}
        if not budgets:
            return campaigns
        shares = {name: picking.share_of(limit) for name, limit in SHARES.items() if name in wanted}
        return with_spend(campaigns, moment_of(request), budgets).alias(**shares)

    def get_results(self, request: HttpRequest) -> None:
        rows = request.GET.get(ROWS_VAR, "")
        if rows in map(str, ROWS):
            self.list_per_page = int(rows)
        try:
            super().get_results(request)
        except IncorrectLookupParameters:
            # A filter that is set on page 7 may leave three.
            paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
            self.page_num = max(min(self.page_num, paginator.num_pages), 1)
            super().get_results(request)
        self._now = instant_of(request)
        self._formset: Any = None
        self.rows_choices = [
            (count, self.get_query_string({ROWS_VAR: count}), count == self.list_per_page)
            for count in ROWS
        ]
        self.result_list = self._explained(list(self.result_list))

    @property
    def formset(self) -> Any:
        """The forms of the rows, in their order; None where nothing can be entered."""
        return self._formset

    @formset.setter
    def formset(self, formset: Any) -> None:
        self._formset = formset
        if formset is None or not formset.is_bound:
            return
        # What was posted is shown again, whatever rows the page would have by now.
        posted = [form.instance.pk for form in formset.forms]
        campaigns = Campaign.objects.select_related("brand").in_bulk(posted)
        self.result_list = self._explained([campaigns[pk] for pk in posted])

    def _explained(self, listed: list[Campaign]) -> list[Any]:
        """The campaigns as evaluated, each with its explanation.

        One whose brand is in a timezone nobody can read comes as it is, and without.
        """
        explanations = explain_many(listed, self._now)
        rows: list[Any] = []
        for campaign in listed:
            explained = explanations.get(campaign.pk)
            row: Any = explained.campaign if explained else campaign
            row.explained = explained
            rows.append(row)
        return rows


def _name(part: Any) -> str:
    """The column that a part of an order is by; "" for an expression."""
    if isinstance(part, str):
        return part.lstrip("-")
    expression: Any = part.expression if isinstance(part, OrderBy) else part
    return str(getattr(expression, "name", ""))


def _missing_last(part: Any) -> Any:
    if not isinstance(part, str) or _name(part) not in MAY_BE_MISSING:
        return part
    column = F(_name(part))
    return column.desc(nulls_last=True) if part[0] == "-" else column.asc(nulls_last=True)


#: Nothing to say; where room is scarce, not even that.
NONE: Final = format_html('<span class="ads-none">{}</span>', NOTHING)


class CampaignPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of a length that can be chosen."""

    template_name = "ads/admin/campaign_pages.html"

    @cached_property
    def count(self) -> int:
        rows: Any = getattr(self.object_list, "counted", self.object_list)
        return int(rows.count())


class CampaignColumns(_Admin):
    """The columns of the list."""

    list_display = [
        "name",
        "of_brand",
        "badge",
        "next_change",
        "held_by",
        "today",
        "day_used",
        "daily_budget",
        "this_month",
        "month_used",
        "monthly_budget",
        "hours",
    ]
    list_select_related = ["brand"]
    list_fullwidth = True
    # What a page shows, it can also be saved with; so many fields a request may have.
    list_max_show_all = ROWS[-1]
    paginator = CampaignPaginator

    @property
    def media(self) -> Media:
        return super().media + tips.MEDIA + Media(css={"all": ["ads/campaign_list.css"]})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns: list[Any] = list(super().get_list_display(request))
        if self.has_change_permission(request) and IS_POPUP_VAR not in request.GET:
            return columns
        # Who may not enter amounts reads them.
        read = {"daily_budget": "daily_limit", "monthly_budget": "monthly_limit"}
        return [read.get(column, column) for column in columns]

    @admin.display(description="brand", ordering="brand__name")
    def of_brand(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<a class="ads-link" href="{}">{}</a>',
            reverse("admin:ads_brand_change", args=[campaign.brand_id]),
            campaign.brand.name,
        )

    @admin.display(description="state", ordering=BY_STATE)
    def badge(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<span class="ads-badge ads-{}">{}</span>',
            STATE_COLOURS.get(campaign.state, "plain"),
            campaign.state,
        )

    @admin.display(description="next change")
    def next_change(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        if explained is None or explained.next_change is None:
            return NONE
        change, zone = explained.next_change, campaign.brand.timezone
        why = ", ".join(hold.label for hold in change.holds)
        return tips.tip(
            f"{'on' if change.delivers else 'off'} {soon(change.at, explained.at, zone)}",
            f"{'Starts' if change.delivers else 'Stops'} {instant(change.at, zone)}"
            f"{f': {why}' if why else ''}, if nobody acts and nothing more is spent.",
            name=f"next-{campaign.pk}",
            classes="ads-change-at",
        )

    @admin.display(description="held by")
    def held_by(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        if explained is None:
            return "unknown: the brand's timezone cannot be read"
        if not explained.holds:
            return NONE if campaign.is_active else "nothing: starts with the next check"
        labels = format_html_join(" ", "{}", ((_hold(campaign, held),) for held in explained.holds))
        return format_html('<span class="ads-many">{}</span>', labels)

    @admin.display(description="today", ordering="daily_spend")
    def today(self, campaign: Any) -> SafeString | str:
        if campaign.explained is None:
            return NONE
        return _amount(campaign.daily_spend)

    @admin.display(description="% of day", ordering="daily_share")
    def day_used(self, campaign: Any) -> SafeString | str:
        if campaign.explained is None:
            return NONE
        return spend_track(campaign.daily_spend, campaign.daily_budget)

    @admin.display(description="this month", ordering="monthly_spend")
    def this_month(self, campaign: Any) -> SafeString | str:
        if campaign.explained is None:
            return NONE
        return _amount(campaign.monthly_spend)

    @admin.display(description="% of month", ordering="monthly_share")
    def month_used(self, campaign: Any) -> SafeString | str:
        if campaign.explained is None:
            return NONE
        return spend_track(campaign.monthly_spend, campaign.monthly_budget)

    @admin.display(description="daily budget", ordering="daily_budget")
    def daily_limit(self, campaign: Campaign) -> str:
        return budget(campaign.daily_budget)

    @admin.display(description="monthly budget", ordering="monthly_budget")
    def monthly_limit(self, campaign: Campaign) -> str:
        return budget(campaign.monthly_budget)

    @admin.display(description="schedules")
    def hours(self, campaign: Any) -> SafeString | str:
        explained: Explanation | None = campaign.explained
        schedules = explained.schedules if explained else []
        if not schedules:
            return "none attached: no hours" if campaign.is_dayparting_enabled else NONE
        links = format_html_join(
            ", ",
            '<a class="ads-link" href="{}">{}</a>',
            (
                (reverse("admin:ads_daypartingschedule_change", args=[schedule.pk]), schedule.name)
                for schedule in schedules
            ),
        )
        off = "" if campaign.is_dayparting_enabled else "dayparting is off: "
        return format_html('<span class="ads-many">{}{}</span>', off, links)


def _amount(spent: Decimal) -> SafeString:
    return format_html('<span class="ads-spend-amount ads-figure">{}</span>', format_usd(spent))


def _hold(campaign: Any, held: Held) -> SafeString:
    until = "Until somebody changes it."
    if held.lifts_at:
        until = f"Until {instant(held.lifts_at, campaign.brand.timezone)}."
    return tips.tip(
        Hold(held.code).label, f"{held.sentence}. {until}", name=f"{held.code}-{campaign.pk}"
    )
