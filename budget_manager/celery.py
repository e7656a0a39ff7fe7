"""The Celery application, configured in settings under ``CELERY_``."""

import os
import warnings

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "budget_manager.settings")

# Celery warns root of pickled messages; this application accepts only JSON.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("budget_manager")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
