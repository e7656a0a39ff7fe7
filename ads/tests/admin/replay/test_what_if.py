"""A brand's page "What if": recorded spend replayed with other settings."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ads.models import Campaign, DeliveryChange
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, enforce_all, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

YESTERDAY = NOON - timedelta(days=1)
FORM = {
    "first": f"{YESTERDAY:%Y-%m-%d}",
    "last": f"{YESTERDAY:%Y-%m-%d}",
    "percent": "100",
    "check_every": "5",
    "lag": "0",
}


@pytest.fixture
def campaign() -> Campaign:
    campaign = CampaignFactory.create(brand=BrandFactory.create(name="Acme"), name="Search")
    enforce_all(YESTERDAY - timedelta(days=1))
    for hours in (0, 1):
        spend(campaign, 60, YESTERDAY + timedelta(hours=hours))
    return campaign


def sent(admin: Client, campaign: Campaign, /, **given: object) -> str:
    address = reverse("admin:ads_brand_what_if", args=[campaign.brand_id])
    response: Any = admin.post(address, FORM | given)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_head_leads_back_to_the_brand(admin: Client, campaign: Campaign) -> None:
    back = reverse("admin:ads_brand_change", args=[campaign.brand_id])
    page = admin.get(reverse("admin:ads_brand_what_if", args=[campaign.brand_id]))

    assert f'<a href="{back}"' in page.content.decode()


def test_a_lower_budget_is_replayed_and_nothing_changes(admin: Client, campaign: Campaign) -> None:
    before = DeliveryChange.objects.count()

    shown = sent(admin, campaign, campaign=campaign.pk, daily="$50.00")

    assert "$60.00 would have been spent, $60.00 less than on record." in shown
    assert "1 stop. Daily budgets of campaigns would have been overspent by $10.00" in shown
    assert f"{YESTERDAY:%Y-%m-%d} 12:05 UTC" in shown
    assert DeliveryChange.objects.count() == before


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"last": f"{NOON:%Y-%m-%d}"}, "Use a day that has ended."),
        ({"lag": "7"}, "Use minutes from 0 to 720, in steps of 5."),
        ({"daily": "50"}, "Choose the campaign that these budgets are for."),
        ({"brand_daily": "€50"}, "is an amount in EUR"),
        ({"percent": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    admin: Client, campaign: Campaign, given: dict[str, str], message: str
) -> None:
    shown = sent(admin, campaign, **given)

    assert message in shown
    assert "would have been spent" not in shown


def test_the_brands_page_leads_to_it(admin: Client, campaign: Campaign) -> None:
    page = admin.get(reverse("admin:ads_brand_change", args=[campaign.brand_id]))

    address = reverse("admin:ads_brand_what_if", args=[campaign.brand_id])
    assert f'href="{address}"' in page.content.decode()
    assert admin.get(address).status_code == 200


def test_stopping_early_says_what_it_leaves_unspent(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=100)
    enforce_all(YESTERDAY - timedelta(days=1))
    for step in range(40):
        spend(campaign, 3, YESTERDAY + step * timedelta(minutes=5))

    shown = sent(admin, campaign, lag="30", early="yes")

    assert "$99.00 would have been spent" in shown
    assert "$1.00 of their daily budgets would have been left unspent" in shown


def test_what_is_estimated_has_no_more_digits_than_money(admin: Client, noon: Any) -> None:
    noon.move_to(YESTERDAY - timedelta(days=1))
    brand = BrandFactory.create(currency="JPY")
    campaign = CampaignFactory.create(brand=brand, daily_budget=100)
    enforce_all(YESTERDAY - timedelta(days=1))
    noon.move_to(NOON)
    for hours in (0, 1):
        spend(campaign, 70, YESTERDAY + timedelta(hours=hours))
    enforce_all(YESTERDAY + timedelta(hours=1))

    shown = sent(admin, campaign, campaign=campaign.pk, daily="1000")

    assert "of it is an estimate" in shown
    amounts = re.findall(r"¥[\d,.]*\d", shown)
    assert len(amounts) > 8
    assert [amount for amount in amounts if "." in amount] == []
