"""Sample data with the traces of a morning's work."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Final

import time_machine
from django.contrib.auth.models import User
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from ads import tasks
from ads.models import Brand, Campaign, SpendTotal
from ads.models.spend import Period
from ads.services.actor import acting_as
from ads.services.sample.seed import Plan, seed

#: The time since it was set up, and the interval at which its tasks have run since.
WORKED: Final = timedelta(hours=7)
STEP: Final = timedelta(minutes=20)
#: The time since their last run.
LAST: Final = timedelta(seconds=40)

#: Daily budgets of campaigns in turn, US dollars; monthly budgets are DAYS times as much.
DAILY: Final = tuple(Decimal(amount) for amount in (95, 75, 120, 80, 110, 150, 75, 90))
DAYS: Final = 20
#: Some monthly budgets are only this many times what has been spent.
TIGHT: Final = (Decimal("1.08"), Decimal("1.17"))
TIGHT_BRAND: Final = Decimal(5500)

EVERY_TIME: Final = (
    tasks.update_spend,
    tasks.enforce_dayparting,
    tasks.check_campaign_budgets,
    tasks.reset_daily_budgets,
    tasks.reset_monthly_budgets,
    tasks.record_waiting_spend,
    tasks.continue_imports,
    tasks.forget_webhooks,
)


def make(now: datetime) -> User:
    """Create it as of ``now``; returns a superuser."""
    at = now - WORKED
    with time_machine.travel(at):
        plan = Plan(
            brands=4,
            campaigns=24,
            spend_days=30,
            daily_budget=Decimal(75),
            monthly_budget=Decimal(1500),
            seed=1,
        )
        with acting_as("olivia"):
            seed(plan, at)
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
    least_spent = SpendTotal.objects.filter(
        period=Period.MONTH, start__gt=timezone.localdate() - timedelta(days=31)
    ).filter(campaign__is_dayparting_enabled=False, campaign__is_active=True)
    for total, times in zip(least_spent.order_by("amount", "pk"), TIGHT, strict=False):
        assert total.campaign  # noqa: S101  (a sum of a campaign)
        total.campaign.monthly_budget = Decimal(int(total.amount * times / 10) * 10)
        total.campaign.save(update_fields=["monthly_budget"])
    brand = Brand.objects.order_by("pk")[1]
    brand.monthly_budget = TIGHT_BRAND
    brand.save(update_fields=["monthly_budget"])


def _work(at: datetime) -> None:
    with time_machine.travel(at):
        for task in EVERY_TIME:
            task()


def _pause(at: datetime) -> None:
    with time_machine.travel(at), acting_as("olivia"):
        campaign = Campaign.objects.filter(is_active=True).order_by("pk")[1]
        campaign.status = "paused"
        campaign.save(update_fields=["status"])
