"""Activate, pause and reset daily spend: by those who may, with an account of what happened."""

from collections.abc import Callable
from decimal import Decimal

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.test import Client

from ads.admin import campaign_actions
from ads.models import Brand, Campaign, DeliveryChange, SpendTotal
from ads.services import BudgetService
from ads.tests.admin.pages import act, changelist, said
from ads.tests.factories import BrandFactory, CampaignFactory

ACTIONS = ["activate", "pause", "reset_daily_spend"]


def run(client: Client, action: str, *campaigns: Campaign) -> list[str]:
    """Run an action and return what is said about it."""
    response = act(client, "ads_campaign", action, list(campaigns))
    assert response.status_code == 200
    return said(response)


def test_activate_says_how_many_deliver_and_why_the_others_do_not(
    admin: Client, operator: User
) -> None:
    brand = BrandFactory.create()
    free = CampaignFactory.create_batch(3, brand=brand, status="paused")
    spent = CampaignFactory.create(
        brand=brand, name="Spring", status="paused", daily_budget=Decimal(5)
    )
    BudgetService.record_spend(spent, Decimal(5))
    archived = CampaignFactory.create(brand=brand, name="Old", status="archived")

    messages = run(admin, "activate", *free, spent, archived)

    assert messages == [
        "3 campaigns now deliver.",
        "2 stay off: Spring – Daily budget used up: $5.00 of $5.00. Old – It is archived.",
    ]
    assert {row.fresh().state for row in free} == {"Active"}
    assert spent.fresh().state == "Paused by system"
    assert archived.fresh().state == "Archived"
    assert {row.actor for row in DeliveryChange.objects.filter(is_active=True)} == {
        operator.username
    }


def test_pause_stops_and_leaves_what_is_over_as_it_is(admin: Client, operator: User) -> None:
    running = CampaignFactory.create(name="Spring", status="paused")
    run(admin, "activate", running)
    over = CampaignFactory.create(name="Old", status="completed")

    messages = run(admin, "pause", running, over)

    assert messages == [
        "Spring is paused.",
        "1 left as they were: only drafts and active campaigns can be paused. Old (Completed)",
    ]
    assert running.fresh().state == "Paused by user"
    assert over.fresh().state == "Completed"
    last = DeliveryChange.objects.first()
    assert last
    assert (last.is_active, last.holds, last.actor) == (False, ["status"], operator.username)


def test_reset_daily_spend_lets_it_run_on_and_the_amount_stays_true(admin: Client) -> None:
    spent = CampaignFactory.create(name="Spring", daily_budget=Decimal(5))
    BudgetService.record_spend(spent, Decimal(7))
    held = CampaignFactory.create(
        name="Autumn", brand=spent.brand, daily_budget=Decimal(5), monthly_budget=Decimal(6)
    )
    BudgetService.record_spend(held, Decimal(7))
    fresh = CampaignFactory.create(name="Winter", brand=spent.brand)

    messages = run(admin, "reset_daily_spend", spent, held, fresh)

    assert messages == [
        "Spring starts today from zero and delivers.",
        "1 stays off: Autumn – Monthly budget used up: $7.00 of $6.00.",
        "Winter had spent nothing today.",
    ]
    assert spent.fresh().is_active is True
    assert held.fresh().is_active is False
    day = SpendTotal.objects.get(campaign=spent, period="day")
    assert (day.amount, day.waived) == (Decimal(7), Decimal(7))


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_only_look_cannot_run_an_action(staff: Callable[..., Client], action: str) -> None:
    campaign = CampaignFactory.create(status="draft")
    BudgetService.record_spend(campaign, Decimal(5))
    viewer = staff("view_campaign")

    assert run(viewer, action, campaign) == []

    assert campaign.fresh().status == "draft"
    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == 0


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_change_campaigns_can_run_every_action(
    staff: Callable[..., Client], action: str
) -> None:
    campaign = CampaignFactory.create(status="draft")
    BudgetService.record_spend(campaign, Decimal(5))

    (message,) = run(staff("view_campaign", "change_campaign"), action, campaign)

    assert campaign.name in message


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_not_even_look_is_refused(staff: Callable[..., Client], action: str) -> None:
    campaign = CampaignFactory.create(status="draft")

    response = act(staff("change_brand"), "ads_campaign", action, [campaign])

    assert response.status_code == 403
    assert campaign.fresh().status == "draft"


def test_too_many_at_once_are_refused_and_nothing_is_done(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_actions, "AT_ONCE", 2)
    campaigns = CampaignFactory.create_batch(3, status="draft")

    messages = run(admin, "activate", *campaigns)

    assert messages == ["Nothing was done: choose at most 2 campaigns at a time."]
    assert set(Campaign.objects.values_list("status", flat=True)) == {"draft"}


def test_a_campaign_that_fails_does_not_keep_the_others_from_it(admin: Client) -> None:
    broken = CampaignFactory.create(name="Broken", daily_budget=Decimal(5))
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=broken.brand.pk).update(timezone="Mars/Olympus")
    good = CampaignFactory.create(name="Good", daily_budget=Decimal(5))
    BudgetService.record_spend(good, Decimal(5))

    messages = run(admin, "reset_daily_spend", broken, good)

    assert messages[0].startswith("1 failed: Broken: ")
    assert messages[1:] == ["Good starts today from zero and delivers."]


def test_an_action_needs_the_pages_own_token(operator: User) -> None:
    campaign = CampaignFactory.create(status="draft")
    elsewhere = Client(enforce_csrf_checks=True)
    elsewhere.force_login(operator)

    response = elsewhere.post(
        changelist("ads_campaign"), {"action": "activate", "_selected_action": campaign.pk}
    )

    assert response.status_code == 403
    assert campaign.fresh().status == "draft"
