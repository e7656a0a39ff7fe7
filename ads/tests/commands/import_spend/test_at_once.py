"""import_spend beside others: what is committed, and what two at once do."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ads.models import Campaign, Spend
from ads.services.imports.plan import Plan
from ads.services.imports.run import WORK_MEM, Import
from ads.services.ledger import SpendEntry, record_all
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import at_once, await_blocked, delivers, enforce_all, held_open, totals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Twenty campaigns C0 to C19 of one brand in UTC."""
    brand = BrandFactory.create()
    return [CampaignFactory.create(brand=brand, name=f"C{i}") for i in range(20)]


def written(path: Path, columns: str, *rows: str) -> str:
    path.write_text("\n".join([columns, *rows, ""]))
    return str(path)


def imported(path: str, *arguments: str) -> None:
    call_command("import_spend", path, *arguments, stdout=StringIO())


def test_two_imports_of_one_file_at_once_record_it_once(
    tmp_path: Path, campaigns: list[Campaign]
) -> None:
    days = [f"2024-04-{day:02}" for day in range(1, 21)]
    rows = [f"C{i},{day},0.25" for i in range(20) for day in days]
    one = written(tmp_path / "one.csv", "campaign,date,amount", *rows)
    other = written(tmp_path / "other.csv", "campaign,date,amount", *reversed(rows))

    with at_once() as start:
        for path in (one, other):
            start(lambda path=path: imported(path))

    assert Spend.objects.count() == 400
    assert totals(campaigns[0].brand)["month", date(2024, 4, 1)] == 100


def test_an_import_and_a_batch_with_the_same_ids_at_once_record_them_once(
    tmp_path: Path, campaigns: list[Campaign]
) -> None:
    day = date(2024, 5, 1)
    # Their order in the file, in the batch and in the alphabet of most languages differ.
    ids = [f"{'Aa_Zz9'[i % 6]}{i}" for i in range(300)]
    rows = [f"C0,{day},1,{external_id}" for external_id in ids]
    path = written(tmp_path / "e.csv", "campaign,date,amount,external_id", *rows)
    batch = [SpendEntry(campaigns[0], 1, date=day, external_id=i) for i in reversed(ids)]

    with at_once() as start:
        start(lambda: imported(path, "--source", "etl"))
        start(lambda: record_all(batch, source="etl", now=timezone.now()))

    assert Spend.objects.count() == 300
    assert totals(campaigns[0])["day", day] == 300


def test_an_import_waits_for_spend_in_flight_and_stops_what_both_together_cross(
    tmp_path: Path,
) -> None:
    now = timezone.now()
    campaign = CampaignFactory.create(name="Search", daily_budget=10)
    enforce_all(now)
    path = written(tmp_path / "spend.csv", "campaign,date,amount", f"Search,{now.date()},5")

    with at_once() as start:
        spend = SpendEntry(campaign, 5, date=now.date())
        with held_open(lambda: record_all([spend], source="api", now=now)) as commit:
            start(lambda: imported(path))
            await_blocked()
            commit()

    assert not delivers(campaign)


def test_nothing_is_left_behind_on_the_connection(
    tmp_path: Path, campaigns: list[Campaign]
) -> None:
    path = written(tmp_path / "spend.csv", "campaign,date,amount", "C1,2024-05-01,1")

    def left() -> tuple[int, str]:
        """Temporary tables, and the memory that a sort may take."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*), current_setting('work_mem')"
                "  FROM pg_class WHERE relpersistence = 't'"
            )
            tables, memory = cursor.fetchone()
        return tables, memory

    before = left()
    imported(path)
    imported(path, "--dry-run")

    assert before[1] != WORK_MEM
    assert left() == (0, before[1])


def test_what_fails_after_the_ledger_takes_the_ledger_back(
    tmp_path: Path, campaigns: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "s.csv", "campaign,date,amount", f"C1,{timezone.now().date()},1")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr("ads.services.imports.run.enforce", fail)
    now = timezone.now()
    with Path(path).open("rb") as file, pytest.raises(RuntimeError):  # noqa: SIM117
        with Import.staged(file, Plan(), now=now) as staged:
            staged.record(now=now)

    assert not Spend.objects.exists()
    assert totals(campaigns[1]) == {}
