"""What the database refuses, whoever writes: rows that nobody could make sense of."""

from datetime import date

import pytest
from django.db import DatabaseError
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, Spend, SpendTotal
from ads.services import BudgetService
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import execute, let_run_on, refused

pytestmark = pytest.mark.django_db

DAY = date(2024, 5, 15)

#: The later ones PostgreSQL itself would take, for abbreviations or rules ("Foo, 3 hours off").
UNREADABLE = ["", "Europe/Berlln", "europe/berlin", "CEST", "UTC+2", "Foo/Bar+3", "+02", "Factory"]


def test_a_campaign_stays_with_its_brand_for_life() -> None:
    campaign = CampaignFactory.create()
    brand, other = campaign.brand, BrandFactory.create()
    mine = Campaign.objects.filter(pk=campaign.pk)

    campaign.brand = other
    with refused("brand_for_life", DatabaseError):
        campaign.save()
    with refused("brand_for_life", DatabaseError):
        mine.update(brand=other)
    with refused("brand_for_life", DatabaseError):
        Campaign.objects.bulk_update([campaign], ["brand"])
    with refused("brand_for_life", DatabaseError):
        execute("UPDATE ads_campaign SET brand_id = %s WHERE id = %s", [other.pk, campaign.pk])

    assert mine.get().brand == brand


@pytest.mark.parametrize("make", [BrandFactory.create, ScheduleFactory.create])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_timezone_that_cannot_be_read_gets_into_no_table(make, name: str) -> None:  # type: ignore[no-untyped-def]
    row = make(timezone="Europe/Berlin")
    rows = type(row).objects.filter(pk=row.pk)

    row.timezone = name
    with refused(".", DatabaseError):
        row.save()
    with refused(".", DatabaseError):
        rows.update(timezone=name)
    with refused(".", DatabaseError):
        execute(f"UPDATE {row._meta.db_table} SET timezone = %s WHERE id = %s", [name, row.pk])
    with refused(".", DatabaseError):
        make(timezone=name)

    assert rows.get().timezone == "Europe/Berlin"


def test_a_timezone_may_be_changed_to_another_that_exists() -> None:
    brand = BrandFactory.create(timezone="UTC")

    execute("UPDATE ads_brand SET timezone = 'Asia/Kolkata' WHERE id = %s", [brand.pk])

    brand.refresh_from_db()
    assert brand.timezone == "Asia/Kolkata"


@pytest.mark.parametrize("status", ["", "Active", "deleted"])
def test_an_unknown_status_is_refused(status: str) -> None:
    campaign = CampaignFactory.create()
    mine = Campaign.objects.filter(pk=campaign.pk)

    with refused("campaign_status_is_known"):
        mine.update(status=status)
    with refused("campaign_status_is_known"):
        execute("UPDATE ads_campaign SET status = %s", [status])

    assert mine.get().status == "active"


def test_an_unknown_kind_of_spend_is_refused() -> None:
    campaign = CampaignFactory.create()

    with refused("spend_kind_is_known"):
        Spend.objects.create(campaign=campaign, amount=1, date=DAY, kind="refund")

    assert not Spend.objects.exists()


@pytest.mark.parametrize(
    ("period", "start", "constraint"),
    [
        ("week", date(2024, 5, 1), "spend_total_period_is_known"),
        ("month", date(2024, 5, 15), "spend_total_month_starts_on_the_1st"),
    ],
)
def test_an_unknown_period_is_refused(period: str, start: date, constraint: str) -> None:
    brand = BrandFactory.create()

    with refused(constraint):
        SpendTotal.objects.create(brand=brand, period=period, start=start)


def test_an_owner_has_one_sum_for_each_period_the_brand_s_own_included() -> None:
    brand = BrandFactory.create()
    SpendTotal.objects.create(brand=brand, period="day", start=DAY)

    with refused("one_per_owner_and_period"):
        SpendTotal.objects.create(brand=brand, period="day", start=DAY)


