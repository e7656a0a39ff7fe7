"""The button History leads to a history, or is not there."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ads.services import BudgetService
from ads.tests.admin.pages import change, save
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db


def history(row: Any) -> str:
    return change(row).replace("/change/", "/history/")


def is_offered(client: Client, row: Any) -> bool:
    return f'href="{history(row)}"' in client.get(change(row)).content.decode()


def test_a_user_has_a_history_once_somebody_has_edited_it(admin: Client) -> None:
    uma = User.objects.create_user("uma")
    assert not is_offered(admin, uma)

    save(admin, change(uma), first_name="Uma")

    assert is_offered(admin, uma)
    assert "Changed First name." in admin.get(history(uma)).content.decode()


def test_the_history_of_campaigns_and_brands_is_on_their_pages(admin: Client) -> None:
    campaign = CampaignFactory.create()

    for row in (campaign, campaign.brand):
        assert is_offered(admin, row)
        assert admin.get(history(row)).headers["Location"] == "../change/#history"


def test_a_record_of_the_system_has_no_history(admin: Client) -> None:
    entry = BudgetService.record_spend(CampaignFactory.create(), Decimal(5))

    assert "/history/" not in admin.get(change(entry)).content.decode()
