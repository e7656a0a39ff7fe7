"""``import_spend FILE.xlsx``: recorded as a CSV is, its sheet chosen by ``--sheet``."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from ads.models import Campaign, CampaignReference, Spend
from ads.tests.commands.import_spend.support import TODAY, run
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.workbooks.support import archive, from_csv, workbook, workbook_of

pytestmark = pytest.mark.django_db

HEADER = ("campaign", "date", "amount")


def saved(folder: Path, content: bytes, name: str = "spend.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_workbook_is_recorded_and_again_nothing_is_new(search: Campaign, tmp_path: Path) -> None:
    path = saved(tmp_path, workbook(HEADER, ("Search", TODAY, 12.5), ("Search", TODAY, 0.25)))

    assert run(path)["Recorded"] == "1 $12.75"
    assert run(path)["Recorded"] == "0 $0.00"
    assert [f"{spend.amount:f}" for spend in Spend.objects.all()] == ["12.75"]


def test_the_sheet_is_an_option(search: Campaign, tmp_path: Path) -> None:
    rows = {name: [HEADER, ("Search", TODAY, amount)] for name, amount in (("A", 5), ("B", 7))}
    path = saved(tmp_path, workbook_of(rows))

    with pytest.raises(CommandError, match=r"“A”, “B”\. Choose the sheet \(--sheet in the command"):
        run(path)
    assert not Spend.objects.exists()

    assert run(path, "--sheet", "B")["Recorded"] == "1 $7.00"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"campaign,date,amount\nSearch,2024-05-01,5\n",
            "called spend.xlsx, but it is not a workbook",
        ),
        (archive(**{"spend.csv": b"x"}), "a ZIP archive, not a workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(
    search: Campaign, tmp_path: Path, content: bytes, why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        run(saved(tmp_path, content))
    assert not Spend.objects.exists()


@pytest.mark.usefixtures("noon")
def test_a_workbook_brings_its_campaigns_with_numbers_for_ids(tmp_path: Path) -> None:
    content = (settings.BASE_DIR / "docs" / "example.csv").read_bytes()
    path = saved(tmp_path, from_csv(content, are_typed=True))
    new = ("--create-campaigns", "--brand", "Northwind", "--new-brand", "USD", "America/New_York")

    assert run(path, *new)["Campaigns created"] == "2"

    references = CampaignReference.objects.values_list("reference", "campaign__name")
    assert dict(references)["17403311202"] == "Spring sale"
    assert run(path)["Recorded"].startswith("0 ")


def test_a_number_names_a_campaign_by_its_id_or_its_name(search: Campaign, tmp_path: Path) -> None:
    CampaignFactory.create(brand=search.brand, name="20260")
    path = saved(tmp_path, workbook(HEADER, (search.pk, TODAY, 1), (20260, TODAY, 2)))

    run(path)

    spent = Spend.objects.order_by("amount").values_list("campaign__name", flat=True)
    assert list(spent) == ["Search", "20260"]
