"""Two people at one campaign, spend that was wrong, what cannot be deleted; and no mouse."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from ads.models import Campaign, Spend
from ads.services import BudgetService
from ads.tests.admin.pages import change, changelist
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import BrandFactory, CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def olivia(transactional_db: None) -> User:
    return User.objects.create_superuser("olivia")


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return CampaignFactory.create(
        brand=BrandFactory.create(name="Acme"), name="Spring", daily_budget=Decimal(50)
    )


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_load_state("load")


def test_of_two_people_at_one_campaign_the_second_sees_what_changed_and_saves_again(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    ben = User.objects.create_superuser("ben")
    hers = open_as(olivia, f"{change(campaign)}#edit")
    his = open_as(ben, f"{change(campaign)}#edit", width=NARROW, theme="dark")

    his.get_by_label("Daily budget").fill("80")
    his.get_by_label("Monthly budget").fill("900")
    save(his)
    hers.get_by_label("Daily budget").fill("60")
    hers.locator("#id_name").fill("Summer")
    save(hers)

    expect(hers.locator("body")).to_contain_text("Nothing was saved: ben changed this page")
    expect(hers.locator("body")).to_contain_text(
        re.compile(r"Ben changed this from \$50\.00 to \$80\.00, ")
    )
    expect(hers.get_by_label("Daily budget")).to_have_value("60")
    expect(hers.get_by_label("Monthly budget")).to_have_value("900.00")
    assert (campaign.fresh().daily_budget, campaign.fresh().name) == (80, "Spring")
    save(hers)

    expect(hers.locator("body")).to_contain_text("was changed successfully")
    stored = campaign.fresh()
    assert (stored.daily_budget, stored.monthly_budget, stored.name) == (60, 900, "Summer")


def test_who_would_rather_look_first_sees_it_as_it_is_now(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    page = open_as(olivia, f"{change(campaign)}#edit")
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=80)
    page.get_by_label("Daily budget").fill("60")
    save(page)

    page.get_by_role("link", name="discard them").click()
    page.wait_for_load_state("load")
    page.locator("summary", has_text="Edit").click()

    expect(page.get_by_label("Daily budget")).to_have_value("80.00")
    assert campaign.fresh().daily_budget == 80


def test_spend_that_was_wrong_is_corrected_and_brings_its_campaign_back(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    entry = BudgetService.record_spend(campaign, Decimal(75), "Clicks")
    assert not campaign.fresh().is_active
    page = open_as(olivia, change(entry), width=NARROW)

    page.goto(page.url.replace("/change/", "/correct/"))
    expect(page.get_by_label("Amount")).to_have_value("-75.00")
    expect(page.get_by_text("Starts: Spring.")).to_be_visible()
    page.get_by_label("Amount").fill("-30")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("row", name="Spring").first).to_contain_text("$45.00")
    page.get_by_label("Reason").fill("Invalid clicks")
    page.get_by_role("button", name="Record the correction").click()

    expect(page.locator("body")).to_contain_text("1 campaign started.")
    expect(page.locator("body")).to_contain_text(f"It corrects entry {entry.pk}")
    assert campaign.fresh().is_active
    page.get_by_role("link", name=f"entry {entry.pk}").click()
    expect(page.locator("body")).to_contain_text("With its corrections the entry comes to $45.00")
    assert Spend.objects.count() == 2


def test_a_campaign_that_has_spent_is_archived_instead_of_deleted(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    BudgetService.record_spend(campaign, Decimal(5))
    page = open_as(olivia, change(campaign).replace("/change/", "/delete/"))

    refused = page.locator("#content")
    expect(refused).to_contain_text("Spring has spend on record. Archive it instead.")
    page.get_by_role("button", name="Archive it instead").click()
    expect(page.locator("body")).to_contain_text("What will happen")
    assert campaign.fresh().status == "active"
    page.locator("button[name=do]").click()
    page.wait_for_load_state("load")

    assert campaign.fresh().status == "archived"


def press_until(page: Page, css: str, *, key: str = "Tab", at_most: int = 120) -> None:
    """Go on with the keyboard until what matches is focused, and seen to be."""
    for _ in range(at_most):
        page.keyboard.press(key)
        if page.evaluate("css => document.activeElement.matches(css)", css):
            break
    else:
        pytest.fail(f"{css} is not reached by {key}")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none", f"nobody sees that {css} is focused"


def test_a_campaign_is_paused_without_a_mouse(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    page = open_as(olivia, changelist("ads_campaign"))

    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    press_until(page, "#result_list tbody input.action-select")
    page.keyboard.press("Space")
    press_until(page, "select[name=action]", key="Shift+Tab")
    page.keyboard.type("Pause")
    press_until(page, "button[name=index]")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("What will happen")
    press_until(page, "button[name=do]")
    page.keyboard.press("Enter")
    page.wait_for_load_state("load")

    expect(page.locator("body")).to_contain_text("Undo")
    assert campaign.fresh().status == "paused"


def test_a_list_is_filtered_without_a_mouse_and_the_address_says_how(
    open_as: Open, olivia: User, campaign: Campaign
) -> None:
    BudgetService.record_spend(campaign, Decimal(5), source="etl")
    BudgetService.record_spend(campaign, Decimal(6), source="zapier")
    page = open_as(olivia, changelist("ads_spend"))

    press_until(page, "a[role=button]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Apply filters")).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{changelist('ads_spend')}?source=etl")

    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("body")).to_contain_text("1 entry: $5.00 in all")
    press_until(page, ".ads-days a[href*='date_from']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?.*source=etl.*date_from=|\?.*date_from=.*source=etl"))
