"""Unmatched campaigns: their waiting spend, and the suggested matches."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, FieldTextFilter

from ads.admin.base import ReadOnlyAdmin
from ads.admin.elements import NOTHING, DayFilter, DropdownFilter, RowFilter, column, unbroken
from ads.admin.references.finding import AccountFilter, IdSearch
from ads.admin.references.forms import named
from ads.admin.references.pages import MatchingPages
from ads.admin.references.text import brand_names, days, facts, possible_brands, rows
from ads.models import UnknownReference, WaitingSpend
from ads.rules.calendar import format_instant
from ads.rules.money import format_money, format_sums
from ads.services.currencies import the_only
from ads.services.references import unmatched

#: Rows shown on the page of their reference.
SHOWN = 50


class UnmatchedList(ChangeList):
    """Looks up the waiting spend and suggested matches of the references on its page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        listed: list[Any] = list(self.result_list)
        waits = unmatched.waits([one.pk for one in listed])
        suggested = unmatched.suggestions(listed)
        carried = unmatched.carriers(listed)
        names = brand_names(listed)
        for one in listed:
            one.waits = waits[one.pk]
            one.suggested = suggested.get(one.pk)
            one.carrier = carried.get(one.pk)
            one.possible_brands = possible_brands(one, names)
        self.result_list = listed


class WaitsFilter(DropdownFilter):
    """Those with waiting spend by default."""

    title = "spend"
    parameter_name = "waits"
    all_option = ["", "Waiting"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("refused", "Could not be recorded"), ("discarded", "Discarded")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[UnknownReference]
    ) -> QuerySet[UnknownReference]:
        return unmatched.having(queryset, self.value() or "waiting")


@admin.register(UnknownReference)
class UnknownReferenceAdmin(IdSearch, MatchingPages, ReadOnlyAdmin[UnknownReference]):
    about = (
        "Campaigns on ad platforms that no campaign here is matched to. Their spend waits, and "
        "counts against no budget, until someone matches them."
    )
    list_display = ["called", "name", "what", "over", "sources", "brands", "suggested_match"]
    list_filter = [WaitsFilter, ("platform", FieldTextFilter), ("account", AccountFilter)]
    search_fields = ["reference", "name", "account", "platform"]
    search_help_text = "Platform ID, name, account or platform"
    ordering = ["platform", "account", "reference", "id"]
    fields = ["created_at", "updated_at"]
    actions = ["match_selected", "discard_selected"]
    change_form_outer_before_template = "ads/admin/unknown_reference.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UnmatchedList

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> TemplateResponse:
        if unknown := context.get("original"):
            waits = unmatched.waits([unknown.pk])[unknown.pk]
            context["facts"] = facts(unknown, waits, brand_names([unknown]))
            carrier = unmatched.carriers([unknown]).get(unknown.pk)
            context["carrier"] = carrier
            context["overlap"] = carrier and unmatched.overlaps([(unknown, carrier)])
            context["refusals"] = waits.refusals
            only = the_only()
            rows_shown = unknown.waiting.order_by("pk")[:SHOWN]
            context["waiting"] = [_shown(row, row.currency or only) for row in rows_shown]
            context["more"] = max(0, waits.rows + waits.discarded - SHOWN)
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[return-value]

    @admin.display(description="platform ID", ordering="reference")
    def called(self, unknown: UnknownReference) -> SafeString:
        return format_html(
            '<span class="ads-many ads-wrap">{}<span class="ads-under ads-quiet">{}</span></span>',
            unknown.reference,
            " / ".join(part for part in (unknown.platform, unknown.account) if part),
        )

    @admin.display(description="waiting spend")
    def what(self, unknown: Any) -> SafeString:
        waits = unknown.waits
        refused = format_html(
            '<span class="ads-hold ads-warning" title="{}">{} refused</span>',
            " ".join(waits.refusals),
            rows(waits.refused),
        )
        return format_html(
            '<span class="ads-many ads-figure">{} <span class="ads-quiet">{}{}</span> {}</span>',
            format_sums(waits.sums),
            rows(waits.rows),
            f", {waits.discarded:,} discarded" if waits.discarded else "",
            refused if waits.refused else "",
        )

    over = column("days", lambda unknown: unbroken(days(unknown.waits)))
    sources = column("sources", lambda unknown: ", ".join(unknown.waits.sources) or NOTHING)

    @admin.display(description="possible brands")
    def brands(self, unknown: Any) -> str:
        return unknown.possible_brands  # type: ignore[no-any-return]

    @admin.display(description="suggested match")
    def suggested_match(self, unknown: Any) -> SafeString | str:
        if unknown.carrier:
            return f"matched to {named(unknown.carrier)}"
        campaign = unknown.suggested
        if campaign is None:
            return NOTHING
        match = reverse("admin:ads_unknownreference_match_campaign", args=[unknown.pk])
        return format_html(
            '<a class="ads-link" href="{}?campaign={}">{}</a>',
            match,
            campaign.pk,
            named(campaign),
        )


def _shown(row: WaitingSpend, currency: str) -> dict[str, Any]:
    became = f"Discarded by {row.discarded_by}: {row.discarded_because}" if row.discarded_at else ""
    return {
        "received": format_instant(row.received_at),
        "kind": row.get_kind_display(),
        "amount": format_money(row.amount, currency),
        "date": row.date or NOTHING,
        "source": row.source,
        "external_id": row.external_id or NOTHING,
        "description": row.description,
        "status": became or row.refusal,
    }


@admin.register(WaitingSpend)
class WaitingSpendAdmin(IdSearch, ReadOnlyAdmin[WaitingSpend]):
    about = (
        "Spend of unmatched campaigns. It is not in the ledger and counts against no budget yet. "
        "Discarded rows stay here, with the user and the reason."
    )
    list_display = [
        "received_at",
        "unknown",
        "waits",
        "date",
        "kind",
        "source",
        "external_id",
        "refusal",
        "discarded_by",
    ]
    list_select_related = ["unknown"]
    list_filter = [
        ("unknown", RowFilter),
        ("kind", ChoicesDropdownFilter),
        ("source", FieldTextFilter),
        ("date", DayFilter),
    ]
    search_fields = ["unknown__reference", "unknown__name", "=external_id", "=source"]
    search_help_text = "Platform ID, name, source or external ID"
    ordering = ["-id"]
    fields = [
        "unknown",
        "waits",
        "date",
        "occurred_at",
        "observed_at",
        "kind",
        "description",
        "source",
        "external_id",
        "received_at",
        "refusal",
        "discarded_at",
        "discarded_by",
        "discarded_because",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WaitingSpend]:
        return super().get_queryset(request).annotate(only=Value(the_only()))

    waits = column("amount", lambda row: format_money(row.amount, row.currency or row.only))
