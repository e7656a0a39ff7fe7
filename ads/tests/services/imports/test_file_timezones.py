"""Day rows of a file in a named timezone: refused where the brand has other days."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from ads.services.imports.plan import Plan
from ads.tests.services.imports.support import (
    carrying,
    case,
    ledger,
    previewed,
    recorded,
    refused,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MICROSOFT: dict[str, Any] = {
    "mapping": {
        "date": "TimePeriod", "campaign": "CampaignName", "reference": "CampaignId",
        "amount": "Spend", "currency": "CurrencyCode",
    },
    "platform": "microsoft_ads",
}  # fmt: skip
PACIFIC = [
    '"Report Name: Campaign performance"',
    '"Time Zone: (GMT-08:00) Pacific Time (US & Canada); Tijuana"',
    '"Last Completed Available Day: 11/26/2026 11:59:59 PM (GMT)"',
    "",
    '"TimePeriod","CampaignName","CampaignId","CurrencyCode","Spend"',
    '"2026-11-25","MS Search","7","USD","41.20"',
    '"2026-11-26","MS Search","7","USD","38.80"',
]
LINKEDIN: dict[str, Any] = {
    "mapping": {
        "date": "Start Date (in UTC)", "campaign": "Campaign Name", "reference": "Campaign ID",
        "amount": "Total Spent", "currency": "Currency",
    },
    "platform": "linkedin",
    "date_format": "%m/%d/%Y",
    "decimal": ".",
}  # fmt: skip
IN_UTC = [
    '"Campaign Performance Report (in UTC)"',
    '"Report Start: November 25, 2026"',
    '"Report End: November 26, 2026"',
    "",
    "Start Date (in UTC)\tCurrency\tCampaign ID\tCampaign Name\tTotal Spent",
    '11/25/2026\tUSD\t7\tLI Leads\t"1,055.25"',
    "11/26/2026\tUSD\t7\tLI Leads\t44.75",
]


def with_accounts(options: dict[str, Any], column: str, **more: Any) -> Plan:
    """The plan of a file in which this column has the account's name."""
    return Plan(**{**options, "mapping": {**options["mapping"], "account": column}, **more})


@pytest.mark.parametrize("timezone", ["America/Los_Angeles", "US/Pacific", "America/Tijuana"])
def test_day_rows_of_the_brands_timezone_pass_and_are_noted(timezone: str) -> None:
    carrying(platform="microsoft_ads", timezone=timezone)

    preview = previewed(PACIFIC, Plan(**MICROSOFT), now=NOW)
    recorded(PACIFIC, Plan(**MICROSOFT), now=NOW)

    assert sum(ledger().values()) == 80
    assert preview.notes[0] == (
        "The file's days are read as those of America/Los_Angeles (it says “(GMT-08:00) Pacific "
        "Time (US & Canada); Tijuana”)."
    )


def test_day_rows_of_another_timezone_are_refused_with_both_names() -> None:
    carrying(platform="microsoft_ads", timezone="Europe/London")

    said = refused(PACIFIC, Plan(**MICROSOFT), now=NOW)

    assert (
        "line 6: date: 2026-11-25 is refused: it is a day in America/Los_Angeles, and the brand's "
        "days are those of Europe/London." in said
    )
    assert "(--accept-timezone in the command)" in said


def test_day_rows_of_another_timezone_are_recorded_when_the_difference_is_accepted() -> None:
    carrying(platform="microsoft_ads", timezone="Europe/London")

    recorded(PACIFIC, Plan(**MICROSOFT, accept_timezone=True), now=NOW)

    assert ledger() == {
        ("C", "2026-11-25"): Decimal("41.20"), ("C", "2026-11-26"): Decimal("38.80"),
    }  # fmt: skip


def test_only_the_days_that_differ_are_refused() -> None:
    # Since November, Vancouver is an hour ahead of Los Angeles.
    carrying(platform="microsoft_ads", timezone="America/Vancouver")
    summer = [*PACIFIC[:5], '"2026-07-01","MS Search","7","USD","1"']

    recorded(summer, Plan(**MICROSOFT), now=NOW)

    assert ledger() == {("C", "2026-07-01"): 1}
    assert "the brand's days are those of America/Vancouver" in refused(
        PACIFIC, Plan(**MICROSOFT), now=NOW
    )


