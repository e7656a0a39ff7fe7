"""A database role that may add to the ledger: sums follow, campaigns stop."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import psycopg2
import pytest
from django.utils import timezone
from psycopg2 import errors

from ads.models import Campaign, Spend
from ads.services.ledger.verification import find_drift
from ads.tasks import check_campaign_budgets
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.operations.ledger_role.support import DAY, INSERT, connect, nothing_changed
from ads.tests.support import delivers, execute, totals

pytestmark = pytest.mark.django_db(transaction=True)


MONTH = DAY.replace(day=1)


#: A column, what it cannot be, and what PostgreSQL says to it.
WRONG: list[tuple[str, str | None, str]] = [
    ("amount", "NaN", "spend_amount_is_money"),
    ("amount", "Infinity", "spend_amount_is_money"),
    ("amount", "0.0000001", "spend_amount_is_money"),
    ("amount", "1000000000000", "spend_amount_is_money"),
    ("amount", "-1", "spend_is_negative_only_as_a_correction"),
    ("date", "1e5", "invalid input syntax for type date"),
    ("date", "2024-02-31", "out of range"),
    ("date", "infinity", "spend_date_is_not_in_the_future"),
    ("date", "2062-01-01", "spend_date_is_not_in_the_future"),
    ("date", "0044-03-15 BC", "spend_date_is_readable"),
    ("occurred_at", "infinity", "spend_occurred_at_is_readable"),
    ("occurred_at", "-infinity", "spend_occurred_at_is_readable"),
    ("occurred_at", "20026-11-21 10:00Z", "spend_occurred_at_is_readable"),
    ("occurred_at", "0044-03-15 BC", "spend_occurred_at_is_readable"),
    ("external_id", "", "spend_external_id_is_given_or_null"),
    ("kind", "gift", "spend_kind_is_known"),
    ("description", "x" * 501, "too long"),
    ("campaign_id", "0", "foreign key"),
    ("campaign_id", None, "not-null"),
    ("amount", None, "not-null"),
]


def test_an_insert_moves_all_four_sums(run: Callable[..., Any], campaign: Campaign) -> None:
    assert run(INSERT, campaign.pk, "12.50", DAY) == 1

    (entry,) = Spend.objects.all()
    assert (entry.campaign_id, entry.amount, entry.date) == (campaign.pk, Decimal("12.50"), DAY)
    assert (entry.kind, entry.source, entry.description) == ("entry", "manual", "")
    expected = {("day", DAY): Decimal("12.50"), ("month", MONTH): Decimal("12.50")}
    assert totals(campaign) == expected
    assert expected.items() <= totals(campaign.brand).items()


def test_copy_moves_the_sums_of_every_campaign(run: Any, campaign: Campaign) -> None:
    other = CampaignFactory.create(brand=campaign.brand)
    file = StringIO(
        "campaign,amount,date,external_id,description\r\n"
        f'{campaign.pk},1.25,{DAY},a-1,"Clicks, ""exact"""\r\n'
        f"{campaign.pk},2.50,{DAY},a-2,\r\n"
        f"{other.pk},4,{DAY - timedelta(days=15)},a-3,\r\n"
    )

    run.cursor.copy_expert(
        "COPY ads_spend (campaign_id, amount, date, external_id, description)"
        " FROM STDIN WITH (FORMAT csv, HEADER, FORCE_NOT_NULL (description))",
        file,
    )

    assert Spend.objects.get(external_id="a-1").description == 'Clicks, "exact"'
    assert totals(campaign) == {("day", DAY): Decimal("3.75"), ("month", MONTH): Decimal("3.75")}
    assert totals(campaign.brand)["month", date(2024, 4, 1)] == Decimal(4)
    assert find_drift() == []


def test_a_copy_with_one_bad_row_stores_none_and_names_the_line(
    run: Any, campaign: Campaign
) -> None:
    file = StringIO(f"{campaign.pk},1,{DAY}\n{campaign.pk},-2,{DAY}\n{campaign.pk},3,{DAY}\n")

    with pytest.raises(errors.CheckViolation, match="negative_only_as_a_correction") as refused:
        run.cursor.copy_expert(
            "COPY ads_spend (campaign_id, amount, date) FROM STDIN WITH (FORMAT csv)", file
        )

    assert "line 2" in str(refused.value)
    nothing_changed()


def test_its_spend_stops_campaigns_at_the_next_check(run: Any) -> None:
    brand = BrandFactory.create(daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, daily_budget=50)
    other = CampaignFactory.create(brand=brand)
    assert delivers(campaign)
    assert delivers(other)
    today = timezone.now().date()

    run(INSERT, campaign.pk, 60, today)
    check_campaign_budgets()

    assert not delivers(campaign)
    assert delivers(other)

    run(INSERT, campaign.pk, 40, today)
    check_campaign_budgets()

    assert not delivers(other)


def test_an_insert_with_the_right_to_the_whole_table_works_as_well(
    role: str, campaign: Campaign
) -> None:
    execute(f"GRANT INSERT ON ads_spend TO {role}")
    try:
        with closing(connect()) as opened, opened.cursor() as cursor:
            cursor.execute(INSERT, [campaign.pk, 3, DAY])
            cursor.copy_expert("COPY ads_spend (campaign_id, amount, date) FROM STDIN", StringIO())
    finally:
        execute(f"REVOKE INSERT ON ads_spend FROM {role}")

    assert totals(campaign)["day", DAY] == 3


def test_the_same_external_id_is_refused_or_left_out_as_one_asks(
    run: Any, campaign: Campaign
) -> None:
    insert = (
        "INSERT INTO ads_spend (campaign_id, amount, date, source, external_id)"
        " VALUES (%s, 5, %s, 'etl', %s)"
    )
    run(insert, campaign.pk, DAY, "a-1")

    with pytest.raises(errors.UniqueViolation, match="external_id_is_unique_in_its_source"):
        run(insert, campaign.pk, DAY, "a-1")
    assert run(f"{insert} ON CONFLICT DO NOTHING", campaign.pk, DAY, "a-1") == 0
    assert run(f"{insert} ON CONFLICT DO NOTHING", campaign.pk, DAY, "a-2") == 1

    assert Spend.objects.count() == 2
    assert totals(campaign)["day", DAY] == 10


def test_rows_that_are_wrong_are_refused(run: Any, campaign: Campaign) -> None:
    for column, value, says in WRONG:
        row = {"campaign_id": campaign.pk, "amount": "1", "date": DAY, column: value}
        marks = ", ".join(["%s"] * len(row))
        with pytest.raises(psycopg2.Error, match=says):
            run(f"INSERT INTO ads_spend ({', '.join(row)}) VALUES ({marks})", *row.values())

    nothing_changed()
