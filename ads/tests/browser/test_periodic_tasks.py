"""The periodic tasks as an administrator reads and works them."""

import re
from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_celery_beat.models import PeriodicTask
from playwright.sync_api import expect

from ads import tasks
from ads.models import Campaign, Heartbeat
from ads.tests.browser.conftest import Open
from ads.tests.factories import CampaignFactory
from ads.tests.tasks.support import make_beat_rows

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/django_celery_beat/periodictask/"
CHECK = "ads.tasks.check_campaign_budgets"


@pytest.fixture
def adam() -> User:
    """Somebody of the role that may change the tasks."""
    make_beat_rows()
    return User.objects.create_superuser("adam")


def test_a_task_is_read_changed_and_run_in_plain_words(adam: User, open_as: Open) -> None:
    campaign = CampaignFactory.create(daily_budget=75)
    Campaign.objects.filter(pk=campaign.pk).update(is_active=False)
    tasks.check_campaign_budgets()
    PeriodicTask.objects.update(last_run_at=timezone.now())
    Heartbeat.objects.create(
        task="enforce_dayparting",
        last_run_at=timezone.now(),
        last_success_at=timezone.now() - timedelta(hours=2),
    )
    page = open_as(adam, LIST)

    # What it does, when it runs, how it stands.
    row = page.get_by_role("row").filter(has_text="Check campaign budgets")
    expect(row).to_contain_text("Looks at every campaign and switches what has to be switched")
    expect(row).to_contain_text("every 5 minutes")
    expect(row).to_contain_text("On time")
    expect(row).to_contain_text("switched 1 campaign")
    late = page.get_by_role("row").filter(has_text="Enforce dayparting")
    expect(late).to_contain_text("Late")
    expect(late).to_contain_text("Are the worker and beat running?")
    background = "row => getComputedStyle(row.querySelector('td')).backgroundColor"
    assert late.evaluate(background) != row.evaluate(background)

    # Another time, without a word of crontabs.
    page.get_by_role("link", name="Check campaign budgets").click()
    expect(page.get_by_label("Crontab", exact=True)).to_be_hidden()
    expect(page.get_by_label("Every", exact=True)).to_have_value("5")
    page.get_by_label("Every", exact=True).fill("10")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Check campaign budgets runs every 10 minutes.")).to_be_visible()
    expect(row).to_contain_text("every 10 minutes")
    task = PeriodicTask.objects.get(task=CHECK)
    assert (task.crontab.minute, task.expire_seconds) == ("*/10", 600)

    # At once; the page tells what became of it by itself.
    row.get_by_role("button", name="Run now").click()
    runs = page.locator("#ads-runs")
    expect(runs).to_contain_text("one of them will take it in a moment")
    (session,) = [each.get_decoded() for each in Session.objects.all()]
    run = session["task_runs"][0]["id"]
    current_app.backend.mark_as_done(run, {"started": 0, "stopped": 2, "failed": 0})
    expect(runs).to_contain_text("Started no campaign and stopped 2 campaigns.")


def test_no_worker_is_told_and_switching_off_says_what_it_means(adam: User, open_as: Open) -> None:
    page = open_as(adam, LIST)
    page.get_by_role("button", name="Run now").first.click()
    runs = page.locator("#ads-runs")
    expect(runs).to_contain_text("No worker has taken it: is the worker running?", timeout=20_000)

    page.goto(f"{LIST}{PeriodicTask.objects.get(task='ads.tasks.update_spend').pk}/change/")
    expect(page.get_by_text("The ad platforms are then not asked")).to_be_visible()
    page.get_by_text("At a time of the day").click()
    expect(page.get_by_label("Every", exact=True)).to_be_hidden()
    expect(page.get_by_label("Monday")).to_be_visible()
    page.get_by_label("Switched on").uncheck(force=True)
    page.get_by_label("At", exact=True).fill("00:00")
    page.get_by_role("button", name="Save", exact=True).click()

    told = page.get_by_text(re.compile("Update spend is switched off. The ad platforms"))
    expect(told).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Update spend")
    expect(row).to_contain_text("at 00:00 UTC every day")
    expect(row).to_contain_text("Switched off")
