"""The list of the ledger: its filters, its search and its sum.

Every filter and search uses an index, because there may be ten million entries; no more than the
first :data:`ads.admin.base.model_admin.COUNTED` are counted and added up.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from ads.admin.backups import archived_sentence
from ads.admin.base import model_admin as base
from ads.admin.elements import CampaignsBrandFilter, DropdownFilter, is_number, with_words
from ads.models import Brand, Campaign, Spend
from ads.models.spend import Period
from ads.rules.calendar import UnknownTimezone, local_date, month_start
from ads.rules.money import format_sums
from ads.services import visible
from ads.services.archive import archived_span
from ads.services.ledger import ledger_sources

ONE_DAY = timedelta(days=1)

#: A search that fits more campaigns than this asks for a longer name.
NAMED = 500

#: What the filters are called in the address.
FIRST, LAST = "date_from", "date_to"
CAMPAIGN, BRAND = "campaign__id__exact", "campaign__brand__id__exact"


class SourceFilter(DropdownFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(source, source) for source in ledger_sources()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Spend]) -> QuerySet[Spend]:
        return queryset.filter(source=self.value()) if self.value() else queryset


class SummedPaginator(base.CountedPaginator):
    #: The sums of all of them by currency; None if there are more than are counted.
    sums: dict[str, Decimal] | None = None

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        first = rows.order_by().values("pk")[: base.COUNTED + 1]
        found = list(
            Spend.objects.filter(pk__in=first)
            .order_by("campaign__brand__currency")
            .values_list("campaign__brand__currency")
            .annotate(n=Count("pk"), spent=Sum("amount"))
        )
        counted: int = sum(count for _, count, _ in found)
        self.counted_all = counted <= base.COUNTED
        if self.counted_all:
            self.sums = {currency: amount for currency, _, amount in found}
        return min(counted, base.COUNTED)


class SpendList(ChangeList):
    """With links to the usual ranges of days, and the sum of the entries."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        zone, today = _today(request)
        chosen = (request.GET.get(FIRST) or "", request.GET.get(LAST) or "")
        self.days = [
            {
                "title": title,
                "is_chosen": chosen == (first and str(first), last and str(last)),
                "address": self.get_query_string(
                    {FIRST: first and str(first), LAST: last and str(last)}, [PAGE_VAR]
                ),
            }
            for title, first, last in _spans(today)
        ]
        self.zone = zone
        self.archived = archived_sentence(archived_span())
        sums = getattr(self.paginator, "sums", None)
        self.in_all = None if sums is None else format_sums(sums)


def _spans(today: date) -> list[tuple[str, Any, Any]]:
    this_month = month_start(today)
    last_month = month_start(this_month - ONE_DAY)
    return [
        ("Any day", "", ""),
        ("Today", today, today),
        ("Yesterday", today - ONE_DAY, today - ONE_DAY),
        ("Last 7 days", today - 6 * ONE_DAY, today),
        ("This month", this_month, today),
        ("Last month", last_month, this_month - ONE_DAY),
    ]


def _today(request: HttpRequest) -> tuple[str, date]:
    """The timezone of the chosen brand and its date; UTC if none is chosen."""
    brands = visible.rows(Brand.objects.all())
    campaign, brand = request.GET.get(CAMPAIGN, ""), request.GET.get(BRAND, "")
    if is_number(campaign):
        brands = brands.filter(campaigns=int(campaign))
    elif is_number(brand):
        brands = brands.filter(pk=int(brand))
    else:
        brands = brands.none()
    zone = brands.values_list("timezone", flat=True).first() or "UTC"
    now = timezone.now()
    try:
        return zone, local_date(now, zone)
    except UnknownTimezone:
        return "UTC", local_date(now, "UTC")


class BrandsSumsFilter(CampaignsBrandFilter):
    def of(self, brand: int) -> Q:
        return super().of(brand) | Q(campaign=None, period__in=Period.values, brand=brand)


def campaigns_named(pages: Any, request: HttpRequest, term: str) -> list[int]:
    """Ids of the campaigns with this in their name; none, with a message, if there are too many."""
    named = visible.rows(Campaign.objects.filter(with_words(term.split(), "name"))).order_by()
    ids = list(named.values_list("pk", flat=True)[: NAMED + 1])
    if len(ids) <= NAMED:
        return ids
    pages.message_user(
        request,
        f"More than {NAMED} campaigns have “{term}” in their names. Enter more of the name, or "
        "choose the campaign or brand under Filters.",
        messages.WARNING,
    )
    return []


def called(term: str) -> list[int]:
    """Numbers of the entries with this number, or with this external id."""
    of_sources = Spend.objects.filter(source__in=ledger_sources(), external_id=term)
    found = list(of_sources.order_by().values_list("pk", flat=True))
    if is_number(term):
        found.append(int(term))
    return found
