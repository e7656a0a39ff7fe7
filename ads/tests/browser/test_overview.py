"""The front page as people read it: figures, a late task, live changes, the first steps."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from playwright.sync_api import FilePayload, Page, expect

from ads.models import Campaign, CampaignReference, Heartbeat, Spend, SpendImport
from ads.services.imports import uploads
from ads.tests.browser.conftest import Open
from ads.tests.browser.contexts import NARROW
from ads.tests.factories import BrandFactory, CampaignFactory
from ads.tests.platforms import doubles
from ads.tests.support import enforce_all, spend

pytestmark = pytest.mark.django_db(transaction=True)

#: Of charts: how many pixels of each have been painted.
PAINTED = """() => [...document.querySelectorAll("canvas[data-chart]")].map(canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.filter((value, index) => index % 4 === 3 && value > 0).length;
})"""
COLOURS = """() => Chart.getChart(document.querySelector("canvas[data-chart]"))
    .data.datasets[0].backgroundColor[0]"""


@pytest.fixture
def olivia() -> User:
    return User.objects.create_superuser("olivia")


def periodic(task: str, minutes_ago: int) -> None:
    """A task of every five minutes that last succeeded then."""
    every, _ = IntervalSchedule.objects.get_or_create(every=5, period="minutes")
    now = timezone.now()
    PeriodicTask.objects.create(
        name=task.replace("_", " ").capitalize(),
        task=f"ads.tasks.{task}",
        interval=every,
        last_run_at=now,
    )
    then = now - timedelta(minutes=minutes_ago)
    Heartbeat.objects.create(task=task, last_run_at=then, last_success_at=then)


def section(page: Page, title: str) -> str:
    """What is read in the part of the page under a heading."""
    panel = page.locator("section").filter(has=page.get_by_role("heading", name=title))
    return " ".join(panel.inner_text().split())


def test_people_read_how_everything_stands_and_the_health_of_the_tasks(
    open_as: Open, olivia: User
) -> None:
    now = timezone.now()
    brand = BrandFactory.create(name="Acme", daily_budget=200, monthly_budget=1000)
    for name, spent in {"Spring": "75.40", "Summer": "64.20", "Autumn": 1}.items():
        spend(CampaignFactory.create(name=name, brand=brand, daily_budget=75), spent, now)
    enforce_all(now)
    PeriodicTask.objects.all().delete()
    periodic("update_spend", minutes_ago=43)
    periodic("check_campaign_budgets", minutes_ago=1)

    page = open_as(olivia, "/admin/")

    tiles = " ".join(page.get_by_label("Now").inner_text().split())
    assert "Delivering 2" in tiles
    assert "Paused by system 1" in tiles
    assert "Spend today $140.60 of $200.00 70%" in tiles
    assert "Daily budget 1" in section(page, "Why campaigns are on hold")
    near = section(page, "Campaigns closest to their budgets")
    assert near.index("Summer") < near.index("Spring")
    assert "$64.20 of $75.00 85%" in near
    assert "Budget used up" in near
    assert "Acme" in section(page, "Brands closest to their budgets")
    # The one that is late stands out; the other does not.
    alarm = " ".join(page.get_by_role("alert").inner_text().split())
    assert "Update spend, which runs every 5 minutes: Late" in alarm
    assert "Check campaign budgets" not in alarm
    assert "On time" in page.get_by_role("row", name="Check campaign budgets").inner_text()
    # Charts are painted, in the colours of the theme, and say the same as a table.
    assert all(page.evaluate(PAINTED))
    in_light = page.evaluate(COLOURS)
    page.evaluate("document.documentElement.classList.add('dark')")
    page.wait_for_function(f"() => ({COLOURS})() !== '{in_light}'")
    page.get_by_text("Figures as a table").last.click()
    assert page.get_by_role("cell", name="$140.60").last.is_visible()
    # Every figure leads to the list behind it.
    page.get_by_role("link", name="Paused by system").click()
    expect(page.get_by_text("Spring")).to_be_visible()
    expect(page.get_by_text("Summer")).to_have_count(0)


def test_new_changes_appear_by_themselves_but_not_under_the_pointer(
    open_as: Open, olivia: User
) -> None:
    campaign = CampaignFactory.create(name="Spring", daily_budget=75)
    spend(campaign, 1, timezone.now())
    page = open_as(olivia, "/admin/", width=NARROW, alone=True)
    page.clock.install()
    page.reload()
    changes = page.locator(".ads-changes li")
    expect(changes).to_have_count(1)
    expect(changes.first).to_contain_text("on")

    spend(campaign, "74.40", timezone.now())
    page.clock.fast_forward(11_000)

    expect(changes).to_have_count(2)
    expect(changes.first).to_contain_text("Daily budget used up: $75.40 of $75.00")
    status = page.get_by_role("status").filter(has_text="New")
    expect(status).to_have_text(f"New: Spring of {campaign.brand} off.")

    changes.first.hover()
    Campaign.objects.filter(pk=campaign.pk).update(daily_budget=None)
    page.clock.fast_forward(11_000)
    expect(changes).to_have_count(2)
    page.mouse.move(0, 0)
    page.clock.fast_forward(11_000)
    expect(changes).to_have_count(3)

    page.context.clear_cookies()
    page.clock.fast_forward(11_000)
    expect(page.locator("#ads-live-status")).to_contain_text("you are logged out")
    expect(changes).to_have_count(3)


def test_a_campaign_is_found_by_its_platform_id(open_as: Open, olivia: User) -> None:
    campaign = CampaignFactory.create(name="Spring")
    CampaignReference.objects.create(
        campaign=campaign, platform="google_ads", reference="123-456-7890"
    )
    page = open_as(olivia, "/admin/")
    page.wait_for_load_state()

    page.keyboard.press("Control+k")
    page.get_by_placeholder("Type to search").press_sequentially("no such thing")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found for “no such thing”")).to_be_visible()
    page.get_by_placeholder("Type to search").fill("")
    page.get_by_placeholder("Type to search").press_sequentially("1234567890")
    expect(page.locator("#command-results-list")).to_contain_text("google_ads / 123-456-7890")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/campaign/{campaign.pk}/change/")


def test_an_empty_installation_is_walked_through_to_its_first_spend(
    open_as: Open, olivia: User
) -> None:
    page = open_as(olivia, "/admin/")
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()

    page.get_by_role("link", name="Add a brand").click()
    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/")
    expect(page.get_by_text("Done: Acme is there.")).to_be_visible()

    page.get_by_role("link", name="Add a campaign").click()
    page.get_by_label("Name").fill("Spring sale")
    page.get_by_label("Daily budget").fill("10")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto("/admin/")
    expect(page.get_by_text("Done: Spring sale is there.")).to_be_visible()

    file = page.get_by_text("campaign,date,amount").inner_text()
    page.get_by_role("link", name="Upload a file").click()
    page.locator("input[type=file]").set_input_files(
        FilePayload(name="spend.csv", mimeType="text/csv", buffer=file.encode())
    )
    page.get_by_role("button", name="Upload and check").click()
    # What the worker would do.
    page.wait_for_url("**/change/**")
    one = SpendImport.objects.get()
    assert uploads.check(one.pk, timezone.now()) == "checked"
    page.reload()
    page.get_by_role("button", name="Record spend").click()
    page.wait_for_load_state()
    assert uploads.record(one.pk, timezone.now) == "recorded"

    page.goto("/admin/")
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    assert Spend.objects.get().amount == 12.50
    expect(page.locator(".ads-changes")).to_contain_text("Daily budget used up: $12.50 of $10.00")


def test_the_pages_warn_and_say_why_a_campaign_stands(
    open_as: Open, olivia: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SIMULATED_PLATFORM = False
    doubles.offer(monkeypatch)
    now = timezone.now()
    brand = BrandFactory.create(
        name="Acme", daily_budget=75, stale_after_minutes=60, stops_when_stale=True
    )
    campaign = CampaignFactory.create(brand=brand, name="Spring", daily_budget=40)
    CampaignReference.objects.create(
        campaign=campaign, platform="scripted", account="1", reference="7"
    )
    doubles.account(doubles.connection(), answered_at=now - timedelta(hours=2, seconds=5))
    spend(campaign, 12, now)
    enforce_all(now)

    page = open_as(olivia, f"/admin/ads/campaign/{campaign.pk}/change/")

    reason = "Spend of Scripted platform, Account 1 is 2 h old, and 1 h is allowed"
    expect(page.locator(".ads-headline")).to_have_text(f"{reason}.")
    warning = page.get_by_role("status")
    expect(warning).to_contain_text("2 h ago; 1 h is allowed.")
    expect(page.get_by_text("Scripted platform reports usually within 3 hours.")).to_be_visible()

    expect(page.get_by_text("Stays off until the ad platform reports again.")).to_be_visible()

    page = open_as(olivia, f"/admin/ads/brand/{brand.pk}/change/", width=NARROW, theme="dark")
    expect(page.get_by_role("status")).to_contain_text("last reported spend as of")

    page = open_as(olivia, "/admin/")
    expect(page.get_by_text("last reported spend 2 h ago, longer than 1 brand")).to_be_visible()
    expect(page.get_by_text("Spend: as of")).to_be_visible()
