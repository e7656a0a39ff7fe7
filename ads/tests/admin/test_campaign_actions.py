"""Actions on selected campaigns: what is said beforehand, what is done, and by whom."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.admin import campaign_actions
from ads.admin.action_text import BUDGET_STAYS
from ads.models import Brand, Campaign, DeliveryChange, SpendTotal
from ads.services import BudgetService
from ads.tests.admin.pages import act, change, changelist, confirm, said
from ads.tests.engine.support import enforce_all
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

SIMPLE = ["activate", "pause", "reset_daily_spend", "complete", "archive"]
OPERATORS = ["activate", "pause", "reset_daily_spend"]


def ask(client: Client, action: str, *campaigns: Campaign) -> Any:
    """Choose campaigns and the action: the page that says what will happen."""
    response = act(client, "ads_campaign", action, list(campaigns))
    assert response.status_code == 200
    assert response.templates[0].name == "ads/admin/action.html"
    return response


def run(client: Client, action: str, *campaigns: Campaign, **fields: Any) -> list[str]:
    """Do it, and return what is said about it, as plain text."""
    response = confirm(client, ask(client, action, *campaigns), **fields)
    return [plain(message) for message in said(response)]


def plain(message: str) -> str:
    """A message without its link and button."""
    return message.partition("<")[0].strip()


def foreseen(response: Any) -> dict[str, tuple[int, str, list[str]]]:
    """The rows of the page: how many, why, and who."""
    return {
        line.label: (line.count, line.why, [row.name for row in line.first])
        for line in response.context["lines"]
    }


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
    assert foreseen(page)["Stay off"][0] == 3
    assert page.context["notes"] == ["1 campaign left as it is: 1 archived."]
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
        "1 campaign left as it is: 1 archived."
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
        "1 campaign left as it is: 1 completed."
    )
    assert running.fresh().state == "Paused by user"
    assert over.fresh().state == "Completed"
    last = DeliveryChange.objects.first()
    assert last
    assert (last.is_active, last.holds, last.actor) == (False, ["status"], operator.username)


def test_reset_daily_spend_lets_it_run_on_and_the_amount_stays_true(admin: Client) -> None:
    spent = CampaignFactory.create(name="Spring", daily_budget=Decimal(5))
    BudgetService.record_spend(spent, Decimal(7))
    held = CampaignFactory.create(
        brand=spent.brand, daily_budget=Decimal(5), monthly_budget=Decimal(6)
    )
    BudgetService.record_spend(held, Decimal(7))
    CampaignFactory.create(brand=spent.brand)
    enforce_all(timezone.now())
    page = ask(admin, "reset_daily_spend", *Campaign.objects.all())
    assert page.context["headline"] == (
        "1 will start; 1 stays off: monthly budget used up; 1 goes on running."
    )
    assert page.context["notes"] == ["$14.00 that 2 campaigns spent today would no longer count."]

    (message,) = [plain(text) for text in said(confirm(admin, page))]

    assert message == (
        "2 campaigns start today from zero. "
        "1 now delivers; 1 stays off: monthly budget used up; 1 goes on running."
    )
    assert spent.fresh().is_active is True
    assert held.fresh().is_active is False
    day = SpendTotal.objects.get(campaign=spent, period="day")
    assert (day.amount, day.waived) == (Decimal(7), Decimal(7))
    assert SpendTotal.objects.get(campaign=spent, period="month").waived == 0
    assert SpendTotal.objects.get(brand=spent.brand, campaign=None, period="day").waived == 0


def test_a_reset_tells_when_it_is_the_brand_s_budget_that_holds(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=Decimal(5))
    spent = CampaignFactory.create(brand=brand, daily_budget=Decimal(5))
    BudgetService.record_spend(spent, Decimal(7))

    page = ask(admin, "reset_daily_spend", spent)

    assert page.context["headline"] == (f"{spent.name} stays off: brand's daily budget used up.")
    assert "1 campaign would still be held by the daily budget of the brand" in (
        page.content.decode()
    )


def test_completing_and_archiving_is_for_good(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(2)
    run(admin, "activate", *campaigns)

    assert run(admin, "complete", *campaigns) == ["Completed 2 campaigns. 2 stopped."]
    (again,) = run(admin, "complete", *campaigns)
    assert again == (
        "Nothing changed. 2 stay off: completed. 2 campaigns left as they are: 2 already completed."
    )
    assert run(admin, "archive", *campaigns) == ["Archived 2 campaigns. 2 stay off: archived."]
    assert {row.fresh().state for row in campaigns} == {"Archived"}


def test_budgets_are_raised_by_percent_to_the_cent(admin: Client) -> None:
    brand = BrandFactory.create()
    spent = CampaignFactory.create(brand=brand, daily_budget=Decimal("10.05"))
    BudgetService.record_spend(spent, Decimal("10.50"))
    unlimited = CampaignFactory.create(brand=brand, monthly_budget=Decimal(100))
    enforce_all(timezone.now())
    asked = ask(admin, "change_budgets", spent, unlimited)
    assert asked.context["headline"] == ""
    fields = {"daily_how": "raise_percent", "daily_by": "10 %"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    assert page.context["headline"] == "1 will start; 1 goes on running."
    assert page.context["notes"] == [
        f"1 campaign left as it is: {BUDGET_STAYS}.",
        "Their daily budgets go from $10.05 to $11.06 together.",
        "1 campaign without a daily limit stays without.",
    ]
    assert spent.fresh().daily_budget == Decimal("10.05")
    (message,) = [plain(text) for text in said(confirm(admin, page, **fields))]
    assert message == (
        "Changed the budgets of 1 campaign. 1 now delivers; 1 goes on running. "
        f"1 campaign left as it is: {BUDGET_STAYS}."
    )
    assert spent.fresh().daily_budget == Decimal("11.06")
    assert unlimited.fresh().daily_budget is None
    assert unlimited.fresh().monthly_budget == Decimal(100)


@pytest.mark.parametrize(("how", "by"), [("raise_percent", "100"), ("raise_amount", "5e11")])
def test_a_budget_that_would_be_too_large_is_told_and_kept(
    admin: Client, how: str, by: str
) -> None:
    huge = CampaignFactory.create(daily_budget=Decimal("500000000000"))
    usual = CampaignFactory.create(daily_budget=Decimal(10))
    asked = ask(admin, "change_budgets", huge, usual)
    fields = {"daily_how": how, "daily_by": f"{Decimal(by):f}"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    becomes = "$500,000,000,020.00" if how == "raise_percent" else "$1,000,000,000,010.00"
    assert page.context["notes"] == [
        f"1 campaign left as it is: {BUDGET_STAYS}.",
        f"Their daily budgets go from $500,000,000,010.00 to {becomes} together.",
        (
            "1 campaign keeps its daily budget: it would come to $1,000,000,000,000.00 or more, "
            "and a budget has to be below that. Raise it by less, or take the limit away."
        ),
    ]
    (message,) = [plain(text) for text in said(confirm(admin, page, **fields))]
    assert message == (
        "Changed the budgets of 1 campaign. 2 now deliver. "
        f"1 campaign left as it is: {BUDGET_STAYS}."
    )
    assert huge.fresh().daily_budget == Decimal("500000000000")
    assert usual.fresh().daily_budget == (20 if how == "raise_percent" else Decimal("500000000010"))


def test_what_was_typed_after_it_was_worked_out_is_worked_out_first(admin: Client) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10))
    fields = {"daily_how": "set", "daily_by": "20"}
    asked = ask(admin, "change_budgets", campaign)
    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    data = {**dict(page.context["hidden"]), **fields, "daily_by": "2000", "do": "1"}
    again = admin.post(page.context["address"], data)

    assert "Nothing was done yet" not in page.content.decode()
    assert "Nothing was done yet: look at what it does now." in again.content.decode()
    assert "from $10.00 to $2,000.00" in again.content.decode()
    assert campaign.fresh().daily_budget == Decimal(10)
    data |= dict(again.context["hidden"])
    admin.post(page.context["address"], data)
    assert campaign.fresh().daily_budget == Decimal(2000)


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({}, "daily_how", "Choose what to do"),
        ({"daily_how": "set"}, "daily_by", "Say by how much"),
        ({"daily_by": "10"}, "daily_by", "Choose what to do with this number"),
        ({"monthly_how": "no_limit", "monthly_by": "10"}, "monthly_by", "No number goes with it"),
        ({"daily_how": "raise_percent", "daily_by": "1001"}, "daily_by", "1000 percent or less"),
        ({"daily_how": "lower_percent", "daily_by": "101"}, "daily_by", "100 percent or less"),
        ({"daily_how": "raise_percent", "daily_by": "0.12345"}, "daily_by", "4 decimal places"),
        ({"daily_how": "raise_amount", "daily_by": "-5"}, "daily_by", "may not be negative"),
        ({"daily_how": "set", "daily_by": "1e5"}, "daily_by", "an exponent is not accepted"),
    ],
)
def test_what_cannot_be_done_to_a_budget_is_said_beside_it(
    admin: Client, fields: dict[str, str], field: str, error: str
) -> None:
    campaign = CampaignFactory.create(daily_budget=Decimal(10))
    asked = ask(admin, "change_budgets", campaign)

    data = {**dict(asked.context["hidden"]), **fields, "do": "1"}
    page = admin.post(asked.context["address"], data)

    assert error in page.context["form"].errors[field][0]
    assert page.context["headline"] == ""
    assert campaign.fresh().daily_budget == Decimal(10)


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

    assert messages == ["Attached Never to 1 campaign. Spring goes on running."]
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
    monkeypatch.setattr(campaign_actions.CampaignActions, "most", 2)
    campaigns = CampaignFactory.create_batch(3, status="draft")

    (message,) = said(act(admin, "ads_campaign", "activate", campaigns))

    assert message.startswith("Nothing was done: choose at most 2 campaigns at a time.")
    straight = reverse("admin:ads_campaign_act", args=["activate"])
    ids = ",".join(str(row.pk) for row in campaigns)
    (message,) = said(admin.post(straight, {"ids": ids, "do": "1"}, follow=True))
    assert message.startswith("Nothing was done")
    assert set(Campaign.objects.values_list("status", flat=True)) == {"draft"}


def test_a_campaign_that_nobody_can_decide_on_does_not_keep_the_others_from_it(
    admin: Client,
) -> None:
    lost = CampaignFactory.create(name="Lost", daily_budget=Decimal(5))
    with pgtrigger.ignore("ads.Brand:readable_timezone"):
        Brand.objects.filter(pk=lost.brand.pk).update(timezone="Mars/Olympus")
    good = CampaignFactory.create(name="Good", daily_budget=Decimal(5))
    BudgetService.record_spend(good, Decimal(5))

    (message,) = run(admin, "reset_daily_spend", lost, good)

    assert message == (
        "1 campaign starts today from zero. 1 now delivers; "
        "1 cannot be decided on: the timezone of the brand cannot be read."
    )


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
