"""What exports say: every column, exactly, and only what is wanted."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ads.models import Brand, BudgetPace, DeliveryChange
from ads.services import pacing
from ads.services.exports.kinds import InvalidExport, Kind, Wanted, choose
from ads.services.exports.stream import AT_A_TIME, BOM, Stream
from ads.services.ledger import SpendEntry, record_one
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.exports.support import DAY, many_entries, rows_of
from ads.tests.support import NOON, at, enforce_all, execute, let_run_on, spend

pytestmark = pytest.mark.django_db


def test_the_ledger_has_every_column_exactly() -> None:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    entry = SpendEntry(
        campaign,
        Decimal("12.5"),
        "Clicks",
        date=date(2024, 5, 14),
        occurred_at=at("2024-05-14 23:30"),
        external_id="a-1",
    )
    recorded = record_one(entry, source="etl", now=NOON)

    assert rows_of(choose(Kind.SPEND, Wanted(), NOON)) == [
        {
            "id": str(recorded.pk),
            "date": "2024-05-14",
            "brand_id": str(campaign.brand_id),
            "brand": "Acme",
            "campaign_id": str(campaign.pk),
            "campaign": "Spring",
            "amount": "12.50",
            "kind": "entry",
            "source": "etl",
            "external_id": "a-1",
            "description": "Clicks",
            "occurred_at": "2024-05-14T23:30:00+00:00",
            "created_at": "2024-05-15T12:00:00+00:00",
            "currency": "USD",
        }
    ]


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.000001", "0.000001"),
        ("999999999999.999999", "999999999999.999999"),
        ("100000", "100000.00"),
        ("75.4", "75.40"),
        ("75.43", "75.43"),
        ("0.00", "0.00"),
        ("-3", "-3.00"),
    ],
)
def test_amounts_are_plain_digits(amount: str, shown: str) -> None:
    campaign = CampaignFactory.create()
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date, kind, description)"
        " VALUES (%s, %s, %s, 'correction', 'Refund')",
        [campaign.pk, amount, DAY],
    )

    (row,) = rows_of(choose(Kind.SPEND, Wanted(), NOON))

    assert row["amount"] == shown


def test_text_comes_back_as_it_was_and_formulas_are_defused() -> None:
    brand = BrandFactory.create(name='=HYPERLINK("http://example.org","Grün")')
    campaign = CampaignFactory.create(brand=brand, name="-1+2 日本")
    entry = SpendEntry(campaign, 1, 'say "hi",\nthen\r\nleave; ok', external_id="@id")
    record_one(entry, source="+etl", now=NOON)

    (row,) = rows_of(choose(Kind.SPEND, Wanted(), NOON))

    assert row["brand"] == '\'=HYPERLINK("http://example.org","Grün")'
    assert row["campaign"] == "'-1+2 日本"
    assert row["description"] == 'say "hi",\nthen\r\nleave; ok'
    assert row["external_id"] == "'@id"
    assert row["source"] == "'+etl"


def test_the_mark_for_excel_comes_first_and_only_where_it_is_wanted() -> None:
    many_entries(CampaignFactory.create(), AT_A_TIME + 5)
    export = choose(Kind.SPEND, Wanted(), NOON)

    plain, marked = b"".join(Stream(export)), b"".join(Stream(export, bom=True))

    assert marked == BOM + plain
    assert plain.startswith(b"id,date,")


def test_an_export_of_nothing_is_its_header() -> None:
    for kind in Kind:
        (header,) = b"".join(Stream(choose(kind, Wanted(), NOON))).decode().splitlines()
        assert header.startswith(("id,", "brand_id,"))


def test_only_the_brand_and_the_days_that_are_wanted() -> None:
    campaign, other = CampaignFactory.create(), CampaignFactory.create()
    for day in (13, 14, 15):
        spend(campaign, day, NOON, date(2024, 5, day))
        spend(other, day, NOON, date(2024, 5, day))

    def amounts(wanted: Wanted) -> list[str]:
        return [row["amount"] for row in rows_of(choose(Kind.SPEND, wanted, NOON))]

    brand = campaign.brand_id
    assert amounts(Wanted(brand=brand)) == ["13.00", "14.00", "15.00"]
    assert amounts(Wanted(brand=brand, first=date(2024, 5, 14))) == ["14.00", "15.00"]
    assert amounts(Wanted(brand=brand, last=date(2024, 5, 14))) == ["13.00", "14.00"]
    assert amounts(Wanted(first=date(2024, 5, 14), last=date(2024, 5, 14))) == ["14.00", "14.00"]
    assert amounts(Wanted(first=date(2024, 5, 16))) == []


def test_a_brands_entries_come_in_the_order_in_which_they_were_recorded() -> None:
    """Across its campaigns, days, portions and the turn of the year, as in an export of all."""
    brand, other = BrandFactory.create_batch(2)
    campaigns = [*CampaignFactory.create_batch(3, brand=brand), CampaignFactory.create(brand=other)]
    CampaignFactory.create(brand=brand)  # has no entries
    # Later entries of earlier days, and many of one day.
    recorded = [
        (campaigns[n * 7 % 4].pk, date(2024, 1, 3) - timedelta(days=n * 5 % 6))
        for n in range(3 * AT_A_TIME + 7)
    ]
    execute(
        "INSERT INTO ads_spend (campaign_id, amount, date)"
        " SELECT campaign, 1, day FROM unnest(%s::bigint[], %s::date[]) WITH ORDINALITY"
        " AS entry (campaign, day, n) ORDER BY n",
        [[campaign for campaign, _ in recorded], [day for _, day in recorded]],
    )
    first, last = date(2023, 12, 30), date(2024, 1, 2)

    for wanted in (
        Wanted(brand=brand.pk, first=first, last=last),
        Wanted(brand_ids=frozenset({brand.pk}), first=first, last=last),
    ):
        rows = rows_of(choose(Kind.SPEND, wanted, NOON))
        assert [(row["campaign_id"], row["date"]) for row in rows] == [
            (str(campaign), str(day))
            for campaign, day in recorded
            if campaign != campaigns[3].pk and first <= day <= last
        ]
        numbers = [int(row["id"]) for row in rows]
        assert numbers == sorted(numbers)


def test_a_brands_changes_of_one_instant_come_as_they_were_recorded() -> None:
    brand = BrandFactory.create()
    campaigns = CampaignFactory.create_batch(3, brand=brand)
    made = [
        DeliveryChange.objects.create(
            campaign=campaigns[n % 3], at=NOON, is_active=True, trigger="edit"
        ).pk
        for n in range(9)
    ]

    rows = rows_of(choose(Kind.CHANGES, Wanted(brand=brand.pk), NOON))

    assert [int(row["id"]) for row in rows] == made


def test_a_brands_totals_are_its_own_and_its_campaigns_in_order() -> None:
    brand = BrandFactory.create(name="Acme")
    for name in ("Zebra", "Ant"):
        spend(CampaignFactory.create(brand=brand, name=name), 5, NOON, date(2024, 1, 1))
    CampaignFactory.create(brand=brand, name="Without")
    spend(CampaignFactory.create(), 7, NOON, date(2024, 1, 1))

    wanted = Wanted(brand=brand.pk, first=date(2024, 1, 1), last=date(2024, 1, 1))
    rows = rows_of(choose(Kind.TOTALS, wanted, NOON))

    assert [(row["campaign"], row["period"], row["amount"]) for row in rows] == [
        ("Ant", "day", "5.00"),
        ("Ant", "month", "5.00"),
        ("Zebra", "day", "5.00"),
        ("Zebra", "month", "5.00"),
        ("", "day", "10.00"),
        ("", "month", "10.00"),
    ]


def test_who_is_limited_to_brands_gets_nothing_of_others() -> None:
    own, foreign = (CampaignFactory.create(daily_budget=5) for _ in range(2))
    enforce_all(NOON)
    for campaign in (own, foreign):
        spend(campaign, 5, NOON)
    limited = frozenset({own.brand_id})

    for kind in Kind:
        all_rows = rows_of(choose(kind, Wanted(), NOON))
        assert {row["brand_id"] for row in all_rows} == {str(own.brand_id), str(foreign.brand_id)}
        seen = rows_of(choose(kind, Wanted(brand_ids=limited), NOON))
        assert {row["brand_id"] for row in seen} == {str(own.brand_id)}
        assert rows_of(choose(kind, Wanted(brand_ids=limited, brand=foreign.brand_id), NOON)) == []
        assert rows_of(choose(kind, Wanted(brand_ids=frozenset()), NOON)) == []


def test_delivery_changes_say_why_and_on_which_figures() -> None:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme", daily_budget=10)
    enforce_all(NOON)
    DeliveryChange.objects.all().delete()
    spend(campaign, Decimal("12.345"), NOON)
    (change,) = DeliveryChange.objects.all()

    (row,) = rows_of(choose(Kind.CHANGES, Wanted(), NOON))

    assert row == {
        "id": str(change.pk),
        "at": "2024-05-15T12:00:00+00:00",
        "brand_id": str(campaign.brand_id),
        "brand": "Acme",
        "campaign_id": str(campaign.pk),
        "campaign": "Spring",
        "is_active": "false",
        "holds": "daily_budget",
        "trigger": "spend",
        "actor": "system",
        "daily_spend": "12.345",
        "daily_budget": "10.00",
        "monthly_spend": "12.345",
        "monthly_budget": "",
        "brand_daily_spend": "12.345",
        "brand_daily_budget": "",
        "brand_monthly_spend": "12.345",
        "brand_monthly_budget": "",
        "total_spend": "0.00",
        "total_budget": "",
        "group_spend": "0.00",
        "group_budget": "",
        "group_period": "",
        "on_its_way": "",
        "currency": "USD",
    }


def test_delivery_changes_are_picked_by_their_day_in_utc() -> None:
    campaign = CampaignFactory.create()
    for instant in ("2024-05-14 23:59:59", "2024-05-15 00:00", "2024-05-15 23:59:59", "2024-05-16"):
        DeliveryChange.objects.create(
            campaign=campaign,
            at=datetime.fromisoformat(instant).replace(tzinfo=UTC),
            is_active=True,
            trigger="edit",
        )

    rows = rows_of(choose(Kind.CHANGES, Wanted(first=DAY, last=DAY), NOON))

    assert [row["at"] for row in rows] == ["2024-05-15T00:00:00+00:00", "2024-05-15T23:59:59+00:00"]


def test_totals_are_those_of_campaigns_and_of_brands() -> None:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    spend(campaign, 5, NOON, date(2024, 5, 14))

    rows = rows_of(choose(Kind.TOTALS, Wanted(last=date(2024, 5, 31)), NOON))

    told = [(row["campaign"], row["period"], row["start"], row["amount"]) for row in rows]
    assert sorted(told) == [
        ("", "day", "2024-05-14", "5.00"),
        ("", "month", "2024-05-01", "5.00"),
        ("Spring", "day", "2024-05-14", "5.00"),
        ("Spring", "month", "2024-05-01", "5.00"),
    ]
    assert {row["waived"] for row in rows} == {"0.00"}
    assert {(row["brand"], row["brand_id"]) for row in rows} == {("Acme", str(campaign.brand_id))}


def test_summaries_are_the_brands_and_then_their_campaigns_in_their_own_day() -> None:
    brand = BrandFactory.create(
        name="Acme", timezone="Asia/Tokyo", daily_budget=100, monthly_budget=1000
    )
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=10)
    late = at("2024-05-15 20:00")  # in Tokyo it is the 16th
    spend(campaign, 8, late, date(2024, 5, 15))
    spend(campaign, 12, late)
    let_run_on(campaign, "day", now=late)
    spend(campaign, Decimal("1.5"), late)

    pacing.refresh(late)

    of_brand, of_campaign = rows_of(choose(Kind.SUMMARIES, Wanted(), late))

    assert of_brand == {
        "brand_id": str(brand.pk),
        "brand": "Acme",
        "campaign_id": "",
        "campaign": "",
        "state": "Active",
        "is_active": "true",
        "timezone": "Asia/Tokyo",
        "date": "2024-05-16",
        "daily_spend": "13.50",
        "daily_waived": "0.00",
        "daily_budget": "100.00",
        "daily_limit": "100.00",
        "daily_remaining": "86.50",
        "monthly_spend": "21.50",
        "monthly_waived": "0.00",
        "monthly_budget": "1000.00",
        "monthly_limit": "1000.00",
        "monthly_remaining": "978.50",
        "is_budget_available": "true",
        "total_budget": "",
        "budget_group": "",
        "currency": "USD",
        # It began on the 15th: a day and five hours of seventeen days.
        "pace": "under",
        "pace_percent": "30.25",
        "expected": "71.08",
        "projected": "",
        "projected_low": "",
        "projected_high": "",
        "runs_out_on": "",
        "recommended_daily": "62.00",
        "pace_as_of": "2024-05-15T20:00:00+00:00",
        "account_manager": "",
        "labels": "",
    }
    assert of_campaign == {
        **of_brand,
        "campaign_id": str(campaign.pk),
        "campaign": "Spring",
        "daily_waived": "12.00",
        "daily_budget": "10.00",
        "daily_limit": "22.00",
        "daily_remaining": "8.50",
        "monthly_budget": "",
        "monthly_limit": "",
        "monthly_remaining": "",
        "pace": "no_budget",
        "pace_percent": "",
        "expected": "",
        "recommended_daily": "",
    }


def test_estimates_have_the_digits_of_their_currency() -> None:
    for currency in ("JPY", "KWD"):
        brand = BrandFactory.create(name=currency, currency=currency, monthly_budget=1000)
        spend(CampaignFactory.create(brand=brand), 8, NOON)
    pacing.refresh(NOON + timedelta(days=1))
    BudgetPace.objects.update(expected=Decimal("71.0835"), recommended_daily=Decimal("0.125"))

    rows = rows_of(choose(Kind.SUMMARIES, Wanted(), NOON + timedelta(days=1)))

    told = {row["currency"]: (row["expected"], row["recommended_daily"]) for row in rows}
    assert told == {"JPY": ("71.00", "0.00"), "KWD": ("71.084", "0.125")}


def test_summaries_take_the_same_number_of_queries_for_any_number_of_campaigns() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows_of(choose(Kind.SUMMARIES, Wanted(), NOON))
        return len(captured)

    brand = BrandFactory.create()
    CampaignFactory.create(brand=brand)
    few = queries()
    CampaignFactory.create_batch(20, brand=brand)

    assert queries() == few


def test_a_brand_in_a_timezone_that_nobody_can_read_is_listed_without_figures() -> None:
    brand = BrandFactory.create(name="Acme")
    CampaignFactory.create(brand=brand)
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=brand.pk).update(timezone="Mars/Olympus")

    of_brand, of_campaign = rows_of(choose(Kind.SUMMARIES, Wanted(), NOON))

    assert of_brand["timezone"] == of_campaign["timezone"] == "Mars/Olympus"
    assert of_brand["daily_spend"] == of_campaign["daily_remaining"] == ""


@pytest.mark.parametrize(
    ("kind", "wanted", "field"),
    [
        (Kind.SPEND, Wanted(first=date(2024, 5, 15), last=date(2024, 5, 14)), "to"),
        (Kind.SUMMARIES, Wanted(first=DAY), "from"),
        (Kind.SUMMARIES, Wanted(last=DAY), "to"),
    ],
)
def test_dates_that_make_no_sense_are_refused(kind: Kind, wanted: Wanted, field: str) -> None:
    with pytest.raises(InvalidExport) as refused:
        choose(kind, wanted, NOON)

    assert refused.value.field == field


def test_the_last_day_of_the_calendar_is_a_day_like_others() -> None:
    for kind in (Kind.SPEND, Kind.CHANGES, Kind.TOTALS):
        assert rows_of(choose(kind, Wanted(first=date.min, last=date.max), NOON)) == []
