"""The report as PDF, made by WeasyPrint where it is installed.

Nothing is fetched for it: the style sheet is handed over, and whatever address stood in the page,
a name included, would be refused.
"""

import functools
import importlib.util
from datetime import datetime
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from ads.services.reports.month import MonthReport
from ads.services.reports.page import as_html

_STYLES: Final = "ads/report.css"

#: Where people print on Letter; elsewhere it is A4.
_LETTER: Final = frozenset({"USD", "CAD", "MXN"})


class CannotMakePdf(Exception):
    """WeasyPrint or its library is missing; the message says what to do."""


def is_pdf_offered() -> bool:
    """Is WeasyPrint installed? Not imported to find out: it takes a second and 40 MB."""
    return importlib.util.find_spec("weasyprint") is not None


def as_pdf(report: MonthReport, now: datetime) -> bytes:
    """The report as PDF.

    Raises:
        CannotMakePdf: WeasyPrint or its library is missing.
    """
    weasyprint, fetcher = loaded()
    size = "letter" if report.brand.currency in _LETTER else "A4"
    styles = [
        weasyprint.CSS(string=text, url_fetcher=fetcher)
        for text in (_styles(), f"@page {{ size: {size} }}")
    ]
    page = weasyprint.HTML(string=as_html(report, now), url_fetcher=fetcher)
    made: bytes = page.write_pdf(stylesheets=styles)
    return made


@functools.cache
def loaded() -> tuple[Any, Any]:
    """WeasyPrint, and a fetcher that fetches nothing.

    Raises:
        CannotMakePdf: it, or its library, is missing.
    """
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError) as error:  # OSError: the package is there, Pango is not
        raise CannotMakePdf(
            "PDFs need WeasyPrint (pip install -r requirements-pdf.txt) and Pango "
            "(apt-get install libpango-1.0-0 libpangoft2-1.0-0). Until then, print the page to a "
            "PDF in the browser."
        ) from error

    # A function that refuses does not do: WeasyPrint 70 then fails in its own handling of that.
    class Nothing(URLFetcher):  # type: ignore[misc]  # it has no types
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002
            raise ValueError("Reports fetch nothing.")

    return weasyprint, Nothing()


@functools.cache
def _styles() -> str:
    """The style sheet, from the sources or from where production has collected it."""
    if found := finders.find(_STYLES):
        with open(found, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    stored = getattr(staticfiles_storage, "stored_name", str)(_STYLES)
    with staticfiles_storage.open(stored) as file:
        return bytes(file.read()).decode()
