"""The list of brands: spend in their own time, and how many campaigns run."""

from decimal import Decimal
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import BooleanRadioFilter

from ads import brand_figures
from ads.admin.elements import (
    NOTHING,
    USED,
    AdminMixin,
    ChoiceFilter,
    DropdownFilter,
    budget,
    clock,
    column,
    instant_of,
    missing_last,
    ordered_by,
    pace_cell,
    spend_track,
    state_badge,
    tips,
    two_lines,
    within_currencies,
)
from ads.admin.team import LabelFilter, ManagerFilter
from ads.brand_figures import SHARE, SPEND
from ads.models import Brand, Campaign
from ads.models.campaigns import STATES, State
from ads.models.spend import Period
from ads.rules.money import format_money, remaining
from ads.services import pacing, visible
from ads.services.ledger import summaries
from ads.services.team import labels


class BrandList(ChangeList):
    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        every = self.root_queryset
        now = instant_of(request)
        self.root_queryset = pacing.with_pace(brand_figures.with_figures(every, now), now)
        try:
            return super().get_queryset(request, exclude_parameters)
        finally:
            self.root_queryset = every

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        ordering = super().get_ordering(request, queryset)
        ordering = within_currencies(ordering, SPEND.values(), path="")
        return [
            missing_last(part) if ordered_by(part) == PACE_PERCENT else part for part in ordering
        ]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        brands: list[Any] = list(self.result_list)
        now = instant_of(request)
        campaigns = {
            row["brand"]: (row["delivering"], row["held"], row["every"])
            for row in Campaign.objects.filter(brand__in=brands)
            .order_by()
            .values("brand")
            .annotate(
                delivering=Count("pk", filter=Q(is_active=True)),
                held=Count("pk", filter=STATES[State.PAUSED_BY_SYSTEM.label]),
                every=Count("pk"),
            )
        }
        paces = pacing.stored_of(brands, now)
        for brand, figures in zip(brands, summaries.of_many(brands, now), strict=True):
            brand.pace_of_month = paces.get(brand.pk)
            brand.local, brand.figures = clock(now, brand.timezone), figures
            brand.delivering, brand.held, brand.every = campaigns.get(brand.pk, (0, 0, 0))
        if "its_labels" in self.list_display:
            labels.load(brands)
        self.result_list = brands


class UsedFilter(ChoiceFilter):
    title = "budget used, daily or monthly"
    parameter_name = "used"
    CHOICES = USED

    def pick(self, request: HttpRequest, rows: QuerySet[Brand], chosen: str) -> QuerySet[Any]:
        return brand_figures.used(rows, int(chosen))


class PaceFilter(ChoiceFilter):
    title = "pace of the month"
    parameter_name = "pace"
    CHOICES = pacing.Paced.choices

    def pick(self, request: HttpRequest, rows: QuerySet[Brand], chosen: str) -> QuerySet[Any]:
        return pacing.paced(rows, chosen, instant_of(request))


class TimezoneFilter(DropdownFilter):
    title = "timezone"
    parameter_name = "timezone__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        brands = visible.rows(Brand.objects.order_by("timezone"))
        zones = brands.values_list("timezone", flat=True).distinct()
        return [(zone, zone) for zone in zones]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Brand]) -> QuerySet[Brand] | None:
        return queryset.filter(timezone=self.value()) if self.value() else None


LIST_FILTER: Final[list[Any]] = [
    ("is_active", BooleanRadioFilter),
    LabelFilter,
    ManagerFilter,
    UsedFilter,
    PaceFilter,
    TimezoneFilter,
]

PACE_PERCENT: Final = f"{pacing.PACE}__pace_percent"


class BrandColumns(AdminMixin[Brand]):
    list_display = [
        "name",
        "state",
        "running",
        "today",
        "used_today",
        "this_month",
        "used_this_month",
        "pace",
        "local",
        "its_labels",
        "manager",
    ]
    hidden_at_first = ("manager",)

    list_fullwidth = True

    @property
    def media(self) -> Media:
        return super().media + tips.MEDIA

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BrandList

    @admin.display(description="state", ordering="is_active")
    def state(self, brand: Brand) -> SafeString:
        return state_badge("Active" if brand.is_active else "Paused by user")

    @admin.display(description="delivering", ordering="delivering")
    def running(self, brand: Any) -> SafeString:
        held = f"{brand.held} on hold" if brand.held else ""
        return two_lines(f"{brand.delivering} of {brand.every}", held)

    @admin.display(description="today", ordering=SPEND[Period.DAY])
    def today(self, brand: Any) -> SafeString | str:
        return self._spent(brand, Period.DAY)

    @admin.display(description="% of day", ordering=SHARE[Period.DAY])
    def used_today(self, brand: Any) -> SafeString | str:
        return self._used(brand, Period.DAY)

    @admin.display(description="this month", ordering=SPEND[Period.MONTH])
    def this_month(self, brand: Any) -> SafeString | str:
        return self._spent(brand, Period.MONTH)

    @admin.display(description="% of month", ordering=SHARE[Period.MONTH])
    def used_this_month(self, brand: Any) -> SafeString | str:
        return self._used(brand, Period.MONTH)

    @admin.display(description="pace", ordering=PACE_PERCENT)
    def pace(self, brand: Any) -> SafeString | str:
        return pace_cell(brand.pace_of_month, brand.currency, f"pace-{brand.pk}")

    @admin.display(description="local time", ordering="timezone")
    def local(self, brand: Any) -> SafeString:
        return two_lines(brand.local, brand.timezone)

    @admin.display(description="manager", ordering="account_manager__username")
    def manager(self, brand: Brand) -> str:
        return str(brand.account_manager or NOTHING)

    daily_limit = column("daily budget", lambda brand: budget(brand.daily_budget, brand.currency))

    @admin.display(description="monthly budget")
    def monthly_limit(self, brand: Brand) -> str:
        return budget(brand.monthly_budget, brand.currency)

    def _spent(self, brand: Any, period: Period) -> SafeString | str:
        if brand.figures is None:
            return NOTHING
        spent, limit, allowed = _figures(brand, period)
        of = "" if limit is None else f"of {budget(limit, brand.currency)}"
        if of and allowed:
            of += f" ({format_money(allowed, brand.currency)} allowed)"
        amount = format_html(
            '<b class="ads-spend-amount">{}</b>', format_money(spent, brand.currency)
        )
        return two_lines(amount, of)

    def _used(self, brand: Any, period: Period) -> SafeString | str:
        if brand.figures is None:
            return NOTHING
        spent, limit, _ = _figures(brand, period)
        left = remaining(spent, limit)
        return two_lines(
            spend_track(spent, limit),
            "" if left is None else f"{format_money(left, brand.currency)} left",
        )


def _figures(brand: Any, period: Period) -> tuple[Decimal, Decimal | None, Decimal]:
    """The spend, the limit, and how much of that is allowed beyond the budget."""
    word = Period(period).word
    spent, limit, allowed = (
        brand.figures[f"{word}_{what}"] for what in ("spend", "limit", "waived")
    )
    return spent, limit, allowed
