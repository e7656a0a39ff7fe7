"""Files with hours: they are added up to the brand's own days."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ads.models import WaitingSpend
from ads.services.imports.plan import Plan
from ads.services.references import registry
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.imports.support import (
    carrying,
    case,
    ledger,
    previewed,
    recorded,
    refused,
    waiting,
)
from ads.tests.services.ledger.support import unknown

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOURS = "campaign_id,stat_time_hour,spend"
TIKTOK: dict[str, Any] = {
    "mapping": {"reference": "campaign_id", "amount": "spend"},
    "platform": "tiktok",
}


def hours(*rows: str) -> list[str]:
    return [HOURS, *rows]


def test_hours_without_a_timezone_are_refused_with_the_option() -> None:
    carrying()

    said = refused(hours("7,2026-11-25 03:00:00,10.00"), Plan(**TIKTOK), now=NOW)

    assert said == (
        "timezone: the file has hours and does not say in which timezone. Choose the file's "
        "timezone (--timezone UTC or --timezone America/New_York in the command)."
    )


@pytest.mark.parametrize(
    "rows",
    [
        ["7,2026-11-25 03:00:00,10.00", "7,2026-11-25 23:00:00,20.00"],
        ["7,2026-11-25T03:00,10", "7,2026-11-25T11 PM,20"],
    ],
)
def test_hours_are_added_up_to_the_brands_days(rows: list[str]) -> None:
    carrying(timezone="America/New_York")

    done = recorded(hours(*rows), Plan(**TIKTOK, timezone="UTC"), now=NOW)

    assert ledger() == {("C", "2026-11-24"): 10, ("C", "2026-11-25"): 20}
    assert done.notes[0] == "The file's hours are read as those of UTC."
    assert done.notes[1].startswith(
        "The file begins at 2026-11-25 00:00 UTC, within 2026-11-24 in America/New_York: of that "
        "day it lacks the beginning."
    )


def test_hours_with_their_offset_need_no_timezone() -> None:
    carrying(timezone="America/New_York")

    recorded(
        hours("7,2026-11-25T03:00:00Z,10", "7,2026-11-25T09:00:00+05:30,5"),
        Plan(**TIKTOK),
        now=NOW,
    )

    assert ledger() == {("C", "2026-11-24"): 15}


def test_each_brand_of_a_file_has_its_own_days() -> None:
    for reference, timezone in (("1", "America/Los_Angeles"), ("2", "Asia/Tokyo"), ("3", "UTC")):
        carrying(reference, timezone=timezone, name=timezone)

    recorded(
        hours(*(f"{each},2026-11-25 {hour}:00,1" for each in (1, 2, 3) for hour in (7, 8, 14, 15))),
        Plan(**TIKTOK, timezone="UTC"),
        now=NOW,
    )

    assert ledger() == {
        ("America/Los_Angeles", "2026-11-24"): 1,
        ("America/Los_Angeles", "2026-11-25"): 3,
        ("Asia/Tokyo", "2026-11-25"): 3,
        ("Asia/Tokyo", "2026-11-26"): 1,
        ("UTC", "2026-11-25"): 4,
    }


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Campaign ID,Day,Hour of day,Cost", "7,2026-11-25,3,10"),
        ("Campaign ID,Day,Time of day (account),Cost", "7,2026-11-25,03:00:00 - 03:59:59,10"),
        ("Campaign ID,Tag,Stunde,Cost", "7,2026-11-25,3,10"),
        ("Campaign ID,Time,Cost", "7,11/25/2026 3:00 AM,10"),
    ],
)  # fmt: skip
def test_an_hour_beside_the_day_or_in_it_is_understood(header: str, row: str) -> None:
    carrying(timezone="America/New_York")
    mapping = {"reference": "Campaign ID", "amount": "Cost"}
    day = header.split(",")[1]
    mapping |= {"hour": day} if day == "Time" else {"date": day}
    plan = Plan(
        mapping=mapping,
        platform="tiktok",
        timezone="UTC",
        date_format="%m/%d/%Y" if day == "Time" else None,
    )

    recorded([header, row], plan, now=NOW)

    assert ledger() == {("C", "2026-11-24"): 10}


@pytest.mark.parametrize(
    ("days", "way"),
    [
        (("2026-11-24 00:00:00", "2026-11-25 00:00:00"), None),
        (("2026-11-24T00:00", "2026-11-25T00:00:00.000"), None),
        (("11/24/2026 12:00:00 AM", "11/25/2026 12:00:00 AM"), None),
        (("03/11/2026, 00:00", "04/11/2026, 00:00"), "%d/%m/%Y"),
    ],
)
def test_midnights_alone_are_their_days(days: tuple[str, str], way: str | None) -> None:
    carrying(timezone="America/New_York")
    lines = ["campaign_id,stat_time_day,spend", *(f'7,"{day}",10' for day in days)]

    recorded(lines, Plan(platform="tiktok", date_format=way), now=NOW)

    first, second = ("2026-11-03", "2026-11-04") if way else ("2026-11-24", "2026-11-25")
    assert ledger() == {("C", first): 10, ("C", second): 10}


def test_midnights_among_other_times_are_hours_though_bad_rows_are_skipped() -> None:
    carrying()
    days = ("2026-11-24 00:00:00", "2026-11-24 15:00:00")
    lines = ["campaign_id,stat_time_day,spend", *(f"7,{day},10" for day in days)]

    for rows in (lines, [lines[0], *lines[:0:-1]]):
        said = refused(rows, Plan(platform="tiktok", skip_bad_rows=True), now=NOW)
        assert said == (
            "date: the column has times of day, such as '2026-11-24 15:00:00', so its rows are "
            "hours. Choose it as the hour (--map hour=… in the command)."
        )


def test_times_of_entries_are_no_hours() -> None:
    CampaignFactory.create(name="C")
    times = [f"C,2026-11-24 {hour}:00:00,10,{hour}" for hour in ("00", "15")]
    lines = ["campaign,date,amount,external_id", *times]

    assert "or for entries with ids as their time (--map occurred_at=" in refused(lines, now=NOW)

    recorded(lines, Plan(mapping={"occurred_at": "date"}, timezone="UTC"), now=NOW)
    assert ledger() == {("C", "2026-11-24"): 20}


def test_hours_of_the_viewers_own_timezones_are_no_hours() -> None:
    carrying(timezone="America/New_York")
    header = "Campaign ID,Day,Time of day (viewer's time zone),Cost"
    mapping = {"reference": "Campaign ID", "date": "Day", "amount": "Cost"}

    recorded([header, "7,2026-11-25,3,10"], Plan(mapping=mapping, platform="tiktok"), now=NOW)

    assert ledger() == {("C", "2026-11-25"): 10}


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("noon", "hour: 'noon' is not an hour; write 0 to 23, 15:00, or the day and the hour"),
        ("25", "hour: '25' has no such time"),
        ("3", "date: '3' is an hour without a day; choose the column with the day"),
    ],
)
def test_what_is_no_hour_is_refused(cell: str, why: str) -> None:
    carrying()
    if cell == "25":
        content = ["campaign_id,day,hour,spend", "7,2026-11-25,25,1"]
        plan = Plan(platform="tiktok", timezone="UTC", mapping={**TIKTOK["mapping"], "date": "day"})
    else:
        content, plan = hours(f"7,{cell},1"), Plan(**TIKTOK, timezone="UTC")

    assert why in refused(content, plan, now=NOW)


def test_on_days_with_clock_changes_every_hour_counts_once() -> None:
    carrying(timezone="America/New_York")
    utc = [f"7,2026-{day} {hour:02}:00,1" for day in ("11-01", "11-02") for hour in range(24)]

    recorded(hours(*utc), Plan(**TIKTOK, timezone="UTC"), now=NOW)

    assert ledger() == {
        ("C", "2026-10-31"): 4, ("C", "2026-11-01"): 25, ("C", "2026-11-02"): 19,
    }  # fmt: skip


def test_the_repeated_hour_of_the_files_own_timezone_is_one_row() -> None:
    carrying(timezone="America/New_York")
    local = [f"7,2026-11-01 {hour:02}:00,1" for hour in range(24)]

    recorded(hours(*local), Plan(**TIKTOK, timezone="America/New_York"), now=NOW)

    assert ledger() == {("C", "2026-11-01"): 24}


def test_an_hour_that_did_not_happen_is_refused_unless_nothing_was_spent() -> None:
    carrying(timezone="America/New_York")
    plan = Plan(**TIKTOK, timezone="America/New_York")

    said = refused(hours("7,2026-03-08 02:00,1"), plan, now=NOW)
    recorded(hours("7,2026-03-08 01:00,1", "7,2026-03-08 02:00,0.00"), plan, now=NOW)

    assert "hour: 02:00 did not happen on 2026-03-08 in America/New_York" in said
    assert ledger() == {("C", "2026-03-08"): 1}


def test_an_hour_over_a_half_hour_zones_midnight_is_refused_or_accepted() -> None:
    carrying(timezone="Asia/Kolkata")
    rows = hours("7,2026-11-25 17:00,1", "7,2026-11-25 18:00,2", "7,2026-11-25 19:00,4")

    said = refused(rows, Plan(**TIKTOK, timezone="UTC"), now=NOW)
    recorded(rows, Plan(**TIKTOK, timezone="UTC", accept_timezone=True), now=NOW)

    assert (
        "line 3: hour: '2026-11-25 18:00' is the hour from 18:00 UTC on, in which a day begins in "
        "Asia/Kolkata" in said
    )
    assert "(--accept-timezone in the command)" in said
    assert ledger() == {("C", "2026-11-25"): 3, ("C", "2026-11-26"): 4}


def test_an_hour_over_midnight_without_spend_is_no_trouble() -> None:
    carrying(timezone="Asia/Kolkata")

    recorded(
        hours("7,2026-11-25 17:00,1", "7,2026-11-25 18:00,0.00"),
        Plan(**TIKTOK, timezone="UTC"),
        now=NOW,
    )

    assert ledger() == {("C", "2026-11-25"): 1}


def test_a_day_whose_beginning_the_file_lacks_stays_as_it_is_on_record() -> None:
    carrying(timezone="America/New_York")
    plan = Plan(**TIKTOK, timezone="UTC")
    # 24 November in New York: 5:00 on the 24th to 5:00 on the 25th.
    recorded(hours("7,2026-11-24 06:00,90", "7,2026-11-25 04:00,10"), plan, now=NOW)
    later = hours("7,2026-11-25 04:00,11", "7,2026-11-25 06:00,20")

    preview = previewed(later, plan, now=NOW)
    done = recorded(later, plan, now=NOW)

    assert ledger() == {("C", "2026-11-24"): 100, ("C", "2026-11-25"): 20}
    assert (done.begun, done.recorded, done.lowered) == (1, 1, 0)
    assert (preview.begun, preview.recorded) == (1, 1)
    assert any("it stays as it is" in note for note in preview.notes)


def test_the_same_hours_again_record_only_what_is_new() -> None:
    carrying(timezone="UTC")
    plan = Plan(**TIKTOK, timezone="UTC")
    recorded(hours("7,2026-11-25 03:00,10"), plan, now=NOW)

    done = recorded(hours("7,2026-11-25 03:00,10", "7,2026-11-25 04:00,5"), plan, now=NOW)

    assert ledger() == {("C", "2026-11-25"): 15}
    assert done.difference == {"USD": 5}
    assert done.begun == 0


def test_hours_of_an_unmatched_campaign_wait_as_days_of_the_file() -> None:
    recorded(hours("7,2026-11-25 03:00,10"), Plan(**TIKTOK, timezone="UTC"), now=NOW)
    assert waiting() == {("", "7", "2026-11-25"): 10}
    campaign = CampaignFactory.create(brand=BrandFactory.create(timezone="America/New_York"))

    settled = registry.match(unknown(), campaign, now=NOW)

    assert (settled.recorded, settled.refused) == (0, 1)
    assert "it is a day in UTC" in WaitingSpend.objects.get().refusal
    # Imported again, the hours are added up to the brand's days.
    recorded(hours("7,2026-11-25 03:00,10"), Plan(**TIKTOK, timezone="UTC"), now=NOW)
    assert list(ledger()) == [(campaign.name, "2026-11-24")]


def test_hours_of_an_unmatched_campaign_count_where_the_brand_has_the_files_days() -> None:
    recorded(hours("7,2026-11-25 03:00,10"), Plan(**TIKTOK, timezone="UTC"), now=NOW)
    campaign = CampaignFactory.create(brand=BrandFactory.create(timezone="Africa/Abidjan"))

    assert registry.match(unknown(), campaign, now=NOW).recorded == 1
    assert ledger() == {(campaign.name, "2026-11-25"): 10}


def test_entries_without_an_offset_are_of_the_chosen_timezone() -> None:
    CampaignFactory.create(name="C", brand=BrandFactory.create(timezone="America/New_York"))
    content = [
        "external_id,campaign,amount,occurred_at",
        "a,C,1,2026-11-25 21:00",
        "b,C,2,2026-11-25 22:30:00-08:00",
    ]

    assert "it has no timezone; add Z for UTC" in refused(content, now=NOW)
    recorded(content, Plan(timezone="America/Los_Angeles"), now=NOW)

    assert ledger() == {("C", "2026-11-26"): 3}


def test_a_date_with_an_hour_says_how_it_is_read() -> None:
    CampaignFactory.create(name="C")

    said = refused(["campaign,date,amount", "C,2026-11-25 03:00,1"], now=NOW)

    assert "It has a time of day: choose the column as the hour (--map hour=" in said


def test_case_04_is_refused_without_a_timezone_and_added_up_with_one() -> None:
    carrying("1700000000000001", timezone="America/New_York")
    content = case("04-tiktok-hourly-utc.csv")

    assert "does not say in which timezone" in refused(content, Plan(**TIKTOK), now=NOW)
    recorded(content, Plan(**TIKTOK, timezone="UTC"), now=NOW)

    assert ledger() == {("C", "2026-11-24"): 10, ("C", "2026-11-25"): 20}
