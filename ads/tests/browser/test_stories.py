"""The pages of a campaign and of a brand, as an operator and a manager read and use them."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from ads.models import Campaign
from ads.services import BudgetService, pacing
from ads.services.actor import acting_as
from ads.tests.admin.pages import change, changelist
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory

pytestmark = [pytest.mark.real_clock, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(transactional_db: None) -> User:
    """Somebody who looks at everything of ours, and edits nothing."""
    user = User.objects.create_user("olivia", is_staff=True)
    looks = Permission.objects.filter(content_type__app_label="ads", codename__startswith="view_")
    acts = Permission.objects.filter(codename__in=["switch_campaign", "waive_spend"])
    user.user_permissions.set([*looks, *acts])
    return user


@pytest.fixture
def stopped(transactional_db: None) -> Campaign:
    """A campaign whose budget somebody raised, and that has used it up."""
    brand = BrandFactory.create(name="Acme", daily_budget=Decimal(500))
    closed = (timezone.now().weekday() + 2) % 7  # the day after tomorrow
    most_days = ScheduleFactory.create(
        name="Most days", windows=[(day, "00:00", "00:00") for day in range(7) if day != closed]
    )
    campaign = CampaignFactory.create(
        brand=brand, name="Spring", daily_budget=Decimal(75), schedules=[most_days]
    )
    with acting_as("ben"):
        campaign.daily_budget = Decimal(100)
        campaign.save(update_fields=["daily_budget"])
    BudgetService.record_spend(campaign, Decimal("100.40"))
    return campaign.fresh()


def part(page: Page, name: str) -> Locator:
    """The part of the page that has this heading."""
    return page.locator(f"section:has(> #{name}-heading)")


def words(page: Page, name: str) -> str:
    return " ".join(part(page, name).inner_text().split())


def test_an_operator_reads_why_a_campaign_stopped_until_when_and_who_raised_its_budget(
    open_as: Open, operator: User, stopped: Campaign
) -> None:
    page = open_as(operator, change(stopped))

    head = page.locator(".ads-head")
    expect(head).to_contain_text("Budget used up")
    expect(head).to_contain_text("Daily budget used up: $100.40 of $100.00.")
    expect(head).to_contain_text(re.compile(r"Expected back \d{4}-\d\d-\d\d 00:00 UTC"))
    why = words(page, "checks")
    assert "On hold: Daily budget used up: $100.40 of $100.00 until" in why
    assert "OK: Brand's daily budget: $100.40 of $500.00 spent" in why
    assert "100% used up" in words(page, "figures")
    # The chart is drawn, and the same is there as a table.
    expect(page.locator("canvas[data-drawn]")).to_have_count(2)
    chart = page.get_by_role("region", name="Spend of Spring by day").first
    chart.get_by_text("Figures as a table").click()
    expect(chart.get_by_role("table")).to_contain_text("$100.40")
    # The strip is in words too.
    week = words(page, "week")
    assert week.count("open all day") == 6
    assert week.count("closed") == 1
    history = part(page, "history")
    expect(history).to_contain_text("Switched off: Daily budget used up: $100.40 of $100.00")
    raised = history.get_by_role("listitem").filter(has_text="Daily budget changed").first
    expect(raised).to_contain_text(re.compile(r"\$75\.00.*\$100\.00.*by ben", re.DOTALL))

    history.get_by_role("link", name="Edits").click()

    expect(page).to_have_url(re.compile(r"\?history=edits#history$"))
    expect(history).to_contain_text("Daily budget changed")
    expect(history).not_to_contain_text("Switched off")
    # Who may not edit is offered no form to fill in, and nothing to save.
    expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def test_a_manager_opens_the_form_raises_the_budget_and_reads_that_it_runs_again(
    open_as: Open, stopped: Campaign
) -> None:
    page = open_as(User.objects.create_superuser("mia"), change(stopped))
    budget = page.get_by_label("Daily budget")
    save = page.get_by_role("button", name="Save and continue editing")
    expect(budget).to_be_hidden()
    expect(save).to_be_hidden()

    page.get_by_role("link", name="Edit", exact=True).click()
    budget.fill("120")
    save.click()

    expect(page).to_have_url(re.compile("#edit$"))
    expect(budget).to_have_value("120.00")
    expect(page.locator(".ads-head")).to_contain_text("Running. Nothing is stopping it.")
    newest = part(page, "history").get_by_role("listitem").first
    expect(newest).to_contain_text("Switched on: Daily budget raised $100.00 → $120.00 by mia")


@pytest.mark.usefixtures("noon")
def test_the_recommended_daily_budget_is_entered_by_a_click_and_saved_by_another(
    open_as: Open,
) -> None:
    campaign = CampaignFactory.create(name="Spring", monthly_budget=Decimal(31_000))
    today = timezone.now().date()
    for n in range(1, 30):
        BudgetService.record_spend(campaign, Decimal(100), date=today - timedelta(days=n))
    page = open_as(User.objects.create_superuser("mia"), change(campaign))
    pace = page.get_by_role("region", name=re.compile("^Pace in"))
    recommended = pace.get_by_text("Recommended daily budget").locator("xpath=..")
    entered = page.get_by_label("Daily budget")

    recommended.get_by_role("link", name="Enter it").click()

    expect(entered).to_be_focused()
    assert f"${Decimal(entered.input_value()):,}" in recommended.inner_text()
    campaign.refresh_from_db()
    assert campaign.daily_budget is None


@pytest.mark.usefixtures("noon")
def test_the_list_of_brands_fits_a_laptop(open_as: Open) -> None:
    brand = BrandFactory.create(
        name="Northwind Kitchens", timezone="America/New_York", daily_budget=Decimal(375),
        monthly_budget=Decimal(7500),
    )  # fmt: skip
    campaign = CampaignFactory.create(brand=brand)
    today = timezone.now().date()
    for n in range(1, 30):
        BudgetService.record_spend(campaign, Decimal("123.45"), date=today - timedelta(days=n))
    pacing.refresh(timezone.now())

    page = open_as(User.objects.create_superuser("mia"), changelist("ads_brand"))

    table = page.locator("#result_list")
    expect(table).to_contain_text("pace")
    assert table.evaluate("it => it.scrollWidth <= it.parentElement.clientWidth")


def test_a_brands_page_shows_its_campaigns_and_leads_to_them_on_a_telephone(
    open_as: Open, operator: User, stopped: Campaign
) -> None:
    page = open_as(operator, change(stopped.brand), width=NARROW, theme="dark")

    head = page.locator(".ads-head")
    expect(head).to_contain_text("Its campaigns run within their own budgets and hours.")
    campaigns = part(page, "campaigns")
    expect(campaigns).to_contain_text("in the list")
    row = campaigns.get_by_role("row").filter(has_text="Spring")
    expect(row).to_contain_text("Budget used up")
    expect(row).to_contain_text("Daily budget")
    expect(row).to_contain_text("$100.40 of $100.00")
    assert "Campaign switched off: Daily budget used up" in words(page, "history")

    row.get_by_role("link", name="Spring").click()

    expect(page).to_have_url(re.compile(re.escape(change(stopped))))
    expect(page.locator(".ads-head")).to_contain_text("Budget used up")
