"""Connecting a platform in the browser: pasted or by login, looked at, confirmed, tried."""

import re

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import expect

from ads.models import Brand, Connection, PlatformAccount
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.services.connections.example import TOKEN, World
from ads.tests.services.connections.fixtures import login, world
from ads.tests.services.connections.oauth_server import Login

__all__ = ["login", "world"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def administrator(transactional_db: None) -> User:
    return User.objects.create_superuser("olivia")


def test_credentials_are_pasted_what_they_reach_is_confirmed_and_the_account_is_read(
    open_as: Open, administrator: User, world: World
) -> None:
    page = open_as(administrator, reverse("admin:ads_connection_add"))
    page.get_by_role("link", name="Example Ads").click()
    page.get_by_label("Name").fill("Acme's ads")
    page.get_by_label("Token").fill(TOKEN)
    assert page.get_by_label("Token").get_attribute("type") == "password"
    page.get_by_role("button", name="Connect and list accounts").click()

    expect(page.get_by_text("1 account and 2 campaigns in")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Acme")).to_be_checked()
    expect(page.get_by_label("Brand", exact=True)).to_have_value("Acme")
    page.get_by_label("Brand", exact=True).fill("Acme Germany")
    page.get_by_role("button", name="Preview").click()

    expect(
        page.get_by_text("1 new brand, 2 new campaigns. 1 account will be read.")
    ).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Spring"))).to_contain_text("€50.00")
    assert not Brand.objects.exists()
    page.get_by_role("button", name="Confirm").click()

    expect(page.get_by_role("row", name=re.compile("^Acme 100"))).to_contain_text("Read")
    brand = Brand.objects.get()
    assert (brand.name, brand.campaigns.count()) == ("Acme Germany", 2)
    assert PlatformAccount.objects.get().is_read

    page.get_by_role("link", name="Try it").first.click()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("row", name=re.compile("^Switching"))).to_contain_text(
        "the platform checked an order and carried out none"
    )


def test_a_login_at_the_platform_leads_there_and_back(
    open_as: Open, administrator: User, login: Login
) -> None:
    page = open_as(administrator, reverse("admin:ads_connection_add"), width=NARROW)
    page.get_by_role("link", name="Example Ads").click()
    page.locator("#id_by-name").fill("Acme's ads")
    page.get_by_role("button", name="Connect", exact=True).click()
    # The login of the tests agrees at once and leads back, as the platform would.
    page.get_by_role("link", name="Continue to Example Ads").click()

    expect(page.get_by_text("Acme's ads is connected.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Acme")).to_be_checked()
    assert "code=" not in page.url
    assert Connection.objects.get().name == "Acme's ads"
