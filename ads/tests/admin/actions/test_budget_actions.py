"""The action that changes budgets: its form, what it foretells, what it does."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ads.admin.actions.text import PAGES
from ads.services import BudgetService
from ads.services.bulk.budget_preview import LISTED
from ads.tests.admin.actions.acting import ask, plain, table
from ads.tests.admin.pages import act, change, changelist, confirm, context_of, said, save
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import enforce_all

STAYS = PAGES["change_budgets"].leaves


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

    assert page.context["headline"] == "1 will start; 1 keeps running."
    assert page.context["notes"] == [f"1 campaign left unchanged: {STAYS}."]
    assert table(page) == {spent.name: [("$10.05", "$11.06")]}
    assert spent.fresh().daily_budget == Decimal("10.05")
    (message,) = [plain(text) for text in said(confirm(admin, page, **fields))]
    assert message == (
        "Changed the budgets of 1 campaign. 1 now delivers; 1 keeps running. "
        f"1 campaign left unchanged: {STAYS}."
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

    assert page.context["notes"] == [
        f"1 campaign left unchanged: {STAYS}.",
        (
            "1 campaign keeps its daily budget: it would come to 1,000,000,000,000 or more, "
            "and a budget has to be below that. Raise it by less, or take the limit away."
        ),
    ]
    (message,) = [plain(text) for text in said(confirm(admin, page, **fields))]
    assert message == (
        f"Changed the budgets of 1 campaign. 2 now deliver. 1 campaign left unchanged: {STAYS}."
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

    assert "Nothing has changed yet" not in page.content.decode()
    assert "Nothing has changed yet. The form was edited" in again.content.decode()
    assert table(again) == {campaign.name: [("$10.00", "$2,000.00")]}
    assert campaign.fresh().daily_budget == Decimal(10)
    data |= dict(again.context["hidden"])
    admin.post(page.context["address"], data)
    assert campaign.fresh().daily_budget == Decimal(2000)


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({}, "daily_how", "Choose how the"),
        ({"daily_how": "set"}, "daily_by", "Enter a percentage or an amount."),
        ({"daily_by": "10"}, "daily_by", "Choose how the budgets change, or leave"),
        (
            {"monthly_how": "no_limit", "monthly_by": "10"},
            "monthly_by",
            "No number is needed here, or leave",
        ),
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


def test_the_preview_shows_each_budget_before_and_after(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme")
    for number in range(LISTED + 2):
        CampaignFactory.create(
            brand=brand, name=f"Ad {number:02}", daily_budget=Decimal(10), monthly_budget=100
        )
    CampaignFactory.create(brand=brand, name="Unlimited")
    asked = ask(admin, "change_budgets", *brand.campaigns.all())
    fields = {"daily_how": "raise_percent", "daily_by": "10"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    budgets = page.context["budgets"]
    assert budgets["columns"] == ["Daily budget"]
    assert [row["name"] for row in budgets["rows"]] == [f"Ad {n:02}" for n in range(LISTED)]
    assert set(map(tuple, table(page).values())) == {(("$10.00", "$11.00"),)}
    assert budgets["more"] == "and 2 more campaigns"
    assert budgets["together"] == [
        {"label": "22 campaigns together", "cells": [{"old": "$220.00", "new": "$242.00"}]}
    ]


def test_the_preview_warns_when_campaigns_together_exceed_their_brand(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme", daily_budget=1200, monthly_budget=40_000)
    raised = CampaignFactory.create_batch(2, brand=acme, daily_budget=500, monthly_budget=20_000)
    CampaignFactory.create(brand=acme, daily_budget=220)
    CampaignFactory.create(brand=acme, daily_budget=900, status="archived")
    completed = CampaignFactory.create(brand=acme, daily_budget=900, status="completed")
    asked = ask(admin, "change_budgets", *raised, completed)
    fields = {"daily_how": "raise_percent", "daily_by": "10"}
    fields |= {"monthly_how": "lower_amount", "monthly_by": "1,000"}

    page = admin.post(asked.context["address"], {**dict(asked.context["hidden"]), **fields})

    assert page.context["budgets"]["warnings"] == [
        "Campaigns of Acme would have $1,320.00 a day together; its daily budget is $1,200.00."
    ]


def test_a_brand_s_budget_is_compared_as_it_would_be(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme", daily_budget=1000)
    CampaignFactory.create_batch(2, brand=acme, daily_budget=500)
    asked = act(admin, "ads_brand", "change_their_budgets", [acme])
    fields = {"daily_how": "raise_percent", "daily_by": "10", "of_campaigns": "on"}
    data = {**dict(asked.context["hidden"]), **fields}

    alone = admin.post(asked.context["address"], data)
    both = admin.post(asked.context["address"], data | {"of_brand": "on"})

    assert alone.context["budgets"]["warnings"] == [
        "Campaigns of Acme would have $1,100.00 a day together; its daily budget is $1,000.00."
    ]
    assert both.context["budgets"]["warnings"] == []
    assert table(both)["Acme"] == [("$1,000.00", "$1,100.00")]


def test_a_change_of_budgets_is_undone_after_a_preview_and_once(admin: Client) -> None:
    acme = BrandFactory.create(name="Acme", daily_budget=100)
    first, second = (
        CampaignFactory.create(brand=acme, name=name, daily_budget=10) for name in ("Ad", "Bar")
    )
    fields = {
        "daily_how": "raise_percent",
        "daily_by": "10",
        "of_campaigns": "on",
        "of_brand": "on",
    }
    asked = act(admin, "ads_brand", "change_their_budgets", [acme])
    (message,) = said(confirm(admin, asked, **fields))
    address = message.partition('action="')[2].partition('"')[0]
    save(admin, change(second), daily_budget="12")

    page = admin.post(address, {"back": change(acme)})
    assert table(page) == {"Acme": [("$110.00", "$100.00")], "Ad": [("$11.00", "$10.00")]}
    assert page.context["notes"] == [
        "1 not put back, because changed again since: Bar (daily budget $12.00, by olivia)"
    ]
    assert acme.fresh().daily_budget == 110
    undone = admin.post(address, dict(page.context["hidden"]) | {"do": "1"}, follow=True)
    again = admin.post(address, {"do": "1"}, follow=True)

    assert undone.redirect_chain == [(change(acme), 302)]
    done, left = said(undone)
    assert plain(done).startswith("Undone: 1 brand and 1 campaign restored.")
    assert left.startswith("1 not put back")
    assert [row.fresh().daily_budget for row in (acme, first, second)] == [100, 10, 12]
    assert [text[:16] for text in said(again)] == ["3 not put back, "]


def test_a_change_of_budgets_is_undone_from_the_history(admin: Client) -> None:
    campaigns = CampaignFactory.create_batch(2, daily_budget=10)
    confirm(admin, ask(admin, "change_budgets", *campaigns), daily_how="set", daily_by="$1,200")

    page = admin.get(change(campaigns[0]))

    (button,) = [row["undo"] for row in page.context["happenings"] if row["undo"]]
    assert "Undo this change of 2 campaigns" in button
    address = button.partition('action="')[2].partition('"')[0]
    admin.post(address, {"do": "1"})
    assert {row.fresh().daily_budget for row in campaigns} == {10}


def test_budgets_are_put_back_by_who_may_change_them(
    admin: Client, staff: Callable[..., Client]
) -> None:
    campaign = CampaignFactory.create(daily_budget=10)
    asked = ask(admin, "change_budgets", campaign)
    (message,) = said(confirm(admin, asked, daily_how="set", daily_by="12"))
    address = message.partition('action="')[2].partition('"')[0]
    operator = staff("view_campaign", "switch_campaign", "waive_spend")

    assert operator.post(address, {"do": "1"}).status_code == 403
    assert not any(row["undo"] for row in context_of(operator, change(campaign))["happenings"])
    assert campaign.fresh().daily_budget == 12


def test_delete_selected_stands_last(admin: Client) -> None:
    CampaignFactory.create()

    page = admin.get(changelist("ads_campaign")).content.decode()

    select = page.partition('name="action"')[2].partition("</select>")[0]
    menu = re.findall(r'<option value="(\w+)"', select)
    assert (menu[0], menu[-1]) == ("activate", "delete_selected")
