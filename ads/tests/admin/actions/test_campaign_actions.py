"""Actions on selected campaigns: what is said beforehand, and what is done."""

from decimal import Decimal

import pgtrigger
from django.contrib.auth.models import User
from django.test import Client

from ads.models import Brand, Campaign, DeliveryChange
from ads.services import BudgetService
from ads.tests.admin.actions.acting import RUN_ON, ask, run, shown_preview
from ads.tests.admin.pages import act, changelist, confirm, said
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory


def test_beforehand_it_says_what_will_start_and_what_stays_off(admin: Client) -> None:
    brand = BrandFactory.create()
    CampaignFactory.create_batch(3, brand=brand, status="paused")
    spent = CampaignFactory.create(brand=brand, status="paused", daily_budget=Decimal(5))
    BudgetService.record_spend(spent, Decimal(5))
    CampaignFactory.create(brand=brand, status="paused", schedules=[ScheduleFactory.create()])
    CampaignFactory.create(brand=brand, name="Old", status="archived")
    before = list(Campaign.objects.order_by("pk").values())

    page = ask(admin, "activate", *Campaign.objects.all())

    assert page.context["headline"] == (
        "3 will start; 3 stay off: 1 archived, 1 daily budget used up, 1 outside the hours."
    )
    assert shown_preview(page)["Stay off"][0] == 3
    assert page.context["notes"] == ["1 campaign left unchanged: 1 archived."]
    assert "Activate 6 campaigns" in page.content.decode()
    assert list(Campaign.objects.order_by("pk").values()) == before
    assert not DeliveryChange.objects.filter(trigger="action").exists()


def test_activate_says_how_many_deliver_and_why_the_others_do_not(
    admin: Client, operator: User
) -> None:
    brand = BrandFactory.create()
    free = CampaignFactory.create_batch(3, brand=brand, status="paused")
    spent = CampaignFactory.create(brand=brand, status="paused", daily_budget=Decimal(5))
    BudgetService.record_spend(spent, Decimal(5))
    archived = CampaignFactory.create(brand=brand, name="Old", status="archived")

    (message,) = run(admin, "activate", *free, spent, archived)

    assert message == (
        "Activated 4 campaigns. 3 now deliver; 2 stay off: 1 archived, 1 daily budget used up. "
        "1 campaign left unchanged: 1 archived."
    )
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

    (message,) = run(admin, "pause", running, over)

    assert message == (
        "Paused 1 campaign. 1 stopped; 1 stays off: completed. "
        "1 campaign left unchanged: 1 completed."
    )
    assert running.fresh().state == "Paused by user"
    assert over.fresh().state == "Completed"
    last = DeliveryChange.objects.first()
    assert last
    assert (last.is_active, last.holds, last.actor) == (False, ["status"], operator.username)


def test_completing_and_archiving_is_for_good(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(2)
    run(admin, "activate", *campaigns)

    assert run(admin, "complete", *campaigns) == ["Completed 2 campaigns. 2 stopped."]
    (again,) = run(admin, "complete", *campaigns)
    assert again == (
        "Nothing changed. 2 stay off: completed. 2 campaigns left unchanged: 2 already completed."
    )
    assert run(admin, "archive", *campaigns) == ["Archived 2 campaigns. 2 stay off: archived."]
    assert {row.fresh().state for row in campaigns} == {"Archived"}


def test_a_schedule_is_attached_and_detached(admin: Client) -> None:
    schedule = ScheduleFactory.create(name="Never")
    campaigns = CampaignFactory.create_batch(2)
    run(admin, "activate", *campaigns)

    messages = run(admin, "attach_schedule", *campaigns, schedule=schedule.pk, enable="on")

    assert messages == ["Attached Never to 2 campaigns. 2 stopped: outside the hours."]
    assert {row.fresh().is_dayparting_enabled for row in campaigns} == {True}
    messages = run(admin, "detach_schedule", *campaigns, schedule=schedule.pk)
    assert messages == ["Detached Never from 2 campaigns. 2 now deliver."]
    assert not schedule.campaigns.exists()


def test_a_schedule_without_dayparting_makes_no_difference(admin: Client) -> None:
    schedule = ScheduleFactory.create(name="Never")
    campaign = CampaignFactory.create(name="Spring")
    run(admin, "activate", campaign)

    messages = run(admin, "attach_schedule", campaign, schedule=schedule.pk)

    assert messages == ["Attached Never to 1 campaign. Spring keeps running."]
    assert campaign.fresh().is_dayparting_enabled is False


def test_selected_campaigns_are_exported(admin: Client) -> None:
    wanted = CampaignFactory.create(name="Spring")
    CampaignFactory.create(name="Autumn")

    response = act(admin, "ads_campaign", "export_selected", [wanted])

    text = b"".join(response.streaming_content).decode()
    assert response["Content-Type"].startswith("text/csv")
    assert "Spring" in text
    assert "Autumn" not in text


def test_all_that_the_filter_lets_through_can_be_chosen(admin: Client) -> None:
    drafts = CampaignFactory.create_batch(3, status="draft")
    active = CampaignFactory.create()
    address = f"{changelist('ads_campaign')}?status__exact=draft"

    selected = {"action": "pause", "_selected_action": drafts[0].pk, "select_across": "1"}
    page = admin.post(address, selected)
    CampaignFactory.create(status="draft", name="Made meanwhile")
    response = confirm(admin, page)

    assert page.context["title"] == "Pause 3 campaigns"
    assert {row.fresh().status for row in drafts} == {"paused"}
    assert active.fresh().status == "active"
    assert Campaign.objects.get(name="Made meanwhile").status == "draft"
    assert response.redirect_chain == [(address, 302)]


def test_the_message_leads_to_those_that_were_changed(admin: Client) -> None:
    changed = CampaignFactory.create_batch(2, status="draft")
    CampaignFactory.create(status="paused")

    (message,) = said(confirm(admin, ask(admin, "activate", *changed)))
    address = message.partition('href="')[2].partition('"')[0]
    listed = admin.get(address)

    assert {row.pk for row in listed.context["cl"].result_list} == {row.pk for row in changed}


def test_a_campaign_that_nobody_can_decide_on_does_not_keep_the_others_from_it(
    admin: Client,
) -> None:
    lost = CampaignFactory.create(name="Lost", daily_budget=Decimal(5))
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=lost.brand.pk).update(timezone="Mars/Olympus")
    good = CampaignFactory.create(name="Good", daily_budget=Decimal(5))
    BudgetService.record_spend(good, Decimal(5))

    (message,) = run(admin, "reset_daily_spend", lost, good, **RUN_ON)

    assert message == (
        "Let 1 campaign run on by what was spent so far until midnight. 1 now delivers; "
        "1 is undecided: invalid timezone."
    )
