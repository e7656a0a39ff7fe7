"""Unmatched campaigns in the admin: their waiting spend, sources and suggested matches."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ads.models import Brand, Campaign, WaitingSpend
from ads.tests.admin.pages import changelist, context_of
from ads.tests.admin.references.support import ACTIONS, LIST, listed, page_of, text_of, waiting
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.ledger.support import entry, google, limited_to, take

pytestmark = pytest.mark.django_db


def test_the_list_shows_waiting_spend_sources_and_suggested_matches(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    today = now.date()
    take(
        entry(google("7", name="Spring"), "1.50", date=today - timedelta(days=3)),
        entry(google("7", name="Spring"), 2, date=today),
        now=now,
    )
    take(entry(google("8", name="Spring"), 4), sender=limited_to(BrandFactory.create()), now=now)

    first, second = listed(admin)

    assert (first.waits.rows, first.waits.sums) == (2, {"USD": Decimal("3.5")})
    assert first.waits.days("UTC") == (today - timedelta(days=3), today)
    assert first.waits.sources == ("etl",)
    assert first.suggested == campaign
    assert first.possible_brands == "Any"
    assert second.suggested is None
    assert second.possible_brands == Brand.objects.exclude(pk=campaign.brand_id).get().name
    page = text_of(admin.get(LIST))
    assert "$3.50" in page
    assert f"{page_of(first, 'match_campaign')}?campaign={campaign.pk}" in page


def test_a_name_that_two_campaigns_have_suggests_none(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    other = CampaignFactory.create(name="Spring")
    take(entry(google("7", name="Spring")), now=now)
    take(entry(google("8", name="Spring")), sender=limited_to(other.brand), now=now)

    first, second = listed(admin)

    assert first.suggested is None
    assert second.suggested == other


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.get(LIST)
        return len(captured)

    take(entry(google("0", name="Spring")), now=now)
    take(entry(google("x")), sender=limited_to(campaign.brand), now=now)
    few = queries()
    take(*(entry(google(str(number), name="Spring")) for number in range(1, 12)), now=now)

    assert queries() == few


def test_the_menu_counts_what_waits(admin: Client, campaign: Campaign, now: Any) -> None:
    def badge() -> Any:
        groups = context_of(admin, LIST)["sidebar_navigation"]
        (item,) = (i for g in groups for i in g["items"] if i["title"] == "Unmatched campaigns")
        return item["badge"]

    assert badge() == ""
    take(entry(google("7")), entry(google("7")), entry(google("8")), now=now)
    assert badge() == "2"


def test_the_page_of_a_reference_shows_each_row_and_why_it_was_refused(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    take(entry(google("7"), "0.000125", external_id="a-1", description="<b>click</b>"), now=now)
    WaitingSpend.objects.update(refusal="date: it is later than tomorrow.")

    page = text_of(admin.get(page_of(waiting())))

    assert "$0.000125" in page
    assert "a-1" in page
    assert "&lt;b&gt;click&lt;/b&gt;" in page
    assert "date: it is later than tomorrow." in page
    assert "1 row refused" in text_of(admin.get(LIST))
    assert len(listed(admin, "waits=refused")) == 1


def test_one_that_is_not_there_is_not_found_or_leads_back_to_the_list(
    admin: Client, campaign: Campaign, now: Any
) -> None:
    for action in (*ACTIONS, "candidates"):
        address = reverse(f"admin:ads_unknownreference_{action}", args=[4711])
        assert admin.get(address).status_code == 404


def test_waiting_spend_is_listed_and_read_only(admin: Client, campaign: Campaign, now: Any) -> None:
    take(entry(google("7"), 5, external_id="a-1"), entry(google("8"), 6), now=now)
    row = WaitingSpend.objects.get(external_id="a-1")

    page = admin.get(f"{changelist('ads_waitingspend')}?q=a-1")
    assert list(page.context["cl"].result_list) == [row]
    of_one = f"{changelist('ads_waitingspend')}?unknown__id__exact={waiting('8').pk}"
    assert [one.amount for one in context_of(admin, of_one)["cl"].result_list] == [6]
    address = reverse("admin:ads_waitingspend_change", args=[row.pk])
    assert "$5.00" in text_of(admin.get(address))
    assert admin.post(address, {"amount": 1}).status_code == 403
    assert admin.get(reverse("admin:ads_waitingspend_add")).status_code == 403
