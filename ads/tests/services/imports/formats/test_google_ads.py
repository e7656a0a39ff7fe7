"""Reports as Google Ads writes them."""

import csv
from datetime import date
from decimal import Decimal

import pytest

from ads.models import Campaign, CampaignReference, ReportedTotal
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting
from ads.tests.support import totals

pytestmark = pytest.mark.django_db

ACCOUNT = "123-456-7890"

REPORT = """\
Campaign performance
"May 1, 2024 - May 14, 2024"
Day,Customer ID,Campaign,Campaign ID,Currency code,Impr.,Cost
2024-05-01,123-456-7890,Search,111,USD,"12,345","1,234.56"
2024-05-01,123-456-7890,Brand,222,USD, --,0.10
2024-05-02,123-456-7890,Search,111,USD,7,20.00
Total: Campaigns, --, --, --,USD,"12,352","1,254.66"
Total: Account, --, --, --,USD,"12,352","1,254.66"
"""

SUMS = {
    ("Search", "2024-05-01"): Decimal("1234.56"),
    ("Brand", "2024-05-01"): Decimal("0.1"),
    ("Search", "2024-05-02"): Decimal(20),
}


@pytest.fixture(autouse=True)
def campaigns() -> list[Campaign]:
    """Search and Brand, which the platform knows as 111 and 222."""
    made = []
    for name, reference in (("Search", "111"), ("Brand", "222")):
        campaign = CampaignFactory.create(name=name)
        CampaignReference.objects.create(
            campaign=campaign, platform="google_ads", account=ACCOUNT, reference=reference
        )
        made.append(campaign)
    return made


@pytest.mark.parametrize(
    "content",
    [
        REPORT.encode(),
        b"\xef\xbb\xbf" + REPORT.encode(),
        REPORT.replace("\n", "\r\n").encode(),
        REPORT.replace("\n", "\r").encode(),
        "\n".join(REPORT.splitlines()[2:]).encode(),
    ],
    ids=["utf-8", "byte order mark", "CRLF", "CR", "without titles"],
)
def test_a_report_is_recognised_and_recorded(content: bytes) -> None:
    done = recorded(content)

    assert ledger() == SUMS
    assert (done.rows, done.skipped, done.waiting_rows) == (3, 2, 0)
    assert set(ReportedTotal.objects.values_list("source", flat=True)) == {"google_ads"}


def as_excel(encoding: str, mark: bytes) -> bytes:
    """The download "Excel .csv": tabs, UTF-16."""
    rows = csv.reader(REPORT.splitlines())
    return mark + "".join("\t".join(row) + "\r\n" for row in rows).encode(encoding)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_the_download_for_excel_is_recognised(encoding: str, mark: bytes) -> None:
    assert recorded(as_excel(encoding, mark)).rows == 3
    assert ledger() == SUMS


def test_a_report_cut_off_in_utf_16_is_refused_with_its_line() -> None:
    content = as_excel("utf-16-le", b"\xff\xfe")

    said = refused(content[:-7])

    assert "Line 8: the file ends in the middle of a character (UTF-16)" in said


def test_dates_in_words_are_understood() -> None:
    recorded(REPORT.replace("2024-05-01", '"May 1, 2024"').replace("2024-05-02", '"May 2, 2024"'))

    assert ledger() == SUMS


def test_a_campaign_may_be_called_like_a_line_of_totals() -> None:
    row = '2024-05-03,123-456-7890,"Total: brand",111,USD,1,5.00'
    report = REPORT.replace("Search,111", '"Total: brand",111')
    done = recorded(report.replace("Total: Campaigns", f"{row}\nTotal: Campaigns"))

    assert ledger()["Search", "2024-05-03"] == 5
    assert done.skipped == 2


def test_campaigns_in_the_first_column_are_distinguished_from_totals() -> None:
    recorded(
        [
            "Campaign,Day,Campaign ID,Cost",
            "Total: brand,2024-05-01,111,5.00",
            "Total: Campaigns, --, --,5.00",
        ],
        Plan(account=ACCOUNT, format="google_ads"),
    )

    assert ledger() == {("Search", "2024-05-01"): 5}


def test_a_campaign_called_like_totals_with_a_day_nobody_can_read_is_refused() -> None:
    row = '03/04/2024,123-456-7890,"Total brand",111,USD,1,5.00'

    report = REPORT.replace("Search,111", '"Total brand",111')
    said = refused(report.replace("Total: Campaigns", f"{row}\nTotal: Campaigns"))

    assert "line 7: date: '03/04/2024'" in said


def test_a_column_called_micros_is_in_micros_and_it_is_said() -> None:
    lines = ["segments.date,campaign.id,metrics.cost_micros", "2024-05-01,111,1234560000"]

    preview = previewed(lines, Plan(account=ACCOUNT))

    assert preview.amount == {"USD": Decimal("1234.56")}
    assert "read as micros" in " ".join(preview.notes)


def test_totals_are_compared_with_the_rows() -> None:
    good = previewed(REPORT)
    assert [(line.line, line.label, line.agrees) for line in good.totals_lines] == [
        (7, "Total: Campaigns", True),
        (8, "Total: Account", True),
    ]
    assert good.notes == []

    cut = previewed(REPORT.replace("2024-05-02,123-456-7890,Search,111,USD,7,20.00\n", ""))
    assert [line.agrees for line in cut.totals_lines] == [False, False]
    assert (
        "Line 6 (Total: Campaigns) has a total of $1,254.66, but the rows add up to" in cut.notes[0]
    )


def test_totals_of_a_part_are_not_compared() -> None:
    preview = previewed(REPORT.replace("Total: Account", "Total: Search"))

    assert [line.agrees for line in preview.totals_lines] == [True, None]


def test_another_currency_is_refused_with_its_line() -> None:
    said = refused(REPORT.replace("Brand,222,USD", "Brand,222,EUR"))

    assert "line 5: currency: the amount is in EUR (Euro)" in said


def test_no_cost_of_a_campaign_that_did_not_deliver_is_zero_and_counted() -> None:
    done = recorded(REPORT.replace("USD, --,0.10", "USD, --, --"))

    assert (done.rows, done.blank) == (3, 1)
    assert ("Brand", "2024-05-01") not in ledger()


def test_no_cost_of_a_campaign_that_did_deliver_is_refused_with_its_line() -> None:
    assert "line 5: amount: it is '--', but the row has 12 impressions" in refused(
        REPORT.replace("USD, --,0.10", "USD,12, --")
    )


def test_a_report_that_is_not_segmented_by_day_is_refused_with_the_remedy() -> None:
    said = refused(REPORT.replace("Day,", "Week,"))

    assert 'There is no column "Day" or "Date"' in said
    assert "segment the report by Time > Day" in said


def test_an_id_that_a_spreadsheet_has_shortened_is_refused() -> None:
    assert "line 4: reference: '1.11E+12' is a number that has lost its last digits" in refused(
        REPORT.replace('Search,111,USD,"12', 'Search,1.11E+12,USD,"12')
    )


def test_rows_of_a_campaign_and_day_are_added_up(campaigns: list[Campaign]) -> None:
    """As in a report by ad group or device."""
    row = "2024-05-02,123-456-7890,Search,111,USD,7,20.00\n"
    recorded(REPORT.replace(row, row * 3))

    assert totals(campaigns[0])["day", date(2024, 5, 2)] == 60


def test_the_same_report_again_changes_nothing() -> None:
    recorded(REPORT)

    again = recorded(as_excel("utf-16-le", b"\xff\xfe"))

    assert (again.recorded, again.unchanged) == (0, 3)
    assert waiting() == {}
