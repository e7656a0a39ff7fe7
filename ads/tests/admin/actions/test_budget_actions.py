"""The action that changes budgets: its form, what it foretells, what it does."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from ads.admin.actions.text import PAGES
from ads.services import BudgetService
from ads.tests.admin.actions.acting import ask, plain, table
from ads.tests.admin.pages import confirm, said
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
            "1 campaign keeps its daily budget: it would come to $1,000,000,000,000.00 or more, "
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
