"""Pausing and resuming brands, letting them run on, their budgets: told before and after."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ads.admin.brands import actions
from ads.models import Brand, Campaign, DeliveryChange
from ads.services import BudgetService, CampaignService
from ads.tests.admin.actions.acting import plain, table
from ads.tests.admin.pages import act, change, confirm, context_of, said
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import enforce_all


@pytest.fixture
def acme(db: None) -> Brand:
    """With two campaigns that run, one that a user has paused, and one without budget."""
    brand = BrandFactory.create(name="Acme")
    CampaignFactory.create_batch(2, brand=brand)
    CampaignFactory.create(brand=brand, status="paused")
    CampaignFactory.create(brand=brand, daily_budget=Decimal(0))
    enforce_all(timezone.now())
    return brand


def states() -> list[str]:
    return sorted(row.state for row in Campaign.objects.all())


def look(client: Client, brand: Brand, code: str) -> Any:
    """The page that says what will happen to one brand."""
    response = client.get(reverse(f"admin:ads_brand_{code}", args=[brand.pk]))
    assert response.status_code == 200
    return response


def test_pausing_and_resuming_touches_what_was_running_alone(admin: Client, acme: Brand) -> None:
    before = states()
    page = look(admin, acme, "pause")
    assert page.context["headline"] == (
        "2 will stop; 2 stay off: 1 paused by a user, 1 daily budget used up."
    )
    assert acme.fresh().is_active

    response = confirm(admin, page)

    assert response.redirect_chain == [(change(acme), 302)]
    (message,) = said(response)
    assert plain(message) == (
        "Paused Acme. 2 stopped; 2 stay off: 1 paused by a user, 1 daily budget used up."
    )
    assert "Undo" in message
    assert not acme.fresh().is_active
    assert "Active" not in states()
    assert DeliveryChange.objects.filter(trigger="action", actor="olivia").count() == 2

    page = look(admin, acme, "resume")
    assert page.context["headline"] == (
        "2 will start; 2 stay off: 1 paused by a user, 1 daily budget used up."
    )
    (message,) = said(confirm(admin, page))
    assert plain(message).startswith("Resumed Acme. 2 now deliver;")
    assert states() == before


def test_several_brands_are_paused_from_their_list(admin: Client, acme: Brand) -> None:
    other = CampaignFactory.create()
    off = BrandFactory.create(is_active=False)
    CampaignFactory.create(brand=off)
    enforce_all(timezone.now())

    page = act(admin, "ads_brand", "pause_all_campaigns", [acme, other.brand, off])
    (message,) = said(confirm(admin, page))

    off_before = "3 stay off: 1 paused by a user, 1 brand paused, 1 daily budget used up."
    assert page.context["headline"] == f"3 will stop; {off_before}"
    assert off_before in message

    assert page.context["title"] == "Pause all campaigns of 3 brands"
    assert plain(message).startswith("Paused 2 brands. 3 stopped;")
    assert plain(message).endswith("1 brand left unchanged: already paused.")
    assert not Brand.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(
    ("of", "brand_budget", "campaign_budget"),
    [
        (["of_brand"], Decimal(110), Decimal(10)),
        (["of_campaigns"], Decimal(100), Decimal(11)),
        (["of_brand", "of_campaigns"], Decimal(110), Decimal(11)),
    ],
)
def test_budgets_of_a_brand_and_of_its_campaigns_are_raised(
    admin: Client, of: list[str], brand_budget: Decimal, campaign_budget: Decimal
) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(100))
    campaign = CampaignFactory.create(brand=brand, daily_budget=Decimal(10))
    unlimited = CampaignFactory.create(brand=brand)
    elsewhere = CampaignFactory.create(daily_budget=Decimal(10))
    fields = {"daily_how": "raise_percent", "daily_by": "10"} | dict.fromkeys(of, "on")

    (message,) = said(confirm(admin, look(admin, brand, "change_budgets"), **fields))

    assert plain(message).startswith("Changed the budgets of Acme.")
    # Its one budget was changed, or not meant.
    assert "brand left unchanged" not in message
    assert brand.fresh().daily_budget == brand_budget
    assert campaign.fresh().daily_budget == campaign_budget
    assert unlimited.fresh().daily_budget is None
    assert elsewhere.fresh().daily_budget == Decimal(10)


def test_budgets_of_a_brand_that_would_be_too_large_are_told_and_kept(admin: Client) -> None:
    most = Decimal("999999999999.999999")
    brand = BrandFactory.create(name="Acme", daily_budget=most, monthly_budget=Decimal(10))
    campaigns = CampaignFactory.create_batch(2, brand=brand, daily_budget=most)
    usual = CampaignFactory.create(brand=brand, daily_budget=Decimal(10))
    asked = look(admin, brand, "change_budgets")
    fields = {"of_brand": "on", "of_campaigns": "on", "daily_how": "raise_amount"}
    fields |= {"daily_by": "0.000001", "monthly_how": "raise_percent", "monthly_by": "50"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    why = (
        "daily budget: it would come to 1,000,000,000,000 or more, and a budget has to be "
        "below that. Raise it by less, or take the limit away."
    )
    assert page.context["notes"] == [
        f"1 brand keeps its {why}",
        f"2 campaigns keep their {why}",
    ]
    assert table(page) == {
        "Acme": [("", "$999,999,999,999.999999"), ("$10.00", "$15.00")],
        usual.name: [("$10.00", "$10.000001"), ("", "no limit")],
    }
    (message,) = said(confirm(admin, page, **fields))
    assert plain(message) == "Changed the budgets of Acme. 3 now deliver."
    stored = brand.fresh()
    assert (stored.daily_budget, stored.monthly_budget) == (most, 15)
    assert [row.fresh().daily_budget for row in campaigns] == [most, most]
    assert usual.fresh().daily_budget == Decimal("10.000001")


@pytest.mark.parametrize("code", ["change_budgets", "schedule_budgets"])
def test_a_brands_campaigns_keep_their_budgets_unless_they_are_chosen(
    admin: Client, code: str
) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=100)
    campaign = CampaignFactory.create(brand=brand, daily_budget=10)
    asked = look(admin, brand, code)
    chosen = {name: asked.context["form"][name].value() for name in ("of_brand", "of_campaigns")}
    assert chosen == {"of_brand": True, "of_campaigns": None}
    assert "Off: its campaigns keep their budgets." in asked.content.decode()

    untouched = {name: "on" for name, value in chosen.items() if value}
    day = f"{timezone.now().date() + timedelta(days=9)}"
    fields = {"daily_how": "set", "daily_by": "120", "starts_on": day, **untouched}
    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    assert table(page) == {"Acme": [("$100.00", "$120.00")]}
    confirm(admin, asked, **fields)
    assert campaign.fresh().daily_budget == 10
    assert not campaign.scheduled_changes.exists()


def test_whose_budgets_are_meant_has_to_be_said(admin: Client, acme: Brand) -> None:
    page = look(admin, acme, "change_budgets")
    fields = {"daily_how": "raise_percent", "daily_by": "10"}

    data = {**dict(page.context["hidden"]), **fields, "do": "1"}
    page = admin.post(page.context["address"], data)

    assert page.context["form"].errors["of_brand"] == [
        "Choose the brand's budgets, its campaigns', or both."
    ]


def test_who_may_only_look_is_refused(staff: Callable[..., Client], acme: Brand) -> None:
    viewer = staff("view_brand", "view_campaign")

    for code in ("pause", "resume", "let_run_on", "change_budgets"):
        page = reverse(f"admin:ads_brand_{code}", args=[acme.pk])
        assert viewer.get(page).status_code == 403, code
        straight = reverse("admin:ads_brand_act", args=[code])
        assert viewer.post(straight, {"ids": acme.pk, "do": "1"}).status_code == 403, code

    assert context_of(viewer, change(acme))["buttons"] == []
    assert acme.fresh().is_active


def test_operators_pause_brands_that_they_may_not_edit(
    staff: Callable[..., Client], acme: Brand
) -> None:
    operator = staff("view_brand", "view_campaign", "switch_campaign", "waive_spend")

    confirm(operator, look(operator, acme, "pause"))

    assert not acme.fresh().is_active
    assert operator.post(change(acme), {"name": "Renamed"}).status_code == 403
    budgets = reverse("admin:ads_brand_act", args=["change_budgets"])
    assert operator.post(budgets, {"ids": acme.pk, "do": "1"}).status_code == 403


def test_who_may_not_change_campaigns_does_not_change_their_budgets(
    staff: Callable[..., Client], acme: Brand
) -> None:
    someone = staff("view_brand", "change_brand")
    address = reverse("admin:ads_brand_act", args=["change_budgets"])
    fields = {"ids": acme.pk, "daily_how": "set", "daily_by": "5", "of_campaigns": "on"}

    assert someone.post(address, fields).status_code == 403


def test_looking_needs_no_more_queries_for_more_campaigns(
    admin: Client, acme: Brand, django_assert_max_num_queries: Any
) -> None:
    CampaignFactory.create_batch(20, brand=acme)

    with django_assert_max_num_queries(20):
        look(admin, acme, "pause")


def test_too_many_brands_are_refused(
    admin: Client, acme: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = BrandFactory.create()
    monkeypatch.setattr(actions, "AT_MOST", 3)

    (message,) = said(act(admin, "ads_brand", "pause_all_campaigns", [acme, other]))

    assert message.startswith("Nothing was done: choose at most 3 campaigns (by their brands)")
    assert acme.fresh().is_active
    assert look(admin, acme, "pause").context["headline"], "one brand is always taken"


def test_the_buttons_are_those_that_make_sense(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(5))
    campaign = CampaignFactory.create(brand=brand, daily_budget=Decimal(5))
    enforce_all(timezone.now())
    run_on = ("Let it run on", "Allows more than its budget, for a time. Shows a preview first.")
    assert offered(admin, campaign) == [("Pause", "Stops it until someone activates it."), run_on]
    assert [label for label, _ in offered(admin, CampaignFactory.create(brand=brand))] == ["Pause"]
    assert [label for label, _ in offered(admin, brand)] == [
        "Pause all campaigns",
        "Let it run on",
        "Change budgets",
    ]

    BudgetService.record_spend(campaign, Decimal(7))
    assert offered(admin, campaign) == [
        ("Pause", "Keeps it off until someone activates it."),
        run_on,
        ("Let all of Acme run on", "A budget of the brand is used up. Shows a preview first."),
    ]

    CampaignService.pause(campaign)
    assert offered(admin, campaign)[0] == (
        "Activate",
        "It would stay off: brand's daily budget used up, daily budget used up.",
    )
    Campaign.objects.filter(pk=campaign.pk).update(status="archived")
    assert "Activate" not in dict(offered(admin, campaign))


def test_what_activating_would_do_counts_total_and_shared_budgets(admin: Client) -> None:
    group = BudgetGroupFactory.create(monthly_budget=5)
    paused = {"brand": group.brand, "status": "paused"}
    shared = CampaignFactory.create(**paused, budget_group=group)
    alone = CampaignFactory.create(**paused, total_budget=5)
    for campaign in (shared, alone):
        BudgetService.record_spend(campaign, Decimal(7))

    says = [dict(offered(admin, campaign))["Activate"] for campaign in (shared, alone)]

    assert says == [
        "It would stay off: budget of its group used up.",
        "It would stay off: total budget used up.",
    ]


def test_a_campaign_of_a_paused_brand_offers_to_resume_the_brand(
    admin: Client, acme: Brand, staff: Callable[..., Client]
) -> None:
    confirm(admin, look(admin, acme, "pause"))
    campaign = Campaign.objects.filter(brand=acme, status="active").earliest("pk")

    (resume,) = context_of(admin, change(campaign))["buttons"]
    assert resume.label == "Resume the brand"
    page = admin.get(resume.address)
    assert page.context["title"] == "Resume the campaigns of Acme"
    assert "Resume the brand" not in dict(offered(staff("view_campaign", "view_brand"), campaign))
    assert "Resume the brand" not in dict(
        offered(staff("view_campaign", "change_campaign"), campaign)
    )

    response = confirm(admin, page)

    assert response.redirect_chain[-1][0] == change(campaign)
    assert acme.fresh().is_active
    assert "Pause" in dict(offered(admin, campaign))


def offered(client: Client, row: Brand | Campaign) -> list[tuple[str, str]]:
    """The buttons of a page, and what they say they do."""
    return [(one.label, one.says) for one in context_of(client, change(row))["buttons"]]


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("activate", "active", "Activated 1 campaign. Spring now delivers."),
        ("pause", "paused", "Paused 1 campaign. Spring stays off: paused by a user."),
    ],
)
def test_a_button_switches_one_campaign_at_once(
    admin: Client, code: str, status: str, message: str
) -> None:
    campaign = CampaignFactory.create(name="Spring", status="draft")
    address = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, code])

    response = admin.post(address, follow=True)

    assert [plain(text) for text in said(response)] == [message]
    assert response.redirect_chain == [(change(campaign), 302)]
    assert campaign.fresh().status == status


@pytest.mark.parametrize("code", ["archive", "complete", "change_budgets", "nonsense"])
def test_what_is_for_good_is_not_done_by_a_button(admin: Client, code: str) -> None:
    campaign = CampaignFactory.create()
    address = reverse("admin:ads_campaign_act_on_one", args=[campaign.pk, code])

    assert admin.post(address).status_code == 404
    assert campaign.fresh().status == "active"


def test_the_undo_button_takes_the_pause_back(admin: Client, acme: Brand) -> None:
    before = states()
    (message,) = said(confirm(admin, look(admin, acme, "pause")))
    address = message.partition('action="')[2].partition('"')[0]

    (undone,) = said(admin.post(address, {"back": change(acme)}, follow=True))
    (nothing,) = said(admin.post(address, follow=True))

    assert plain(undone).startswith("Undone: 1 brand restored. 2 now deliver;")
    assert states() == before
    assert nothing.startswith("1 not put back, because changed again since: Acme (on, by")


def test_undoing_is_for_who_may_pause(staff: Callable[..., Client], acme: Brand) -> None:
    operator = staff("view_brand", "view_campaign", "switch_campaign")
    (message,) = said(confirm(operator, look(operator, acme, "pause")))
    address = message.partition('action="')[2].partition('"')[0]

    assert staff("view_brand", "view_campaign").post(address).status_code == 403
    assert operator.get(address).status_code == 405
    assert not acme.fresh().is_active
    operator.post(address)
    assert acme.fresh().is_active


def test_the_list_of_what_one_action_changed_offers_to_take_it_back(
    admin: Client, acme: Brand
) -> None:
    (message,) = said(confirm(admin, look(admin, acme, "pause")))
    address = message.partition('href="')[2].partition('"')[0]

    page = admin.get(address).content.decode()

    assert "What <b>olivia</b> changed at" in page
    assert ">Undo<" in page
    unknown = admin.get(f"{address}x")
    assert "changed at" not in unknown.content.decode()
    assert list(unknown.context["cl"].result_list) == []
