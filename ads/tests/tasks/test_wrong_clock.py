"""A process whose clock is an hour off changes nothing, whichever way it is off."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django_celery_beat.models import PeriodicTask

from ads import tasks
from ads.models import Allowance, Brand, Campaign, DeliveryChange, Heartbeat, Spend
from ads.rules.calendar import local_date
from ads.tests.api.support import key_for
from ads.tests.factories import BrandFactory, CampaignFactory, ScheduleFactory
from ads.tests.support import enforce_all, let_run_on, spend
from ads.tests.tasks.support import HOUR, at, make_beat_rows

pytestmark = [
    pytest.mark.real_clock,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("faketime") is None and not os.environ.get("CI"),
        reason="needs faketime (apt-get install faketime)",
    ),
]

EVERY_DAY = range(7)


def zone_where_it_is(hour: int, now: datetime) -> str:
    """A timezone in which the clock shows this hour."""
    ahead = (hour - now.hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@dataclass
class World:
    """Campaigns of which each would be switched, completed or let run by a clock an hour off."""

    spent: Campaign
    now: datetime

    @classmethod
    def at(cls, now: datetime) -> "World":
        evening, night, midday = (
            BrandFactory.create(timezone=zone_where_it_is(hour, now), daily_budget=1000)
            for hour in (23, 0, 12)
        )
        last_day = local_date(now, evening.timezone)
        CampaignFactory.create(brand=evening, end_date=last_day)
        spent = CampaignFactory.create(brand=evening, daily_budget=10)
        spent_since_midnight = CampaignFactory.create(brand=night, daily_budget=10)
        CampaignFactory.create(brand=night, start_date=local_date(now, night.timezone))
        for begins in (timedelta(minutes=30), timedelta(minutes=-90)):
            opens, closes = ((now + begins + more).strftime("%H:%M") for more in (0 * HOUR, HOUR))
            closed_now = ScheduleFactory.create(windows=[(d, opens, closes) for d in EVERY_DAY])
            campaign = CampaignFactory.create(is_dayparting_enabled=True)
            campaign.dayparting_schedules.add(closed_now)
        for campaign in (spent, spent_since_midnight):
            spend(campaign, 20, now)
        allowed = CampaignFactory.create(brand=midday, daily_budget=10)
        spend(allowed, 15, now)
        let_run_on(allowed, now=now, amount=10, until=now + timedelta(minutes=30))
        for name in ("daily", "monthly"):
            for brand in Brand.objects.all():
                today = local_date(now, brand.timezone)
                Brand.objects.filter(pk=brand.pk).update(**{f"last_{name}_reset": today})
        enforce_all(now)
        return cls(spent, now)

    def state(self) -> dict[str, Any]:
        """Everything that a wrong clock might change."""
        return {
            "campaigns": list(Campaign.objects.order_by("pk").values_list("status", "is_active")),
            "brands": list(
                Brand.objects.order_by("pk").values_list(
                    "name", "last_daily_reset", "last_monthly_reset"
                )
            ),
            "allowances": list(Allowance.objects.values_list("ended_at", "undone_at")),
            "changes": DeliveryChange.objects.count(),
            "spend": Spend.objects.count(),
        }


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_an_hour_off_changes_nothing_and_everybody_says_so(hours: int) -> None:
    world = World.at(datetime.now(UTC))
    User.objects.create_superuser("ada")
    key = key_for()
    make_beat_rows()
    due = world.now - 2 * HOUR
    PeriodicTask.objects.update(last_run_at=due, total_run_count=0)
    before = world.state()

    said = with_clock_off(hours, world.spent, key)

    difference = f"clock is 3,600 s {'ahead of' if hours > 0 else 'behind'} the database's"
    reads = {name: said.pop(name) for name in ("api reads", "page reads", "beat")}
    assert [name for name, answer in said.items() if difference not in answer] == []
    assert said["api"].startswith("503 60 ")
    assert "clock-differs" in said["api"]
    assert said["page"].startswith("503 ")
    assert reads == {"api reads": "200", "page reads": "200", "beat": "waits [5.0, 5.0, 5.0]"}
    assert world.state() == before
    ours = PeriodicTask.objects.filter(task__startswith="ads.")
    assert set(ours.values_list("last_run_at", "total_run_count")) == {(due, 0)}
    beat = Heartbeat.objects.get(task="check_campaign_budgets")
    assert difference in beat.last_error
    assert beat.last_success_at is None
    assert beat.last_failure_at is not None
    assert abs(beat.last_failure_at - datetime.now(UTC)) < timedelta(minutes=1)

    # The same without comparing clocks, as in all tests: this world would have changed.
    for task in (tasks.check_campaign_budgets, tasks.reset_daily_budgets):
        at(datetime.now(UTC) + hours * HOUR, task)
    after = world.state()
    assert after["campaigns"] != before["campaigns"]
    assert after["changes"] >= before["changes"] + 3
    if hours > 0:
        assert ("completed", False) in after["campaigns"]
        assert after["brands"] != before["brands"]
        assert after["allowances"] != before["allowances"]


def with_clock_off(hours: int, campaign: Campaign, key: str) -> dict[str, str]:
    parts = urlsplit(settings.DATABASE_URL)
    words = [sys.executable, "-m", "ads.tests.tasks.with_wrong_clock", str(campaign.pk), key]
    done = subprocess.run(
        ["faketime", "-f", f"{hours:+d}h", *words],
        env=os.environ
        | {
            "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
            "REDIS_URL": settings.REDIS_URL,
            "SIMULATED_PLATFORM": "true",
            "DONT_FAKE_MONOTONIC": "1",  # as a clock that is set leaves it
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    outcome: dict[str, str] = json.loads(done.stdout)
    return outcome
