"""A brand's receipts of a month: how well its budgets were kept."""

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from ads.admin.base import file_of, row_to_view
from ads.admin.elements import AdminMixin, counted
from ads.admin.receipts.text import row_of
from ads.models import Brand
from ads.rules.calendar import (
    UnknownTimezone,
    local_date,
    month_start,
    next_month,
    previous_month,
)
from ads.rules.money import format_money
from ads.services import receipts
from ads.services.exports import kinds
from ads.services.receipts import Report

#: Receipts in the table; those that were overshot most come first.
MOST: Final = 200

_DAY: Final = timedelta(days=1)


class ReceiptsPage(AdminMixin[Brand]):
    """The page ``…/receipts/?month=2026-11`` of a brand."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:object_id>/receipts/", view(self.receipts), name="ads_brand_receipts"),
            *super().get_urls(),
        ]

    def receipts(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        brand: Brand = row_to_view(self, request, object_id)
        try:
            today = local_date(timezone.now(), brand.timezone)
        except UnknownTimezone as error:
            self.message_user(request, str(error), "ERROR")
            return HttpResponseRedirect(reverse("admin:ads_brand_change", args=[brand.pk]))
        month = _month(request.GET.get("month", ""), today)
        last = min(next_month(month) - _DAY, today)
        if "export" in request.GET:
            return file_of(kinds.of_receipts(receipts.pauses_of(brand, month, last)))
        report = receipts.report(brand, month, last)
        worst = sorted(report.receipts, key=lambda receipt: (-receipt.over, -receipt.change.pk))
        address = reverse("admin:ads_brand_receipts", args=[brand.pk])
        earlier, later = previous_month(month), next_month(month)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": f"Receipts of {brand.name}, {month:%B %Y}",
            "original": brand,
            "summary": _summary(report, brand.currency),
            "rows": [row_of(receipt) for receipt in worst[:MOST]],
            "left_out": max(len(worst) - MOST, 0),
            "earlier": f"{address}?month={earlier:%Y-%m}",
            "later": f"{address}?month={later:%Y-%m}" if later <= today else "",
            "export": f"{address}?month={month:%Y-%m}&export=csv",
        }
        return TemplateResponse(request, "ads/admin/receipts.html", context)


def _month(text: str, today: date) -> date:
    """The month that an address names; anything else is the present one."""
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return month_start(today)
    return month if date(2000, 1, 1) <= month <= today else month_start(today)


def _summary(report: Report, currency: str) -> list[str]:
    if not report.receipts:
        return ["No campaign was paused for a used-up budget."]
    count = len(report.receipts)
    kept = f"{report.kept} of {count} stayed within it"
    if count == 1:
        kept = "it was kept" if report.kept else "it was overspent"
    said = [f"{counted(count, 'pause')} for a used-up budget; {kept}."]
    if report.worst is not None:
        parts = [
            f"{format_money(amount, currency)} because {_BECAUSE[delay]}"
            for delay, amount in report.over_by.items()
            if amount
        ]
        over = f"{format_money(report.over, currency)}: {', '.join(parts)}"
        said.append(f"Overspent by {over if len(parts) > 1 else parts[0]}.")
    if (worst := report.worst) is not None and count - report.kept > 1:
        said.append(
            f"The worst was {worst.change.campaign.name} with "
            f"{format_money(worst.over, currency)} over its limit of "
            f"{format_money(worst.limit, currency)}."
        )
    return said


_BECAUSE: Final[dict[Any, str]] = {
    receipts.Delay.EDITED: "limits were lowered after the money was spent",
    receipts.Delay.REPORTING: "spend was reported late",
    receipts.Delay.STOPPING: "platforms stopped campaigns late",
}
