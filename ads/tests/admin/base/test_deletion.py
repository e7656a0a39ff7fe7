"""What has spend stays; what never had any can go, with its history."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.admin.base import deletion
from ads.admin.brands.admin import BrandAdmin
from ads.models import (
    Brand,
    Campaign,
    DaypartingSchedule,
    DeliveryChange,
    SimulatedSwitch,
    Spend,
)
from ads.services import BudgetService, CampaignService
from ads.tests.admin.pages import act, change, changelist, said
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory


def delete(client: Client, row: Any) -> Any:
    """Press delete and confirm."""
    return client.post(change(row).replace("/change/", "/delete/"), {"post": "yes"})


def delete_selected(client: Client, model: str, rows: list[Any]) -> Any:
    """Choose rows in a list, delete them and confirm."""
    return client.post(
        changelist(model),
        {
            "action": "delete_selected",
            "_selected_action": [row.pk for row in rows],
            "post": "yes",
        },
    )


def test_a_campaign_with_spend_stays_and_the_page_says_what_to_do(admin: Client) -> None:
    campaign = CampaignFactory.create(name="Spring")
    BudgetService.record_spend(campaign, Decimal(5))

    response = delete(admin, campaign)

    assert response.status_code == 200
    assert "Spring has spend on record. Archive it instead" in (response.content.decode())
    assert Campaign.objects.get() == campaign
    assert Spend.objects.count() == 1


def test_a_reported_total_of_zero_keeps_its_campaign_too(admin: Client) -> None:
    campaign = CampaignFactory.create()
    now = timezone.now()
    BudgetService.report_day_total(campaign, now.date(), Decimal(0), source="x", observed_at=now)

    assert delete(admin, campaign).status_code == 200
    assert Campaign.objects.exists()


def test_a_brand_with_campaigns_stays(admin: Client) -> None:
    brand = CampaignFactory.create(brand=BrandFactory.create(name="Acme")).brand

    response = delete(admin, brand)

    assert response.status_code == 200
    assert "Acme has campaigns." in response.content.decode()
    assert Brand.objects.get() == brand


def test_a_campaign_that_never_spent_goes_with_its_history(admin: Client) -> None:
    campaign = CampaignFactory.create(status="draft")
    CampaignService.activate(campaign)
    SimulatedSwitch.objects.create(campaign=campaign, at=timezone.now(), is_on=True)
    assert DeliveryChange.objects.filter(campaign=campaign).exists()

    response = delete(admin, campaign)

    assert response.status_code == 302
    assert not Campaign.objects.exists()
    assert not DeliveryChange.objects.exists()


def test_a_brand_without_campaigns_goes(admin: Client) -> None:
    brand = BrandFactory.create()

    assert delete(admin, brand).status_code == 302
    assert not Brand.objects.exists()


@pytest.mark.parametrize("spent", [True, False])
def test_of_several_selected_none_goes_if_one_must_stay(admin: Client, spent: bool) -> None:
    campaigns = CampaignFactory.create_batch(2, brand=BrandFactory.create())
    if spent:
        BudgetService.record_spend(campaigns[0], Decimal(5))

    response = delete_selected(admin, "ads_campaign", campaigns)

    assert response.status_code == (200 if spent else 302)
    assert Campaign.objects.count() == (2 if spent else 0)


def test_a_campaign_that_comes_while_its_brand_is_deleted_keeps_it(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    brand = CampaignFactory.create().brand
    # The page had looked before the campaign was there.
    monkeypatch.setattr(BrandAdmin, "get_deleted_objects", lambda *_: ([], {}, set(), []))

    one = delete(admin, brand)
    several = delete_selected(admin, "ads_brand", [brand])

    assert (one.status_code, several.status_code) == (302, 302)
    told = said(admin.get(changelist("ads_brand")))
    assert [message.startswith("Nothing was deleted") for message in told] == [True, True]
    assert Brand.objects.get() == brand
    with pytest.raises(ProtectedError):
        brand.delete()


def offered(page: Any) -> tuple[str, dict[str, str]]:
    """Where the button of what can be done instead posts to, and what it sends."""
    return page.context["instead_address"], dict(page.context["instead_sends"])


def test_a_campaign_with_spend_is_archived_instead_once_what_that_does_was_seen(
    admin: Client,
) -> None:
    campaign = CampaignFactory.create(name="Spring")
    BudgetService.record_spend(campaign, Decimal(5))
    page = admin.get(change(campaign).replace("/change/", "/delete/"))
    assert "Archive it instead" in page.content.decode()

    address, sends = offered(page)
    asked = admin.post(address, sends)
    before = campaign.fresh().status
    response = admin.post(address, {**sends, "do": "yes"})

    assert "What will happen" in asked.content.decode()
    assert (before, campaign.fresh().status) == ("active", "archived")
    assert response.headers["Location"] == change(campaign)


def test_of_several_selected_that_must_stay_all_are_archived_instead(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(2, brand=BrandFactory.create())
    BudgetService.record_spend(campaigns[0], Decimal(5))

    address, sends = offered(delete_selected(admin, "ads_campaign", campaigns))
    admin.post(address, {**sends, "do": "yes"})

    assert [campaign.fresh().status for campaign in campaigns] == ["archived"] * 2


def test_of_more_than_a_page_shows_all_are_archived_instead(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(3, brand=BrandFactory.create())
    BudgetService.record_spend(campaigns[0], Decimal(5))

    page = admin.post(
        changelist("ads_campaign"),
        {
            "action": "delete_selected",
            "_selected_action": [campaigns[0].pk],
            "select_across": "1",
            "post": "yes",
        },
    )
    address, sends = offered(page)
    admin.post(address, {**sends, "do": "yes"})

    assert [campaign.fresh().status for campaign in campaigns] == ["archived"] * 3


def test_of_many_that_must_stay_the_first_are_named(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "NAMED", 2)
    campaigns = CampaignFactory.create_batch(4, brand=BrandFactory.create())
    for campaign in campaigns:
        BudgetService.record_spend(campaign, Decimal(5))

    page = delete_selected(admin, "ads_campaign", campaigns).content.decode()

    assert page.count("has spend on record") == 2
    assert "… and 2 more." in page


def test_a_brand_with_campaigns_is_paused_instead(admin: Client) -> None:
    brand = CampaignFactory.create().brand
    page = admin.get(change(brand).replace("/change/", "/delete/"))
    assert "Pause it instead" in page.content.decode()

    address, sends = offered(page)
    assert admin.post(address, sends).status_code == 200
    assert brand.fresh().is_active
    admin.post(address, {**sends, "do": "yes"})

    assert not brand.fresh().is_active


def test_who_may_not_archive_is_not_offered_it(staff: Callable[..., Client]) -> None:
    campaign = CampaignFactory.create()
    BudgetService.record_spend(campaign, Decimal(5))
    deleter = staff("view_campaign", "delete_campaign")

    page = deleter.get(change(campaign).replace("/change/", "/delete/"))

    assert "has spend on record" in page.content.decode()
    assert "instead" not in page.context
    address = reverse("admin:ads_campaign_act", args=["archive"])
    assert deleter.post(address, {"ids": str(campaign.pk), "do": "yes"}).status_code == 403
    assert campaign.fresh().status == "active"


def test_who_may_not_delete_is_refused(staff: Callable[..., Client]) -> None:
    campaign = CampaignFactory.create()
    changer = staff("view_campaign", "change_campaign")

    assert delete(changer, campaign).status_code == 403
    assert said(act(changer, "ads_campaign", "delete_selected", [campaign])) == [
        "No action selected."
    ]
    assert Campaign.objects.exists()


def test_deleting_a_schedule_says_beforehand_how_many_campaigns_lose_their_hours(
    admin: Client,
) -> None:
    schedule = ScheduleFactory.create(name="Evenings", windows=[(0, "17:00", "23:00")])
    campaigns = [CampaignFactory.create(schedules=[schedule]) for _ in range(2)]

    asked = admin.get(change(schedule).replace("/change/", "/delete/"))

    page = asked.content.decode()
    assert "Its hours on 2 campaigns. Those without another schedule then run" in page
    assert dict(asked.context["model_count"]) == {
        "dayparting schedules": 1,
        "dayparting windows": 1,
    }
    assert DaypartingSchedule.objects.exists()

    delete(admin, schedule)

    assert not DaypartingSchedule.objects.exists()
    assert Campaign.objects.filter(dayparting_schedules=None).count() == len(campaigns)
