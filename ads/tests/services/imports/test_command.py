"""import_spend on files of platforms: what it says, and what it writes."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from ads.models import Campaign, CampaignReference, Spend
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, waiting
from ads.tests.support import NOON

pytestmark = pytest.mark.django_db

REPORT = """\
Campaign performance
"May 1, 2024 - May 14, 2024"
Day,Customer ID,Campaign,Campaign ID,Currency code,Cost
2024-05-01,9,Search,111,USD,"1,234.56"
2024-05-01,9,New one,222,USD,3.10
Total: Campaigns, --, --, --,USD,"1,237.66"
"""


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture(autouse=True)
def search() -> Campaign:
    campaign = CampaignFactory.create(name="Search")
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", account="9", reference="111"
    )
    return campaign


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.csv"
    path.write_text(REPORT)
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_spend", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_platforms_report_needs_no_options_and_says_what_waits(report: Path) -> None:
    said = run(report)

    figures = [line.split() for line in said.splitlines()]
    assert ["Good", "rows", "2"] in figures
    assert ["Waiting", "to", "be", "matched", "1", "$3.10"] in figures
    assert ["Totals", "lines,", "left", "out", "1"] in figures
    assert "1 unmatched campaign: $3.10 waits to be matched" in said
    assert "  google_ads / 9 / 222\n" in said
    assert ledger().keys() == {("Search", "2024-05-01")}
    assert waiting().keys() == {("9", "222", "2024-05-01")}


def test_a_dry_run_says_what_would_wait(report: Path) -> None:
    said = run(report, "--dry-run")

    assert "1 unmatched campaign: $3.10 would wait to be matched" in said
    assert ledger() == {}
    assert waiting() == {}


def test_refused_rows_are_written_to_a_file(report: Path, tmp_path: Path) -> None:
    report.write_text(REPORT.replace("3.10", "=1+2"))
    kept = tmp_path / "refused.csv"

    with pytest.raises(CommandError, match="1 row was refused, so nothing was recorded"):
        run(report, "--refused", kept)

    header, row = csv.reader(kept.read_text(encoding="utf-8-sig").splitlines())
    assert header[:3] == ["refused in line", "refused because", "Day"]
    assert row[0] == "5"
    assert row[1].startswith("amount: '=1+2' is refused")
    assert row[-2:] == ["USD", "'=1+2"]
    assert not Spend.objects.exists()


def test_a_file_for_refused_rows_that_cannot_be_written_is_refused(report: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run(report, "--refused", report.parent / "none" / "refused.csv")

    assert not Spend.objects.exists()


def test_how_a_file_is_written_can_be_said(tmp_path: Path, search: Campaign) -> None:
    path = tmp_path / "german.csv"
    path.write_bytes("Bericht\nTag;Kampagne;Kosten\n01.05.2024;Search;1.234,5\n".encode("cp1252"))

    run(
        *(path, "--map", "date=Tag", "--map", "campaign=Kampagne", "--map", "amount=Kosten"),
        *("--date-format", "%d.%m.%Y", "--decimal", ",", "--header-line", "2"),
    )

    assert [str(amount) for amount in ledger().values()] == ["1234.5"]


def test_names_of_a_platform_wait_if_the_platform_is_said(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("campaign,date,amount\nUnheard,2024-05-01,1\n")

    run(path, "--platform", "tiktok", "--account", "a")

    assert waiting().keys() == {("a", "Unheard", "2024-05-01")}


def test_the_options_that_answer_what_a_file_leaves_open(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text(
        "Reporting starts,Campaign name,Amount spent (USD)\n2024-05-01,Search,1100000\n"
    )

    with pytest.raises(CommandError, match="--unit micros or --unit units"):
        run(path)
    with pytest.raises(CommandError, match="--daily"):
        run(path, "--unit", "micros")
    run(path, "--unit", "micros", "--daily")

    assert [str(amount) for amount in ledger().values()] == ["1.1"]
