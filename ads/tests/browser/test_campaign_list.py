"""The list of campaigns as people work in it: read why, sort, pick out, raise a budget."""

import re
from decimal import Decimal

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Dialog, Locator, Page, expect

from ads.models import Brand, Campaign, Label
from ads.services import BudgetService
from ads.tests.admin.pages import changelist
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW, WIDE
from ads.tests.browser.visits import CUT_OFF
from ads.tests.factories import BrandFactory, BudgetGroupFactory, CampaignFactory
from ads.tests.support import enforce_all

pytestmark = pytest.mark.django_db(transaction=True)

CAMPAIGNS = changelist("ads_campaign")


@pytest.fixture
def olivia() -> User:
    """Somebody who may do everything, with three campaigns to look at."""
    brand = BrandFactory.create(name="Acme", timezone="Asia/Tokyo")
    for name, spent in (("Spring", 80), ("Summer", 66), ("Winter", 15)):
        campaign = CampaignFactory.create(name=name, brand=brand, daily_budget=75)
        BudgetService.record_spend(campaign, Decimal(spent))
    enforce_all(timezone.now())
    return User.objects.create_superuser("olivia")


def row(page: Page, name: str) -> Locator:
    return page.locator("tr.data-row").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> list[str]:
    return page.locator(".field-name").all_inner_texts()


UNTIL = re.compile(
    r"Daily budget used up: \$80\.00 of \$75\.00\. "
    r"Until \d{4}-\d\d-\d\d 00:00 Tokyo\."
)


def test_why_a_campaign_is_held_and_until_when_is_read_by_mouse_and_keyboard(
    open_as: Open, olivia: User
) -> None:
    page = open_as(olivia, CAMPAIGNS)
    spring = row(page, "Spring")
    hold = spring.get_by_role("button", name="Daily budget")
    sentence = spring.get_by_role("tooltip").filter(has_text="used up")
    expect(sentence).to_be_hidden()

    hold.hover()

    expect(sentence).to_have_text(UNTIL)
    expect(sentence).to_be_visible()
    expect(sentence).to_be_in_viewport(ratio=1)
    page.mouse.move(0, 0)
    expect(sentence).to_be_hidden()

    spring.get_by_role("button", name="on tomorrow 00:00").or_(
        spring.get_by_role("button", name="on today 00:00")
    ).focus()
    page.keyboard.press("Tab")

    expect(hold).to_be_focused()
    expect(hold).to_have_accessible_description(UNTIL)
    expect(sentence).to_be_visible()
    page.keyboard.press("Escape")
    expect(sentence).to_be_hidden()


def test_the_list_is_sorted_and_filtered_and_its_address_says_so(
    open_as: Open, olivia: User
) -> None:
    page = open_as(olivia, CAMPAIGNS)

    page.get_by_role("link", name="% of day", exact=True).click()
    expect(page.locator(".field-name").first).to_have_text("Winter")
    page.get_by_role("link", name="% of day", exact=True).click()

    expect(page.locator(".field-name").first).to_have_text("Spring")
    assert names(page) == ["Spring", "Summer", "Winter"]
    expect(row(page, "Spring").locator(".field-day_used")).to_have_text("106% used up")
    expect(row(page, "Summer").locator(".field-day_used")).to_have_text("88%")

    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="By state")).to_be_focused()
    for name, choice in (("By daily budget used", "80% or more"), ("By state", "Active")):
        page.get_by_role("combobox", name=name).click()
        page.get_by_role("option", name=choice, exact=True).click()
    page.get_by_role("button", name="Apply Filters").click()

    expect(page.get_by_text("1 campaign", exact=True)).to_be_visible()
    assert names(page) == ["Summer"]
    # After the order that was asked for comes the one that it had before: by brand and name.
    assert {"day_used=80", "state=Active", "o=-7.2.1"} <= set(page.url.partition("?")[2].split("&"))


def test_a_budget_raised_in_the_list_starts_its_campaign(open_as: Open, olivia: User) -> None:
    page = open_as(olivia, CAMPAIGNS, width=NARROW, theme="dark")
    spring = row(page, "Spring")
    expect(spring.get_by_text("Budget used up", exact=True)).to_be_visible()

    page.get_by_role("link", name="Edit budgets").click()
    spring.get_by_label("Daily budget of Spring").fill("1,00")
    page.get_by_role("button", name="Save").first.click()

    expect(row(page, "Spring").get_by_text("'1,00' cannot be used")).to_be_visible()
    row(page, "Spring").get_by_label("Daily budget of Spring").fill("100")
    page.keyboard.press("Enter")

    expect(
        page.get_by_text("1 campaign changed: Spring: daily budget $75.00 → $100.00.")
    ).to_be_visible()
    expect(row(page, "Spring").get_by_text("Active")).to_be_visible()
    assert Campaign.objects.get(name="Spring").is_active
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


#: Cells of a row whose words lie upon one another, those for screen readers left out.
OVERLAPPING = """() => [...document.querySelectorAll("#result_list tr")].flatMap(row => {
    const words = cell => [...cell.querySelectorAll("*"), cell]
        .filter(it => it.checkVisibility() && !it.closest(".ads-unseen"))
        .flatMap(it => [...it.childNodes].filter(node => node.nodeType === Node.TEXT_NODE))
        .flatMap(node => {
            const inside = document.createRange();
            inside.selectNodeContents(node);
            return [...inside.getClientRects()];
        });
    const cells = [...row.children].map(cell => [cell.className.split(" ")[0], words(cell)]);
    const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
        && one.top < other.bottom - 3 && other.top < one.bottom - 3;
    return cells.flatMap(([name, its], n) => cells.slice(n + 1)
        .filter(([, others]) => its.some(one => others.some(other => meet(one, other))))
        .map(([other]) => `${name} and ${other}`));
})"""


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_cell_lies_upon_another_whatever_columns_are_shown(
    open_as: Open, olivia: User, width: int
) -> None:
    spring = Campaign.objects.get(name="Spring")
    group = BudgetGroupFactory.create(brand=spring.brand, name="Search", daily_budget=80)
    Campaign.objects.filter(pk=spring.pk).update(budget_group=group, priority=-12000)
    spring.labels.add(Label.objects.create(name="Black Friday in all of the German-speaking area"))
    Brand.objects.update(daily_budget=20, account_manager=olivia)
    columns = site._registry[Campaign].list_display
    page = open_as(olivia, f"{CAMPAIGNS}?cols={','.join(map(str, columns))}", width=width)

    expect(row(page, "Spring").get_by_text("Brand's daily budget", exact=True)).to_be_visible()
    expect(row(page, "Spring").get_by_text("-12000", exact=True)).to_be_visible()
    assert page.evaluate(OVERLAPPING) == []
    assert page.evaluate(CUT_OFF) == []


def test_leaving_with_unsaved_budgets_asks_first(open_as: Open, olivia: User) -> None:
    page = open_as(olivia, f"{CAMPAIGNS}?edit=budgets", alone=True)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)

    page.get_by_label("Daily budget of Spring").fill("90")
    page.get_by_role("link", name="Spring", exact=True).click(no_wait_after=True)
    page.wait_for_timeout(300)

    assert asked == ["beforeunload"]
    expect(page.get_by_label("Daily budget of Spring")).to_have_value("90")
    page.get_by_role("link", name="Cancel", exact=True).click()
    expect(page.get_by_role("link", name="Edit budgets")).to_be_visible()
    assert asked == ["beforeunload"]
    assert Campaign.objects.get(name="Spring").daily_budget == 75