def test_the_chosen_timezone_decides_against_the_files() -> None:
    carrying(platform="microsoft_ads", timezone="Europe/London")

    recorded(PACIFIC, Plan(**MICROSOFT, timezone="Europe/London"), now=NOW)

    assert sum(ledger().values()) == 80


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('"Time Zone: Account time zone"', "“Account time zone”"),
        ("Zeitzone;EST", "“EST”"),
        ('"Campaign performance (in UTC)"\n"Time Zone: Asia/Tokyo"', "“Asia/Tokyo” and “UTC”"),
    ],
)
def test_a_timezone_that_is_not_certain_is_asked_for(line: str, words: str) -> None:
    carrying(platform="microsoft_ads")

    said = refused([line, *PACIFIC[3:]], Plan(**MICROSOFT), now=NOW)

    assert said.startswith(f"timezone: the file says {words}, and it is not certain which")
    assert "--timezone America/New_York" in said


def test_brackets_that_name_something_else_are_no_timezone() -> None:
    carrying(platform="microsoft_ads", timezone="Asia/Tokyo")

    recorded(['"Spend by network (in Search/Display)"', *PACIFIC[3:]], Plan(**MICROSOFT), now=NOW)

    assert sum(ledger().values()) == 80


def test_a_column_may_name_each_rows_timezone() -> None:
    carrying("1", timezone="Asia/Tokyo", name="Tokyo")
    carrying("2", timezone="UTC", name="London")
    content = ["campaign_id,day,Account time zone,spend",
               "1,2026-11-25,Asia/Tokyo,1", "2,2026-11-25,UTC,2"]  # fmt: skip
    mapping = {"reference": "campaign_id", "amount": "spend", "date": "day"}
    plan = Plan(platform="tiktok", mapping=mapping)

    recorded(content, plan, now=NOW)

    assert ledger() == {("Tokyo", "2026-11-25"): 1, ("London", "2026-11-25"): 2}
    wrong = [content[0], "2,2026-11-25,Asia/Tokyo,2"]
    assert "it is a day in Asia/Tokyo, and the brand's days are those of UTC" in refused(
        wrong, plan, now=NOW
    )


def test_a_timezone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match=r"timezone: 'Mars' is not a known timezone; use an IANA"):
        Plan(timezone="Mars")


@pytest.mark.parametrize(
    ("timezone", "accepts", "amount"),
    [("America/Los_Angeles", False, 80), ("UTC", False, 0), ("UTC", True, 80)],
)
def test_case_03_is_recorded_in_its_timezone_or_where_the_difference_is_accepted(
    timezone: str, accepts: bool, amount: int
) -> None:
    carrying("11100000123", platform="microsoft_ads", account="Acme Bing", timezone=timezone)
    plan = with_accounts(
        MICROSOFT, "AccountName", header_line=10, skip_bad_rows=True, accept_timezone=accepts
    )

    done = recorded(case("03-microsoft-preamble-footer.csv"), plan, now=NOW)

    assert sum(ledger().values()) == amount
    assert any(
        "it is a day in America/Los_Angeles" in row.reason for row in done.refused.shown
    ) is (amount == 0)


def test_case_07_is_noted_as_of_utc() -> None:
    carrying("401234567", platform="linkedin", account="Acme LI")
    content = case("07-linkedin-utf16.csv")
    plan = with_accounts(LINKEDIN, "Account Name")

    preview = previewed(content, plan, now=NOW)
    recorded(content, plan, now=NOW)

    assert sum(ledger().values()) == 1100
    assert "The file's days are read as those of UTC (it says “UTC”)." in preview.notes


def test_utc_in_brackets_is_noted_and_refused_for_a_brand_elsewhere() -> None:
    carrying(platform="linkedin", timezone="Europe/Berlin")
    content = "\n".join(IN_UTC).encode("utf-16")

    said = refused(content, Plan(**LINKEDIN), now=NOW)
    recorded(content, Plan(**LINKEDIN, accept_timezone=True), now=NOW)

    assert "it is a day in UTC, and the brand's days are those of Europe/Berlin" in said
    assert sum(ledger().values()) == 1100
