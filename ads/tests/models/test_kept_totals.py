"""The sums are kept by the database, whatever inserts the ledger's rows."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from ads.models import Campaign, Spend, SpendTotal
from ads.services.ledger import verification
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, execute, refused, spend_in_sql
from ads.tests.support import totals as totals_of

pytestmark = pytest.mark.django_db

APRIL_30, MAY_1, MAY_2 = date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 2)
APRIL, MAY = date(2024, 4, 1), date(2024, 5, 1)

Rows = list[tuple[int, str, date]]


def by_bulk_create(rows: Rows) -> None:
    Spend.objects.bulk_create(
        Spend(campaign_id=pk, amount=Decimal(amount), date=day) for pk, amount, day in rows
    )


def by_one_insert(rows: Rows) -> None:
    values = ", ".join(["(%s, %s, %s)"] * len(rows))
    execute(
        f"INSERT INTO ads_spend (campaign_id, amount, date) VALUES {values}",
        [value for row in rows for value in row],
    )


def by_many_inserts(rows: Rows) -> None:
    for row in rows:
        by_one_insert([row])


def by_copy(rows: Rows) -> None:
    lines = io.StringIO("".join(f"{pk}\t{amount}\t{day}\n" for pk, amount, day in rows))
    with connection.cursor() as cursor:
        cursor.copy_expert("COPY ads_spend (campaign_id, amount, date) FROM STDIN", lines)


def by_save(rows: Rows) -> None:
    for pk, amount, day in rows:
        Spend(campaign_id=pk, amount=Decimal(amount), date=day).save()


@pytest.mark.parametrize(
    "insert", [by_bulk_create, by_one_insert, by_many_inserts, by_copy, by_save]
)
def test_whoever_inserts_the_sums_are_those_of_the_ledger(insert: Callable[[Rows], None]) -> None:
    brand = BrandFactory.create()
    one, two = CampaignFactory.create_batch(2, brand=brand)
    other = CampaignFactory.create()

    insert(
        [
            (one.pk, "0.000001", MAY_1),
            (one.pk, "75.40", MAY_1),
            (one.pk, "1", MAY_2),
            (two.pk, "10", MAY_1),
            (two.pk, "100", APRIL_30),
            (other.pk, "7", MAY_2),
        ]
    )

    assert totals_of(one) == {
        ("day", MAY_1): Decimal("75.400001"),
        ("day", MAY_2): Decimal(1),
        ("month", MAY): Decimal("76.400001"),
    }
    assert totals_of(two) == {
        ("day", MAY_1): Decimal(10),
        ("month", MAY): Decimal(10),
        ("day", APRIL_30): Decimal(100),
        ("month", APRIL): Decimal(100),
    }
    assert totals_of(brand) == {
        ("day", APRIL_30): Decimal(100),
        ("month", APRIL): Decimal(100),
        ("day", MAY_1): Decimal("85.400001"),
        ("day", MAY_2): Decimal(1),
        ("month", MAY): Decimal("86.400001"),
    }
    assert totals_of(other.brand) == {("day", MAY_2): Decimal(7), ("month", MAY): Decimal(7)}
    assert verification.find_drift() == []


def test_a_statement_that_fails_leaves_the_sums_as_they_were() -> None:
    campaign = CampaignFactory.create()
    by_one_insert([(campaign.pk, "5", MAY_1)])

    with refused("."):
        by_one_insert([(campaign.pk, "1", MAY_1), (campaign.pk, "NaN", MAY_1)])

    assert totals_of(campaign) == {("day", MAY_1): Decimal(5), ("month", MAY): Decimal(5)}


def test_an_insert_that_conflicts_adds_nothing() -> None:
    campaign = CampaignFactory.create()
    insert = (
        "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
        " VALUES (%s, 5, '2024-05-01', 'etl', 'a') ON CONFLICT DO NOTHING"
    )

    assert execute(insert, [campaign.pk]) == 1
    assert execute(insert, [campaign.pk]) == 0

    assert totals_of(campaign)["day", MAY_1] == 5


def test_a_negative_correction_lowers_the_sums_below_zero_if_need_be() -> None:
    campaign = CampaignFactory.create()

    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
        " VALUES (%s, -2.5, '2024-05-01', 'correction', 'Refund')",
        [campaign.pk],
    )

    assert totals_of(campaign.brand) == {
        ("day", MAY_1): Decimal("-2.5"),
        ("month", MAY): Decimal("-2.5"),
    }


def test_drift_is_found_and_mended_and_what_it_changes_is_enforced() -> None:
    brand = BrandFactory.create()
    held, other = CampaignFactory.create_batch(2, brand=brand, daily_budget=10)
    Campaign.objects.update(is_active=True)
    spend_in_sql(held, "12", NOON.date())
    spend_in_sql(other, "3", NOON.date())
    execute("UPDATE ads_spendtotal SET amount = 1 WHERE period = 'day' AND amount = 12")
    execute("DELETE FROM ads_spendtotal WHERE campaign_id = %s", [other.pk])

    found = verification.verify(fix=False, now=NOON)
    assert [(d.campaign_id, d.period, d.kept, d.true) for d in found] == [
        (held.pk, "day", Decimal(1), Decimal(12)),
        (other.pk, "day", Decimal(0), Decimal(3)),
        (other.pk, "month", Decimal(0), Decimal(3)),
    ]
    assert verification.verify(fix=True, now=NOON) == found

    assert verification.find_drift() == []
    assert totals_of(held)["day", NOON.date()] == 12
    assert totals_of(other)["month", MAY] == 3
    held.refresh_from_db()
    other.refresh_from_db()
    assert (held.is_active, other.is_active) == (False, True)


def test_a_sum_without_any_entry_is_mended_to_zero() -> None:
    brand = BrandFactory.create()
    SpendTotal.objects.create(brand=brand, period="month", start=MAY, amount=9)

    verification.verify(fix=True, now=NOON)

    assert totals_of(brand) == {("month", MAY): Decimal(0)}
