"""Acting on many campaigns without fear: told beforehand, told afterwards, and undone."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from playwright.sync_api import FilePayload, expect

from ads.models import Campaign
from ads.rules.calendar import local_time
from ads.services import BudgetService, CampaignService
from ads.tests.admin.pages import change, changelist
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.support import enforce_all

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = ("view_brand", "view_campaign")
OPERATOR = (*LOOKS, "switch_campaign", "waive_spend")
BUDGET_MANAGER = (*OPERATOR, "change_brand", "change_campaign")


def somebody(name: str, codenames: tuple[str, ...]) -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def test_an_operator_pauses_a_brand_and_brings_back_just_those_that_were_running(
    open_as: Open,
) -> None:
    acme = BrandFactory.create(name="Acme")
    running = CampaignFactory.create_batch(2, brand=acme)
    spring = CampaignFactory.create(brand=acme, name="Spring")
    CampaignService.pause(spring)
    elsewhere = CampaignFactory.create()
    enforce_all(timezone.now())
    page = open_as(somebody("otto", OPERATOR), change(acme))

    page.get_by_role("link", name="Pause all campaigns").click()
    expect(page.get_by_role("heading", name="Pause all campaigns of Acme")).to_be_visible()
    expect(page.get_by_text("2 will stop; 1 stays off: paused by a user.")).to_be_visible()
    assert acme.fresh().is_active
    page.get_by_role("button", name="Pause all campaigns").click()

    expect(page.get_by_text("Paused Acme. 2 stopped")).to_be_visible()
    assert {row.fresh().state for row in running} == {"Paused by user"}
    assert elsewhere.fresh().is_active
    message = page.get_by_role("listitem").filter(has_text="Paused Acme. 2 stopped")
    message.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undone: 1 brand restored. 2 now deliver")).to_be_visible()
    assert {row.fresh().state for row in running} == {"Active"}
    assert spring.fresh().state == "Paused by user"
    expect(page.get_by_role("link", name="Pause all campaigns")).to_be_visible()


def test_a_budget_manager_raises_a_brand_s_budgets_and_reads_beforehand_what_starts(
    open_as: Open,
) -> None:
    acme = BrandFactory.create(name="Acme", daily_budget=Decimal(100))
    for name, spent in (("Spring", 10), ("Summer", "10.50"), ("Autumn", 12)):
        campaign = CampaignFactory.create(brand=acme, name=name, daily_budget=Decimal(10))
        BudgetService.record_spend(campaign, Decimal(spent))
    CampaignFactory.create(brand=acme, name="Winter")
    enforce_all(timezone.now())
    page = open_as(somebody("berta", BUDGET_MANAGER), change(acme), width=NARROW, theme="dark")

    page.get_by_role("link", name="Change budgets").click()
    page.get_by_label("Daily budgets").select_option("Raise by percent")
    page.get_by_label("Daily: percent or amount").fill("10")
    of_campaigns = page.get_by_label("The budgets of each of its campaigns")
    expect(of_campaigns).not_to_be_checked()
    of_campaigns.check()
    page.get_by_role("button", name="Preview").click()

    expect(page.get_by_text("2 will start; 1 stays off: daily budget used up")).to_be_visible()
    for name, change_of in (
        ("Acme", "$100.00 → to $110.00"),
        ("Spring", "$10.00 → to $11.00"),
        ("3 campaigns together", "$30.00 → to $33.00"),
    ):
        expect(page.locator(".ads-budgets tr").filter(has_text=name)).to_contain_text(change_of)
    starting = page.get_by_role("row", name="Will start")
    expect(starting.get_by_role("link", name="Spring")).to_be_visible()
    page.get_by_role("button", name="Change the budgets").click()

    expect(page.get_by_text("Changed the budgets of Acme. 2 now deliver")).to_be_visible()
    assert acme.fresh().daily_budget == Decimal(110)
    assert {row.name: row.state for row in Campaign.objects.all()} == {
        "Spring": "Active",
        "Summer": "Active",
        "Autumn": "Paused by system",
        "Winter": "Active",
    }
    page.get_by_role("alert").or_(page.get_by_role("listitem")).filter(
        has_text="Changed the budgets of Acme"
    ).get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undo the change of budgets")).to_be_visible()
    expect(page.locator(".ads-budgets tr").filter(has_text="Acme")).to_contain_text(
        "$110.00 → to $100.00"
    )
    page.get_by_role("button", name="Undo it").click()

    expect(page.get_by_text("Undone: 1 brand and 3 campaigns restored. 2 stopped")).to_be_visible()
    assert acme.fresh().daily_budget == Decimal(100)
    assert set(acme.campaigns.values_list("daily_budget", flat=True)) == {Decimal(10), None}


def test_an_operator_chooses_campaigns_in_the_list_and_takes_the_pause_back(
    open_as: Open,
) -> None:
    acme = BrandFactory.create(name="Acme")
    for name in ("Spring", "Summer", "Autumn"):
        CampaignFactory.create(brand=acme, name=name)
    enforce_all(timezone.now())
    page = open_as(somebody("otto", OPERATOR), changelist("ads_campaign"))

    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("Pause …")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("3 will stop")).to_be_visible()
    page.get_by_role("button", name="Pause 3 campaigns").click()

    expect(page.get_by_text("Paused 3 campaigns. 3 stopped.")).to_be_visible()
    page.get_by_role("link", name="Show them").click()
    expect(page.get_by_role("link", name="Summer", exact=True)).to_be_visible()
    expect(page.get_by_text("What otto changed at")).to_be_visible()
    CampaignService.activate(Campaign.objects.get(name="Summer"))
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("Undone: 2 campaigns restored. 2 now deliver.")).to_be_visible()
    expect(page.get_by_text("1 not put back, because changed again since")).to_be_visible()
    assert set(Campaign.objects.values_list("status", "is_active")) == {("active", True)}


def test_one_campaign_is_switched_with_one_click(open_as: Open) -> None:
    spring = CampaignFactory.create(name="Spring")
    enforce_all(timezone.now())
    page = open_as(somebody("otto", OPERATOR), change(spring))

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused 1 campaign. Spring stopped.")).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("Activated 1 campaign. Spring now delivers.")).to_be_visible()
    assert spring.fresh().state == "Active"


def test_a_campaign_is_let_run_on_by_20_dollars_until_six_and_taken_back(open_as: Open) -> None:
    now = timezone.now()
    zone = next(zone for zone in ("UTC", "Pacific/Honolulu") if local_time(now, zone).hour < 17)
    spent = CampaignFactory.create(name="Spring", daily_budget=Decimal(75), brand__timezone=zone)
    BudgetService.record_spend(spent, Decimal("80.40"))
    page = open_as(somebody("otto", OPERATOR), change(spent))

    page.get_by_role("link", name="Let it run on").click()
    page.get_by_label("Allow beyond the budget").fill("$20")
    page.get_by_label("Until").fill("18:00")
    page.get_by_label("Reason").fill("Launch day")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Spring will start.")).to_be_visible()
    expect(page.get_by_role("row", name="Spring $80.40 $75.00 to $95.00")).to_be_visible()
    assert not spent.fresh().is_active
    page.get_by_role("button", name="Let 1 campaign run on").click()

    said = page.get_by_text("Let 1 campaign run on by $20.00 until 18:00. Spring now delivers.")
    expect(said).to_be_visible()
    made_of = "$75.00 budget + $20.00 allowed by otto until 18:00"
    expect(page.get_by_text(f"Daily budget: $80.40 of $95.00: {made_of}")).to_be_visible()
    expect(page.get_by_text("Next scheduled stop")).to_be_visible()
    expect(page.get_by_text("Launch day")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Spring will stop: daily budget used up.")).to_be_visible()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("Allowances undone for 1 campaign.")).to_be_visible()
    assert not spent.fresh().is_active


def file(text: str) -> list[FilePayload]:
    return [{"name": "May.csv", "mimeType": "text/csv", "buffer": text.encode()}]


def test_a_file_is_corrected_previewed_and_confirmed(open_as: Open) -> None:
    spring = CampaignFactory.create(brand__name="Acme", name="Spring", daily_budget=75)
    page = open_as(User.objects.create_superuser("olivia"), changelist("ads_campaign"))
    page.get_by_role("link", name="Set up by file").click()
    field = page.locator("input[type=file]")

    field.set_input_files(file("brand,campaign,daily_budget\nAcme,Spring,9O\n"))
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.get_by_role("heading", name="1 error in 1 row of May.csv")).to_be_visible()
    expect(page.get_by_role("row", name="2 daily_budget 9O")).to_be_visible()

    field.set_input_files(file("brand,campaign,daily_budget\nAcme,Spring,90\nAcme,New,5\n"))
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.get_by_text("1 new campaign, 1 campaign changed.")).to_be_visible()
    expect(
        page.get_by_role("row", name="2 Spring Acme daily budget $75.00 → $90.00")
    ).to_be_visible()
    assert spring.fresh().daily_budget == 75

    page.get_by_role("button", name="Apply to 2 campaigns").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("May.csv: 1 new campaign, 1 campaign changed.")).to_be_visible()
    assert spring.fresh().daily_budget == 90
    page.get_by_role("link", name="Show the campaigns").click()
    expect(page.get_by_role("link", name="New", exact=True)).to_be_visible()
    assert Campaign.objects.count() == 2


def test_the_preview_fits_a_narrow_window(open_as: Open) -> None:
    CampaignFactory.create(brand__name="Acme", name="Spring")
    boss = User.objects.create_superuser("olivia")
    page = open_as(boss, "/admin/ads/campaign/setup/", width=NARROW)
    ids = "; ".join(f"google_ads / 123-456-7890 / {number:020}" for number in range(5))

    text = f"brand,campaign,platform_ids\nAcme,Spring,{ids}\nAcme,{'Long' * 40},\n"
    page.locator("input[type=file]").set_input_files(file(text))
    page.get_by_role("button", name="Upload and preview").click()

    expect(page.get_by_role("heading", name="What May.csv will do")).to_be_visible()
    assert page.evaluate(
        "() => [document.documentElement, ...document.querySelectorAll('.ads-setup')]"
        ".every(it => it.scrollWidth <= it.clientWidth)"
    )
