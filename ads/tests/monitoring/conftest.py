"""A monitor, and an installation in which all is well."""

from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from redis import Redis

from ads.models import Heartbeat
from ads.services.monitoring import report
from ads.services.monitoring.crossings import Sparing

TOKEN = "a-token-that-only-monitors-know"  # noqa: S105
CHECK = "check_campaign_budgets"


@pytest.fixture
def monitor(settings: Any) -> Client:
    """It has the token."""
    settings.MONITORING_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def well(db: None, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The safety check alone runs, and has just succeeded; nothing waits. The instant."""
    with closing(Redis.from_url(settings.CELERY_BROKER_URL)) as broker:
        broker.flushdb()
    # No other test's answer is remembered.
    monkeypatch.setitem(report.__globals__, "sparing", Sparing())
    now = timezone.now()
    PeriodicTask.objects.all().delete()
    every = IntervalSchedule.objects.create(every=5, period="minutes")
    PeriodicTask.objects.create(name="Check", task=f"ads.tasks.{CHECK}", interval=every)
    Heartbeat.objects.create(task=CHECK, last_run_at=now, last_success_at=now)
    return now
