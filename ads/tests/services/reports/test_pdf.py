"""The report as PDF: from the same page, fetching nothing, whatever things are called."""

import re
import subprocess
import sys
import zlib
from datetime import date
from typing import Any

import pytest

from ads.services import reports
from ads.services.reports import CannotMakePdf, pdf, printer
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, spend_in_sql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pango")]

MAY = date(2024, 5, 1)
#: Would each be fetched, if it were markup.
NAMES = (
    '<link rel="attachment" href="file:///etc/hostname">',
    '<img src="http://127.0.0.1:9/a.png"><style>body{background:url(http://127.0.0.1:9/b)}</style>',
    '</title></svg><script src="//127.0.0.1:9/c.js"></script>',
    "javascript:alert(1) \u202e\x07 http://127.0.0.1:9/",
)


@pytest.fixture
def report() -> Any:
    brand = BrandFactory.create(name=NAMES[0], currency="USD")
    for name in NAMES:
        spend_in_sql(CampaignFactory.create(brand=brand, name=name), "5", MAY)
    return reports.brand_month(brand, MAY, NOON)


def test_nothing_is_fetched_whatever_things_are_called(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    weasyprint, fetcher = printer.loaded()

    def fetch(url: str, headers: Any = None) -> Any:
        asked.append(url)
        raise ValueError("Reports fetch nothing.")

    monkeypatch.setattr(fetcher, "fetch", fetch)

    made = printer.pdf(weasyprint, fetcher, reports.as_html(report, NOON), [])

    assert made.startswith(b"%PDF-")
    assert asked == []
    assert b"/EmbeddedFile" not in made
    assert b"/URI" not in made


def test_it_is_made_by_a_process_of_its_own_on_the_paper_of_the_country(report: Any) -> None:
    sys.modules.pop("weasyprint", None)

    made = reports.as_pdf(report, NOON)

    assert "weasyprint" not in sys.modules
    assert made.startswith(b"%PDF-")
    assert b"/EmbeddedFile" not in made
    assert b"/URI" not in made
    # Letter, because it is in dollars: 8.5 by 11 inches.
    assert re.search(rb"/MediaBox \[0 0 612(\.0)? 792(\.0)?\]", _plain(made))


def test_what_it_would_be_asked_to_fetch_is_refused() -> None:
    evil = '<link rel="attachment" href="file:///etc/hostname"><img src="file:///etc/hostname">'

    made = printer.pdf(*printer.loaded(), evil, [])

    assert b"/EmbeddedFile" not in made
    assert b"/Image" not in made


def test_without_weasyprint_or_pango_it_says_what_to_install(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_packages = (sys.executable, "-I", "-S", printer.__file__)
    monkeypatch.setattr(pdf, "_PROGRAM", without_packages)

    with pytest.raises(CannotMakePdf, match="pip install -r requirements-pdf"):
        reports.as_pdf(report, NOON)


def test_a_pdf_that_fails_is_an_error(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_PROGRAM", (sys.executable, "-c", "raise SystemExit(1)"))

    with pytest.raises(subprocess.CalledProcessError):
        reports.as_pdf(report, NOON)


def _plain(made: bytes) -> bytes:
    """The PDF with its streams of objects unpacked."""
    unpacked = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL):
        try:
            unpacked.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return made + b"".join(unpacked)
