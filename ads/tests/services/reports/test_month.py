"""What a brand's report of a month says, to the cent."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ads.holds import Hold
from ads.models import Brand, Campaign
from ads.rules.calendar import UnknownTimezone
from ads.services import reports
from ads.services.exports import Stream
from ads.services.reports import InvalidMonth, Stops
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import NOON, at, enforce_all, execute, let_run_on, spend, spend_in_sql

pytestmark = pytest.mark.django_db

APRIL, MAY = date(2024, 4, 1), date(2024, 5, 1)


def acme(**given: object) -> Brand:
    return BrandFactory.create(**{"name": "Acme", "monthly_budget": 1000, **given})


def report_of(brand: Brand, month: date = MAY, now: datetime = NOON) -> Any:
    return reports.brand_month(brand.fresh(), month, now)


def edited(owner: Brand | Campaign, monthly_budget: object, when: datetime) -> None:
    """The owner's monthly budget was set to this at an instant, as the audit has it."""
    table = owner._meta.db_table + "event"
    execute(
        f"CREATE TEMPORARY TABLE edit ON COMMIT DROP AS SELECT * FROM {table}"
        " WHERE pgh_obj_id = %s ORDER BY pgh_id LIMIT 1",
        [owner.pk],
    )
    execute(
        "UPDATE edit SET monthly_budget = %s, pgh_created_at = %s,"
        f" pgh_id = nextval(pg_get_serial_sequence('{table}', 'pgh_id'))",
        [monthly_budget, when],
    )
    execute(f"INSERT INTO {table} SELECT * FROM edit")
    execute("DROP TABLE edit")


def test_the_figures_are_those_of_the_ledger_to_the_cent() -> None:
    brand = acme()
    search = CampaignFactory.create(brand=brand, name="Search", monthly_budget=500)
    social = CampaignFactory.create(brand=brand, name="Social")
    CampaignFactory.create(brand=brand, name="Quiet")
    others = CampaignFactory.create()
    for campaign, amount, day in (
        (search, "10.10", date(2024, 5, 1)),
        (search, "20.204512", date(2024, 5, 15)),
        (search, "99", date(2024, 4, 30)),
        (social, "5", date(2024, 5, 15)),
        (others, "77", date(2024, 5, 2)),
    ):
        spend_in_sql(campaign, amount, day)

    report = report_of(brand)

    assert (report.spent, report.budget, report.limit) == (Decimal("35.304512"), 1000, 1000)
    assert report.percent == 3
    assert [(row.name, row.spent, row.budget) for row in report.campaigns] == [
        ("Search", Decimal("30.304512"), 500),
        ("Social", Decimal(5), None),
    ]
    assert [day for day, _ in report.days] == [MAY + timedelta(days=n) for n in range(15)]
    assert {day.day: amount for day, amount in report.days if amount} == {
        1: Decimal("10.10"),
        15: Decimal("25.204512"),
    }
    assert report.pace is not None
    april = report_of(brand, APRIL)
    assert (april.spent, len(april.days), april.pace) == (99, 30, None)


def test_spend_of_tomorrow_has_its_day_as_the_month_counts_it_already() -> None:
    campaign: Any = CampaignFactory.create(brand=acme())
    for amount, day in (("3", 15), ("4", 16)):
        spend_in_sql(campaign, amount, date(2024, 5, day))

    report = report_of(campaign.brand)

    assert (report.spent, sum(amount for _, amount in report.days)) == (7, 7)
    assert [day.day for day, _ in report.days] == list(range(1, 17))
    assert "Thu, May 16" in reports.as_html(report, NOON)


