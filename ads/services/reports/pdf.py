"""The report as PDF, made by WeasyPrint where it is installed."""

import functools
import importlib.util
import json
import subprocess
import sys
from datetime import datetime
from typing import Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from ads.services.reports import printer
from ads.services.reports.month import MonthReport
from ads.services.reports.page import as_html

_STYLES: Final = "ads/report.css"

#: Where people print on Letter; elsewhere it is A4.
_LETTER: Final = frozenset({"USD", "CAD", "MXN"})

#: A process of its own for each: one that serves pages would keep 60 MB after the first.
_PROGRAM: Final = (sys.executable, "-I", printer.__file__)

#: Seconds for one PDF; most take two.
PATIENCE: Final = 60


class CannotMakePdf(Exception):
    """WeasyPrint or its library is missing; the message says what to do."""


def is_pdf_offered() -> bool:
    """Is WeasyPrint installed? Not imported to find out: it takes a second and 40 MB."""
    return importlib.util.find_spec("weasyprint") is not None


def as_pdf(report: MonthReport, now: datetime) -> bytes:
    """The report as PDF.

    Raises:
        CannotMakePdf: WeasyPrint or its library is missing.
        subprocess.SubprocessError: it failed, or took longer than :data:`PATIENCE`.
    """
    size = "letter" if report.brand.currency in _LETTER else "A4"
    page = {"html": as_html(report, now), "styles": [_styles(), f"@page {{ size: {size} }}"]}
    made = subprocess.run(
        _PROGRAM,
        check=False,  # its status says more
        input=json.dumps(page).encode(),
        stdout=subprocess.PIPE,
        timeout=PATIENCE,
    )
    if made.returncode == printer.MISSING:
        raise CannotMakePdf(
            "PDFs need WeasyPrint (pip install -r requirements-pdf.txt) and Pango "
            "(apt-get install libpango-1.0-0 libpangoft2-1.0-0). Until then, print the page to a "
            "PDF in the browser."
        )
    made.check_returncode()
    return made.stdout


@functools.cache
def _styles() -> str:
    """The style sheet, from the sources or from where production has collected it."""
    if found := finders.find(_STYLES):
        with open(found, encoding="utf-8") as file:  # noqa: PTH123
            return file.read()
    stored = getattr(staticfiles_storage, "stored_name", str)(_STYLES)
    with staticfiles_storage.open(stored) as file:
        return bytes(file.read()).decode()
