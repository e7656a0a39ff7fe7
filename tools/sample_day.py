"""Sample data with the traces of a morning's work."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Final

import time_machine
from django.contrib.auth.models import User
from django_celery_beat.models import PeriodicTask

from ads.models import Campaign
from ads.services.actor import acting_as
from ads.services.sample import seed
from budget_manager.celery import app

#: The time since it was set up, and the interval at which its tasks have run since.
WORKED: Final = timedelta(hours=7)
STEP: Final = timedelta(minutes=20)
#: The time since their last run.
LAST: Final = timedelta(seconds=40)

#: Daily budgets of campaigns in turn, US dollars; monthly budgets are DAYS times as much.
DAILY: Final = tuple(Decimal(amount) for amount in (95, 75, 120, 80, 110, 150, 75, 90))
DAYS: Final = 20


def make(now: datetime) -> User:
    """Create it as of ``now``; returns a superuser."""
    at = now - WORKED
    with time_machine.travel(at):
        plan = seed.Plan(
            brands=4,
            campaigns=24,
            spend_days=30,
            daily_budget=Decimal(75),
            monthly_budget=Decimal(1500),
            seed=1,
        )
        with acting_as("olivia"):
            seed.seed(plan, at)
            _budgets()
    while (at := at + STEP) < now - LAST:
        _work(at)
        if now - at < WORKED / 3 and not Campaign.objects.filter(status="paused").exists():
            _pause(at)
    _work(now - LAST)
    PeriodicTask.objects.update(last_run_at=now - LAST)
    return User.objects.create_superuser("olivia", "olivia@example.com")


def _budgets() -> None:
    """Give budgets of different sizes."""
    for campaign, daily in zip(Campaign.objects.order_by("pk"), cycle(DAILY), strict=False):
        campaign.daily_budget, campaign.monthly_budget = daily, daily * DAYS
        campaign.save(update_fields=["daily_budget", "monthly_budget"])


def _work(at: datetime) -> None:
    with time_machine.travel(at):
        for name in sorted(app.tasks):
            if name.startswith("ads.tasks.") and "upload" not in name:
                app.tasks[name]()


def _pause(at: datetime) -> None:
    with time_machine.travel(at), acting_as("olivia"):
        campaign = Campaign.objects.filter(is_active=True).order_by("pk")[1]
        campaign.status = "paused"
        campaign.save(update_fields=["status"])
