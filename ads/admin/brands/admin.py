"""Brands: clients of the agency, their budgets and their time."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ads.admin.base import KEPT, ConfigurationAdmin, Instead, KeepsWhatHasSpend
from ads.admin.brands.actions import BrandActions
from ads.admin.brands.changelist import LIST_FILTER, BrandColumns
from ads.admin.brands.detail import BrandPage
from ads.admin.plans import PlansBudgets
from ads.admin.receipts import ReceiptsPage
from ads.admin.replay import ReplayPage
from ads.admin.reports import ReportPage
from ads.admin.setup import SetsUpByFile, of_brands
from ads.admin.team import Labeled, TakesNotes
from ads.models import Brand, Campaign
from ads.services import visible
from ads.services.exports import Export, kinds
from ads.services.team import possible_managers


@admin.register(Brand)
class BrandAdmin(
    BrandActions,
    BrandColumns,
    BrandPage,
    ReceiptsPage,
    ReplayPage,
    Labeled,
    TakesNotes,
    ReportPage,
    PlansBudgets,
    SetsUpByFile,
    KeepsWhatHasSpend,
    ConfigurationAdmin[Brand],
):
    about = (
        "The clients. A brand's timezone decides when its day begins, and its budgets apply to "
        "all its campaigns together."
    )
    list_filter = LIST_FILTER
    search_fields = ["name"]
    search_help_text = "Name"
    fieldsets = [
        (None, {"fields": ["name", "is_active", ("timezone", "currency"), "account_manager"]}),
        ("Budgets", {"fields": [("daily_budget", "monthly_budget"), "stops_early"]}),
        (
            "Ad platforms",
            {
                "fields": [
                    ("stale_after_minutes", "stops_when_stale"),
                    "puts_switches_right",
                    "platform_caps",
                ]
            },
        ),
        (
            KEPT,
            {
                "fields": [
                    ("last_daily_reset", "last_monthly_reset"),
                    ("created", "updated"),
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        return super().get_queryset(request).select_related("account_manager")

    def get_fieldsets(self, request: HttpRequest, obj: Brand | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if visible.brand_ids() is None:
            return fieldsets
        # People are not shown to those who are limited to brands, so there are none to choose.
        name, group = fieldsets[0]
        shown = ["manager" if one == "account_manager" else one for one in group["fields"]]
        return [(name, {**group, "fields": shown}), *fieldsets[1:]]

    def get_readonly_fields(self, request: HttpRequest, obj: Brand | None = None) -> list[str]:
        limited = ["manager"] if visible.brand_ids() is not None else []
        return [*limited, "last_daily_reset", "last_monthly_reset", "created", "updated"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account_manager":
            kwargs["queryset"] = possible_managers()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Brand | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        fixed: dict[int, bool] = request.__dict__.setdefault("fixed_currencies", {})
        if obj and obj.pk not in fixed:  # asked for several times on a page
            fixed[obj.pk] = obj.is_currency_fixed
        if obj and fixed[obj.pk] and (field := form.base_fields.get("currency")):
            # In the browser alone: to the form it is still a value, so that a page opened before
            # the first spend is no conflict. Another currency is refused by the database.
            field.widget.attrs["disabled"] = True
            field.help_text = "All amounts are in this currency. Spend is on record: it is fixed."
        return form

    def export_of(self, rows: QuerySet[Brand]) -> Export:
        names_people = visible.brand_ids() is None
        return kinds.of_summary(timezone.now(), brands=rows, names_people=names_people)

    def setup_of(self, rows: QuerySet[Brand]) -> Export:
        return of_brands(rows)

    def instead(self, request: HttpRequest) -> Instead | None:
        if not self.has_switch_permission(request):
            return None
        return Instead(
            "Pause it instead",
            "A paused brand runs nothing and can be resumed. You see first which campaigns stop.",
            "admin:ads_brand_act",
            "pause",
        )

    def obstacles(self, objs: Iterable[Brand]) -> list[str]:
        brands = list(objs)
        with_campaigns = set(
            Campaign.objects.filter(brand__in=brands).values_list("brand", flat=True).distinct()
        )
        return [
            f"{brand} has campaigns. Pause the brand instead, or first delete its campaigns; "
            "those with spend cannot be deleted."
            for brand in brands
            if brand.pk in with_campaigns
        ]
