"""Letting campaigns and brands run on: the form, the preview, the pages, and taking it back."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ads.models import Allowance, Brand, Campaign, SpendTotal
from ads.services import BudgetService
from ads.services.delivery import allowances
from ads.tests.admin.actions.acting import RUN_ON, ask, plain, run, shown_preview, table
from ads.tests.admin.pages import act, change, changelist, confirm, said, words
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import NOON, at, enforce_all, let_run_on, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

SIX = {"period": "day", "amount": "20", "until": "18:00", "reason": "Launch day"}


@pytest.fixture
def campaign() -> Campaign:
    """Has spent $80 of a daily budget of $75; it is 14:00 for it."""
    brand = BrandFactory.create(name="Acme", timezone="Europe/Berlin")
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=75)
    spend(campaign, 80, NOON)
    return campaign


def fill_in(client: Client, asked: Any, **fields: Any) -> Any:
    """The page with the preview of what is filled in."""
    data = {**dict(asked.context["hidden"]), **fields}
    return client.post(asked.context["address"], data)


def form_errors(response: Any) -> dict[str, list[str]]:
    assert response.context["headline"] == ""
    return dict(response.context["form"].errors)


def test_on_its_page_a_campaign_is_let_run_on_by_20_dollars_until_six(
    admin: Client, operator: User, campaign: Campaign
) -> None:
    asked = admin.get(reverse("admin:ads_campaign_let_run_on", args=[campaign.pk]))
    assert asked.context["headline"] == ""

    page = fill_in(admin, asked, **SIX)
    assert page.context["headline"] == "Spring will start."
    assert table(page) == {"Spring": [("", "$80.00"), ("$75.00", "$95.00")]}
    assert not Allowance.objects.exists()
    done = confirm(admin, asked, **SIX)

    assert [plain(one) for one in said(done)] == [
        "Let 1 campaign run on by $20.00 until 18:00. Spring now delivers."
    ]
    allowance = Allowance.objects.get()
    assert (allowance.created_by, allowance.reason) == (operator.username, "Launch day")
    assert allowance.until == at("2024-05-15 18:00", "Europe/Berlin")
    told = words(admin, campaign)
    made_of = f"$75.00 budget + $20.00 allowed by {operator.username} until 18:00"
    assert f"Daily budget: $80.00 of $95.00: {made_of}" in told
    assert "Next scheduled stop: 2024-05-15 18:00 Berlin" in told
    assert f"$80.00 of $95.00 84% {made_of}" in told
    assert "Let run on: $20.00 beyond the daily budget of 2024-05-15" in told
    assert "Launch day" in told


@pytest.mark.parametrize(
    ("period", "until"), [("day", ""), ("day", "midnight"), ("day", "18:00"), ("month", "18:00")]
)
def test_what_was_previewed_before_midnight_is_not_allowed_for_the_new_day_unseen(
    admin: Client, campaign: Campaign, noon: Any, period: str, until: str
) -> None:
    Campaign.objects.update(monthly_budget=75)
    fields = {**SIX, "period": period, "until": until}
    page = fill_in(admin, ask(admin, "reset_daily_spend", campaign), **fields)
    hidden = {**dict(page.context["hidden"]), **fields, "do": "1"}
    noon.move_to(at("2024-05-16 00:01", "Europe/Berlin"))

    again = admin.post(page.context["address"], hidden)

    assert not Allowance.objects.exists()
    assert (
        "Nothing has changed yet. The day has turned since the preview, so check the new one first."
    ) in again.content.decode()
    admin.post(page.context["address"], hidden | dict(again.context["hidden"]))
    assert (Allowance.objects.get().start.month, Allowance.objects.get().created_at.hour) == (5, 22)


def test_what_is_allowed_for_the_month_may_be_confirmed_on_the_next_day(
    admin: Client, campaign: Campaign, noon: Any
) -> None:
    Campaign.objects.update(monthly_budget=75)
    fields = {**SIX, "period": "month", "until": ""}
    page = fill_in(admin, ask(admin, "reset_daily_spend", campaign), **fields)
    noon.move_to(at("2024-05-16 00:01", "Europe/Berlin"))

    admin.post(page.context["address"], {**dict(page.context["hidden"]), **fields, "do": "1"})

    assert Allowance.objects.get().amount == 20


def test_a_limit_that_would_be_used_up_too_says_how_much_is_needed(
    admin: Client, campaign: Campaign
) -> None:
    page = fill_in(admin, ask(admin, "reset_daily_spend", campaign), **{**SIX, "amount": "5"})

    assert page.context["headline"] == "Spring stays off: daily budget used up."
    (warning,) = page.context["budgets"]["warnings"]
    assert warning == (
        "Spring has spent $80.00 today, which uses up $80.00 too. To let it run on, allow more "
        "than $5.00."
    )


def test_the_preview_says_which_other_budgets_still_hold(admin: Client) -> None:
    brand = BrandFactory.create(daily_budget=Decimal(5))
    spent = CampaignFactory.create(brand=brand, name="Spring", daily_budget=Decimal(5))
    monthly = CampaignFactory.create(name="Month", daily_budget=5, monthly_budget=6)
    for one in (spent, monthly):
        spend(one, 7, NOON)

    page = fill_in(admin, ask(admin, "reset_daily_spend", spent, monthly), **RUN_ON)

    assert page.context["headline"] == (
        "2 stay off: 1 brand's daily budget used up, 1 monthly budget used up."
    )
    brand_s, its_own, amount = page.context["notes"]
    assert brand_s == (
        "1 campaign would still be held by the daily budget of the brand. You can let the whole "
        "brand run on, on its page."
    )
    assert its_own == (
        "1 campaign would still be held by a monthly budget of its own. Allow more, or raise that "
        "limit too."
    )
    assert (
        amount
        == "2 campaigns spent $14.00 today: as much again would be allowed beyond the budgets."
    )


def test_without_an_amount_the_budget_starts_anew_and_spend_stays_true(admin: Client) -> None:
    spent = CampaignFactory.create(name="Spring", daily_budget=Decimal(5))
    spend(spent, 7, NOON)
    held = CampaignFactory.create(brand=spent.brand, daily_budget=5, monthly_budget=6)
    spend(held, 7, NOON)
    CampaignFactory.create(brand=spent.brand)
    enforce_all(NOON)

    (message,) = run(admin, "reset_daily_spend", *Campaign.objects.all(), **RUN_ON)

    assert message == (
        "Let 2 campaigns run on by what was spent so far until midnight. "
        "1 now delivers; 1 stays off: monthly budget used up; 1 keeps running."
    )
    day = SpendTotal.objects.get(campaign=spent, period="day")
    assert (day.amount, day.waived) == (Decimal(7), Decimal(7))
    assert SpendTotal.objects.get(campaign=spent, period="month").waived == 0
    assert SpendTotal.objects.get(brand=spent.brand, campaign=None, period="day").waived == 0


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"amount": "1000000000000"}, "amount", "the size must be below 1,000,000,000,000"),
        ({"amount": "0"}, "amount", "Use more than zero"),
        ({"amount": "-5"}, "amount", "it may not be negative"),
        ({"amount": "plenty"}, "amount", ""),
        ({"until": "13:59"}, "until", "It has passed: it is 14:00 on 15 May 2024"),
        ({"until": "2024-05-16 09:00"}, "until", "ends with its day, at 00:00 on 16 May 2024"),
        ({"until": "tonight"}, "until", 'Use a time such as "18:00"'),
        ({"reason": ""}, "reason", "Say why, for the history."),
        ({"reason": "x" * 501}, "reason", "It has 501 characters; use 500 or fewer."),
        ({"period": "month"}, "amount", "Spring has no monthly budget"),
        ({"period": "year"}, "period", "Select a valid choice"),
    ],
)
def test_what_cannot_be_allowed_is_said_at_its_field(
    admin: Client, campaign: Campaign, fields: dict[str, str], field: str, says: str
) -> None:
    asked = ask(admin, "reset_daily_spend", campaign)

    found = form_errors(fill_in(admin, asked, **{**SIX, **fields}))

    assert list(found) == [field]
    assert says in found[field][0]
    confirm(admin, asked, **{**SIX, **fields})
    assert not Allowance.objects.exists()


def test_campaigns_where_the_time_has_passed_or_without_a_budget_are_left_and_counted(
    admin: Client, campaign: Campaign
) -> None:
    late = CampaignFactory.create(brand__timezone="Asia/Tokyo", daily_budget=5)
    without = CampaignFactory.create(brand=campaign.brand)

    asked = ask(admin, "reset_daily_spend", campaign, late, without)
    page = fill_in(admin, asked, **SIX)
    left = (
        "2 campaigns left unchanged: no such budget, let run on by someone else meanwhile, or the "
        "time has passed in their timezone."
    )
    assert page.context["notes"][0] == left
    assert "until: 18:00 is refused: it has passed: it is 21:00" in page.context["notes"][1]
    (message,) = said(confirm(admin, asked, **SIX))

    assert left in message
    assert Allowance.objects.get().owner == campaign


def test_a_form_that_is_sent_twice_allows_once(admin: Client, campaign: Campaign) -> None:
    asked = ask(admin, "reset_daily_spend", campaign)
    page = fill_in(admin, asked, **SIX)
    data = {**dict(page.context["hidden"]), **SIX, "do": "1"}

    first, again = (admin.post(page.context["address"], data, follow=True) for _ in range(2))

    assert plain(said(first)[0]).startswith("Let 1 campaign run on by $20.00")
    assert plain(said(again)[0]).startswith("Nothing changed.")
    assert SpendTotal.objects.get(campaign=campaign, period="day").waived == 20


def test_a_brand_is_let_run_on_and_its_campaigns_own_budgets_still_apply(admin: Client) -> None:
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(10))
    free = CampaignFactory.create(brand=brand)
    limited = CampaignFactory.create(brand=brand, daily_budget=Decimal(5))
    spend(limited, 10, NOON)
    assert not free.fresh().is_active
    asked = admin.get(reverse("admin:ads_brand_let_run_on", args=[brand.pk]))
    page = fill_in(admin, asked, **RUN_ON)
    assert page.context["headline"] == "1 will start; 1 stays off: daily budget used up."
    assert table(page) == {"Acme": [("", "$10.00"), ("$10.00", "$20.00")]}

    (message,) = said(confirm(admin, asked, **RUN_ON))

    assert plain(message) == (
        "Let Acme run on by what was spent so far until midnight. "
        "1 now delivers; 1 stays off: daily budget used up."
    )
    assert (free.fresh().is_active, limited.fresh().is_active) == (True, False)
    assert "$10.00 of $20.00: $10.00 budget + $10.00 allowed by" in words(admin, brand)
    (again,) = said(confirm(admin, asked, **RUN_ON))
    assert plain(again).startswith("Nothing changed.")


def undo_address(message: str) -> str:
    found = re.search(r'action="([^"]+/undo/[^"]+)"', message)
    assert found, message
    return found[1]


def test_what_was_done_is_undone_with_its_button_after_a_preview(
    admin: Client, campaign: Campaign
) -> None:
    other = CampaignFactory.create(brand=campaign.brand, name="Summer", daily_budget=75)
    spend(other, 10, NOON)
    (message,) = said(
        confirm(admin, ask(admin, "reset_daily_spend", campaign, other), **{**SIX, "amount": "30"})
    )
    address = undo_address(message)

    page = admin.post(address)
    assert page.context["headline"] == "1 will stop: daily budget used up; 1 keeps running."
    assert shown_preview(page)["Will stop"] == (1, "daily budget used up", ["Spring"])
    assert table(page)["Spring"] == [("", "$80.00"), ("$105.00", "$75.00")]
    assert campaign.fresh().is_active
    (done,) = said(admin.post(address, {"do": "1"}, follow=True))

    assert plain(done) == (
        "Allowances undone for 2 campaigns. 1 stopped: daily budget used up; 1 keeps running."
    )
    assert not campaign.fresh().is_active
    (again,) = (plain(one) for one in said(admin.post(address, follow=True))[:1])
    assert again.startswith("Not undone. $30.00 for")


def test_it_is_undone_from_the_history_of_its_page_while_it_is_in_force(
    admin: Client, campaign: Campaign, noon: Any
) -> None:
    confirm(admin, ask(admin, "reset_daily_spend", campaign), **SIX)
    page = admin.get(change(campaign)).content.decode()
    address = undo_address(page)

    noon.move_to(at("2024-05-15 18:00", "Europe/Berlin"))
    assert "/undo/" not in admin.get(change(campaign)).content.decode()
    (message,) = said(admin.post(address, {"do": "1"}, follow=True))

    assert plain(message) == (
        "Not undone. $20.00 for Spring: it ended at 2024-05-15 18:00 Berlin, so there is nothing "
        "to take back."
    )


def test_the_lists_show_the_true_spend_and_the_raised_limit(
    admin: Client, campaign: Campaign
) -> None:
    Brand.objects.update(daily_budget=100)
    let_run_on(campaign, now=NOON, amount="75.16")
    let_run_on(campaign.brand, now=NOON, amount=50)

    page = admin.get(changelist("ads_campaign")).content.decode()
    assert "$80.00" in page
    assert "of $150.16" in page
    assert "$75.00 budget + $75.16 allowed by system until midnight." in page
    brands = admin.get(changelist("ads_brand")).content.decode()
    assert "of $150.00 ($50.00 allowed)" in brands


def test_people_without_the_permission_may_neither_allow_nor_undo(
    staff: Callable[..., Client], admin: Client, campaign: Campaign
) -> None:
    (message,) = said(confirm(admin, ask(admin, "reset_daily_spend", campaign), **SIX))
    viewer = staff("view_campaign", "view_brand", "switch_campaign")

    for address in ("admin:ads_campaign_let_run_on", "admin:ads_brand_let_run_on"):
        assert viewer.get(reverse(address, args=[campaign.pk])).status_code == 403
    assert viewer.post(undo_address(message), {"do": "1"}).status_code == 403
    assert "/undo/" not in viewer.get(change(campaign)).content.decode()
    assert allowances.in_force(campaign, now=NOON)


def test_an_operator_may(staff: Callable[..., Client], campaign: Campaign) -> None:
    operator = staff("view_campaign", "waive_spend")

    confirm(operator, act(operator, "ads_campaign", "reset_daily_spend", [campaign]), **SIX)

    assert BudgetService.get_daily_remaining(campaign) == 15
