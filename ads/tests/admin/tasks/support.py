"""What the tests of periodic tasks share."""

from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from ads.services.operations import health, timing

TASK = "ads.tasks.check_campaign_budgets"
MODEL = "django_celery_beat_periodictask"
RUNS = reverse(f"admin:{MODEL}_runs")


def run_url(task: PeriodicTask) -> str:
    return reverse(f"admin:{MODEL}_run", args=[task.pk])


def words(task: PeriodicTask) -> str:
    """When it runs, of what is stored."""
    return timing.in_words(health.with_schedules(PeriodicTask.objects.all()).get(pk=task.pk))
