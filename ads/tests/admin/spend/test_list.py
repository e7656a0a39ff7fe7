"""The ledger as a list: picked out by filters in its address, searched, and added up."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ads.admin.base import model_admin
from ads.admin.spend import changelist as spend_list
from ads.models import Campaign, Spend, SpendTotal
from ads.services import BudgetService
from ads.services.ledger.sources import ledger_sources
from ads.tests.admin.pages import change, changelist, context_of, said
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import at

pytestmark = pytest.mark.django_db

LEDGER = changelist("ads_spend")
#: In Tokyo it is Thursday already.
EVENING = at("2024-05-15 20:00")
TODAY = EVENING.date()


@pytest.fixture(autouse=True)
def evening() -> Iterator[None]:
    with time_machine.travel(EVENING, tick=False):
        yield


def found(admin: Client, **query: Any) -> list[str]:
    rows = context_of(admin, LEDGER, query)["cl"]
    return [entry.description for entry in rows.result_list]


def recorded(campaign: Campaign, what: str, *, ago: int = 0, **more: Any) -> Spend:
    day = TODAY - timedelta(days=ago)
    return BudgetService.record_spend(campaign, Decimal("1.5"), what, date=day, **more)


def test_entries_are_found_by_source_among_those_that_there_are(admin: Client) -> None:
    campaign = CampaignFactory.create()
    for source in ("etl", "zapier", "etl"):
        recorded(campaign, source, source=source)

    page = admin.get(LEDGER)

    assert ledger_sources() == ["etl", "zapier"]
    assert page.content.decode().count('value="zapier"') == 1
    assert found(admin, source="zapier") == ["zapier"]
    assert found(admin, source="etl") == ["etl", "etl"]
    assert found(admin, source="unheard of") == []


def test_an_empty_ledger_has_no_sources(admin: Client) -> None:
    assert ledger_sources() == []
    assert found(admin) == []
    assert "0 entries" in admin.get(LEDGER).content.decode()


def test_the_search_finds_campaigns_by_name_and_entries_by_their_whole_id(admin: Client) -> None:
    spring = CampaignFactory.create(name="Spring sale")
    autumn = CampaignFactory.create(name="Autumn")
    recorded(spring, "by name")
    entry = recorded(autumn, "by id", source="etl", external_id="order 4711")

    assert found(admin, q="spring") == ["by name"]
    assert found(admin, q="order 4711") == ["by id"]
    assert found(admin, q="order 471") == []
    assert found(admin, q=str(entry.pk)) == ["by id"]
    assert found(admin, q="9" * 30) == []


def test_a_name_that_too_many_campaigns_share_is_asked_for_more_of(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spend_list, "NAMED", 1)
    for name in ("Spring A", "Spring B", "Autumn"):
        recorded(CampaignFactory.create(name=name), name)

    response = admin.get(LEDGER, {"q": "spring"})

    assert said(response)[0].startswith("More than 1 campaigns have “spring” in their names")
    assert found(admin, q="spring") == []
    assert found(admin, q="spring a") == ["Spring A"]


def test_the_sums_are_found_by_brand_campaign_and_day(admin: Client) -> None:
    brand = BrandFactory.create()
    spring = CampaignFactory.create(brand=brand, name="Spring")
    recorded(spring, "x")
    recorded(spring, "y", ago=1)
    recorded(CampaignFactory.create(name="Autumn"), "z")

    def sums(**query: Any) -> list[tuple[str, str, date]]:
        rows = context_of(admin, changelist("ads_spendtotal"), query)["cl"].result_list
        return [(row.campaign and row.campaign.name, row.period, row.start) for row in rows]

    may, yesterday = TODAY.replace(day=1), TODAY - timedelta(days=1)
    of_spring = [(n, p, s) for n in ("Spring", None) for p, s in (
        ("day", TODAY), ("day", yesterday), ("month", may),
    )]  # fmt: skip
    assert sorted(sums(brand__id__exact=brand.pk), key=str) == sorted(of_spring, key=str)
    assert sorted(sums(q="spring"), key=str) == sorted(of_spring[:3], key=str)
    assert [start for _, _, start in sums(start_from=f"{yesterday}", q="spring")] == [
        TODAY, yesterday,
    ]  # fmt: skip
    assert admin.get(changelist("ads_spendtotal"), {"brand__id__exact": "x"}).status_code == 302


def test_the_ways_to_days_go_by_the_brands_clock_and_keep_the_other_filters(
    admin: Client,
) -> None:
    brand = BrandFactory.create(timezone="Asia/Tokyo")
    campaign = CampaignFactory.create(brand=brand)
    for ago in (-1, 0, 1, 40):
        recorded(campaign, f"{ago} days ago", ago=ago)
    brand_only = {"campaign__brand__id__exact": brand.pk}

    days = {day["title"]: day for day in context_of(admin, LEDGER, brand_only)["cl"].days}

    def behind(title: str) -> list[str]:
        rows = context_of(admin, LEDGER + days[title]["address"])["cl"]
        assert [day["title"] for day in rows.days if day["is_chosen"]] == [title]
        assert rows.zone == "Asia/Tokyo"
        return [entry.description for entry in rows.result_list]

    assert behind("Today") == ["-1 days ago"]
    assert behind("Yesterday") == ["0 days ago"]
    assert behind("This month") == ["-1 days ago", "0 days ago", "1 days ago"]
    assert behind("Last month") == ["40 days ago"]
    assert len(behind("Any day")) == 4
    utc = {day["title"]: day for day in context_of(admin, LEDGER)["cl"].days}
    assert f"date_from={TODAY}" in utc["Today"]["address"]


def test_what_is_found_is_added_up_unless_it_is_much(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_admin, "COUNTED", 3)
    campaign = CampaignFactory.create()
    for ago in (0, 0, 1, 1, 1):
        recorded(campaign, "x", ago=ago)
    BudgetService.record_correction(campaign, Decimal(-1), "Refund", date=TODAY)

    today = admin.get(LEDGER, {"date_from": f"{TODAY}", "date_to": f"{TODAY}"}).content.decode()

    assert "3 entries: <b>$2.00</b> in all" in today
    assert "Too many entries to add up" in admin.get(LEDGER).content.decode()


def test_an_entry_leads_to_its_campaign_and_its_brand(admin: Client) -> None:
    entry = recorded(CampaignFactory.create(), "x")

    for page in (LEDGER, change(entry)):
        text = admin.get(page).content.decode()
        assert f'href="{change(entry.campaign)}"' in text
        assert f'href="{change(entry.campaign.brand)}"' in text


@pytest.mark.parametrize("of_brand", [True, False])
def test_a_sum_leads_to_the_entries_that_it_adds_up(admin: Client, of_brand: bool) -> None:
    campaign = CampaignFactory.create()
    other = CampaignFactory.create(brand=campaign.brand)
    recorded(campaign, "today")
    recorded(campaign, "in May", ago=14)
    recorded(campaign, "in April", ago=15)
    recorded(other, "another's")
    expected = {
        ("day", TODAY): ["today"],
        ("month", date(2024, 5, 1)): ["today", "in May"],
        ("month", date(2024, 4, 1)): ["in April"],
    }

    totals = SpendTotal.objects.filter(campaign=None if of_brand else campaign)
    for (period, start), entries in expected.items():
        total = totals.get(period=period, start=start)
        page = admin.get(change(total)).content.decode()
        link = page.split('href="/admin/ads/spend/?')[1].split('"')[0].replace("&amp;", "&")
        behind = context_of(admin, f"{LEDGER}?{link}")["cl"].result_list

        of_others = ["another's"] if of_brand and start != date(2024, 4, 1) else []
        assert [entry.description for entry in behind] == [*of_others, *entries]
        assert sum(entry.amount for entry in behind) == total.amount


def test_a_page_of_the_ledger_takes_few_queries_and_never_counts_it_all(admin: Client) -> None:
    campaign = CampaignFactory.create()
    for number in range(60):
        recorded(campaign, str(number))

    with CaptureQueriesContext(connection) as captured:
        admin.get(LEDGER, {"source": "manual", "q": campaign.name, "date_from": f"{TODAY}"})

    assert len(captured) <= 14
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert all(f"LIMIT {model_admin.COUNTED + 1}" in sql for sql in counts if "ads_spend" in sql)
