"""import_spend: rows with an external id are entries, each recorded once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ads.models import Campaign, Spend
from ads.services import BudgetService
from ads.tests.commands.import_spend.support import TODAY, Write, run
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

ENTRIES = [
    "campaign,date,amount,description,external_id",
    "Search,2024-05-01,1.50,click,a",
    'Search,2024-05-01,2,"He said ""hi"", twice",b',
    "Search,2024-05-02,0,,c",
]


def test_rows_with_an_external_id_are_entries(write: Write, search: Campaign) -> None:
    done = run(write(*ENTRIES), "--source", "etl")

    assert (done["Recorded"], done["Zero amounts"]) == ("2 $3.50", "1")
    assert "Duplicates" not in done
    assert list(
        Spend.objects.order_by("external_id").values_list(
            "external_id", "description", "amount", "kind", "source", "occurred_at"
        )
    ) == [
        ("a", "click", Decimal("1.5"), "entry", "etl", NOON),
        ("b", 'He said "hi", twice', 2, "entry", "etl", NOON),
    ]


def test_entries_again_are_duplicates_also_of_what_the_service_recorded(
    write: Write, search: Campaign, noon: Any
) -> None:
    run(write(*ENTRIES), "--source", "etl")
    again = BudgetService.record_spend(
        search, "1.5", "click", date=date(2024, 5, 1), source="etl", external_id="a"
    )
    noon.shift(timedelta(days=3))

    done = run(write(*ENTRIES), "--source", "etl")

    assert (done["Recorded"], done["Duplicates"], done["Zero amounts"]) == ("0 $0.00", "2", "1")
    assert again.pk == Spend.objects.get(external_id="a").pk
    assert Spend.objects.count() == 2


def test_an_id_twice_in_one_file_is_recorded_once(write: Write, search: Campaign) -> None:
    done = run(write(*ENTRIES, ENTRIES[1]))

    assert (done["Recorded"], done["Duplicates"]) == ("2 $3.50", "1")


def test_an_entry_counts_on_the_brands_day_of_its_instant(write: Write) -> None:
    brand = BrandFactory.create(timezone="America/Los_Angeles")
    campaign = CampaignFactory.create(brand=brand, name="Late")

    run(
        write(
            "campaign,occurred_at,amount,external_id",
            "Late,2024-05-02T06:59:00Z,1,a",
            "Late,2024-05-02T09:00:00+02:00,2,b",
        )
    )

    assert totals(campaign)["day", date(2024, 5, 1)] == 1
    assert totals(campaign)["day", date(2024, 5, 2)] == 2
    assert Spend.objects.get(external_id="a").occurred_at == datetime(2024, 5, 2, 6, 59, tzinfo=UTC)


def test_entries_stop_what_they_cross(write: Write, search: Campaign) -> None:
    enforce_all(NOON)

    run(write("campaign,date,amount,external_id", f"Search,{TODAY},75,a"))

    assert not delivers(search)


def test_a_description_may_have_lines_and_what_copy_would_read_as_its_own(
    write: Write, search: Campaign
) -> None:
    run(
        write(
            "campaign,date,amount,external_id,description",
            r'Search,2024-05-01,1,a,"two',
            r'lines"',
            r"Search,2024-05-01,1,b,\N",
            r"Search,2024-05-01,1,\.,back\slash	tab",
        )
    )

    assert dict(Spend.objects.values_list("external_id", "description")) == {
        "a": "two\nlines",
        "b": r"\N",
        r"\.": "back\\slash\ttab",
    }
