"""The button "Export CSV" of the lists."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.models import Campaign
from ads.tests.admin.pages import changelist
from ads.tests.factories import CampaignFactory
from ads.tests.services.exports.support import read
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db

BOM = b"\xef\xbb\xbf"
LISTS = ["ads_spend", "ads_deliverychange", "ads_spendtotal", "ads_campaign", "ads_brand"]


@pytest.fixture
def campaign(db: None) -> Campaign:
    campaign = CampaignFactory.create(name="Spring", brand__name="Acme")
    spend(campaign, 5, NOON)
    return campaign


def export(client: Client, model: str, query: str = "") -> Any:
    return client.get(f"{reverse(f'admin:{model}_export_csv')}?{query}")


def exported(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    content = b"".join(response.streaming_content)
    assert content.startswith(BOM)
    return read([content.removeprefix(BOM)])


@pytest.mark.parametrize("model", LISTS)
def test_every_list_has_the_button_and_what_it_exports(
    admin: Client, campaign: Campaign, model: str
) -> None:
    enforce_all(NOON)
    page = admin.get(changelist(model)).content.decode()
    address = reverse(f"admin:{model}_export_csv")
    assert f'href="{address}"' in page

    response = admin.get(address)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="')
    assert {row["brand"] for row in exported(response)} == {"Acme"}


def test_the_file_is_called_as_what_is_in_it(admin: Client, campaign: Campaign) -> None:
    today = f"{timezone.now():%Y-%m-%d}"

    names = [export(admin, model)["Content-Disposition"] for model in LISTS]

    called = ("spend", "delivery-changes", "totals", "campaigns", "brands")
    assert names == [f'attachment; filename="{name}-{today}.csv"' for name in called]


def test_it_has_what_the_filters_and_the_search_show_and_every_page_of_it(
    admin: Client, campaign: Campaign
) -> None:
    other = CampaignFactory.create(name="Autumn")
    for day in range(1, 15):
        for _ in range(5):
            spend(campaign, day, NOON, date(2024, 5, day))
            spend(other, day, NOON, date(2024, 5, day))
    query = f"campaign__id__exact={campaign.pk}&date_from=2024-05-01&date_to=2024-05-12&q=Spring"

    page = admin.get(f"{changelist('ads_spend')}?{query}")
    rows = exported(export(admin, "ads_spend", query))

    assert f'href="{reverse("admin:ads_spend_export_csv")}?' in page.content.decode()
    assert len(page.context["cl"].result_list) == 50
    assert len(rows) == 60
    assert {row["campaign"] for row in rows} == {"Spring"}
    assert max(row["date"] for row in rows) == "2024-05-12"
    assert exported(export(admin, "ads_spend", f"{query}&p=2")) == rows


def test_the_button_carries_the_filters_of_the_page(admin: Client, campaign: Campaign) -> None:
    page = admin.get(f"{changelist('ads_campaign')}?state=Active&q=Spr")

    address = f"{reverse('admin:ads_campaign_export_csv')}?state=Active&amp;q=Spr"
    assert f'href="{address}"' in page.content.decode()


def test_campaigns_are_exported_with_their_figures_in_the_order_of_the_list(
    admin: Client, campaign: Campaign
) -> None:
    CampaignFactory.create(brand=campaign.brand, name="Autumn")

    rows = exported(export(admin, "ads_campaign", "o=-1"))

    assert [row["campaign"] for row in rows] == ["Spring", "Autumn"]
    assert rows[0]["daily_spend"] == "5.00"


@pytest.mark.parametrize("model", LISTS)
def test_who_may_not_view_the_list_may_not_export_it(
    staff: Callable[..., Client], campaign: Campaign, model: str
) -> None:
    assert export(staff(), model).status_code == 403
    anonymous = export(Client(), model)
    assert anonymous.status_code == 302
    assert "/login/" in anonymous["Location"]


@pytest.mark.parametrize("model", LISTS)
def test_who_may_view_the_list_may_export_it(
    staff: Callable[..., Client], campaign: Campaign, model: str
) -> None:
    client = staff(f"view_{model.removeprefix('ads_')}")

    assert reverse(f"admin:{model}_export_csv") in client.get(changelist(model)).content.decode()
    assert export(client, model).status_code == 200


def test_a_filter_that_makes_no_sense_leads_back_to_the_list(
    admin: Client, campaign: Campaign
) -> None:
    response = export(admin, "ads_spend", "nonsense=1")

    assert response.status_code == 302
    assert response["Location"] == f"{changelist('ads_spend')}?e=1"
