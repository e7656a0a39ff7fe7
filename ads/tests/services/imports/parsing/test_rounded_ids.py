"""Ids that a spreadsheet has rounded: refused, because no one can tell which campaign they mean."""

import pytest
from django.conf import settings

from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import recorded, refused, waiting
from ads.tests.support import at

CASES = settings.BASE_DIR.parent / "shared" / "data" / "cases"
SHOWN = "Spreadsheets round long ids: export the file again, and import it without opening it"

pytestmark = pytest.mark.django_db


def meta(*rows: str) -> list[str]:
    header = "Reporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (USD)"
    return [header, *(f"2024-05-01,2024-05-01,{row}" for row in rows)]


def test_two_campaigns_under_one_id_are_refused_though_bad_rows_are_skipped() -> None:
    rows = meta("Prospecting,120000000000001000,300.00", "Retargeting,120000000000001000,25.00")

    for plan in (Plan(), Plan(skip_bad_rows=True)):
        said = refused(rows, plan)

        assert "reference: '120000000000001000' is the id of two campaigns in this file" in said
        assert '"Prospecting"' in said
        assert '"Retargeting"' in said
        assert SHOWN in said


def test_one_id_has_one_name_in_each_account() -> None:
    header = "Day,Customer ID,Campaign,Campaign ID,Currency code,Cost"
    recorded([header, "2024-05-01,111,Search,7,USD,1.00", "2024-05-01,222,Video,7,USD,2.00"])

    assert sorted(waiting().values()) == [1, 2]


def test_an_id_in_scientific_notation_is_refused_in_mapped_files_too() -> None:
    plan = Plan(
        platform="crm", mapping={"reference": "Key", "date": "Day", "amount": "Net"}
    )  # of no format

    said = refused(["Key,Day,Net", "1.2E+17,2024-05-01,5.00"], plan)

    assert "reference: '1.2E+17' is a number that has lost its last digits" in said
    assert SHOWN in said


def test_ids_of_entries_in_scientific_notation_are_neither_two_entries_nor_one() -> None:
    CampaignFactory.create(name="Search")
    row = "Search,2024-05-01,5.00,1.2021123456789E+017"

    said = refused(["campaign,date,amount,external_id", row, row])

    assert "external_id: '1.2021123456789E+017' is a number that has lost its last digits" in said


@pytest.mark.parametrize("external_id", ["E+1", "a1E+17", "1E17", "+1", "12E+5", "1+2"])
def test_other_ids_of_entries_pass(external_id: str) -> None:
    CampaignFactory.create(name="Search")

    done = recorded(["campaign,date,amount,external_id", f"Search,2024-05-01,5.00,{external_id}"])

    assert done.recorded == 1


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not there")
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("11-meta-ids-rounded-15-digits", "is the id of two campaigns in this file"),
        ("33-entry-ids-through-a-spreadsheet", "has lost its last digits"),
    ],
)
def test_the_public_files_are_refused(name: str, reason: str) -> None:
    CampaignFactory.create(name="E Search")

    said = refused((CASES / f"{name}.csv").read_bytes(), now=at("2026-11-28 12:00"))

    assert reason in said
