"""What the database refuses, whoever writes: rows that nobody could make sense of."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ads.models import Brand, Campaign, CampaignSchedule, DaypartingSchedule, Spend, SpendTotal
from ads.tests.engine.support import execute
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

DAY = date(2024, 5, 15)

#: PostgreSQL itself would take the later ones for abbreviations or POSIX rules ("Foo, 3 hours off").
UNREADABLE = ["", "Europe/Berlln", "europe/berlin", "CEST", "UTC+2", "Foo/Bar+3", "+02", "Factory"]


def test_a_campaign_stays_with_its_brand_for_life() -> None:
    campaign = CampaignFactory.create()
    brand, other = campaign.brand, BrandFactory.create()
    mine = Campaign.objects.filter(pk=campaign.pk)

    campaign.brand = other
    with pytest.raises(DatabaseError, match="brand_for_life"), transaction.atomic():
        campaign.save()
    with pytest.raises(DatabaseError, match="brand_for_life"), transaction.atomic():
        mine.update(brand=other)
    with pytest.raises(DatabaseError, match="brand_for_life"), transaction.atomic():
        Campaign.objects.bulk_update([campaign], ["brand"])
    with pytest.raises(DatabaseError, match="brand_for_life"), transaction.atomic():
        execute("UPDATE ads_campaign SET brand_id = %s WHERE id = %s", [other.pk, campaign.pk])

    assert mine.get().brand == brand


@pytest.mark.parametrize("make", [BrandFactory.create, ScheduleFactory.create])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_timezone_that_cannot_be_read_gets_into_no_table(make, name: str) -> None:  # type: ignore[no-untyped-def]
    row = make(timezone="Europe/Berlin")
    rows = type(row).objects.filter(pk=row.pk)

    row.timezone = name
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(timezone=name)
    with pytest.raises(DatabaseError), transaction.atomic():
        execute(f"UPDATE {row._meta.db_table} SET timezone = %s WHERE id = %s", [name, row.pk])
    with pytest.raises(DatabaseError), transaction.atomic():
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

    with pytest.raises(IntegrityError, match="campaign_status_is_known"), transaction.atomic():
        mine.update(status=status)
    with pytest.raises(IntegrityError, match="campaign_status_is_known"), transaction.atomic():
        execute("UPDATE ads_campaign SET status = %s", [status])

    assert mine.get().status == "active"


def test_an_unknown_kind_of_spend_is_refused() -> None:
    campaign = CampaignFactory.create()

    with pytest.raises(IntegrityError, match="spend_kind_is_known"), transaction.atomic():
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

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        SpendTotal.objects.create(brand=brand, period=period, start=start)


def test_an_owner_has_one_sum_for_each_period_the_brand_s_own_included() -> None:
    brand = BrandFactory.create()
    SpendTotal.objects.create(brand=brand, period="day", start=DAY)

    with pytest.raises(IntegrityError, match="one_per_owner_and_period"), transaction.atomic():
        SpendTotal.objects.create(brand=brand, period="day", start=DAY)


def test_names_are_given_and_unique_where_they_have_to_be() -> None:
    brand = BrandFactory.create(name="Acme")
    CampaignFactory.create(brand=brand, name="Spring")
    CampaignFactory.create(name="Spring")  # another brand's

    with pytest.raises(IntegrityError, match="unique_in_its_brand"), transaction.atomic():
        CampaignFactory.create(brand=brand, name="Spring")
    with pytest.raises(IntegrityError), transaction.atomic():
        BrandFactory.create(name="Acme")
    with pytest.raises(IntegrityError, match="brand_name_is_given"), transaction.atomic():
        execute("UPDATE ads_brand SET name = ''")
    with pytest.raises(IntegrityError, match="campaign_name_is_given"), transaction.atomic():
        execute("UPDATE ads_campaign SET name = ''")

    assert Brand.objects.filter(name="Acme").count() == 1
    assert Campaign.objects.filter(name="Spring").count() == 2


def test_neither_a_flight_nor_a_schedule_ends_before_it_begins() -> None:
    early, late = date(2024, 5, 1), date(2024, 5, 2)

    with pytest.raises(IntegrityError, match="flight_ends_after_it_starts"), transaction.atomic():
        CampaignFactory.create(start_date=late, end_date=early)
    with pytest.raises(IntegrityError, match="valid_until_not_before"), transaction.atomic():
        ScheduleFactory.create(valid_from=late, valid_until=early)
    CampaignFactory.create(start_date=late, end_date=late)
    ScheduleFactory.create(valid_from=late, valid_until=late)

    assert Campaign.objects.count() == 1
    assert DaypartingSchedule.objects.count() == 1


def test_a_schedule_is_attached_to_a_campaign_once() -> None:
    schedule = ScheduleFactory.create()
    campaign = CampaignFactory.create(schedules=[schedule])

    with pytest.raises(IntegrityError, match="schedule_is_attached_once"), transaction.atomic():
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
        with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
            execute(sql)
    entry.amount = 2  # type: ignore[assignment]
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        entry.delete()
    with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
        Spend.objects.update(amount=2)
    with pytest.raises(DatabaseError), transaction.atomic():
        Spend.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        campaign.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        campaign.brand.delete()

    assert Spend.objects.get().amount == 1
    assert {total.amount for total in SpendTotal.objects.all()} == {1}
