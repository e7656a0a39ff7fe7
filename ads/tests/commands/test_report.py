"""``manage.py report``: a brand's month as a file."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import spend_in_sql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture(autouse=True)
def acme() -> None:
    campaign = CampaignFactory.create(brand=BrandFactory.create(name="Acme"), name="Search")
    spend_in_sql(campaign, "25", date(2024, 4, 30))


@pytest.mark.usefixtures("pango")
def test_it_writes_a_pdf_or_a_csv_of_the_last_month(tmp_path: Path) -> None:
    pdf, csv = tmp_path / "april.pdf", tmp_path / "april.csv"
    for path in (pdf, csv):
        call_command("report", "Acme", "--output", str(path))

    assert pdf.read_bytes().startswith(b"%PDF-")
    assert ",Search,25.00,USD" in csv.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("brand", "month", "file", "told"),
    [
        ("Acme", "2031-01", "a.pdf", "--month: 2031-01 cannot be used: use a month from "),
        ("Acme", "", "a.xlsx", "must end in .pdf or .csv."),
        ("Bolt", "", "a.csv", 'There is no brand "Bolt".'),
        ("Acme", "", "missing/a.csv", "cannot be written: No such file or directory."),
    ],
)
def test_what_cannot_be_written_is_said(
    tmp_path: Path, brand: str, month: str, file: str, told: str
) -> None:
    with pytest.raises(CommandError) as error:
        call_command("report", brand, "--month", month, "--output", str(tmp_path / file))

    assert told in str(error.value)
    assert list(tmp_path.iterdir()) == []
