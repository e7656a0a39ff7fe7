"""Brands: clients of the agency, their budgets and their time."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import BooleanRadioFilter

from ads.admin.base import KEPT, ConfigurationAdmin
from ads.admin.brand_story import BrandPage
from ads.admin.deletion import KeepsWhatHasSpend
from ads.admin.exports import ExportsCsv
from ads.admin.text import NOTHING, clock, spent_of
from ads.models import Brand, Campaign, SpendTotal
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, period_start
from ads.services import exports
from ads.services.csv_export import Export


class BrandList(ChangeList):
    """Adds what a page's brands have spent, how many of their campaigns deliver, and their time."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        brands: list[Any] = list(self.result_list)
        now = timezone.now()
        starts = {brand.pk: _starts(brand, now) for brand in brands}
        spent = {
            (brand, period, start): amount - waived
            for brand, period, start, amount, waived in SpendTotal.objects.filter(
                brand__in=starts,
                campaign=None,
                start__in={start for both in starts.values() for start in both.values()},
            ).values_list("brand", "period", "start", "amount", "waived")
        }
        campaigns = {
            row["brand"]: (row["delivering"], row["every"])
            for row in Campaign.objects.filter(brand__in=starts)
            .order_by()
            .values("brand")
            .annotate(delivering=Count("pk", filter=Q(is_active=True)), every=Count("pk"))
        }
        for brand in brands:
            brand.local = clock(now, brand.timezone)
            brand.spent = {
                period: spent.get((brand.pk, period, start), Decimal(0))
                for period, start in starts[brand.pk].items()
            }
            brand.delivering, brand.every = campaigns.get(brand.pk, (0, 0))
        self.result_list = brands


def _starts(brand: Brand, now: Any) -> dict[str, Any]:
    """The dates that key the brand's current day and month; none in a timezone nobody can read."""
    try:
        today = local_date(now, brand.timezone)
    except UnknownTimezone:
        return {}
    return {period.value: period_start(period, today) for period in Period}


@admin.register(Brand)
class BrandAdmin(BrandPage, ExportsCsv, KeepsWhatHasSpend, ConfigurationAdmin[Brand]):
    """Brands with what they have spent today and this month, on their own clock."""

    list_display = ["name", "is_active", "running", "today", "this_month", "timezone", "local"]
    list_filter = [("is_active", BooleanRadioFilter)]
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (None, {"fields": ["name", "is_active", "timezone"]}),
        ("Budgets", {"fields": [("daily_budget", "monthly_budget")]}),
        (
            KEPT,
            {
                "fields": [
                    ("last_daily_reset", "last_monthly_reset"),
                    ("created_at", "updated_at"),
                ],
                "classes": ["collapse"],
            },
        ),
    ]
    readonly_fields = ["last_daily_reset", "last_monthly_reset", "created_at", "updated_at"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BrandList

    def export_of(self, rows: QuerySet[Brand]) -> Export:
        return exports.of_summary(timezone.now(), brands=rows)

    def obstacles(self, objs: Iterable[Brand]) -> list[str]:
        brands = list(objs)
        with_campaigns = set(
            Campaign.objects.filter(brand__in=brands).values_list("brand", flat=True).distinct()
        )
        return [
            f"{brand} has campaigns. What was spent stays on record, so switch the brand off "
            "instead; a campaign that never spent anything can be deleted first."
            for brand in brands
            if brand.pk in with_campaigns
        ]

    @admin.display(description="campaigns delivering")
    def running(self, brand: Any) -> str:
        return f"{brand.delivering} of {brand.every}"

    @admin.display(description="today / budget")
    def today(self, brand: Any) -> SafeString | str:
        return self._spent(brand, Period.DAY, brand.daily_budget)

    @admin.display(description="this month / budget")
    def this_month(self, brand: Any) -> SafeString | str:
        return self._spent(brand, Period.MONTH, brand.monthly_budget)

    def _spent(self, brand: Any, period: Period, budget: Any) -> SafeString | str:
        return spent_of(brand.spent[period], budget) if period in brand.spent else NOTHING

    @admin.display(description="local time")
    def local(self, brand: Any) -> str:
        return brand.local  # type: ignore[no-any-return]
