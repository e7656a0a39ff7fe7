"""The database keeps amounts honest, whoever writes them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.utils import DataError

from ads.models import Brand, Campaign, Spend
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import execute, refused

pytestmark = pytest.mark.django_db

#: As text, for SQL; ``Decimal`` of it for the ORM.
NOT_MONEY = {
    "nan": "NaN",
    "infinity": "Infinity",
    "minus_infinity": "-Infinity",
    "seven_decimals": "1.0000001",
    "a_tiny_seventh_decimal": "0.0000001",
    "negative": "-0.01",
    "a_trillion": "1000000000000",
}

MONEY = ["0", "0.000001", "75.40", "999999999999.999999"]

bad_amount = pytest.mark.parametrize("amount", NOT_MONEY.values(), ids=NOT_MONEY.keys())
each_budget = pytest.mark.parametrize("field", ["daily_budget", "monthly_budget"])
each_owner = pytest.mark.parametrize("make", [BrandFactory.create, CampaignFactory.create])

Make = Callable[..., Brand | Campaign]


def never_stored(work: Callable[[], object]) -> None:
    """By a constraint, or by the driver or Django on the way there; never stored."""
    with (
        pytest.raises((DatabaseError, ValueError, ArithmeticError, ValidationError)),
        transaction.atomic(),
    ):
        work()


@bad_amount
@each_budget
@each_owner
def test_no_way_of_the_orm_stores_a_budget_that_is_not_money(
    make: Make, field: str, amount: str
) -> None:
    row: Any = make(**{field: Decimal(5)})
    rows = type(row)._default_manager.filter(pk=row.pk)
    value = Decimal(amount)

    setattr(row, field, value)
    never_stored(row.save)
    never_stored(lambda: rows.update(**{field: value}))
    never_stored(lambda: type(row)._default_manager.bulk_update([row], [field]))
    never_stored(lambda: make(**{field: value}))
    given = {"brand": row.brand} if isinstance(row, Campaign) else {}
    new = type(row)(name="New", **given, **{field: value})
    never_stored(lambda: type(row)._default_manager.bulk_create([new]))

    assert rows.values_list(field, flat=True).get() == Decimal(5)
    assert not type(row)._default_manager.filter(name="New").exists()


@bad_amount
@each_budget
@each_owner
def test_no_sql_stores_a_budget_that_is_not_money(make: Make, field: str, amount: str) -> None:
    row = make(**{field: Decimal(5)})
    table = row._meta.db_table

    with refused(f"{field}_is_money"):
        execute(f"UPDATE {table} SET {field} = %s::numeric WHERE id = %s", [amount, row.pk])

    row.refresh_from_db()
    assert getattr(row, field) == Decimal(5)


@pytest.mark.parametrize("amount", MONEY)
@each_budget
@each_owner
def test_money_is_stored_to_the_last_digit(make: Make, field: str, amount: str) -> None:
    row = make(**{field: Decimal(amount)})

    row.refresh_from_db()

    assert getattr(row, field) == Decimal(amount)


@each_budget
@each_owner
def test_no_budget_is_kept_apart_from_a_budget_of_zero(make: Make, field: str) -> None:
    without, zero = make(**{field: None}), make(**{field: Decimal(0)})

    without.refresh_from_db()
    zero.refresh_from_db()

    assert getattr(without, field) is None
    assert getattr(zero, field) == 0


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1.0000001", "1000000000000", "-1"])
def test_the_ledger_takes_no_such_amount_from_anybody(amount: str) -> None:
    campaign = CampaignFactory.create()
    entry = Spend(campaign=campaign, amount=Decimal(amount), date=date(2024, 5, 15))

    never_stored(entry.save)
    never_stored(lambda: Spend.objects.bulk_create([entry]))
    with refused("."):
        execute(
            "INSERT INTO ads_spend (campaign_id, amount, date) VALUES (%s, %s, '2024-05-15')",
            [campaign.pk, amount],
        )

    assert not Spend.objects.exists()
    assert not campaign.totals.exists()


@pytest.mark.parametrize("kind", ["entry", "day_total"])
def test_only_a_correction_that_says_why_may_be_negative(kind: str) -> None:
    campaign = CampaignFactory.create()
    insert = "INSERT INTO ads_spend (campaign_id, amount, date, kind) VALUES (%s, -1, %s, %s)"

    with refused("negative_only_as_a_correction"):
        execute(insert, [campaign.pk, date(2024, 5, 15), kind])
    why = insert.replace("kind)", "kind, description)").replace("%s)", "%s, %s)")
    for nothing in ("", " \t"):
        with refused("correction_says_why"):
            execute(why, [campaign.pk, date(2024, 5, 15), "correction", nothing])
    execute(why, [campaign.pk, date(2024, 5, 15), "correction", "Refund"])

    assert Spend.objects.get().amount == -1


def test_a_negative_correction_has_the_limits_of_every_amount() -> None:
    campaign = CampaignFactory.create()

    for amount in ("-1000000000000", "-0.0000001", "-Infinity"):
        with pytest.raises((IntegrityError, DataError)), transaction.atomic():
            execute(
                "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
                " VALUES (%s, %s, '2024-05-15', 'correction', 'Refund')",
                [campaign.pk, amount],
            )

    assert not Spend.objects.exists()


def test_the_refusal_of_a_form_names_the_field_and_the_remedy() -> None:
    brand = BrandFactory.build(daily_budget=Decimal(-1))

    with pytest.raises(ValidationError) as refusal:
        brand.full_clean()

    assert "daily_budget: use an amount of zero or more" in str(refusal.value)
