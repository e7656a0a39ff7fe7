"""The ledger, its totals, and the day totals that sources reported: read-only."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ads.admin.base import ExportsCsv, ReadOnlyAdmin
from ads.admin.elements import (
    NOTHING,
    CampaignsBrandFilter,
    DayFilter,
    RowFilter,
    actor_name,
    column,
    link_to,
    unbroken,
    with_words,
)
from ads.admin.spend.changelist import (
    BRAND,
    CAMPAIGN,
    FIRST,
    LAST,
    BrandsSumsFilter,
    SourceFilter,
    SpendList,
    SummedPaginator,
    called,
    campaigns_named,
)
from ads.admin.spend.corrections import CorrectsSpend
from ads.models import Brand, Campaign, ReportedTotal, Spend, SpendTotal
from ads.models.spend import Period, shown
from ads.rules.calendar import format_instant, month_start
from ads.rules.money import format_money
from ads.rules.platform_ids import spelled
from ads.services import visible
from ads.services.exports import Export, kinds


@admin.register(Spend)
class SpendAdmin(CorrectsSpend, ExportsCsv, ReadOnlyAdmin[Spend]):
    about = (
        "The ledger: every entry of spend, with times in its brand's timezone. Entries are never "
        "changed or deleted; a mistake is corrected by another entry."
    )
    list_display = [
        "day",
        "of_campaign",
        "of_brand",
        "in_full",
        "kind",
        "source",
        "description",
        "external_id",
        "occurred",
    ]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("campaign__brand", CampaignsBrandFilter),
        ("campaign", RowFilter),
        ("date", DayFilter),
        SourceFilter,
        ("kind", ChoicesDropdownFilter),
    ]
    list_before_template = "ads/admin/spend_list.html"
    paginator = SummedPaginator
    search_fields = ["campaign__name"]
    search_help_text = "Campaign, entry number, or the source's own id of an entry"
    ordering = ["-date", "-id"]
    fields = [
        "number",
        "of_campaign",
        "of_brand",
        "in_full",
        "date",
        "occurred",
        "kind",
        "description",
        "source",
        "by",
        "external_id",
        "recorded",
    ]

    class Media:
        css = {"all": ["ads/spend.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SpendList

    def search(self, request: HttpRequest, term: str) -> Q:
        return Q(campaign__in=campaigns_named(self, request, term)) | Q(pk__in=called(term))

    def export_of(self, rows: QuerySet[Spend]) -> Export:
        return kinds.of_spend(kinds.of_brands(rows, visible.brand_ids()))

    day = column("day", lambda spend: unbroken(spend.date))

    @admin.display(description="occurred")
    def occurred(self, spend: Spend) -> SafeString:
        at = format_instant(spend.occurred_at, spend.campaign.brand.timezone)
        return unbroken(at)

    @admin.display(description="recorded")
    def recorded(self, spend: Spend) -> str:
        return format_instant(spend.created_at, spend.campaign.brand.timezone)

    by = column("recorded by", lambda spend: actor_name(spend.recorded_by) or NOTHING)
    number = column("entry", lambda spend: f"{spend.pk}")
    of_campaign = column("campaign", lambda spend: link_to(spend.campaign))
    of_brand = column("brand", lambda spend: link_to(spend.campaign.brand))
    in_full = column("amount", lambda spend: money(spend.amount, spend.campaign.brand))


def money(amount: Decimal, brand: Brand) -> SafeString:
    """An amount in a column; negative ones stand out."""
    return format_html(
        '<span class="ads-money{}">{}</span>',
        " ads-takes-back" if amount < 0 else "",
        format_money(amount, brand.currency),
    )


def entries_behind(total: SpendTotal) -> str:
    """The list of the entries that a total adds up."""
    last = total.start
    if total.period == Period.MONTH:
        last = month_start(total.start + timedelta(days=31)) - timedelta(days=1)
    of = {CAMPAIGN: total.campaign_id} if total.campaign_id else {BRAND: total.brand_id}
    query = urlencode({**of, FIRST: total.start, LAST: last})
    return f"{reverse('admin:ads_spend_changelist')}?{query}"


@admin.register(SpendTotal)
class SpendTotalAdmin(ExportsCsv, ReadOnlyAdmin[SpendTotal]):
    about = (
        "The spend of each brand and campaign by day and month, kept up to date by the database. "
        "“Allowed beyond the budget” is what may be spent on top of that day's or month's budget."
    )
    list_display = [
        "start",
        "period",
        "of_brand",
        "owner",
        "spent",
        "allowed",
        "entries",
    ]
    list_select_related = ["brand", "campaign"]
    list_filter = [
        ("start", DayFilter),
        ("period", ChoicesDropdownFilter),
        ("brand", BrandsSumsFilter),
        ("campaign", RowFilter),
    ]
    search_fields = ["campaign__name"]
    search_help_text = "Campaign"
    fields = [
        "of_brand",
        "owner",
        "period",
        "start",
        "spent",
        "allowed",
        "entries",
        "created_at",
        "updated_at",
    ]
    change_form_after_template = "ads/admin/spend_total.html"

    class Media:
        css = {"all": ["ads/spend.css"]}

    def search(self, request: HttpRequest, term: str) -> Q:
        return Q(campaign__in=campaigns_named(self, request, term))

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        # The newest were made last; only a selection of days is sorted by day.
        of_days = any(request.GET.get(name) for name in ("start_from", "start_to"))
        return ["-start", "-id"] if of_days else ["-id"]

    def export_of(self, rows: QuerySet[SpendTotal]) -> Export:
        return kinds.of_totals(kinds.of_brands(rows, visible.brand_ids()), timezone.now())

    @admin.display(description="campaign")
    def owner(self, total: SpendTotal) -> SafeString | str:
        return "all campaigns" if total.campaign is None else link_to(total.campaign)

    of_brand = column("brand", lambda total: link_to(total.brand))
    spent = column("amount", lambda total: money(total.amount, total.brand))
    allowed = column("allowed beyond the budget", lambda total: money(total.waived, total.brand))

    @admin.display(description="entries")
    def entries(self, total: SpendTotal) -> SafeString:
        return format_html('<a class="ads-link" href="{}">Show</a>', entries_behind(total))


@admin.register(ReportedTotal)
class ReportedTotalAdmin(ReadOnlyAdmin[ReportedTotal]):
    about = (
        "The last total that each source reported for a campaign and day. Each time it changes, "
        "the difference is added to the ledger."
    )
    list_display = [
        "date",
        "campaign",
        "brand",
        "source",
        "called",
        "reported",
        "replaced_by",
        "observed",
    ]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("date", DayFilter),
        ("campaign", RowFilter),
        ("campaign__brand", CampaignsBrandFilter),
    ]
    search_fields = ["campaign__name", "source", "known_as"]
    search_help_text = "Campaign, source (whole name), or platform ID"
    fields = [
        "campaign",
        "brand",
        "date",
        "reported",
        "source",
        "called",
        "replaced_by",
        "observed",
        "created_at",
        "updated_at",
    ]
    ordering = ["-id"]

    def search(self, request: HttpRequest, term: str) -> Q:
        # Each campaign's name is compared once, not once for each of its days.
        named = Campaign.objects.filter(with_words(term.split(), "name")).order_by().values("pk")
        known = spelled(spelled(term), account=True)
        return Q(campaign__in=named) | Q(source=term) | Q(known_as__contains=known)

    @admin.display(description="observed")
    def observed(self, total: ReportedTotal) -> str:
        return format_instant(total.observed_at, total.campaign.brand.timezone, seconds=True)

    brand = column("brand", lambda total: total.campaign.brand.name)

    @admin.display(description="reported as", ordering="known_as")
    def called(self, total: ReportedTotal) -> str:
        return shown(total.known_as) or "the campaign itself"

    @admin.display(description="amount")
    def reported(self, total: ReportedTotal) -> str:
        return format_money(total.amount, total.campaign.brand.currency)