def test_a_month_has_the_budgets_it_had_at_its_end() -> None:
    brand = acme(monthly_budget=1)
    campaign = CampaignFactory.create(brand=brand, monthly_budget=2)
    spend_in_sql(campaign, "5", date(2024, 4, 2))
    spend_in_sql(campaign, "5", date(2024, 5, 2))
    for owner, first in ((brand, 300), (campaign, 30)):
        edited(owner, first, at("2024-03-20 08:00"))
        edited(owner, first + 1, at("2024-04-30 23:59"))
        edited(owner, None, at("2024-05-01 00:00"))

    april, may = report_of(brand, APRIL), report_of(brand)

    assert (april.budget, april.campaigns[0].budget) == (301, 31)
    assert (may.budget, may.campaigns[0].budget) == (None, None)


def test_a_month_before_the_audit_has_the_first_budget_on_record() -> None:
    brand = acme(monthly_budget=800)
    brand.monthly_budget = Decimal(900)
    brand.save(update_fields=["monthly_budget"])

    assert report_of(brand, APRIL).budget == 800


def test_what_was_allowed_beyond_the_budget_is_part_of_the_limit() -> None:
    brand = acme()
    let_run_on(brand, "month", now=NOON, amount=50)

    report = report_of(brand)

    assert (report.budget, report.allowed, report.limit) == (1000, 50, 1050)
    assert reports.summary(report)[0] == (
        "Monthly budget: $1,050.00, including $50.00 added during the month"
    )


def test_stops_are_counted_by_their_main_reason_and_peoples_own_are_left_out() -> None:
    brand = acme()
    search, social = (
        CampaignFactory.create(brand=brand, name=name, daily_budget=10)
        for name in ("Search", "Social")
    )
    yesterday = NOON - timedelta(days=1)
    enforce_all(yesterday)
    spend(search, "12.5", yesterday)
    enforce_all(NOON)
    spend(search, 10, NOON)
    spend(social, 15, NOON)
    for campaign in (search, social):
        Campaign.objects.filter(pk=campaign.pk).update(status="paused")
    enforce_all(NOON)

    report = report_of(brand)

    assert report.stops == (Stops(Hold.DAILY_BUDGET, times=3, campaigns=2),)
    assert {row.name: row.stops for row in report.campaigns} == {"Search": 2, "Social": 1}
    assert (len(report.receipts.receipts), report.receipts.kept) == (3, 1)
    assert report.receipts.over == Decimal("7.5")


def test_stops_of_total_and_shared_budgets_are_said_as_clients_read_them() -> None:
    brand = acme()
    search = CampaignFactory.create(brand=brand, name="Search", total_budget=10)
    group = BudgetGroupFactory.create(brand=brand, name="internal name", daily_budget=20)
    social = CampaignFactory.create(brand=brand, name="Social", budget_group=group)
    enforce_all(NOON)
    spend(search, "12.5", NOON)
    spend(social, 21, NOON)

    page = reports.as_html(report_of(brand), NOON)

    assert "Campaign’s total budget used up" in page
    assert "Budget shared by several campaigns used up" in page
    assert "$12.50" in page
    assert "internal name" not in page


def test_the_pace_has_the_decimal_places_of_the_currency() -> None:
    brand = acme(monthly_budget=100_000, currency="JPY")
    spend(CampaignFactory.create(brand=brand), 51_234, NOON)
    spend_in_sql(CampaignFactory.create(brand=brand), "1000", APRIL)

    page = reports.as_html(report_of(brand), NOON)

    assert "¥51,234 spent, ¥46,774 expected by now" in page


