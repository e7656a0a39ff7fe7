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


def test_a_task_is_read_changed_and_run(adam: User, open_as: Open) -> None:
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

    # What it does, when it runs, its health.
    row = page.get_by_role("row").filter(has_text="Check campaign budgets")
    expect(row).to_contain_text("Checks every campaign and switches those that should be on or off")
    expect(row).to_contain_text("every 5 minutes")
    expect(row).to_contain_text("On time")
    expect(row).to_contain_text("Switched 1 campaign.")
    late = page.get_by_role("row").filter(has_text="Enforce dayparting")
    expect(late).to_contain_text("Late")
    expect(late).to_contain_text("Are the worker and beat running?")
    background = "row => getComputedStyle(row.querySelector('td')).backgroundColor"
    assert late.evaluate(background) != row.evaluate(background)

    # Another schedule.
    page.get_by_role("link", name="Check campaign budgets").click()
    page.get_by_label("Crontab").select_option("Every 15 minutes")
    page.get_by_role("button", name="Save", exact=True).click()
    saved = "Check campaign budgets is switched on. Schedule: every 15 minutes."
    expect(page.get_by_text(saved)).to_be_visible()
    expect(row).to_contain_text("every 15 minutes")
    task = PeriodicTask.objects.get(task=CHECK)
    assert (task.crontab.minute, task.expire_seconds) == ("*/15", 900)

    # At once; the page shows the outcome by itself.
    row.get_by_role("button", name="Run now").click()
    runs = page.locator("#ads-runs")
    expect(runs).to_contain_text("No worker has taken it yet.")
    (session,) = [each.get_decoded() for each in Session.objects.all()]
    run = session["task_runs"][0]["id"]
    current_app.backend.mark_as_done(run, {"started": 0, "stopped": 2, "failed": 0})
    expect(runs).to_contain_text("started 0, stopped 2, failed 0")


def test_switching_off_says_what_it_means(adam: User, open_as: Open) -> None:
    page = open_as(adam, LIST)
    page.goto(f"{LIST}{PeriodicTask.objects.get(task='ads.tasks.update_spend').pk}/change/")
    expect(page.get_by_text("While it is off, the ad platforms are not asked")).to_be_visible()
    page.get_by_label("Enabled").uncheck(force=True)
    page.get_by_role("button", name="Save", exact=True).click()

    told = page.get_by_text(re.compile("Update spend is switched off. While it is off, the ad"))
    expect(told).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Update spend")
    expect(row).to_contain_text("Switched off")
