"""The report as PDF: from the same page, fetching nothing, whatever things are called."""

import builtins
import re
import zlib
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from ads.services import reports
from ads.services.reports import CannotMakePdf, pdf
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


@pytest.fixture
def unloaded() -> Iterator[None]:
    pdf.loaded.cache_clear()
    yield
    pdf.loaded.cache_clear()


def test_nothing_is_fetched_whatever_things_are_called(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    _, fetcher = pdf.loaded()

    def fetch(url: str, headers: Any = None) -> Any:
        asked.append(url)
        raise ValueError("Reports fetch nothing.")

    monkeypatch.setattr(fetcher, "fetch", fetch)

    made = reports.as_pdf(report, NOON)

    assert made.startswith(b"%PDF-")
    assert asked == []
    assert b"/EmbeddedFile" not in made
    assert b"/URI" not in made
    # Letter, because it is in dollars: 8.5 by 11 inches.
    assert re.search(rb"/MediaBox \[0 0 612(\.0)? 792(\.0)?\]", _plain(made))


def test_what_it_would_be_asked_to_fetch_is_refused() -> None:
    weasyprint, fetcher = pdf.loaded()
    evil = '<link rel="attachment" href="file:///etc/hostname"><img src="file:///etc/hostname">'

    made = weasyprint.HTML(string=evil, url_fetcher=fetcher).write_pdf()

    assert b"/EmbeddedFile" not in made
    assert b"/Image" not in made


@pytest.mark.parametrize("error", [ImportError("no package"), OSError("no libpango")])
def test_without_weasyprint_or_pango_it_says_what_to_install(
    report: Any, monkeypatch: pytest.MonkeyPatch, unloaded: None, error: Exception
) -> None:
    imported = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("weasyprint"):
            raise error
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(CannotMakePdf, match="pip install -r requirements-pdf"):
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
