"""A task that is looked at, changed and run."""

import pytest
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from ads.tests.admin.tasks.support import TASK


@pytest.fixture
def task(db: None) -> PeriodicTask:
    """A task every five minutes."""
    PeriodicTask.objects.all().delete()
    every = CrontabSchedule.objects.create(minute="*/5")
    return PeriodicTask.objects.create(
        name="A task of the test", task=TASK, crontab=every, expire_seconds=300
    )
