"""An export of one brand reads that brand's rows, whatever the other brands have."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ads.models import Brand, Campaign
from ads.services.exports import stream
from ads.services.exports.kinds import Kind, Wanted, choose
from ads.services.exports.stream import BOM
from ads.tests.admin.people.world import limited_to
from ads.tests.services.exports.support import read, rows_of
from ads.tests.support import NOON, execute

pytestmark = pytest.mark.django_db

TABLES = {
    Kind.SPEND: "ads_spend",
    Kind.CHANGES: "ads_deliverychange",
    Kind.TOTALS: "ads_spendtotal",
}

#: Brands, and the campaigns of each. PostgreSQL takes an array for ten values: of forty brands it
#: would now and then rather read the rows of all.
BRANDS, CAMPAIGNS = 600, 2
#: Ten rows of each campaign, in turns, over 60 days.
NUMBERED = f"""
  FROM (SELECT n, 1 + n %% {BRANDS * CAMPAIGNS} AS place, date '2024-03-01' + n / 200 AS day
          FROM generate_series(0, 11999) AS n) AS row
  JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM ads_campaign) AS campaign
 USING (place)
 ORDER BY n
"""
#: Rows of a brand in each table, where there are no sums of its own.
ROWS = 10 * CAMPAIGNS


@pytest.fixture(scope="module")
def brand(module_db: None) -> Brand:
    """One of many brands; its rows lie between the others'."""
    brands = Brand.objects.bulk_create(Brand(name=f"Brand {n}") for n in range(BRANDS))
    Campaign.objects.bulk_create(
        Campaign(brand=brand, name=f"Campaign {n}") for brand in brands for n in range(CAMPAIGNS)
    )
    execute(f"INSERT INTO ads_spend (campaign_id, amount, date) SELECT id, 1, day {NUMBERED}")
    execute(
        "INSERT INTO ads_deliverychange (campaign_id, at, is_active, holds, trigger, actor,"
        " daily_spend, monthly_spend, brand_daily_spend, brand_monthly_spend)"
        " SELECT id, day + n %% 999 * interval '1 minute', true, '{}', 'edit', 'system', 0, 0, 0, 0"
        f" {NUMBERED}"
    )
    for table in TABLES.values():
        execute(f"ANALYZE {table}")
    execute("ANALYZE ads_campaign, ads_brand")
    return brands[7]


def rows_read(statement: str, table: str) -> int:
    """Rows of the table that the statement reads, those that it then leaves out included."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
        ((explained,),) = cursor.fetchall()
    return sum(
        node["Actual Loops"]
        * (node["Actual Rows"] + sum(node.get(f"Rows Removed by {why}", 0) for why in LEFT_OUT))
        for node in nodes(explained[0]["Plan"])
        if node.get("Relation Name") == table
    )


LEFT_OUT = ("Filter", "Index Recheck")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def test_an_export_of_a_brand_reads_no_other_brands_rows(brand: Brand) -> None:
    first, last = date(2024, 3, 11), date(2024, 4, 10)
    for kind, table in TABLES.items():
        for wanted in (
            Wanted(brand=brand.pk, first=first, last=last),
            Wanted(brand_ids=frozenset({brand.pk}), first=first, last=last),
            Wanted(brand=brand.pk, first=first),
            Wanted(brand=brand.pk),
        ):
            with CaptureQueriesContext(connection) as captured:
                rows = rows_of(choose(kind, wanted, NOON))
            assert {row["brand_id"] for row in rows} == {str(brand.pk)}
            assert rows_read(cursor_of(captured), table) == len(rows), (kind, wanted)


@pytest.mark.parametrize("kind", [Kind.SPEND, Kind.CHANGES])
def test_campaigns_and_brands_are_not_looked_up_with_each_row(
    brand: Brand, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "AT_A_TIME", ROWS - 1)

    with CaptureQueriesContext(connection) as captured:
        rows = rows_of(choose(kind, Wanted(brand=brand.pk), NOON))

    assert len(rows) == ROWS  # in two portions
    assert {(row["brand"], row["currency"]) for row in rows} == {(brand.name, brand.currency)}
    named = dict(brand.campaigns.values_list("pk", "name"))
    assert {int(row["campaign_id"]): row["campaign"] for row in rows} == named
    assert " JOIN " not in cursor_of(captured)
    assert sum('"ads_campaign"."name"' in one["sql"] for one in captured) == 1


def cursor_of(captured: CaptureQueriesContext) -> str:
    """The statement whose rows were exported."""
    (cursor,) = (one["sql"] for one in captured if "CURSOR" in one["sql"])
    return cursor[cursor.index("SELECT") :]


@pytest.mark.parametrize("table", TABLES.values())
def test_what_a_limited_person_exports_from_a_list_reads_no_other_brands_rows(
    brand: Brand, table: str, client: Client
) -> None:
    client.force_login(limited_to(brand))

    with CaptureQueriesContext(connection) as captured:
        answer: Any = client.get(reverse(f"admin:{table}_export_csv"))
        rows = read([b"".join(answer).removeprefix(BOM)])

    assert len(rows) >= ROWS
    assert {row["brand_id"] for row in rows} == {str(brand.pk)}
    assert rows_read(cursor_of(captured), table) == len(rows)
