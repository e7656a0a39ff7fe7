"""A brand's receipts of a month, and the orders that platforms refused."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from ads.models import Campaign, SwitchOrder
from ads.platforms.interface import Refused
from ads.services.delivery import lifecycle
from ads.tests.admin.pages import act, said, words
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.services.orders.scripted import Scripted, on_platform
from ads.tests.services.orders.test_orders import tell
from ads.tests.support import NOON, enforce_all, spend

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def overspent() -> Campaign:
    brand = BrandFactory.create(name="Acme")
    campaign = CampaignFactory.create(name="Spring", brand=brand, daily_budget=10)
    enforce_all(NOON)
    spend(campaign, "12.5", NOON)
    return campaign


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_the_months_receipts_say_how_far_over_and_why(admin: Client) -> None:
    campaign = overspent()
    address = reverse("admin:ads_brand_receipts", args=[campaign.brand_id])

    shown = text_of(admin.get(address))

    assert "Receipts of Acme, May 2024" in shown
    assert "1 pause for a used-up budget; it was overspent." in shown
    assert "Overspent by $2.50 because spend was reported late." in shown
    assert "The worst was" not in shown
    assert "decided at once, on no connected platform." in shown
    assert f'<a href="{reverse("admin:ads_brand_change", args=[campaign.brand_id])}"' in shown


def test_of_several_pauses_the_worst_is_named(admin: Client) -> None:
    campaign = overspent()
    other = CampaignFactory.create(name="Summer", brand=campaign.brand, daily_budget=10)
    kept = CampaignFactory.create(name="Autumn", brand=campaign.brand, daily_budget=10)
    enforce_all(NOON)
    spend(other, "14", NOON)
    spend(kept, "10", NOON)

    shown = text_of(admin.get(reverse("admin:ads_brand_receipts", args=[campaign.brand_id])))

    assert "3 pauses for a used-up budget; 1 of 3 stayed within it." in shown
    assert "Overspent by $6.50 because spend was reported late." in shown
    assert "The worst was Summer with $4.00 over its limit of $10.00." in shown


def test_a_month_without_a_pause_says_so_and_one_to_come_is_the_present(admin: Client) -> None:
    campaign = overspent()
    address = reverse("admin:ads_brand_receipts", args=[campaign.brand_id])

    assert "No campaign was paused for a used-up budget." in text_of(
        admin.get(f"{address}?month=2024-04")
    )
    for month in ("2031-01", "May", "0001-01"):
        assert "May 2024" in text_of(admin.get(f"{address}?month={month}"))


def test_they_are_downloaded_as_csv(admin: Client) -> None:
    campaign = overspent()
    address = reverse("admin:ads_brand_receipts", args=[campaign.brand_id])

    answer: Any = admin.get(f"{address}?month=2024-05&export=csv")

    head, row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["over"] == "2.50"


def test_a_campaigns_page_says_what_its_platform_refused(admin: Client) -> None:
    campaign = CampaignFactory.create()
    enforce_all(NOON)
    on_platform(campaign, "7")
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"7": [Refused("NO", "It was removed.", "Take it away.")]}))

    told = words(admin, campaign)

    assert "Stop: refused by the platform" in told
    still_on = "refused by the platform. It was removed. Take it away."
    assert re.search(rf"Paused by a user\. Still on at .*, .*: {still_on}", told)


def test_a_refused_order_is_told_again_from_the_list(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create()
    enforce_all(NOON)
    on_platform(campaign, "7")
    lifecycle.pause(campaign, now=NOON)
    tell(campaign, Scripted(answers={"7": [Refused("NO", "No.")]}))
    order = SwitchOrder.objects.get()

    viewer = staff("view_switchorder")
    act(viewer, "ads_switchorder", "tell_again", [order])
    order.refresh_from_db()
    assert order.state == "refused"

    assert said(act(admin, "ads_switchorder", "tell_again", [order])) == ["Telling 1 order again."]
    order.refresh_from_db()
    assert order.state == "pending"
    (left_out,) = said(act(admin, "ads_switchorder", "tell_again", [order]))
    assert left_out == (
        "Left out 1 order: not refused, decided otherwise since, for a platform ID that was taken "
        "away, or where nothing may be switched."
    )
