"""``import_spend FILE.xlsx``: recorded as a CSV is, its sheet chosen by ``--sheet``."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from ads.models import Campaign, Spend
from ads.tests.commands.import_spend.support import TODAY, run
from ads.tests.services.imports.workbooks.support import archive, workbook, workbook_of

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
            "called spend.xlsx, but it is no workbook",
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
