"""What the tests of periodic tasks share."""

from django.urls import reverse
from django_celery_beat.models import PeriodicTask

TASK = "ads.tasks.check_campaign_budgets"
MODEL = "django_celery_beat_periodictask"
RUNS = reverse(f"admin:{MODEL}_runs")


def run_url(task: PeriodicTask) -> str:
    return reverse(f"admin:{MODEL}_run", args=[task.pk])