def test_an_empty_month_and_one_without_a_budget() -> None:
    brand = acme(monthly_budget=None)

    report = report_of(brand, APRIL)

    assert (report.spent, report.limit, report.percent, report.campaigns) == (0, None, None, ())
    assert reports.summary(report) == ["Monthly budget: None", "Spent: $0.00"]
    page = reports.as_html(report, NOON)
    assert "Nothing was spent in this month." in page
    assert "No campaign was stopped automatically." in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        # The clock jumps forward on March 10, and back on November 3.
        ("America/New_York", "2024-03-01 05:00", "2024-04-01 03:59"),
        ("America/New_York", "2024-11-01 04:00", "2024-12-01 04:59"),
        # It jumps over midnight on October 6, which begins at 00:00 after 23:59 of the fifth.
        ("America/Asuncion", "2024-10-01 04:00", "2024-11-01 02:59"),
    ],
)
def test_a_month_with_a_clock_change_begins_and_ends_at_local_midnights(
    zone: str, first: str, last: str
) -> None:
    brand = acme(timezone=zone)
    campaign = CampaignFactory.create(brand=brand, daily_budget=1)
    begins, ends = at(first), at(last)
    for instant in (begins - timedelta(minutes=1), begins, ends, ends + timedelta(minutes=1)):
        enforce_all(instant)
        spend(campaign, 1, instant)
        assert not campaign.fresh().is_active
    month = begins.astimezone(ZoneInfo(zone)).date()

    report = report_of(brand, month, ends + timedelta(days=40))

    assert month.day == 1
    assert (report.spent, sum(row.times for row in report.stops)) == (2, 2)
    assert report.campaigns[0].stops == 2


def test_a_month_that_a_move_west_has_put_off_opens_empty() -> None:
    brand = BrandFactory.create(timezone="America/Los_Angeles")
    early = at("2024-06-01 00:30")

    report = report_of(brand, date(2024, 6, 1), early)

    assert (report.last, report.spent, report.pace) == (date(2024, 6, 1), 0, None)
    assert "June 2024" in reports.as_html(report, early)


def test_an_invalid_timezone_is_named() -> None:
    brand = acme()
    execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE ads_brand DISABLE TRIGGER USER")
    execute("UPDATE ads_brand SET timezone = 'Mars/Olympus' WHERE id = %s", [brand.pk])

    with pytest.raises(UnknownTimezone, match="Mars/Olympus"):
        report_of(brand)
    with pytest.raises(UnknownTimezone, match="Mars/Olympus"):
        reports.months_of(brand.fresh(), NOON)


def test_a_month_is_named_or_the_last_that_has_ended() -> None:
    brand = acme(timezone="Pacific/Auckland")
    first = at("2024-05-31 12:30")  # June 1 in Auckland

    assert reports.month_of(brand, "", first) == MAY
    assert reports.month_of(brand, "2024-06", first) == date(2024, 6, 1)
    for wrong in ("2024-07", "May", "2024-5", "0001-01", "2024-05-01", "2024-13"):
        with pytest.raises(InvalidMonth, match=rf"month: {wrong} cannot be used: use "):
            reports.month_of(brand, wrong, first)


def test_the_csv_has_the_spend_by_campaign_and_day() -> None:
    brand = acme(name="Acme & Söhne")
    formula = CampaignFactory.create(brand=brand, name="=1+1")
    search = CampaignFactory.create(brand=brand, name="Search")
    spend_in_sql(search, "2.5", date(2024, 5, 3))
    spend_in_sql(formula, "1", date(2024, 5, 3))
    spend_in_sql(search, "4", date(2024, 6, 1))

    export = reports.spend_by_day(brand, MAY)

    head, *rows = b"".join(Stream(export)).decode().splitlines()
    assert export.name == "acme-sohne-2024-05"
    assert head == "date,brand,campaign_id,campaign,spend,currency"
    assert rows == [
        f"2024-05-03,Acme & Söhne,{formula.pk},'=1+1,1.00,USD",
        f"2024-05-03,Acme & Söhne,{search.pk},Search,2.50,USD",
    ]


def test_the_months_to_choose_from_are_the_last_two_and_those_with_spend() -> None:
    brand = acme()
    campaign: Any = CampaignFactory.create(brand=brand)
    for day in (date(2023, 12, 31), date(2024, 3, 1), date(2024, 5, 1)):
        spend_in_sql(campaign, "1", day)

    april, march, december = date(2024, 4, 1), date(2024, 3, 1), date(2023, 12, 1)
    assert reports.months_of(brand, NOON) == [MAY, april, march, december]
