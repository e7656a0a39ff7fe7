"""Actions on campaigns: who may do which, and what is refused."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.admin.campaigns import actions
from ads.models import Campaign, SpendTotal
from ads.services import BudgetService
from ads.tests.admin.actions.acting import OPERATORS, SIMPLE, run
from ads.tests.admin.pages import act, change, changelist, said
from ads.tests.factories import CampaignFactory


@pytest.mark.parametrize("action", SIMPLE)
def test_who_may_only_look_cannot_run_an_action(staff: Callable[..., Client], action: str) -> None:
    campaign = CampaignFactory.create(status="draft")
    BudgetService.record_spend(campaign, Decimal(5))
    viewer = staff("view_campaign")

    assert "lines" not in act(viewer, "ads_campaign", action, [campaign]).context
    straight = reverse("admin:ads_campaign_act", args=[action])
    assert viewer.post(straight, {"ids": campaign.pk, "do": "1"}).status_code == 403
    of_one = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, action])
    assert viewer.post(of_one).status_code == 403

    assert campaign.fresh().status == "draft"
    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == 0


@pytest.mark.parametrize("action", SIMPLE)
def test_operators_switch_and_reset_and_do_no_more(
    staff: Callable[..., Client], action: str
) -> None:
    campaign = CampaignFactory.create(status="draft")
    BudgetService.record_spend(campaign, Decimal(5))
    someone = staff("view_campaign", "switch_campaign", "waive_spend")
    address = reverse("admin:ads_campaign_act", args=[action])

    response = someone.post(address, {"ids": campaign.pk, "do": "1"})

    assert response.status_code == (302 if action in OPERATORS else 403)
    assert (campaign.fresh().status == "draft") is (action not in {"activate", "pause"})


@pytest.mark.parametrize("action", SIMPLE)
def test_who_may_change_campaigns_can_run_every_action(
    staff: Callable[..., Client], action: str
) -> None:
    campaign = CampaignFactory.create(status="draft")
    BudgetService.record_spend(campaign, Decimal(5))

    (message,) = run(staff("view_campaign", "change_campaign"), action, campaign)

    assert "1 campaign" in message


@pytest.mark.parametrize("action", SIMPLE)
def test_who_may_not_even_look_is_refused(staff: Callable[..., Client], action: str) -> None:
    campaign = CampaignFactory.create(status="draft")
    someone = staff("change_brand", "switch_campaign", "waive_spend")

    assert act(someone, "ads_campaign", action, [campaign]).status_code == 403
    address = reverse("admin:ads_campaign_act", args=[action])
    assert someone.post(address, {"ids": campaign.pk, "do": "1"}).status_code == 403
    assert campaign.fresh().status == "draft"


def test_too_many_at_once_are_refused_and_nothing_is_done(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions.CampaignActions, "most", 2)
    campaigns = CampaignFactory.create_batch(3, status="draft")

    (message,) = said(act(admin, "ads_campaign", "activate", campaigns))

    assert message.startswith("Nothing was done: choose at most 2 campaigns at a time.")
    straight = reverse("admin:ads_campaign_act", args=["activate"])
    ids = ",".join(str(row.pk) for row in campaigns)
    (message,) = said(admin.post(straight, {"ids": ids, "do": "1"}, follow=True))
    assert message.startswith("Nothing was done")
    assert set(Campaign.objects.values_list("status", flat=True)) == {"draft"}


def test_the_list_and_the_page_need_the_token(operator: User) -> None:
    campaign = CampaignFactory.create(status="draft")
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(operator)
    selected = {"action": "activate", "_selected_action": campaign.pk}
    straight = reverse("admin:ads_campaign_act", args=["activate"])
    of_one = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, "activate"])

    assert elsewhere.post(changelist("ads_campaign"), selected).status_code == 403
    assert elsewhere.post(straight, {"ids": campaign.pk, "do": "1"}).status_code == 403
    assert elsewhere.post(of_one).status_code == 403
    assert elsewhere.get(of_one).status_code == 405
    assert campaign.fresh().status == "draft"


@pytest.mark.parametrize("back", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_it_leads_back_within_the_site_only(admin: Client, back: str) -> None:
    campaign = CampaignFactory.create(status="draft")
    address = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, "activate"])

    response = admin.post(address, {"back": back})

    assert response["Location"] == change(campaign)


@pytest.mark.parametrize("ids", ["", "x", "-1", "1;2", "99999999999999999999", "٣"])
def test_ids_that_are_none_are_passed_over(admin: Client, ids: str) -> None:
    CampaignFactory.create(status="draft")
    address = reverse("admin:ads_campaign_act", args=["activate"])

    response = admin.post(address, {"ids": ids, "do": "1"})

    assert response["Location"] == changelist("ads_campaign")
    assert Campaign.objects.get().status == "draft"
