"""The ledger, its sums, and what sources reported: to be read."""

from django.contrib import admin
from django.db.models import QuerySet
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
)

from ads.admin.base import ReadOnlyAdmin
from ads.admin.corrections import CorrectsSpend
from ads.admin.exports import ExportsCsv
from ads.models import ReportedTotal, Spend, SpendTotal
from ads.models.references import shown
from ads.rules.money import format_usd
from ads.services import exports
from ads.services.csv_export import Export


@admin.register(Spend)
class SpendAdmin(CorrectsSpend, ExportsCsv, ReadOnlyAdmin[Spend]):
    """Entries of the ledger, the newest first."""

    about = (
        "Every entry of spend, as it came in. Entries are never changed or deleted; a mistake "
        "is corrected by another entry."
    )
    list_display = [
        "date",
        "campaign",
        "brand",
        "usd",
        "kind",
        "source",
        "description",
        "external_id",
        "occurred_at",
    ]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("date", RangeDateFilter),
        ("campaign", AutocompleteSelectFilter),
        ("campaign__brand", AutocompleteSelectFilter),
        ("kind", ChoicesDropdownFilter),
    ]
    search_fields = ["campaign__name", "external_id", "source"]
    search_help_text = "Campaign, source or the source's own id"
    ordering = ["-id"]
    fields = [
        "campaign",
        "brand",
        "usd",
        "date",
        "occurred_at",
        "kind",
        "description",
        "source",
        "external_id",
        "created_at",
    ]

    def export_of(self, rows: QuerySet[Spend]) -> Export:
        return exports.of_spend(rows)

    @admin.display(description="brand")
    def brand(self, spend: Spend) -> str:
        return spend.campaign.brand.name

    @admin.display(description="amount")
    def usd(self, spend: Spend) -> str:
        return format_usd(spend.amount)


@admin.register(SpendTotal)
class SpendTotalAdmin(ExportsCsv, ReadOnlyAdmin[SpendTotal]):
    """Sums of the ledger by owner and period, the newest first."""

    about = (
        "What each brand and campaign has spent, day by day and month by month: the sums of the "
        "ledger, kept by the database. What was waived was spent too, but no longer counts "
        "against the budget."
    )
    list_display = ["start", "period", "brand", "owner", "usd", "usd_waived", "usd_effective"]
    list_select_related = ["brand", "campaign"]
    list_filter = [
        ("start", RangeDateFilter),
        ("period", ChoicesDropdownFilter),
        ("brand", AutocompleteSelectFilter),
        ("campaign", AutocompleteSelectFilter),
    ]
    search_fields = ["brand__name", "campaign__name"]
    search_help_text = "Brand or campaign"
    fields = [
        "brand",
        "owner",
        "period",
        "start",
        "usd",
        "usd_waived",
        "usd_effective",
        "created_at",
        "updated_at",
    ]

    def export_of(self, rows: QuerySet[SpendTotal]) -> Export:
        return exports.of_totals(rows)

    @admin.display(description="campaign")
    def owner(self, total: SpendTotal) -> str:
        return "all of the brand's" if total.campaign is None else total.campaign.name

    @admin.display(description="amount")
    def usd(self, total: SpendTotal) -> str:
        return format_usd(total.amount)

    @admin.display(description="waived")
    def usd_waived(self, total: SpendTotal) -> str:
        return format_usd(total.waived)

    @admin.display(description="counts against the budget")
    def usd_effective(self, total: SpendTotal) -> str:
        return format_usd(total.amount - total.waived)


@admin.register(ReportedTotal)
class ReportedTotalAdmin(ReadOnlyAdmin[ReportedTotal]):
    """What each source last said a campaign had cost on a day."""

    about = (
        "What each source last said that a campaign has cost so far on a day. The ledger gets "
        "the difference each time it says something new."
    )
    list_display = ["date", "campaign", "brand", "source", "called", "usd", "observed_at"]
    list_select_related = ["campaign__brand"]
    list_filter = [
        ("date", RangeDateFilter),
        ("campaign", AutocompleteSelectFilter),
        ("campaign__brand", AutocompleteSelectFilter),
    ]
    search_fields = ["campaign__name", "source", "known_as"]
    search_help_text = "Campaign, source or reference"
    fields = [
        "campaign",
        "brand",
        "date",
        "usd",
        "source",
        "called",
        "observed_at",
        "created_at",
        "updated_at",
    ]
    ordering = ["-id"]

    @admin.display(description="brand")
    def brand(self, total: ReportedTotal) -> str:
        return total.campaign.brand.name

    @admin.display(description="reported as", ordering="known_as")
    def called(self, total: ReportedTotal) -> str:
        return shown(total.known_as) or "the campaign itself"

    @admin.display(description="amount")
    def usd(self, total: ReportedTotal) -> str:
        return format_usd(total.amount)
