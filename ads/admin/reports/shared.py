"""The page that a share link opens, for people without a login."""

from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ads.admin.reports.answers import CSV, PAGE, PDF, answer, private
from ads.rules.calendar import UnknownTimezone
from ads.services import reports
from ads.services.reports import CannotMakePdf, Tools, links

#: By the end of the address.
_KINDS: Final = {"/": PAGE, ".pdf": PDF, ".csv": CSV}

_NOT_FOUND: Final = 404


@private
@require_safe
def shared_report(request: HttpRequest, token: str, end: str) -> HttpResponseBase:
    """The report of the link's brand and month, and nothing else."""
    now = timezone.now()
    link = links.opened(token, now)
    if link is None:
        return _gone(request)
    pdf = f"/report/{token}.pdf" if reports.is_pdf_offered() else ""
    tools = Tools(pdf=pdf, csv=f"/report/{token}.csv")
    try:
        report = reports.brand_month(link.brand, link.month, now)
        return answer(report, _KINDS[end], now, tools)
    except (UnknownTimezone, CannotMakePdf):
        return _gone(request)


def _gone(request: HttpRequest) -> HttpResponseBase:
    """The same answer, whatever the reason."""
    return render(request, "ads/report/gone.html", status=_NOT_FOUND)
