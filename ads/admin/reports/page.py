"""A brand's report of a month, for those who send it to the client."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from ads.admin.base import may_view, row_to_view
from ads.admin.elements import AdminMixin
from ads.admin.reports.answers import CSV, PAGE, PDF, answer, private
from ads.models import Brand, Campaign
from ads.rules.calendar import UnknownTimezone
from ads.services import reports
from ads.services.reports import CannotMakePdf, InvalidMonth, Tools


class ReportPage(AdminMixin[Brand]):
    """The page ``…/report/?month=2026-11`` of a brand; with ``as=pdf`` or ``as=csv`` as a file."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:object_id>/report/", view(private(self.report)), name="ads_brand_report"),
            *super().get_urls(),
        ]

    def report(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The report of the month that is asked for; else of the last that has ended."""
        if not may_view(request, Campaign):
            raise Http404
        brand: Brand = row_to_view(self, request, object_id)
        now = timezone.now()
        kind = request.GET.get("as", PAGE)
        try:
            month = reports.month_of(brand, request.GET.get("month", ""), now)
            report = reports.brand_month(brand, month, now)
            return answer(report, kind, now, self._tools(request, brand, f"{month:%Y-%m}"))
        except (UnknownTimezone, InvalidMonth, CannotMakePdf) as error:
            self.message_user(request, str(error), "ERROR")
            return HttpResponseRedirect(reverse("admin:ads_brand_change", args=[brand.pk]))

    def _tools(self, request: HttpRequest, brand: Brand, month: str) -> Tools:
        return Tools(
            pdf=f"?month={month}&as={PDF}" if reports.is_pdf_offered() else "",
            csv=f"?month={month}&as={CSV}",
            share=_to_add(request, "reportlink", brand=brand.pk, month=month),
            schedule=_to_add(request, "reportschedule", brand=brand.pk),
            back=reverse("admin:ads_brand_change", args=[brand.pk]),
            months=tuple(reports.months_of(brand, timezone.now())),
        )


def _to_add(request: HttpRequest, model: str, **initial: object) -> str:
    """The address of the form that adds one, filled in; "" for whoever may not."""
    if not request.user.has_perm(f"ads.add_{model}"):
        return ""
    return f"{reverse(f'admin:ads_{model}_add')}?{urlencode(initial)}"
