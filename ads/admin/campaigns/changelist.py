"""The list of campaigns: its rows, order and pages."""

from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from ads.admin.base import Pages
from ads.admin.campaigns.budgets import EDIT
from ads.admin.campaigns.filters import moment_of
from ads.admin.elements import instant_of, missing_last, ordered_by, within_currencies
from ads.holds import LOCAL_DATE, with_spend
from ads.models import Campaign
from ads.services import pacing
from ads.services.explain import explain_many
from ads.services.lists import filters
from ads.services.team import labels

#: Rows on a page, and the parameter of the address.
ROWS: Final = (25, 50, 100)
ROWS_VAR: Final = "rows"

#: Calculated columns, and their budgets; calculated for all campaigns only to sort by them.
SPENT: Final = {limit.spend: limit for limit in filters.OWN}
SHARES: Final = {f"{limit.period.word}_share": limit for limit in filters.OWN}

#: Amounts, which are compared within a currency only.
MONEY: Final = {"daily_budget", "monthly_budget", *SPENT}

#: Stored with the pace.
PACE_PERCENT: Final = f"{pacing.PACE}__pace_percent"

#: Campaigns without a value come last.
MAY_BE_MISSING: Final = {"daily_budget", "monthly_budget", PACE_PERCENT, *SHARES}


class CampaignList(ChangeList):
    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        lookups: dict[str, Any] = super().get_filters_params(params)
        for name in (ROWS_VAR, EDIT):
            lookups.pop(name, None)
        return lookups

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Campaign]:
        every = self.root_queryset
        self._is_in_order = True
        if (ordered := self._with_what_sorts_it(request, every)) is every:
            return super().get_queryset(request, exclude_parameters)
        left_out = LOCAL_DATE in ordered.query.annotations
        unreadable = moment_of(request).unreadable if left_out else ()
        pages: Any = self.model_admin
        if unreadable and request.path.endswith(pages.of_matching):
            # A file has every row rather than this order.
            self._is_in_order = False
            rows: Any = super().get_queryset(request, exclude_parameters)
            return rows.order_by("brand__name", "name", "pk")  # type: ignore[no-any-return]
        if unreadable:
            messages.warning(
                request,
                "Campaigns of brands with an invalid timezone are not listed in this order. "
                f"Correct the timezone ({', '.join(unreadable)}).",
            )
        # Counted faster without what they are sorted by.
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
        ordering = super().get_ordering(request, queryset)
        return [
            missing_last(part) if ordered_by(part) in MAY_BE_MISSING else part
            for part in within_currencies(ordering, MONEY, "brand__")
        ]

    def _with_what_sorts_it(
        self, request: HttpRequest, campaigns: QuerySet[Campaign]
    ) -> QuerySet[Campaign]:
        wanted = {ordered_by(part) for part in self.get_ordering(request, campaigns)}
        sorting = {**SPENT, **SHARES}
        budgets = {sorting[name] for name in wanted & sorting.keys()}
        if PACE_PERCENT in wanted:
            campaigns = pacing.with_pace(campaigns, instant_of(request))
        if not budgets:
            return campaigns
        shares = {name: filters.share_of(limit) for name, limit in SHARES.items() if name in wanted}
        return with_spend(campaigns, moment_of(request), budgets).alias(**shares)

    def get_results(self, request: HttpRequest) -> None:
        rows = request.GET.get(ROWS_VAR, "")
        if rows in map(str, ROWS):
            self.list_per_page = int(rows)
        super().get_results(request)
        self._now = instant_of(request)
        self._formset: Any = None
        self.rows_choices = [
            (count, self.get_query_string({ROWS_VAR: count}), count == self.list_per_page)
            for count in ROWS
        ]
        self.result_list = self._explained(self._rows_of_page())

    def _rows_of_page(self) -> list[Campaign]:
        """The campaigns of the page; where others are read to find them, by their ids.

        PostgreSQL would carry every column of them all through joins and sorting.
        """
        page: QuerySet[Campaign] = self.result_list
        if LOCAL_DATE not in page.query.annotations and ORDER_VAR not in self.params:
            return list(page)
        ids = list(page.values_list("pk", flat=True))
        every: QuerySet[Campaign] = self.apply_select_related(self.root_queryset)
        # Without those that are deleted just now.
        found = every.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]

    @property
    def formset(self) -> Any:
        return self._formset

    @formset.setter
    def formset(self, formset: Any) -> None:
        self._formset = formset
        if formset is None or not formset.is_bound:
            return
        # Posted rows are shown again, whatever the page would have by now.
        posted = [form.instance.pk for form in formset.forms]
        campaigns = self.root_queryset.select_related("brand").in_bulk(posted)
        self.result_list = self._explained([campaigns[pk] for pk in posted])

    def _explained(self, listed: list[Campaign]) -> list[Any]:
        """The campaigns with their explanations, which an invalid timezone leaves out."""
        explanations = explain_many(listed, self._now)
        paces = pacing.stored_of(listed, self._now)
        rows: list[Any] = []
        for campaign in listed:
            explained = explanations.get(campaign.pk)
            row: Any = explained.campaign if explained else campaign
            row.explained = explained
            row.pace_of_month = paces.get(row.pk)
            row.account_manager = campaign.brand.account_manager
            rows.append(row)
        if "its_labels" in self.list_display:
            labels.load(rows)
        return rows


class CampaignPaginator(Pages):
    template_name = "ads/admin/campaign_pages.html"

    @cached_property
    def count(self) -> int:
        rows: Any = getattr(self.object_list, "counted", self.object_list)
        return int(rows.count())