def test_names_are_given_and_unique_where_they_have_to_be() -> None:
    brand = BrandFactory.create(name="Acme")
    CampaignFactory.create(brand=brand, name="Spring")
    CampaignFactory.create(name="Spring")  # another brand's

    with refused("unique_in_its_brand"):
        CampaignFactory.create(brand=brand, name="Spring")
    with refused("."):
        BrandFactory.create(name="Acme")
    with refused("brand_name_is_given"):
        execute("UPDATE ads_brand SET name = ''")
    with refused("campaign_name_is_given"):
        execute("UPDATE ads_campaign SET name = ''")

    assert Brand.objects.filter(name="Acme").count() == 1
    assert Campaign.objects.filter(name="Spring").count() == 2


def test_neither_a_flight_nor_a_schedule_ends_before_it_begins() -> None:
    early, late = date(2024, 5, 1), date(2024, 5, 2)

    with refused("flight_ends_after_it_starts"):
        CampaignFactory.create(start_date=late, end_date=early)
    with refused("valid_until_not_before"):
        ScheduleFactory.create(valid_from=late, valid_until=early)
    CampaignFactory.create(start_date=late, end_date=late)
    ScheduleFactory.create(valid_from=late, valid_until=late)

    assert Campaign.objects.count() == 1
    assert DaypartingSchedule.objects.count() == 1


def test_a_schedule_is_attached_to_a_campaign_once() -> None:
    schedule = ScheduleFactory.create()
    campaign = CampaignFactory.create(schedules=[schedule])

    with refused("schedule_is_attached_once"):
        CampaignSchedule.objects.create(campaign=campaign, schedule=schedule)
    campaign.dayparting_schedules.add(schedule)

    assert CampaignSchedule.objects.count() == 1


def test_the_ledger_and_what_it_belongs_to_cannot_be_deleted() -> None:
    campaign = CampaignFactory.create()
    entry = Spend.objects.create(campaign=campaign, amount=1, date=DAY)

    for sql in (
        "DELETE FROM ads_spend",
        "UPDATE ads_spend SET amount = 2",
        "UPDATE ads_spend SET date = date + 1",
        "UPDATE ads_spend SET description = 'x'",
    ):
        with refused("only ever added to", DatabaseError):
            execute(sql)
    entry.amount = 2
    with refused("only ever added to", DatabaseError):
        entry.save()
    with refused("only ever added to", DatabaseError):
        entry.delete()
    with refused("only ever added to", DatabaseError):
        Spend.objects.update(amount=2)
    with refused(".", DatabaseError):
        Spend.objects.all().delete()
    with refused(".", DatabaseError):
        campaign.delete()
    with refused(".", DatabaseError):
        campaign.brand.delete()

    assert Spend.objects.get().amount == 1
    assert {total.amount for total in SpendTotal.objects.all()} == {1}


def test_a_campaign_of_a_reported_total_is_kept_by_the_ledger() -> None:
    """The total has no foreign key of its own; one that was always zero says nothing."""
    spent, never = (CampaignFactory.create() for _ in range(2))
    for campaign, amount in ((spent, 5), (spent, 0), (never, 0)):
        BudgetService.report_day_total(
            campaign, DAY, amount, source="x", observed_at=timezone.now()
        )

    for campaign in (spent, never):
        with pytest.raises(ProtectedError):
            campaign.delete()
    with refused("ads_spend"):
        execute("DELETE FROM ads_campaign WHERE id = %s", [spent.pk])
        execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("DELETE FROM ads_campaign WHERE id = %s", [never.pk])
    execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert list(Campaign.objects.all()) == [spent]


@pytest.mark.django_db(transaction=True)
def test_what_never_spent_anything_can_be_deleted_whatever_was_done_to_it(
    admin_client: Client,
) -> None:
    campaign = CampaignFactory.create(daily_budget=10, schedules=[ScheduleFactory.create()])
    let_run_on(campaign, "day", now=timezone.now())
    let_run_on(campaign.brand, "month", now=timezone.now())
    assert SpendTotal.objects.filter(amount=0).exists()

    for row in (campaign, campaign.brand):
        address = reverse(f"admin:ads_{row._meta.model_name}_delete", args=[row.pk])
        admin_client.post(address, {"post": "yes"})

    assert not Campaign.objects.exists()
    assert not Brand.objects.exists()
    assert not SpendTotal.objects.exists()
