"""Small files of the shapes that people report publicly: whose they are, and what they sum up to.

The files are not part of the repository; the other tests have the same shapes within them.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from ads.services.imports.plan import Plan
from ads.services.imports.reading import HEAD, sniff
from ads.tests.factories import CampaignFactory
from ads.tests.services.imports.support import ledger, previewed, recorded, refused, waiting
from ads.tests.support import at

CASES = Path(settings.BASE_DIR).parent / "shared" / "data" / "cases"
NOW = at("2026-11-28 12:00")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not there"),
]


def case(number: str) -> bytes:
    (path,) = CASES.glob(f"{number}-*")
    return path.read_bytes()


def told(number: str, plan: Plan | None = None) -> str:
    """All that recording the case comes to, matched or not."""
    recorded(case(number), plan, now=NOW)
    return f"{sum(ledger().values()) + sum(waiting().values()):,.2f}"


@pytest.mark.parametrize(
    ("number", "platform", "total"),
    [
        ("02", "tiktok_ads", "110.00"),
        ("03", "microsoft_ads", "80.00"),
        ("06", "amazon_ads", "1,024.64"),
        ("07", "linkedin_ads", "1,100.00"),
        ("08", "meta_ads", "20.00"),
        ("21", "google_ads", "1,216.90"),
        ("24", "google_ads", "337.55"),
        ("27", "meta_ads", "117.14"),
    ],
)
def test_a_report_is_recognised_and_told_right(number: str, platform: str, total: str) -> None:
    assert sniff(case(number)[:HEAD]).format == platform
    assert told(number) == total


@pytest.mark.parametrize(
    "number", ["02b", "02d", "15a", "17-two-accounts-same-names-A", "26", "31"]
)
def test_a_file_of_nobody_knows_whom_is_given_no_platform(number: str) -> None:
    content = next(CASES.glob(f"{number}*")).read_bytes()

    assert sniff(content[:HEAD]).format == "mapped"
    assert "--format meta_ads" in refused(content, now=NOW)


def test_cost_in_micros_is_asked_about() -> None:
    said = refused(case("01"), now=NOW)
    assert "11100000 is $11,100,000.00 as it stands, and $11.10 in micros" in said
    assert "--unit micros or --unit units" in said

    assert told("01", Plan(unit="micros")) == "19.20"


def test_a_campaign_that_did_not_deliver_has_zero_and_it_is_said() -> None:
    assert previewed(case("08"), now=NOW).blank == 1


def test_a_start_alone_is_asked_about_recognised_or_mapped() -> None:
    for mapping in ({}, {"date": "Reporting starts"}):
        assert "(--daily in the command)" in refused(case("09"), Plan(mapping=mapping), now=NOW)
    assert told("09", Plan(is_daily=True)) == "3,100.00"


def test_three_digits_behind_the_dot_are_asked_about() -> None:
    assert "(--decimal . or --decimal ," in refused(case("10"), now=NOW)
    assert told("10", Plan(decimal=",")) == "19,619.00"


def test_a_french_export_is_read_when_mapped_or_when_its_format_is_said() -> None:
    CampaignFactory.create(name="P7 Broad")
    mapping = {
        "date": "Jour",
        "campaign": "Nom de la campagne",
        "amount": "Montant dépensé (USD)",
    }

    for plan in (Plan(mapping=mapping), Plan(format="meta_ads")):
        preview = previewed(case("26"), plan, now=NOW)
        assert preview.amount == {"USD": Decimal("2236.56")}
        assert (preview.first_date, preview.last_date) == (date(2026, 11, 25), date(2026, 11, 26))


def test_rows_that_cover_28_days_are_refused_when_mapped_by_hand_too() -> None:
    mapped = {"campaign": "Ad Set Name", "amount": "Amount Spent (USD)"}

    for date_column in ("Reporting Starts", "Reporting Ends"):
        plan = Plan(mapping={**mapped, "date": date_column})
        assert "it covers 2026-10-21 to 2026-11-17" in refused(case("29"), plan, now=NOW)


def test_a_file_whose_format_is_said_counts_once_however_its_columns_are_mapped() -> None:
    CampaignFactory.create(name="P9 Double")
    mapping = {"date": "Date", "campaign": "Campaign name", "amount": "Amount spent (USD)"}

    recorded(case("31"), Plan(format="meta_ads"), now=NOW)
    recorded(case("31"), Plan(format="meta_ads", mapping=mapping), now=NOW)

    assert sum(ledger().values()) == 80
