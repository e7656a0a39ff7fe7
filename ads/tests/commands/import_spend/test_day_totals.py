"""import_spend: what a good file of day totals does, and what its summary says."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from ads.models import Brand, Campaign, DeliveryChange, ReportedTotal, Spend
from ads.services import BudgetService
from ads.tests.commands.import_spend.support import TODAY, Write, run
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, delivers, enforce_all, totals

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_day_totals_are_recorded_and_enforced_at_once(write: Write, search: Campaign) -> None:
    enforce_all(NOON)

    done = run(write("campaign,date,amount", f"Search,{TODAY},80.25"))

    assert done["Recorded"] == "1 $80.25"
    assert done["Paused"] == "1"
    assert totals(search)["day", TODAY] == Decimal("80.25")
    assert not delivers(search)
    change = DeliveryChange.objects.latest("id")
    assert change.trigger == "spend"
    assert change.actor.startswith("command: import_spend")


def test_a_brands_other_campaigns_stop_with_it(write: Write) -> None:
    brand = BrandFactory.create(monthly_budget=100)
    spender, other = CampaignFactory.create_batch(2, brand=brand)
    enforce_all(NOON)

    run(write("campaign,date,amount", f"{spender.name},{TODAY - timedelta(days=3)},100"))

    assert not delivers(spender)
    assert not delivers(other)


def test_rows_of_one_campaign_and_day_are_added_up(write: Write, search: Campaign) -> None:
    done = run(
        write(
            "campaign,date,amount",
            "Search,2024-05-01,1.000001",
            "Search,2024-05-02,5",
            f"{search.pk},2024-05-01,2",
        )
    )

    assert (done["Good rows"], done["Day totals"], done["Recorded"]) == ("3", "2", "2 $8.000001")
    assert totals(search)["day", date(2024, 5, 1)] == Decimal("3.000001")
    assert Spend.objects.count() == 2


def test_the_same_file_again_changes_nothing_whatever_its_name(
    write: Write, search: Campaign, noon: Any
) -> None:
    lines = ["campaign,date,amount", "Search,2024-05-01,1", "Search,2024-05-02,0"]
    run(write(*lines))
    noon.shift(60)

    again = run(write(*lines, name="spend (1).csv"))

    assert (again["Recorded"], again["Unchanged"]) == ("0 $0.00", "2")
    assert Spend.objects.count() == 1


def test_a_later_report_moves_the_ledger_by_the_difference(
    write: Write, search: Campaign, noon: Any
) -> None:
    run(write("campaign,date,amount", "Search,2024-05-01,10", "Search,2024-05-02,7"))
    noon.shift(60)

    done = run(write("campaign,date,amount", "Search,2024-05-01,12.5", "Search,2024-05-02,6"))

    assert done["Recorded"] == "2 $1.50"
    assert done["Lowered"] == "1 -$1.00"
    assert list(Spend.objects.order_by("id").values_list("amount", "kind")) == [
        (10, "day_total"),
        (7, "day_total"),
        (Decimal("2.5"), "day_total"),
        (-1, "correction"),
    ]


def test_another_source_reports_for_itself(write: Write, search: Campaign) -> None:
    path = write("campaign,date,amount", "Search,2024-05-01,10")
    run(path, "--source", "facebook")
    run(path, "--source", "google", "--on-overlap", "add")

    assert totals(search)["day", date(2024, 5, 1)] == 20


def test_an_older_observation_never_overrides_a_newer_one(write: Write, search: Campaign) -> None:
    run(write("campaign,date,amount", "Search,2024-05-01,10"))

    done = run(
        write("campaign,date,amount", "Search,2024-05-01,4"),
        "--observed-at",
        "2024-05-14T00:00:00+00:00",
    )

    assert done["Older than on record"] == "1"
    assert totals(search)["day", date(2024, 5, 1)] == 10
    assert ReportedTotal.objects.get().observed_at == NOON


def test_it_shares_what_a_source_reported_with_the_service(write: Write, search: Campaign) -> None:
    BudgetService.report_day_total(
        search, date(2024, 5, 1), 4, source="facebook", observed_at=NOON - timedelta(hours=1)
    )

    run(write("campaign,date,amount", "Search,2024-05-01,10"), "--source", "facebook")

    assert totals(search)["day", date(2024, 5, 1)] == 10


def test_spend_of_a_past_month_holds_nobody(write: Write, search: Campaign) -> None:
    enforce_all(NOON)

    done = run(write("campaign,date,amount", "Search,2024-04-30,1000"))

    assert done["Recorded"] == "1 $1,000.00"
    assert delivers(search)


@pytest.mark.parametrize("status", ["draft", "paused", "completed", "archived"])
def test_spend_of_a_campaign_that_does_not_run_is_recorded(write: Write, status: str) -> None:
    campaign = CampaignFactory.create(name="Off", status=status)

    run(write("campaign,date,amount", f"Off,{TODAY},5"))

    assert totals(campaign)["day", TODAY] == 5


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    write: Write, search: Campaign
) -> None:
    enforce_all(NOON)

    done = run(write("campaign,date,amount", f"Search,{TODAY},80"), "--dry-run")

    assert done["Would be recorded"] == "1 $80.00"
    assert done["Would pause"] == "1"
    assert "Preview: nothing was changed." in done["said"]
    assert done["Search"] == "Acme pause Daily budget"
    assert not Spend.objects.exists()
    assert not ReportedTotal.objects.exists()
    assert totals(search) == {}
    assert delivers(search)
    assert DeliveryChange.objects.count() == 1


def test_rounding_is_asked_for_and_reported(write: Write, search: Campaign) -> None:
    path = write(
        "campaign,date,amount",
        "Search,2024-05-01,1.4299999",
        "Search,2024-05-01,0.0000005",
        "Search,2024-05-01,2.500000000",
    )
    with pytest.raises(CommandError, match="2 rows were refused, so nothing was recorded"):
        run(path)

    done = run(path, "--round", "6")

    assert done["Rounded"] == "2 -0.0000004 in sum"
    assert totals(search)["day", date(2024, 5, 1)] == Decimal("3.93")


def test_other_separators_encodings_and_line_ends_can_be_said(
    tmp_path: Path, search: Campaign
) -> None:
    CampaignFactory.create(brand=search.brand, name="Büro")
    path = tmp_path / "excel.csv"
    path.write_bytes("Campaign;Date;Amount\r\nBüro;2024-05-01;1\r\n".encode("cp1252"))

    done = run(path, "--delimiter", ";", "--encoding", "cp1252")

    assert done["Recorded"] == "1 $1.00"


def test_a_byte_order_mark_blank_lines_and_crlf_are_no_trouble(
    tmp_path: Path, search: Campaign
) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes(b"\xef\xbb\xbfcampaign,date,amount\r\n\r\nSearch,2024-05-01,1\r\n\r\n")

    assert run(path)["Recorded"] == "1 $1.00"


def test_a_file_larger_than_one_chunk_is_recorded_whole(write: Write, brand: Brand) -> None:
    campaigns = [CampaignFactory.create(brand=brand, name=f"C{i}") for i in range(3)]
    rows = [f"C{i % 3},2024-05-{i // 3 % 14 + 1:02},0.01" for i in range(12_003)]

    done = run(write("campaign,date,amount", *rows))

    assert (done["Good rows"], done["Day totals"]) == ("12,003", "42")
    assert totals(brand)["month", date(2024, 5, 1)] == Decimal("120.03")
    assert sum(totals(c)["month", date(2024, 5, 1)] for c in campaigns) == Decimal("120.03")
