"""Exports as Meta Ads Manager writes them."""

from decimal import Decimal

import pytest

from ads.models import CampaignReference, ReportedTotal
from ads.services.imports.plan import Plan
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting

pytestmark = pytest.mark.django_db

HEADER = (
    '"Reporting starts","Reporting ends","Campaign name","Campaign ID","Campaign delivery",'
    '"Amount spent (USD)","Impressions"'
)
TOTALS = '"2024-05-01","2024-05-02","","","","31.5","4000"'
ROWS = [
    '"2024-05-01","2024-05-01","Summer, 2024","120210000000000001","active","10.5","1000"',
    '"2024-05-02","2024-05-02","Summer, 2024","120210000000000001","active","20","2000"',
    '"2024-05-02","2024-05-02","Retargeting","120210000000000002","inactive","1","1000"',
]
EXPORT = [HEADER, TOTALS, *ROWS]

SUMS = {
    ("Summer", "2024-05-01"): Decimal("10.5"),
    ("Summer", "2024-05-02"): Decimal(20),
    ("Retargeting", "2024-05-02"): Decimal(1),
}


@pytest.fixture(autouse=True)
def campaigns() -> None:
    for name, reference in (
        ("Summer", "120210000000000001"),
        ("Retargeting", "120210000000000002"),
    ):
        CampaignReference.objects.create(
            campaign=CampaignFactory.create(name=name), platform="meta_ads", reference=reference
        )


@pytest.mark.parametrize(
    "lines",
    [EXPORT, [HEADER, *ROWS, TOTALS], [HEADER, *ROWS]],
    ids=["totals first", "totals last", "no totals"],
)
def test_an_export_is_recognised_and_recorded_without_its_totals(lines: list[str]) -> None:
    done = recorded(lines)

    assert ledger() == SUMS
    assert (done.rows, done.skipped) == (3, len(lines) - 4)


def test_totals_are_compared_with_the_rows() -> None:
    (line,) = previewed(EXPORT).totals_lines
    assert (line.line, line.amount, line.agrees) == (2, Decimal("31.5"), True)

    cut = previewed(EXPORT[:-1])
    assert cut.totals_lines[0].agrees is False
    assert "Line 2 (2024-05-01) has a total of $31.50" in cut.notes[0]


def test_a_row_that_is_not_of_one_day_is_refused_with_the_remedy() -> None:
    said = refused([HEADER, ROWS[0].replace('"2024-05-01","Summer', '"2024-05-14","Summer')])

    assert "line 2: date: it covers 2024-05-01 to 2024-05-14, which is not one day." in said
    assert "choose Breakdown > By time > Day" in said


def test_a_column_day_counts_whatever_the_report_covers() -> None:
    covered = '"2024-05-01","2024-05-14"'
    days = [f"{covered},{row.split(',', 1)[1]}" for row in ROWS]
    header = HEADER.replace('"Reporting ends"', '"Reporting ends","Day"')

    recorded([header, *days])

    assert ledger() == SUMS


@pytest.mark.parametrize("code", ["EUR", "GBP", "JPY"])
def test_an_export_in_another_currency_is_refused_with_line_and_remedy(code: str) -> None:
    said = refused([HEADER.replace("USD", code), *ROWS])

    assert f"line 2: currency: the amount is in {code} (" in said
    assert "and the brand's currency is USD (US Dollar); record it for a brand in" in said


def test_a_campaign_nobody_knows_waits() -> None:
    done = recorded([*EXPORT, ROWS[0].replace("0001", "0003")])

    assert done.waiting_rows == 1
    assert waiting() == {("", "120210000000000003", "2024-05-01"): Decimal("10.5")}


def test_columns_mapped_by_hand_keep_all_else_that_is_known_of_the_export() -> None:
    header = HEADER.replace("Amount spent (USD)", "Paid").replace("Campaign ID", "Number")
    totals = TOTALS.replace('"2024-05-02"', '"2024-05-01"')
    by_hand = Plan(mapping={"amount": "Paid", "reference": "Number"})

    done = recorded([header, totals, *ROWS], by_hand)

    assert ledger() == SUMS
    assert (done.rows, done.skipped) == (3, 1)
    assert set(ReportedTotal.objects.values_list("source", flat=True)) == {"meta_ads"}


def test_an_export_once_recognised_and_once_mapped_by_hand_counts_once() -> None:
    recorded(EXPORT)

    again = recorded(
        EXPORT, Plan(mapping={"date": "Reporting starts", "amount": "Amount spent (USD)"})
    )

    assert ledger() == SUMS
    assert (again.recorded, again.unchanged) == (0, 3)


def test_rows_of_a_period_are_refused_when_their_columns_are_mapped_by_hand_too() -> None:
    lines = [
        "Reporting Starts,Reporting Ends,Ad Set Name,Age,Amount Spent (USD)",
        "2024-04-01,2024-04-28,Summer,25-34,700.93",
    ]
    mapped = {"campaign": "Ad Set Name", "amount": "Amount Spent (USD)"}

    for date in ("Reporting Starts", "Reporting Ends"):
        said = refused(lines, Plan(mapping={**mapped, "date": date}))
        assert "it covers 2024-04-01 to 2024-04-28, which is not one day" in said


def test_a_start_without_an_end_may_be_a_month_and_is_refused_unless_it_is_said_to_be_a_day() -> (
    None
):
    lines = ["Reporting starts,Campaign name,Amount spent (USD)", "2024-05-01,Summer,3100.00"]

    said = refused(lines)
    assert 'The only dates are in the column "Reporting starts"' in said
    assert "(--daily in the command)" in said
    assert "(--daily" in refused(lines, Plan(mapping={"date": "Reporting starts"}))

    assert recorded(lines, Plan(is_daily=True)).rows == 1


def test_starts_of_three_days_in_a_row_are_days() -> None:
    lines = ["Reporting starts,Campaign name,Amount spent (USD)"]
    days = [f"2024-05-0{day},Summer,31.50" for day in (1, 2, 3)]

    assert "(--daily" in refused([*lines, *days[:2]])
    assert recorded([*lines, *days]).rows == 3


def test_no_amount_of_a_campaign_that_did_not_deliver_is_zero_and_said_so() -> None:
    idle = '"2024-05-02","2024-05-02","Retargeting","120210000000000002","inactive","",""'

    preview = previewed([HEADER, *ROWS[:2], idle])

    assert (preview.rows, preview.blank) == (3, 1)
    assert "line 2: amount: it is ''" in refused([HEADER, idle.replace('"",""', '"","10"')])
