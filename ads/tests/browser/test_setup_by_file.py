"""Setting up by file: found, uploaded, understood and confirmed, by keyboard too."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import FilePayload, expect

from ads.models import Campaign
from ads.tests.admin.pages import changelist
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)


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
