"""Answers with a report: as page, PDF or CSV, none of which is kept or found by anybody else."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from ads.admin.base import file_of
from ads.services import reports
from ads.services.reports import MonthReport, Tools

View = Callable[..., HttpResponseBase]

PAGE, PDF, CSV = "page", "pdf", "csv"

#: Without the exceptions that the console's theme needs.
_POLICY: Final = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


def private(view: View) -> View:
    """A view whose answers are not kept, not listed by search engines, and name nobody's address.

    The address of a shared report is a secret, which no other site is to be told.
    """

    @csp(_POLICY)
    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return answer


def answer(report: MonthReport, kind: str, now: datetime, tools: Tools) -> HttpResponseBase:
    """The report, as :data:`PAGE`, :data:`PDF` or :data:`CSV`.

    Raises:
        CannotMakePdf: WeasyPrint or its library is missing.
    """
    if kind == CSV:
        return file_of(reports.spend_by_day(report.brand, report.month))
    if kind == PDF:
        name = reports.name_of(report.brand, report.month)
        return HttpResponse(
            reports.as_pdf(report, now),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
        )
    return HttpResponse(reports.as_html(report, now, tools))
