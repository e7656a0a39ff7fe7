"""Lists say by what they are narrowed, and how to see more."""

import pytest
from django.contrib.admin import site
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from ads.admin.schedules.text import campaigns_of
from ads.models import Brand, Campaign, Spend
from ads.tests.admin.pages import changelist, context_of
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import spend_in_sql

pytestmark = pytest.mark.django_db

CAMPAIGNS = changelist("ads_campaign")


def told(client: Client, address: str) -> list[tuple[str, str, str]]:
    """By what the list at an address says that it is narrowed, and the way without it."""
    rows = context_of(client, address)["cl"]
    return [(one.by, one.to, one.without) for one in rows.narrowings]


def test_a_list_names_what_is_searched_for_and_each_filter_with_the_way_without_it(
    admin: Client,
) -> None:
    brand = BrandFactory.create(name="Acme & Söhne")
    chosen = f"q=shoes&brand__id__exact={brand.pk}&day_used=80"

    assert told(admin, f"{CAMPAIGNS}?{chosen}&p=2&o=-1") == [
        ("search", "shoes", f"?brand__id__exact={brand.pk}&day_used=80&o=-1"),
        ("brand", "Acme & Söhne", "?day_used=80&o=-1&q=shoes"),
        (
            "daily budget used",
            "80% or more",
            f"?brand__id__exact={brand.pk}&o=-1&q=shoes",
        ),
    ]


@pytest.mark.parametrize(
    ("model", "query", "by", "to"),
    [
        ("ads_spend", "date_from=2026-11-01&date_to=2026-11-21", "date",
         "from 2026-11-01 to 2026-11-21"),
        ("ads_spend", "date_to=2026-11-21", "date", "to 2026-11-21"),
        ("ads_spend", "kind__exact=correction", "kind", "Correction"),
        ("ads_deliverychange", "trigger=gone", "trigger", "gone"),
        ("ads_deliverychange", "at_from_0=2026-11-01&at_from_1=08:00", "at, in UTC",
         "from 2026-11-01 08:00"),
        ("ads_deliverychange", "campaign__id__exact=999", "campaign", "999"),
        ("ads_brand", "is_active__exact=1", "active", "Yes"),
        ("ads_campaignreference", "platform__icontains=goo", "platform", "goo"),
    ],
)  # fmt: skip
def test_every_kind_of_filter_is_told_as_it_reads(
    admin: Client, model: str, query: str, by: str, to: str
) -> None:
    assert [one[:2] for one in told(admin, f"{changelist(model)}?{query}")] == [(by, to)]


def test_a_condition_of_a_link_that_no_filter_stands_for_is_told(admin: Client) -> None:
    schedule = ScheduleFactory.create(name="Evenings")
    CampaignFactory.create()

    assert told(admin, campaigns_of(schedule.pk)) == [("dayparting schedule", "Evenings", "?")]
    assert told(admin, f"{CAMPAIGNS}?daily_budget=5&monthly_budget__gte=9&o=1") == [
        ("daily budget", "5", "?monthly_budget__gte=9&o=1"),
        ("monthly_budget__gte", "9", "?daily_budget=5&o=1"),
    ]
    page = admin.get(campaigns_of(schedule.pk)).content.decode()
    assert "Nothing matches" in page
    assert "No campaigns yet" not in page


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("ads_campaign", "day_used=5"),
        ("ads_campaign", "state=Foo"),
        ("ads_deliverychange", "last=sometimes"),
        ("ads_deliverychange", "hold=none"),
        ("ads_deliverychange", "at_from_1=08:00"),
        ("ads_deliverychange", "at_to_0=soon&at_to_1=08:00"),
        ("ads_spend", "date_from=soon"),
    ],
)
def test_what_picks_nothing_out_is_not_said_to(admin: Client, model: str, query: str) -> None:
    assert told(admin, f"{changelist(model)}?{query}") == []


def test_a_list_of_all_is_not_said_to_be_narrowed(admin: Client) -> None:
    CampaignFactory.create()

    page = admin.get(f"{CAMPAIGNS}?o=1&day_used=").content.decode()

    assert "ads-narrowings" not in page
    assert "Show all" not in page


def test_a_list_of_some_offers_all_in_the_order_they_are_in(admin: Client) -> None:
    CampaignFactory.create(name="Shoes")

    rows = context_of(admin, f"{CAMPAIGNS}?q=hats&day_used=80&o=-1&p=3")["cl"]

    assert rows.without_narrowings == "?o=-1"
    assert rows.result_count == 0


@pytest.mark.parametrize("model", [Campaign, Brand, Spend])
def test_a_page_that_a_filter_or_an_action_has_left_without_rows_is_the_last(
    admin: Client, monkeypatch: pytest.MonkeyPatch, model: type[Model]
) -> None:
    monkeypatch.setattr(site._registry[model], "list_per_page", 2)
    for campaign in CampaignFactory.create_batch(5):
        spend_in_sql(campaign, "1", timezone.now().date())
    listed = changelist(f"ads_{model._meta.model_name}")

    rows = context_of(admin, f"{listed}?p=9")["cl"]

    assert (rows.page_num, len(rows.result_list)) == (3, 1)
    assert 'name="p"' not in admin.get(f"{listed}?p=3").content.decode()


def test_a_list_that_nothing_passes_says_so_and_not_that_there_is_nothing(admin: Client) -> None:
    CampaignFactory.create(name="Shoes")

    some = admin.get(f"{CAMPAIGNS}?q=hats").content.decode()
    Campaign.objects.all().delete()
    none = admin.get(CAMPAIGNS).content.decode()

    assert "Nothing matches" in some
    assert "No campaigns yet" not in some
    assert "No campaigns yet" in none
