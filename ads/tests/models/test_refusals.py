"""What the database refuses says what to do instead; dates and sums stay such as can be read."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from ads.models import CampaignSchedule, DaypartingSchedule, DeliveryChange, Spend, SpendTotal
from ads.services.ledger import SpendEntry, record_all, summaries
from ads.tests.factories import CampaignFactory, ScheduleFactory
from ads.tests.support import NOON, enforce_all, execute, let_run_on, refused, spend

pytestmark = pytest.mark.django_db

UNREADABLE = ["infinity", "-infinity", "0001-12-31 BC", "10000-01-01"]


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (CampaignFactory.create, "start_date"),
        (CampaignFactory.create, "end_date"),
        (ScheduleFactory.create, "valid_from"),
        (ScheduleFactory.create, "valid_until"),
    ],
)
def test_a_date_that_nobody_could_read_is_refused(make: Any, field: str, value: str) -> None:
    row = make()

    with refused(f"{field}_is_readable"):
        execute(f"UPDATE {row._meta.db_table} SET {field} = %s::date", [value])

    assert getattr(row.fresh(), field) is None


@pytest.mark.parametrize("value", UNREADABLE)
def test_spend_on_a_date_that_nobody_could_read_is_refused(value: str) -> None:
    campaign = CampaignFactory.create()

    with refused("spend_date_is_(readable|not_in_the_future)"):
        execute("INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, 1, %s::date)",
                [campaign.pk, value])  # fmt: skip

    assert not Spend.objects.exists()


def test_the_first_and_the_last_date_there_are_can_be_used() -> None:
    campaign = CampaignFactory.create(start_date=date.min, end_date=date.max)
    ScheduleFactory.create(valid_from=date.min, valid_until=date.max)

    campaign.full_clean()

    assert (campaign.fresh().start_date, campaign.fresh().end_date) == (date.min, date.max)
    assert DaypartingSchedule.objects.get().valid_until == date.max


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "-Infinity"),
        ("amount", "1e15"),
        ("amount", "-1e15"),
    ],
)
def test_a_sum_that_is_no_amount_is_refused(column: str, value: str) -> None:
    spend(CampaignFactory.create(), 5, NOON)

    with refused(f"spend_total_{column}_is_in_range"):
        execute(f"UPDATE ads_spendtotal SET {column} = %s::numeric", [value])

    assert {total.amount for total in SpendTotal.objects.all()} == {5}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "0", "-0.01", "1e15", "0.0000001"])
def test_an_allowance_that_is_no_amount_is_refused(value: str) -> None:
    campaign = CampaignFactory.create()

    with refused("allowance_amount_is_money"):
        execute(
            "INSERT INTO ads_allowance (brand_id, campaign_id, period, start, amount, reason,"
            " created_by) VALUES (%s, %s, 'day', '2024-05-15', %s::numeric, 'test', 'sql')",
            [campaign.brand_id, campaign.pk, value],
        )

    assert not SpendTotal.objects.exists()


def test_what_is_allowed_is_kept_by_the_database_whatever_writes_the_allowance() -> None:
    campaign = CampaignFactory.create()
    day = SpendTotal.objects.filter(campaign=campaign, period="day")
    given = "INSERT INTO ads_allowance (brand_id, campaign_id, period, start, amount, reason, \
created_by, until, created_at) VALUES (%s, %s, 'day', '2024-05-15', %s, 'test', 'sql', %s, %s)"
    owner = [campaign.brand_id, campaign.pk]

    execute(given, [*owner, 20, None, NOON])
    execute(given, [*owner, 5, NOON + timedelta(hours=1), NOON])
    assert day.get().waived == 25

    with refused("waived: it is the sum of the allowances"):
        execute("UPDATE ads_spendtotal SET waived = 7")
    with refused("An allowance cannot be edited"):
        execute("UPDATE ads_allowance SET amount = 7")

    execute("UPDATE ads_allowance SET ended_at = now() WHERE amount = 5")
    assert day.get().waived == 20
    execute("UPDATE ads_allowance SET undone_at = now(), undone_by = 'sql' WHERE amount = 5")
    assert day.get().waived == 20
    execute("DELETE FROM ads_allowance")
    assert day.get().waived == 0


def test_many_of_the_largest_amounts_still_add_up() -> None:
    campaign = CampaignFactory.create()
    largest = "999999999999.999999"

    record_all([SpendEntry(campaign, largest)] * 900, source="test", now=NOON)

    assert SpendTotal.objects.filter(campaign=campaign).first() is not None
    assert SpendTotal.objects.filter(amount="899999999999999.9991").count() == 4


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE ads_spend SET amount = 2",
            "ads_spend: The ledger is only ever added to: record a correction instead.",
        ),
        (
            "DELETE FROM ads_spend",
            "ads_spend: The ledger is only ever added to: record a correction instead.",
        ),
        (
            "TRUNCATE ads_spend",
            "ads_spend: The ledger is only ever added to: record a correction instead.",
        ),
        (
            "TRUNCATE ads_campaign CASCADE",
            "ads_spend: The ledger is only ever added to: record a correction instead.",
        ),
        (
            "UPDATE ads_campaign SET brand_id = brand_id + 1",
            (
                "ads_campaign: A campaign belongs to one brand for life: "
                "make a new campaign in the other brand."
            ),
        ),
        (
            "UPDATE ads_daypartingwindow SET schedule_id = schedule_id + 1",
            (
                "ads_daypartingwindow: A window belongs to one schedule for life: "
                "delete it and make a new window in the other schedule."
            ),
        ),
        (
            "UPDATE ads_campaignschedule SET schedule_id = schedule_id",
            (
                "ads_campaignschedule: An attached schedule cannot be edited: "
                "delete this row and add one for the other schedule or campaign."
            ),
        ),
        (
            "UPDATE ads_deliverychange SET actor = 'nobody'",
            (
                "ads_deliverychange: Delivery changes cannot be edited: "
                "the next switch adds a row of its own."
            ),
        ),
        (
            "DELETE FROM ads_brandevent",
            "ads_brandevent: The audit cannot be edited: to correct something, change it again.",
        ),
    ],
)
def test_a_refusal_names_the_table_and_the_remedy(statement: str, message: str) -> None:
    schedule = ScheduleFactory.create(windows=[(day, "00:00", "00:00") for day in range(7)])
    campaign = CampaignFactory.create(schedules=[schedule])
    enforce_all(NOON)
    spend(campaign, 1, NOON)

    execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE wants all of them to have been checked

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        execute(statement)

    assert str(refusal.value).partition("\n")[0] == message
    assert Spend.objects.count() == CampaignSchedule.objects.count() == 1
    assert DeliveryChange.objects.exists()


def test_after_a_correction_of_a_day_that_was_let_run_on_its_raised_limit_still_applies() -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    spend(campaign, 80, NOON)
    let_run_on(campaign, "day", now=NOON)

    refund = SpendEntry(campaign, -30, "Refund", NOON.date())
    record_all([refund], source="test", now=NOON, kind=Spend.Kind.CORRECTION)

    summary = summaries.of_campaign(campaign.fresh(), NOON)
    assert summary["daily_spend"] == 50
    assert summary["daily_waived"] == 80
    assert (summary["daily_limit"], summary["daily_remaining"]) == (Decimal(155), Decimal(105))
